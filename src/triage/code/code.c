/* Reading statements and expressions, and working out what they are worth on the way. */
#include "triage/code/code.h"

#include <errno.h>

#include "triage/code/run.h"

static struct value expression(struct code *code, int least);

/* `…`: a template of JavaScript when it has ${…} in it, else a command of PHP. */
static struct value ticks_read(struct code *code)
{
    struct buffer out = {0};
    struct bytes rest = bytes_from(rest_of(code), 1);
    const char *end = rest.len ? memchr(rest.at, '`', rest.len) : NULL;
    struct bytes inside = {rest.at, end ? (size_t)(end - rest.at) : rest.len};
    code->at += inside.len + 2;
    if (!inside.len || !memmem(inside.at, inside.len, "${", 2)) {
        command_add(code, inside, false);
        return value_of("\x0f");
    }
    while (inside.len) {
        const char *open = memmem(inside.at, inside.len, "${", 2);
        size_t len = open ? (size_t)(open - inside.at) : inside.len;
        buffer_put(&out, (struct bytes){inside.at, len});
        inside = bytes_from(inside, len);
        if (!open)
            break;
        size_t close = closing(inside, 1);
        struct value value =
            code_read(code, (struct bytes){inside.at + 2, close > 2 ? close - 2 : 0});
        buffer_put(&out, value_print(code, &value));
        inside = bytes_from(inside, close < inside.len ? close + 1 : close);
    }
    return value_take(code, &out);
}

/* Values between brackets, with commas; `name: value` and `key => value` count as the value. */
static uint32_t list_read(struct code *code, char close, struct value *items, uint32_t most)
{
    uint32_t count = 0;
    const char sign[2] = {close, 0};
    while (!code->bad && !sign_accept(code, sign)) {
        struct value value = expression(code, 0);
        if (sign_accept(code, "=>") || (close == '}' && sign_accept(code, ":")))
            value = expression(code, 0);
        if (count < most)
            items[count++] = value;
        if (sign_accept(code, sign))
            break;
        code->bad = code->bad || !sign_accept(code, ",");
    }
    return count;
}

static struct value items_keep(struct code *code, const struct value *items, uint32_t count)
{
    struct value *copy = arena_take_array(code->arena, count + 1, sizeof(*copy));
    if (!copy) {
        code->failed = true;
        return (struct value){0};
    }
    if (count)
        memcpy(copy, items, count * sizeof(*copy));
    return (struct value){.kind = VALUE_list, .items = copy, .item_count = count};
}

static struct value list_value(struct code *code, char close)
{
    struct value items[CODE_ITEMS];
    uint32_t count = list_read(code, close, items, CODE_ITEMS);
    return close == '}' ? (struct value){0} : items_keep(code, items, count);
}

/* "(a, b) => body", "function (a) {body}", "() => {body}": its body. */
static bool function_read(struct code *code, struct value *ret_value)
{
    size_t start = code->at;
    bool word = word_accept(code, "function") || word_accept(code, "async");
    if (word && char_at(code, 0) != '(' && name_peek(code).len)
        code->at += name_peek(code).len;
    blanks_skip(code);
    if (char_at(code, 0) == '(') {
        (void)brackets_take(code);
        bool arrow = sign_accept(code, "=>");
        blanks_skip(code);
        if ((arrow || word) && char_at(code, 0) == '{') {
            *ret_value = (struct value){.kind = VALUE_function, .text = brackets_take(code)};
            return true;
        }
        if (arrow) {
            size_t from = code->at;
            (void)expression(code, 1);
            *ret_value = (struct value){.kind = VALUE_function,
                                        .text = {code->text.at + from, code->at - from}};
            return true;
        }
    }
    code->at = start;
    return false;
}

static struct value *variable_find(struct code *code, struct bytes name)
{
    for (uint32_t i = 0; i < code->variable_count; i++)
        if (bytes_equal(code->variables[i].name, name))
            return &code->variables[i].value;
    return NULL;
}

