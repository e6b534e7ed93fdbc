/* expr and bc (its integers, scale, and nothing of its programs). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "triage/shell/call.h"
#include "triage/shell/regex.h"

struct expr {
    struct call *call;
    uint32_t at;
    bool failed, unknown;
};

static struct bytes or_expr(struct expr *expr);

static bool expr_take(struct expr *expr, const char *word)
{
    if (expr->at >= expr->call->count || !bytes_equal(expr->call->words[expr->at], bytes_of(word)))
        return false;
    expr->at++;
    return true;
}

static void expr_fail(struct expr *expr, const char *why)
{
    if (expr->failed)
        return;
    expr->failed = true;
    machine_put_format(expr->call->machine, 2, "expr: %s\n", why);
}

static struct bytes expr_number(struct expr *expr, int64_t value)
{
    return text_format(expr->call->machine->arena, "%lld", (long long)value);
}

static struct bytes next_word(struct expr *expr)
{
    if (expr->at < expr->call->count)
        return expr->call->words[expr->at++];
    if (expr->at >= 1 && expr->call->count > 1) {
        struct bytes last = expr->call->words[expr->call->count - 1];
        bool busybox = expr->call->machine->profile == SHELL_busybox;
        if (!expr->failed && !busybox)
            machine_put_format(expr->call->machine, 2,
                               "expr: syntax error: missing argument after '%.*s'\n", (int)last.len,
                               last.at);
        else if (!expr->failed)
            machine_put_format(expr->call->machine, 2, "expr: syntax error\n");
        expr->failed = true;
    }
    return BYTES("");
}

static struct bytes substring(struct bytes text, int64_t from, int64_t length)
{
    if (from < 1 || length < 1 || from > (int64_t)text.len)
        return BYTES("");
    text = bytes_from(text, (size_t)from - 1);
    text.len = (uint64_t)length < text.len ? (size_t)length : text.len;
    return text;
}

static struct bytes word_expr(struct expr *expr)
{
    if (!machine_enter(expr->call->machine))
        return BYTES("");
    struct bytes value;
    int64_t from = 0, length = 0;
    if (expr_take(expr, "(")) {
        value = or_expr(expr);
        if (!expr_take(expr, ")"))
            expr_fail(expr, "syntax error: expecting ')'");
    } else if (expr_take(expr, "length")) {
        value = next_word(expr);
        value = text_has_hole(value) ? BYTES("\x02") : expr_number(expr, (int64_t)value.len);
    } else if (expr_take(expr, "substr")) {
        struct bytes text = next_word(expr), a = next_word(expr), b = next_word(expr);
        value = text_integer(a, &from) && text_integer(b, &length) ? substring(text, from, length)
                                                                   : BYTES("");
        value = text_has_hole(text) ? BYTES("\x0f") : value;
    } else if (expr_take(expr, "index")) {
        struct bytes text = next_word(expr), set = next_word(expr);
        size_t i = 0;
        while (i < text.len && !(set.len && memchr(set.at, text.at[i], set.len)))
            i++;
        value = expr_number(expr, i < text.len ? (int64_t)i + 1 : 0);
    } else {
        expr_take(expr, "+");
        value = next_word(expr);
    }
    machine_leave(expr->call->machine);
    return value;
}

/* STRING : REGEX */
static struct bytes match_expr(struct expr *expr)
{
    struct bytes value = word_expr(expr);
    while (!expr->failed && expr_take(expr, ":")) {
        struct machine *machine = expr->call->machine;
        struct bytes pattern = next_word(expr);
        struct regex *regex = regex_compile(
            machine, text_format(machine->arena, "^%.*s", (int)pattern.len, pattern.at),
            REGEX_basic, false);
        struct regex_groups groups;
        bool found = regex && regex_find(regex, value, 0, &groups);
        bool group = text_find(pattern, 0, BYTES("\\(")) < pattern.len;
        expr->unknown |= text_has_hole(value);
        if (group)
            value = found && groups.group[1].at ? groups.group[1] : BYTES("");
        else
            value = expr_number(expr, found ? (int64_t)groups.group[0].len : 0);
    }
    return value;
}

static struct bytes calculate(struct expr *expr, struct bytes left, char sign, struct bytes right)
{
    int64_t a = 0, b = 0, value = 0;
    bool overflow = false;
    if (expr->failed)
        return BYTES("");
    if (text_has_hole(left) || text_has_hole(right))
        return BYTES("\x02");
    if (!text_integer(left, &a) || !text_integer(right, &b)) {
        expr_fail(expr, expr->call->machine->profile == SHELL_busybox ? "non-numeric argument"
                                                                      : "non-integer argument");
        return BYTES("");
    }
    if ((sign == '/' || sign == '%') && b == 0) {
        expr_fail(expr, "division by zero");
        return BYTES("");
    }
    if (sign == '+')
        overflow = __builtin_add_overflow(a, b, &value);
    else if (sign == '-')
        overflow = __builtin_sub_overflow(a, b, &value);
    else if (sign == '*')
        overflow = __builtin_mul_overflow(a, b, &value);
    else
        value = b == -1       ? (sign == '/' ? (int64_t)(0 - (uint64_t)a) : 0)
                : sign == '/' ? a / b
                              : a % b;
    return overflow ? BYTES("\x02") : expr_number(expr, value); /* GNU's has no bounds */
}

