/*
 * $((…)): C's integer expressions on 64 bits that wrap around. Numbers are
 * decimal, 0x…, 0… and (bash, ash) BASE#…; names stand for variables.
 */
#include "triage/shell/escape.h"
#include "triage/shell/expand.h"

struct sum {
    struct machine *machine;
    struct bytes text;
    size_t at;
    bool unknown, failed;
    int skip; /* > 0: in the branch of ?: && || that is not taken */
};

static int64_t comma_parse(struct sum *sum);
static int64_t assign_parse(struct sum *sum);

static char peek(struct sum *sum)
{
    while (sum->at < sum->text.len && strchr(" \t\r\n", sum->text.at[sum->at]) &&
           sum->text.at[sum->at])
        sum->at++;
    return sum->at < sum->text.len ? sum->text.at[sum->at] : 0;
}

static bool take(struct sum *sum, const char *operator)
{
    peek(sum);
    if (!bytes_start(bytes_from(sum->text, sum->at), bytes_of(operator)))
        return false;
    sum->at += strlen(operator);
    return true;
}

static void sum_fail(struct sum *sum, const char *what)
{
    struct machine *machine = sum->machine;
    if (sum->failed)
        return;
    sum->failed = true;
    if (machine->dialect == DIALECT_dash)
        machine_put_format(machine, 2, "%carithmetic expression: %s: \"%.*s\"\n", SHELL_HOLE_shell,
                           what, (int)sum->text.len, sum->text.at);
    else if (machine->dialect == DIALECT_ash)
        machine_put_format(machine, 2, "%c%s\n", SHELL_HOLE_shell,
                           what[0] == 'd' ? "divide by zero" : "arithmetic syntax error");
    else
        machine_put_format(machine, 2, "%c%.*s: %s%c\n", SHELL_HOLE_shell, (int)sum->text.len,
                           sum->text.at, what[0] == 'd' ? "division by 0" : "", SHELL_HOLE_line);
    machine->status = machine->dialect != DIALECT_bash ? 2 : machine->posix ? 127 : 1;
    if (machine->flow == FLOW_none)
        machine->flow = FLOW_exit;
}

static int digit_value(char c, int base)
{
    int value = hex_value(c);
    if (value < 0 && c >= 'g' && c <= 'z')
        value = c - 'a' + 10;
    else if (value < 0 && c >= 'G' && c <= 'Z')
        value = c - 'A' + (base > 36 ? 36 : 10);
    return value < base ? value : -1;
}

static int64_t number_parse(struct sum *sum)
{
    int base = 10;
    uint64_t value = 0;
    struct bytes text = sum->text;
    if (text.at[sum->at] == '0' && sum->at + 1 < text.len) {
        bool hex = (text.at[sum->at + 1] | 32) == 'x';
        base = hex ? 16 : 8;
        sum->at += hex ? 2 : 1;
    }
    for (; sum->at < text.len; sum->at++) {
        char c = text.at[sum->at];
        if (c == '#' && base == 10 && value >= 2 && value <= 64) {
            base = (int)value;
            value = 0;
            continue;
        }
        int digit = digit_value(c, base);
        if (digit < 0)
            break;
        value = value * (uint64_t)base + (uint64_t)digit;
    }
    if (sum->at < text.len && is_name(text.at[sum->at]))
        sum_fail(sum, sum->machine->dialect == DIALECT_dash ? "expecting EOF"
                                                            : "value too great for base");
    return (int64_t)value;
}

static struct bytes name_parse(struct sum *sum)
{
    size_t start = sum->at;
    while (sum->at < sum->text.len && is_name(sum->text.at[sum->at]))
        sum->at++;
    return (struct bytes){sum->text.at + start, sum->at - start};
}

static int64_t variable_value(struct sum *sum, struct bytes name)
{
    struct bytes value = variable_get(sum->machine, name);
    bool unknown = false;
    int64_t number;
    if (value.len == 0)
        return 0;
    if (text_integer(value, &number) && value.at[0] != '0')
        return number;
    if (!machine_enter(sum->machine))
        return 0;
    number = arithmetic_evaluate(sum->machine, value, &unknown);
    machine_leave(sum->machine);
    sum->unknown |= unknown;
    return number;
}