static void variable_set(struct code *code, struct bytes name, struct value value)
{
    struct value *known = variable_find(code, name);
    if (known)
        *known = value;
    else if (code->variable_count < CODE_VARIABLES)
        code->variables[code->variable_count++] = (struct code_variable){name, value};
}

static struct value name_read(struct code *code)
{
    struct bytes name = name_peek(code);
    const struct value *known = variable_find(code, name);
    code->at += name.len;
    blanks_skip(code);
    if (char_at(code, 0) == '=' && char_at(code, 1) != '=' && char_at(code, 1) != '>') {
        code->at++;
        struct value value = expression(code, 0);
        variable_set(code, name, value);
        return value;
    }
    if (known)
        return *known;
    if (bytes_equal(name, BYTES("null")) || bytes_equal(name, BYTES("None")) ||
        bytes_equal(name, BYTES("undefined")))
        return (struct value){.kind = VALUE_nothing};
    if (bytes_equal(name, BYTES("true")) || bytes_equal(name, BYTES("false")))
        return value_text(name);
    return (struct value){.kind = VALUE_name, .text = name};
}

static struct value primary(struct code *code)
{
    struct value value;
    blanks_skip(code);
    char c = char_at(code, 0);
    if (is_digit(c))
        return numeral_read(code);
    if (c == '\'' || c == '"')
        return quoted_read(code);
    if ((c == 'b' || c == 'r' || c == 'f') &&
        (char_at(code, 1) == '\'' || char_at(code, 1) == '"')) {
        code->at++;
        return quoted_read(code);
    }
    if (c == '`')
        return ticks_read(code);
    if (c == '(' || c == 'f' || c == 'a')
        if (function_read(code, &value))
            return value;
    if (c == '(') {
        code->at++;
        value = expression(code, 0);
        while (sign_accept(code, ","))
            value = expression(code, 0);
        code->bad = code->bad || !sign_accept(code, ")");
        return value;
    }
    if (c == '[' || c == '{') {
        code->at++;
        return list_value(code, c == '[' ? ']' : '}');
    }
    if (name_peek(code).len)
        return name_read(code);
    code->bad = true;
    return (struct value){0};
}

static struct value member_of(struct code *code, const struct value *receiver, struct bytes name)
{
    struct buffer path = {0};
    if (receiver->kind == VALUE_name) {
        buffer_put(&path, receiver->text);
        buffer_put_char(&path, '.');
        buffer_put(&path, name);
        struct value value = value_take(code, &path);
        value.kind = VALUE_name;
        return value;
    }
    struct value *copy = arena_take(code->arena, sizeof(*copy));
    if (!copy) {
        code->failed = true;
        return (struct value){0};
    }
    *copy = *receiver;
    return (struct value){.kind = VALUE_member, .text = name, .receiver = copy};
}

/* "[…]": an item, a member by its name, or Python's text turned around. */
static struct value index_read(struct code *code, const struct value *receiver)
{
    struct bytes inside = brackets_take(code);
    if (bytes_equal(inside, BYTES("::-1"))) {
        struct value turned;
        code->result->reached++;
        return text_call(code, BYTES("strrev"), receiver, 1, &turned) ? turned : (struct value){0};
    }
    struct value index = code_read(code, inside);
    if (index.kind == VALUE_text && receiver->kind == VALUE_name)
        return member_of(code, receiver, index.text);
    if (index.kind == VALUE_number && receiver->kind == VALUE_list && index.number >= 0 &&
        index.number < receiver->item_count)
        return receiver->items[(uint32_t)index.number];
    return (struct value){0};
}

