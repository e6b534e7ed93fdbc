/* test, [ and [[: what is true of words and files. */
#include "triage/shell/call.h"
#include "triage/shell/regex.h"

static bool file_is(struct machine *machine, char letter, struct bytes path)
{
    struct file_view view = file_look(machine, path_resolve(machine, path));
    if (!view.mode) {
        machine->result->guessed |= path.len == 0 || path.at[0] != '/' || text_has_hole(path);
        return false;
    }
    switch (letter) {
    case 'd':
        return view.mode[0] == 'd';
    case 'f':
        return view.mode[0] == '-';
    case 'L':
    case 'h':
        return view.mode[0] == 'l';
    case 's':
        return view.content.len > 0 || view.mode[0] == 'd';
    case 'r':
        machine->result->user_matters |= view.mode[7] != 'r';
        return view.readable;
    case 'w':
        return file_writable(machine, view.path);
    case 'x':
        return view.mode[9] == 'x' || view.mode[3] == 'x';
    case 'c':
        return view.mode[0] == 'c';
    case 'b':
    case 'p':
    case 'S':
        return view.mode[0] == (letter == 'S' ? 's' : letter);
    case 'u':
        return view.mode[3] == 's';
    default:
        return true;
    }
}

bool test_unary(struct machine *machine, char letter, struct bytes operand)
{
    switch (letter) {
    case 'n':
        return operand.len > 0;
    case 'z':
        machine->result->guessed |= operand.len == 1 && shell_is_hole(operand.at[0]);
        return operand.len == 0;
    case 't':
        return false;
    case 'v':
        return variable_find(machine, operand) != NULL;
    default:
        return file_is(machine, letter, operand);
    }
}

static bool numbers_compare(struct bytes operation, int64_t left, int64_t right)
{
    switch (operation.at[1] << 8 | operation.at[2]) {
    case 'e' << 8 | 'q':
        return left == right;
    case 'n' << 8 | 'e':
        return left != right;
    case 'l' << 8 | 't':
        return left < right;
    case 'l' << 8 | 'e':
        return left <= right;
    case 'g' << 8 | 't':
        return left > right;
    default:
        return left >= right;
    }
}

static struct bytes trimmed(struct bytes text)
{
    while (text.len && (text.at[0] == ' ' || text.at[0] == '\n'))
        text = bytes_from(text, 1);
    while (text.len && (text.at[text.len - 1] == ' ' || text.at[text.len - 1] == '\n'))
        text.len--;
    return text;
}

bool test_binary(struct machine *machine, struct bytes left, struct bytes operation,
                 struct bytes right, bool *ret_failed)
{
    if (text_has_hole(left) || text_has_hole(right))
        machine->result->guessed = true;
    if (operation.at[0] == '=')
        return bytes_equal(left, right);
    if (operation.at[0] == '!')
        return !bytes_equal(left, right);
    if (operation.at[0] == '<' || operation.at[0] == '>')
        return operation.at[0] == '<' ? bytes_compare(left, right) < 0
                                      : bytes_compare(left, right) > 0;
    if (operation.at[2] == 't' && strchr("no", operation.at[1]))
        return false; /* -nt, -ot: no times here */
    int64_t a = 0, b = 0;
    bool good = text_integer(trimmed(left), &a), also = text_integer(trimmed(right), &b);
    if (text_has_hole(left) || text_has_hole(right))
        return operation.at[1] == 'n'; /* unequal, most likely */
    if (!good || !also) {
        struct bytes bad = good ? right : left;
        bool bash = machine->dialect == DIALECT_bash, ash = machine->dialect == DIALECT_ash;
        machine_put_format(machine, 2,
                           ash    ? "%c%s%.*s: bad number\n"
                           : bash ? "%c%s%.*s: integer expression expected\n"
                                  : "%c%sIllegal number: %.*s\n",
                           SHELL_HOLE_shell, ash ? "" : "[: ", (int)bad.len, bad.at);
        *ret_failed = true;
        return false;
    }
    return numbers_compare(operation, a, b);
}

/* --- [ … ]: recursive descent over its words --- */

struct test_run {
    struct call *call;
    uint32_t at, end;
    bool failed;
};

static bool or_test(struct test_run *run);

static struct bytes word_at(const struct test_run *run, uint32_t at)
{
    return at < run->end ? run->call->words[at] : BYTES("");
}

static bool is_binary(struct bytes word)
{
    static const char *const operators[] = {"=",   "==",  "!=",  "<",   ">",   "-eq", "-ne",
                                            "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef"};
    for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++)
        if (bytes_equal(word, bytes_of(operators[i])))
            return true;
    return false;
}