static void variable_store(struct sum *sum, struct bytes name, int64_t value)
{
    if (sum->skip || sum->failed)
        return;
    struct machine *machine = sum->machine;
    variable_set(machine, name,
                 sum->unknown ? BYTES("\x02")
                              : text_format(machine->arena, "%lld", (long long)value));
}

static int64_t add(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static int64_t name_value(struct sum *sum)
{
    struct bytes name = name_parse(sum);
    int64_t value = variable_value(sum, name);
    if (sum->machine->dialect == DIALECT_dash)
        return value;
    if (take(sum, "++"))
        variable_store(sum, name, add(value, 1));
    else if (take(sum, "--"))
        variable_store(sum, name, add(value, -1));
    return value;
}

static int64_t primary_parse(struct sum *sum)
{
    char c = peek(sum);
    if (c == '(') {
        sum->at++;
        int64_t value = comma_parse(sum);
        if (!take(sum, ")"))
            sum_fail(sum, "expecting ')'");
        return value;
    }
    if (is_digit(c))
        return number_parse(sum);
    if (is_name_start(c))
        return name_value(sum);
    if (shell_is_hole(c)) {
        sum->unknown = true;
        sum->at++;
        return 0;
    }
    sum_fail(sum, "expecting primary");
    return 0;
}

static int64_t step_parse(struct sum *sum, int64_t by)
{
    if (!is_name_start(peek(sum))) {
        sum_fail(sum, "expecting primary");
        return 0;
    }
    struct bytes name = name_parse(sum);
    int64_t value = add(variable_value(sum, name), by);
    variable_store(sum, name, value);
    return value;
}

static int64_t unary_parse(struct sum *sum)
{
    if (sum->failed || !machine_enter(sum->machine))
        return 0;
    bool steps = sum->machine->dialect != DIALECT_dash;
    int64_t value;
    if (steps && take(sum, "++"))
        value = step_parse(sum, 1);
    else if (steps && take(sum, "--"))
        value = step_parse(sum, -1);
    else if (take(sum, "!"))
        value = !unary_parse(sum);
    else if (take(sum, "~"))
        value = ~unary_parse(sum);
    else if (take(sum, "-"))
        value = (int64_t)(0 - (uint64_t)unary_parse(sum));
    else if (take(sum, "+"))
        value = unary_parse(sum);
    else
        value = primary_parse(sum);
    machine_leave(sum->machine);
    return value;
}

static int64_t power(int64_t base, int64_t exponent)
{
    uint64_t value = 1, square = (uint64_t)base;
    for (; exponent > 0; exponent >>= 1, square *= square)
        if (exponent & 1)
            value *= square;
    return (int64_t)value;
}

static int64_t power_parse(struct sum *sum)
{
    int64_t base = unary_parse(sum);
    if (sum->machine->dialect == DIALECT_dash || !take(sum, "**"))
        return base;
    return power(base, power_parse(sum));
}

struct operation {
    const char *text;
    char kind;
    int level;
};

static const struct operation operations[] = {
    {"||", 'O', 1}, {"&&", 'A', 2}, {"==", '=', 6}, {"!=", '!', 6}, {"<<", 'l', 8}, {">>", 'r', 8},
    {"<=", 'L', 7}, {">=", 'G', 7}, {"|", '|', 3},  {"^", '^', 4},  {"&", '&', 5},  {"<", '<', 7},
    {">", '>', 7},  {"+", '+', 9},  {"-", '-', 9},  {"*", '*', 10}, {"/", '/', 10}, {"%", '%', 10},
};

/* The binary operator here of at least `level`, not taken; NULL for none. */
static const struct operation *operation_here(struct sum *sum, int level)
{
    peek(sum);
    struct bytes rest = bytes_from(sum->text, sum->at);
    for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
        const struct operation *operation = &operations[i];
        size_t length = strlen(operation->text);
        if (!bytes_start(rest, bytes_of(operation->text)))
            continue;
        bool assigns =
            rest.len > length && rest.at[length] == '=' && strchr("|^&+-*/%lr", operation->kind);
        return assigns || operation->level < level ? NULL : operation;
    }
    return NULL;
}