/* A member's name behind a dot; a dot before anything else, or before a function, joins in PHP. */
static bool member_follows(struct code *code, const struct value *receiver)
{
    size_t start = code->at;
    if (sign_accept(code, "->") || sign_accept(code, "::") || sign_accept(code, "?."))
        return true;
    if (!sign_accept(code, "."))
        return false;
    struct bytes name = name_peek(code);
    bool joins =
        name.len == 0 || name.at[0] == '$' || (receiver->kind == VALUE_text && name_is_own(name));
    if (joins)
        code->at = start;
    return !joins;
}

static struct value postfix(struct code *code)
{
    struct value value = primary(code);
    while (!code->bad) {
        blanks_skip(code);
        char c = char_at(code, 0);
        if (c == '(') {
            struct value arguments[CODE_ARGUMENTS];
            code->at++;
            uint32_t count = list_read(code, ')', arguments, CODE_ARGUMENTS);
            if (!code->bad)
                value = value_call(code, &value, arguments, count);
        } else if (c == '[') {
            value = name_value(code, &value);
            value = index_read(code, &value);
        } else if (c == '+' && char_at(code, 1) == '+') {
            code->at += 2;
        } else if (member_follows(code, &value)) {
            struct bytes name = name_peek(code);
            code->bad = code->bad || name.len == 0;
            code->at += name.len;
            value = member_of(code, &value, name);
        } else {
            break;
        }
    }
    return name_value(code, &value);
}

static struct value unary(struct code *code)
{
    static const char *const words[] = {"new", "await", "typeof", "void", "not", "yield", NULL};
    for (int i = 0; words[i]; i++)
        if (word_accept(code, words[i]))
            return unary(code);
    blanks_skip(code);
    char c = char_at(code, 0);
    if (c == '-' || c == '+' || c == '!' || c == '~' || c == '@' || c == '&') {
        if (++code->steps > CODE_STEPS) {
            code->bad = true;
            return (struct value){0};
        }
        code->at++;
        struct value value = unary(code);
        if (c == '@' || c == '+')
            return value;
        return c == '-' && value.kind == VALUE_number ? value_number(-value.number)
                                                      : (struct value){0};
    }
    return postfix(code);
}

static const struct infix {
    const char *sign;
    int rank;
} infixes[] = {
    {"===", 4}, {"!==", 4}, {"**", 8}, {"<=", 5}, {">=", 5}, {"==", 4}, {"!=", 4}, {"||", 2},
    {"&&", 3},  {"??", 2},  {"<", 5},  {">", 5},  {"+", 6},  {"-", 6},  {"*", 7},  {"/", 7},
    {"%", 7},   {"~", 6},   {".", 6},  {"|", 3},  {"&", 3},  {"^", 3},  {NULL, 0},
};

static const struct infix *infix_peek(struct code *code)
{
    blanks_skip(code);
    struct bytes rest = rest_of(code);
    for (const struct infix *each = infixes; each->sign; each++)
        if (bytes_start(rest, bytes_of(each->sign)) && !bytes_start(rest, BYTES("=>")))
            return each;
    return NULL;
}

/* `least`: operators that bind less are left to the caller; 0: a choice "a ? b : c" too. */
static struct value expression(struct code *code, int least)
{
    if (++code->steps > CODE_STEPS || ++code->depth > CODE_DEPTH) {
        code->bad = true;
        return (struct value){0};
    }
    struct value value = unary(code);
    const struct infix *found;
    while (!code->bad && (found = infix_peek(code)) && found->rank >= least) {
        code->at += strlen(found->sign);
        struct value right = expression(code, found->rank + 1);
        value = infix_apply(code, found->sign, value, right);
    }
    if (least == 0 && !code->bad && char_at(code, 0) == '?') {
        code->at++;
        value = expression(code, 0);
        if (sign_accept(code, ":"))
            (void)expression(code, 0);
    }
    code->depth--;
    return value;
}

/* To the next statement. */
static void statement_skip(struct code *code)
{
    while (code->at < code->text.len && !memchr(";\n", code->text.at[code->at], 2))
        code->at++;
    code->bad = false;
    code->depth = 0;
}