static struct bytes product_expr(struct expr *expr)
{
    struct bytes value = match_expr(expr);
    for (;;) {
        char sign = expr_take(expr, "*")   ? '*'
                    : expr_take(expr, "/") ? '/'
                    : expr_take(expr, "%") ? '%'
                                           : 0;
        if (!sign || expr->failed)
            return value;
        value = calculate(expr, value, sign, match_expr(expr));
    }
}

static struct bytes sum_expr(struct expr *expr)
{
    struct bytes value = product_expr(expr);
    for (;;) {
        char sign = expr_take(expr, "+") ? '+' : expr_take(expr, "-") ? '-' : 0;
        if (!sign || expr->failed)
            return value;
        value = calculate(expr, value, sign, product_expr(expr));
    }
}

static struct bytes compare_expr(struct expr *expr)
{
    static const char *const operators[] = {"<=", ">=", "!=", "==", "=", "<", ">"};
    struct bytes value = sum_expr(expr);
    for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
        if (expr->failed || !expr_take(expr, operators[i]))
            continue;
        struct bytes right = sum_expr(expr);
        int64_t a, b;
        int order = text_integer(value, &a) && text_integer(right, &b)
                        ? (a > b) - (a < b)
                        : bytes_compare(value, right);
        order = order > 0 ? 1 : order < 0 ? -1 : 0;
        const char *sign = operators[i];
        bool holds = sign[0] == '<'   ? order < 0 || (sign[1] && order == 0)
                     : sign[0] == '>' ? order > 0 || (sign[1] && order == 0)
                     : sign[0] == '!' ? order != 0
                                      : order == 0;
        expr->call->machine->result->guessed |= text_has_hole(value) || text_has_hole(right);
        value = holds ? BYTES("1") : BYTES("0");
        i = (size_t)-1;
    }
    return value;
}

static bool is_null(struct bytes value)
{
    int64_t number;
    return value.len == 0 || (text_integer(value, &number) && number == 0);
}

static struct bytes and_expr(struct expr *expr)
{
    struct bytes value = compare_expr(expr);
    while (!expr->failed && expr_take(expr, "&")) {
        struct bytes right = compare_expr(expr);
        value = is_null(value) || is_null(right) ? BYTES("0") : value;
    }
    return value;
}

static struct bytes or_expr(struct expr *expr)
{
    struct bytes value = and_expr(expr);
    while (!expr->failed && expr_take(expr, "|")) {
        struct bytes right = and_expr(expr);
        value = !is_null(value) ? value : is_null(right) ? BYTES("0") : right;
    }
    return value;
}

static int expr_applet(struct call *call)
{
    struct expr expr = {.call = call, .at = 1};
    if (call->count < 2) {
        machine_put_format(call->machine, 2, "expr: missing operand\n%c", SHELL_HOLE_lines);
        return 2;
    }
    struct bytes value = or_expr(&expr);
    if (!expr.failed && expr.at < call->count) {
        struct bytes word = call->words[expr.at];
        machine_put_format(call->machine, 2,
                           call->machine->profile == SHELL_busybox
                               ? "expr: syntax error\n"
                               : "expr: syntax error: unexpected argument '%.*s'\n",
                           (int)word.len, word.at);
        expr.failed = true;
    }
    if (expr.failed)
        return 2;
    call_put(call, value);
    call_put(call, BYTES("\n"));
    return is_null(value);
}

/* --- bc --- */

struct bc {
    struct machine *machine;
    struct bytes text;
    size_t at;
    long double variables[26];
    int scale;
    bool failed;
};

static long double bc_sum(struct bc *bc);

static char bc_peek(struct bc *bc)
{
    while (bc->at < bc->text.len && (bc->text.at[bc->at] == ' ' || bc->text.at[bc->at] == '\t'))
        bc->at++;
    return bc->at < bc->text.len ? bc->text.at[bc->at] : 0;
}

static long double truncated(long double value, int scale)
{
    long double factor = powl(10, scale);
    return truncl(value * factor) / factor;
}