static bool primary_test(struct test_run *run)
{
    struct machine *machine = run->call->machine;
    struct bytes word = word_at(run, run->at);
    uint32_t left = run->end - run->at;
    if (left >= 3 && is_binary(word_at(run, run->at + 1))) {
        run->at += 3;
        return test_binary(machine, word, word_at(run, run->at - 2), word_at(run, run->at - 1),
                           &run->failed);
    }
    if (left >= 2 && word.len == 2 && word.at[0] == '-' && is_name_start(word.at[1])) {
        run->at += 2;
        return test_unary(machine, word.at[1], word_at(run, run->at - 1));
    }
    if (bytes_equal(word, BYTES("(")) && left >= 3) {
        run->at++;
        bool value = or_test(run);
        if (!bytes_equal(word_at(run, run->at), BYTES(")")))
            run->failed = true;
        run->at++;
        return value;
    }
    run->at++;
    return word.len > 0;
}

static bool not_test(struct test_run *run)
{
    bool negated = false;
    while (bytes_equal(word_at(run, run->at), BYTES("!")) && run->end - run->at > 1) {
        negated = !negated;
        run->at++;
    }
    if (!machine_enter(run->call->machine))
        return false;
    bool value = primary_test(run);
    machine_leave(run->call->machine);
    return value != negated;
}

static bool and_test(struct test_run *run)
{
    bool value = not_test(run);
    while (run->at < run->end && bytes_equal(word_at(run, run->at), BYTES("-a"))) {
        run->at++;
        value = not_test(run) && value;
    }
    return value;
}

static bool or_test(struct test_run *run)
{
    bool value = and_test(run);
    while (run->at < run->end && bytes_equal(word_at(run, run->at), BYTES("-o"))) {
        run->at++;
        value = and_test(run) || value;
    }
    return value;
}

int test_applet(struct call *call)
{
    struct test_run run = {.call = call, .at = 1, .end = call->count};
    struct machine *machine = call->machine;
    if (bytes_equal(call->name, BYTES("["))) {
        if (!bytes_equal(call->words[call->count - 1], BYTES("]"))) {
            shell_complain(machine, machine->dialect == DIALECT_ash ? BYTES("") : BYTES("["),
                           machine->dialect == DIALECT_bash ? "missing `]'" : "missing ]");
            return 2;
        }
        run.end--;
    }
    if (run.at >= run.end)
        return 1;
    bool value = or_test(&run);
    if (!run.failed && run.at < run.end) {
        struct bytes word = word_at(&run, run.at);
        bool bash = machine->dialect == DIALECT_bash;
        machine_put_format(machine, 2,
                           bash ? "%c[: too many arguments\n" : "%c[: %.*s: unexpected operator\n",
                           SHELL_HOLE_shell, (int)word.len, word.at);
        run.failed = true;
    }
    return run.failed ? 2 : !value;
}

/* --- [[ … ]] --- */

static bool binary_condition(struct machine *machine, const struct condition *condition)
{
    struct bytes left = word_expand(machine, condition->left_word),
                 operation = condition->operation;
    bool failed = false;
    if (bytes_equal(operation, BYTES("=~"))) {
        struct bytes right = word_expand(machine, condition->right_word);
        machine->result->guessed |= text_has_hole(left);
        struct regex *regex = regex_compile(machine, right, REGEX_extended, false);
        struct regex_groups groups;
        if (!regex || !regex_find(regex, left, 0, &groups))
            return false;
        struct fields matched = {0};
        for (int i = 0; i < REGEX_GROUPS; i++)
            fields_add(machine, &matched, groups.group[i]);
        array_set(machine, BYTES("BASH_REMATCH"), &matched);
        return true;
    }
    if (operation.at[0] == '-') {
        bool unknown = false;
        struct bytes right = word_expand(machine, condition->right_word);
        int64_t a = arithmetic_evaluate(machine, left, &unknown);
        int64_t b = arithmetic_evaluate(machine, right, &unknown);
        machine->result->guessed |= unknown;
        return numbers_compare(operation, a, b);
    }
    if (operation.at[0] == '=' || operation.at[0] == '!') {
        struct bytes pattern = word_expand_pattern(machine, condition->right_word);
        machine->result->guessed |= text_has_hole(left);
        return pattern_match(pattern, left, false) == (operation.at[0] == '=');
    }
    return test_binary(machine, left, operation, word_expand(machine, condition->right_word),
                       &failed);
}

bool condition_evaluate(struct machine *machine, const struct condition *condition)
{
    if (!condition || machine->flow != FLOW_none || !machine_enter(machine))
        return false;
    bool value = false;
    switch (condition->kind) {
    case '!':
        value = !condition_evaluate(machine, condition->left);
        break;
    case '&':
        value = condition_evaluate(machine, condition->left) &&
                condition_evaluate(machine, condition->right);
        break;
    case '|':
        value = condition_evaluate(machine, condition->left) ||
                condition_evaluate(machine, condition->right);
        break;
    case 'u':
        value = test_unary(machine, condition->operation.at[1],
                           word_expand(machine, condition->left_word));
        break;
    case 'b':
        value = binary_condition(machine, condition);
        break;
    default:
        value = word_expand(machine, condition->left_word).len > 0;
        break;
    }
    machine_leave(machine);
    return value;
}