static void print_value(struct code *code, const struct value *value)
{
    if (code->printed.len < CODE_TEXT)
        buffer_put(&code->printed, value_print(code, value));
}

/* while (…) and for (…;…;…): what they wait for, and once what they do. */
static bool loop_read(struct code *code)
{
    bool loop = word_accept(code, "while") || word_accept(code, "for");
    bool choice = !loop && (word_accept(code, "if") || word_accept(code, "elseif"));
    if (!loop && !choice)
        return false;
    blanks_skip(code);
    if (char_at(code, 0) == '(') {
        code->wait = 0;
        (void)code_read(code, brackets_take(code));
        if (loop)
            code->result->seconds += code->wait;
        code->wait = 0;
    }
    return true;
}

/* Words a statement may begin with and that say nothing. */
static void fillers_skip(struct code *code)
{
    static const char *const words[] = {"const", "let", "var", "try", "else", "throw", "do", NULL};
    sign_accept(code, "<?php");
    sign_accept(code, "<?=");
    sign_accept(code, "?>");
    for (int i = 0; words[i]; i++)
        word_accept(code, words[i]);
}

static struct value statement(struct code *code)
{
    static const char *const prints[] = {"echo", "print", "die", "exit", "puts", NULL};
    struct value value = {0};
    fillers_skip(code);
    if (loop_read(code))
        return value;
    blanks_skip(code);
    if (char_at(code, 0) == '{')
        return code_read(code, brackets_take(code));
    if (word_accept(code, "return")) {
        code->returned = true;
        blanks_skip(code);
        return char_at(code, 0) == ';' ? value : expression(code, 0);
    }
    for (int i = 0; prints[i]; i++)
        if (word_accept(code, prints[i])) {
            do {
                value = expression(code, 0);
                print_value(code, &value);
            } while (!code->bad && sign_accept(code, ","));
            code->result->reached++;
            return (struct value){.kind = VALUE_nothing};
        }
    value = expression(code, 0);
    while (!code->bad && sign_accept(code, ","))
        value = expression(code, 0);
    return value;
}

struct value code_read(struct code *code, struct bytes text)
{
    struct bytes whole = code->text;
    size_t at = code->at;
    bool returned = code->returned;
    struct value last = {0};
    int depth = code->depth;
    if (depth + 1 > CODE_DEPTH)
        return last;
    code->text = text;
    code->at = 0;
    code->returned = false;
    while (!code->returned && code->steps < CODE_STEPS && !code->failed) {
        blanks_skip(code);
        while (sign_accept(code, ";") || sign_accept(code, "}"))
            continue;
        if (code->at >= code->text.len)
            break;
        code->depth = depth + 1;
        size_t before = code->at;
        struct value value = statement(code);
        if (code->bad)
            statement_skip(code);
        else
            last = value;
        code->at += code->at == before;
    }
    code->text = whole;
    code->at = at;
    code->returned = returned;
    code->depth = depth;
    code->bad = false;
    return last;
}

int code_run(struct bytes source, struct arena *arena, struct code_result *ret_result)
{
    *ret_result = (struct code_result){0};
    struct code *code = arena_take(arena, sizeof(*code));
    if (!code)
        return -ENOMEM;
    if (source.len == 0 || source.len > CODE_SOURCE)
        return 0;
    code->arena = arena;
    code->result = ret_result;
    struct value value = code_read(code, source);
    ret_result->number = value.kind == VALUE_number;
    if (value.kind != VALUE_unknown && value.kind != VALUE_nothing)
        ret_result->value = value_print(code, &value);
    ret_result->printed = arena_copy(arena, buffer_bytes(&code->printed));
    bool failed = code->failed || code->printed.failed || !ret_result->printed.at;
    buffer_finish(&code->printed);
    return failed ? -ENOMEM : 0;
}