static long double bc_primary(struct bc *bc)
{
    char c = bc_peek(bc);
    if (!machine_enter(bc->machine))
        return 0;
    long double value = 0;
    if (c == '(') {
        bc->at++;
        value = bc_sum(bc);
        bc->failed |= bc_peek(bc) != ')';
        bc->at++;
    } else if (c == '-') {
        bc->at++;
        value = -bc_primary(bc);
    } else if (bytes_start(bytes_from(bc->text, bc->at), BYTES("sqrt("))) {
        bc->at += 4;
        value = truncated(sqrtl(bc_primary(bc)), bc->scale);
    } else if (is_digit(c) || c == '.') {
        char room[64], *end;
        size_t size = 0;
        while (bc->at < bc->text.len && size < sizeof(room) - 1 &&
               (is_digit(bc->text.at[bc->at]) || bc->text.at[bc->at] == '.'))
            room[size++] = bc->text.at[bc->at++];
        room[size] = 0;
        value = strtold(room, &end);
        bc->failed |= *end != 0;
    } else if (c >= 'a' && c <= 'z') {
        bc->at++;
        value = bc->variables[c - 'a'];
    } else
        bc->failed = true;
    machine_leave(bc->machine);
    return value;
}

static long double bc_power(struct bc *bc)
{
    long double base = bc_primary(bc);
    if (bc_peek(bc) != '^' || bc->failed || !machine_enter(bc->machine))
        return base;
    bc->at++;
    long double value = powl(base, bc_power(bc));
    machine_leave(bc->machine);
    return value;
}

static long double bc_product(struct bc *bc)
{
    long double value = bc_power(bc);
    for (;;) {
        char sign = bc_peek(bc);
        if (bc->failed || (sign != '*' && sign != '/' && sign != '%'))
            return value;
        bc->at++;
        long double right = bc_power(bc);
        if (sign == '*')
            value *= right;
        else if (right == 0)
            bc->failed = true;
        else if (sign == '/')
            value = truncated(value / right, bc->scale);
        else
            value -= truncated(value / right, bc->scale) * right;
    }
}

static long double bc_sum(struct bc *bc)
{
    long double value = bc_product(bc);
    for (;;) {
        char sign = bc_peek(bc);
        if (bc->failed || (sign != '+' && sign != '-'))
            return value;
        bc->at++;
        long double right = bc_product(bc);
        value += sign == '+' ? right : -right;
    }
}

/* bc writes no zero in front of a dot, and as many places as the scale of the result. */
static void bc_print(struct bc *bc, long double value, int places)
{
    char room[80];
    snprintf(room, sizeof(room), "%.*Lf", places, value);
    const char *text = room;
    bool negative = *text == '-';
    text += negative;
    if (text[0] == '0' && text[1] == '.')
        text++;
    machine_put_format(bc->machine, 1, "%s%s\n", negative ? "-" : "", text);
}

static void bc_statement(struct bc *bc)
{
    struct bytes text = bc->text;
    bool assigns = text.len > 1 && text.at[0] >= 'a' && text.at[0] <= 'z' &&
                   (text.at[1] == '=' && !(text.len > 2 && text.at[2] == '='));
    if (text.len == 0 || bytes_equal(text, BYTES("quit")))
        return;
    if (bytes_start(text, BYTES("scale="))) {
        int64_t scale;
        if (text_integer(bytes_from(text, 6), &scale) && scale >= 0 && scale < 18)
            bc->scale = (int)scale;
        return;
    }
    bc->at = assigns ? 2 : 0;
    long double value = bc_sum(bc);
    bool divides = memchr(text.at, '/', text.len) || memchr(text.at, '.', text.len) ||
                   text_find(text, 0, BYTES("sqrt")) < text.len;
    if (bc->failed || bc_peek(bc) != 0)
        machine_put_format(bc->machine, 2, "%c\n", SHELL_HOLE_line);
    else if (assigns)
        bc->variables[text.at[0] - 'a'] = value;
    else if (fabsl(value) > 9e15L)
        machine_put_format(bc->machine, 1, "%c\n", SHELL_HOLE_number);
    else
        bc_print(bc, value, divides ? bc->scale : 0);
}

static int bc_applet(struct call *call)
{
    struct bc bc = {.machine = call->machine};
    struct bytes input = machine_read(call->machine, 0), line;
    for (size_t at = 0; text_line(input, &at, &line) && machine_step(call->machine, line.len);)
        for (size_t from = 0; from <= line.len;) {
            size_t end = text_find(line, from, BYTES(";"));
            struct bytes one = {line.at + from, end - from};
            while (one.len && one.at[0] == ' ')
                one = bytes_from(one, 1);
            bc.text = one;
            bc.at = 0;
            bc.failed = false;
            if (text_has_hole(one))
                machine_put_format(call->machine, 1, "%c\n", SHELL_HOLE_number);
            else
                bc_statement(&bc);
            from = end + 1;
        }
    return 0;
}

static const struct applet applets[] = {
    {"expr", expr_applet, 0},
    {"bc", bc_applet, 0},
};

const struct applet_table applets_math = APPLET_TABLE(applets);