static int64_t divide(struct sum *sum, char kind, int64_t a, int64_t b)
{
    if (b == 0) {
        if (!sum->skip && !sum->unknown)
            sum_fail(sum, "division by zero");
        return 0;
    }
    if (b == -1)
        return kind == '/' ? (int64_t)(0 - (uint64_t)a) : 0;
    return kind == '/' ? a / b : a % b;
}

static int64_t operate(struct sum *sum, char kind, int64_t a, int64_t b)
{
    switch (kind) {
    case 'O':
        return a || b;
    case 'A':
        return a && b;
    case '=':
        return a == b;
    case '!':
        return a != b;
    case 'l':
        return (int64_t)((uint64_t)a << (b & 63));
    case 'r':
        return a >> (b & 63);
    case 'L':
        return a <= b;
    case 'G':
        return a >= b;
    case '<':
        return a < b;
    case '>':
        return a > b;
    case '|':
        return a | b;
    case '^':
        return a ^ b;
    case '&':
        return a & b;
    case '+':
        return add(a, b);
    case '-':
        return (int64_t)((uint64_t)a - (uint64_t)b);
    case '*':
        return (int64_t)((uint64_t)a * (uint64_t)b);
    default:
        return divide(sum, kind, a, b);
    }
}

static int64_t binary_parse(struct sum *sum, int level)
{
    int64_t value = power_parse(sum);
    for (;;) {
        const struct operation *operation = operation_here(sum, level);
        if (!operation || sum->failed)
            return value;
        sum->at += strlen(operation->text);
        bool skip = (operation->kind == 'O' && value) || (operation->kind == 'A' && !value);
        sum->skip += skip;
        int64_t right = binary_parse(sum, operation->level + 1);
        sum->skip -= skip;
        value = operate(sum, operation->kind, value, right);
    }
}

static int64_t choice_parse(struct sum *sum)
{
    int64_t condition = binary_parse(sum, 1);
    if (sum->failed || !take(sum, "?"))
        return condition;
    if (!machine_enter(sum->machine))
        return 0;
    sum->skip += !condition;
    int64_t yes = assign_parse(sum);
    sum->skip -= !condition;
    if (!take(sum, ":"))
        sum_fail(sum, "expecting ':'");
    sum->skip += condition != 0;
    int64_t no = assign_parse(sum);
    sum->skip -= condition != 0;
    machine_leave(sum->machine);
    return condition ? yes : no;
}

/* name op= value, or what is below it. */
static int64_t assign_parse(struct sum *sum)
{
    static const char *const forms[] = {
        "=", "+=", "-=", "*=", "/=", "%=", "<<=", ">>=", "&=", "^=", "|="};
    static const char kinds[] = "\0+-*/%lr&^|";
    peek(sum);
    size_t start = sum->at;
    if (!is_name_start(peek(sum)))
        return choice_parse(sum);
    struct bytes name = name_parse(sum);
    peek(sum);
    struct bytes rest = bytes_from(sum->text, sum->at);
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (!bytes_start(rest, bytes_of(forms[i])) || bytes_start(rest, BYTES("==")))
            continue;
        sum->at += strlen(forms[i]);
        if (!machine_enter(sum->machine))
            return 0;
        int64_t value = assign_parse(sum);
        machine_leave(sum->machine);
        if (kinds[i])
            value = operate(sum, kinds[i], variable_value(sum, name), value);
        variable_store(sum, name, value);
        return value;
    }
    sum->at = start;
    return choice_parse(sum);
}

static int64_t comma_parse(struct sum *sum)
{
    if (!machine_enter(sum->machine))
        return 0;
    int64_t value = assign_parse(sum);
    while (!sum->failed && sum->machine->dialect != DIALECT_dash && take(sum, ","))
        value = assign_parse(sum);
    machine_leave(sum->machine);
    return value;
}

int64_t arithmetic_evaluate(struct machine *machine, struct bytes expression, bool *ret_unknown)
{
    struct sum sum = {.machine = machine, .text = expression};
    *ret_unknown = false;
    if (peek(&sum) == 0 || !machine_step(machine, 0))
        return 0;
    int64_t value = comma_parse(&sum);
    if (!sum.failed && peek(&sum) != 0 && !machine_stops(machine))
        sum_fail(&sum, "expecting EOF");
    *ret_unknown = sum.unknown;
    return value;
}
