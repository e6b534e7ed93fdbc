#include "triage/attack/sql_value.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <strings.h>

#include "base/buffer.h"
#include "triage/decode/coding.h"

struct reading {
    struct bytes text;
    size_t at;
    struct arena *arena;
    int depth;
    int error;
};

static struct sql_value expression(struct reading *reading);

static void blanks_skip(struct reading *reading)
{
    while (reading->at < reading->text.len) {
        struct bytes rest = bytes_from(reading->text, reading->at);
        const char *end =
            bytes_start(rest, BYTES("/*")) ? memmem(rest.at, rest.len, "*/", 2) : NULL;
        if (memchr(" \t\r\n+", rest.at[0], 4))
            reading->at++;
        else if (end)
            reading->at += (size_t)(end - rest.at) + 2;
        else
            return;
    }
}

static bool next_is(struct reading *reading, const char *token)
{
    blanks_skip(reading);
    struct bytes rest = bytes_from(reading->text, reading->at);
    size_t len = strlen(token);
    if (rest.len < len || strncasecmp(rest.at, token, len) != 0)
        return false;
    reading->at += len;
    return true;
}

static struct sql_value unknown(void)
{
    return (struct sql_value){.kind = SQL_unknown};
}

static struct sql_value text_value(struct reading *reading, struct bytes text, bool computed)
{
    struct bytes copy = arena_copy(reading->arena, text);
    if (!copy.at)
        reading->error = -ENOMEM;
    return (struct sql_value){.kind = SQL_text, .text = copy, .computed = computed};
}

static struct sql_value number_value(struct reading *reading, int64_t number, bool computed)
{
    char text[24];
    int len = snprintf(text, sizeof(text), "%" PRId64, number);
    struct sql_value value = text_value(reading, (struct bytes){text, (size_t)len}, computed);
    value.kind = SQL_number;
    value.number = number;
    return value;
}

/* 'it''s', "…": doubled quotes and backslashes resolved. */
static struct sql_value quoted(struct reading *reading)
{
    char quote = reading->text.at[reading->at++];
    struct buffer out = {0};
    while (reading->at < reading->text.len && out.len < SQL_TEXT) {
        char c = reading->text.at[reading->at++];
        if (c == quote) {
            if (reading->at >= reading->text.len || reading->text.at[reading->at] != quote)
                break;
            reading->at++;
        } else if (c == '\\' && reading->at < reading->text.len) {
            c = reading->text.at[reading->at++];
        }
        buffer_put_char(&out, c);
    }
    struct sql_value value = text_value(reading, buffer_bytes(&out), false);
    buffer_finish(&out);
    return value;
}

/* 0x… or x'…': bytes. */
static struct sql_value hexadecimal(struct reading *reading, size_t skip)
{
    struct buffer out = {0};
    reading->at += skip;
    while (reading->at + 1 < reading->text.len && out.len < SQL_TEXT) {
        int high = hexadecimal_digit(reading->text.at[reading->at]);
        int low = hexadecimal_digit(reading->text.at[reading->at + 1]);
        if (high < 0 || low < 0)
            break;
        buffer_put_char(&out, (char)(high * 16 + low));
        reading->at += 2;
    }
    if (reading->at < reading->text.len && reading->text.at[reading->at] == '\'')
        reading->at++;
    struct sql_value value = text_value(reading, buffer_bytes(&out), true);
    buffer_finish(&out);
    return value;
}

static struct sql_value digits(struct reading *reading)
{
    int64_t number = 0;
    while (reading->at < reading->text.len && reading->text.at[reading->at] >= '0' &&
           reading->text.at[reading->at] <= '9') {
        int digit = reading->text.at[reading->at++] - '0';
        if (number > (INT64_MAX - 9) / 10)
            return unknown();
        number = number * 10 + digit;
    }
    return number_value(reading, number, false);
}

/* Functions whose value is not known but whose grammar is. */
static const struct {
    const char *name, *pattern;
} typed_functions[] = {
    {"@@version",
     "[0-9]{1,2}\\.[0-9]{1,2}\\.[0-9]+[A-Za-z0-9+.~:-]*|Microsoft SQL Server [0-9]{4}[^<\\n]*"},
    {"@@hostname", "[A-Za-z][A-Za-z0-9.-]{2,62}"},
    {"version",
     "[0-9]{1,2}\\.[0-9]{1,2}\\.[0-9]+[A-Za-z0-9+.~:-]*|PostgreSQL [0-9]{1,2}\\.[0-9]+[^<\\n]*"},
    {"sqlite_version", "3\\.[0-9]{1,2}\\.[0-9]+"},
    {"user", "[a-z_][a-z0-9_]*@[A-Za-z0-9.%-]+"},
    {"current_user", "[a-z_][a-z0-9_]*@[A-Za-z0-9.%-]+"},
    {"system_user", "[a-z_][a-z0-9_]*@[A-Za-z0-9.%-]+"},
};

static struct sql_value function_value(struct reading *reading, struct bytes name,
                                       const struct sql_value *arguments, unsigned count)
{
    struct buffer out = {0};
    for (size_t i = 0; i < sizeof(typed_functions) / sizeof(*typed_functions); i++)
        if (name.len == strlen(typed_functions[i].name) &&
            strncasecmp(name.at, typed_functions[i].name, name.len) == 0)
            return (struct sql_value){
                .kind = SQL_typed, .text = bytes_of(typed_functions[i].pattern), .computed = true};
    bool joins = name.len == 6 && strncasecmp(name.at, "concat", 6) == 0;
    bool makes = (name.len == 4 && strncasecmp(name.at, "char", 4) == 0) ||
                 (name.len == 3 && strncasecmp(name.at, "chr", 3) == 0);
    if (name.len == 3 && strncasecmp(name.at, "md5", 3) == 0)
        return (struct sql_value){
            .kind = SQL_typed, .text = BYTES("[0-9a-f]{32}"), .computed = true};
    for (unsigned i = 0; i < count && (joins || makes); i++) {
        bool fits = joins ? arguments[i].kind == SQL_text || arguments[i].kind == SQL_number
                          : arguments[i].kind == SQL_number && arguments[i].number > 0 &&
                                arguments[i].number < 128;
        if (!fits) {
            buffer_finish(&out);
            return unknown();
        }
        if (joins)
            buffer_put(&out, arguments[i].text);
        else
            buffer_put_char(&out, (char)arguments[i].number);
    }
    struct sql_value value =
        joins || makes ? text_value(reading, buffer_bytes(&out), true) : unknown();
    buffer_finish(&out);
    return value;
}

/* A name, with its arguments when it is a function. */
static struct sql_value named(struct reading *reading)
{
    enum { ARGUMENTS = 64 };
    size_t from = reading->at;
    while (reading->at < reading->text.len) {
        char c = ascii_lower(reading->text.at[reading->at]);
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && !memchr("_.@$", c, 4))
            break;
        reading->at++;
    }
    struct bytes name = {reading->text.at + from, reading->at - from};
    struct sql_value *arguments = NULL;
    unsigned count = 0;
    if (name.len == 0) {
        reading->at += reading->at < reading->text.len;
        return unknown();
    }
    if (next_is(reading, "(")) {
        arguments = arena_take_array(reading->arena, ARGUMENTS, sizeof(*arguments));
        if (!arguments) {
            reading->error = -ENOMEM;
            return unknown();
        }
        if (!next_is(reading, ")"))
            do
                arguments[count < ARGUMENTS - 1 ? count++ : count] = expression(reading);
            while (reading->error == 0 && next_is(reading, ","));
        (void)next_is(reading, ")");
    }
    return function_value(reading, name, arguments, count);
}

static struct sql_value primary(struct reading *reading)
{
    blanks_skip(reading);
    struct bytes rest = bytes_from(reading->text, reading->at);
    if (rest.len == 0 || reading->error || reading->depth > SQL_DEPTH)
        return unknown();
    if (rest.at[0] == '\'' || rest.at[0] == '"')
        return quoted(reading);
    if (bytes_start(rest, BYTES("0x")) || bytes_start(rest, BYTES("0X")))
        return hexadecimal(reading, 2);
    if (bytes_start(rest, BYTES("x'")) || bytes_start(rest, BYTES("X'")))
        return hexadecimal(reading, 2);
    if (rest.at[0] >= '0' && rest.at[0] <= '9')
        return digits(reading);
    if (next_is(reading, "(")) {
        struct sql_value value = expression(reading);
        (void)next_is(reading, ")");
        return value;
    }
    if (next_is(reading, "-")) {
        struct sql_value value = primary(reading);
        return value.kind == SQL_number ? number_value(reading, -value.number, value.computed)
                                        : unknown();
    }
    return named(reading);
}

static struct sql_value arithmetic(struct reading *reading, char operation, struct sql_value a,
                                   struct sql_value b)
{
    int64_t result;
    if (a.kind != SQL_number || b.kind != SQL_number)
        return unknown();
    bool overflow = operation == '*'   ? __builtin_mul_overflow(a.number, b.number, &result)
                    : operation == '+' ? __builtin_add_overflow(a.number, b.number, &result)
                                       : __builtin_sub_overflow(a.number, b.number, &result);
    return overflow ? unknown() : number_value(reading, result, true);
}

static struct sql_value joined(struct reading *reading, struct sql_value a, struct sql_value b)
{
    if ((a.kind != SQL_text && a.kind != SQL_number) ||
        (b.kind != SQL_text && b.kind != SQL_number))
        return unknown();
    struct buffer out = {0};
    buffer_put(&out, a.text);
    buffer_put(&out, b.text);
    struct sql_value value = text_value(reading, buffer_bytes(&out), true);
    buffer_finish(&out);
    return value;
}

static struct sql_value product(struct reading *reading)
{
    struct sql_value value = primary(reading);
    while (reading->error == 0 && next_is(reading, "*"))
        value = arithmetic(reading, '*', value, primary(reading));
    return value;
}

static struct sql_value expression(struct reading *reading)
{
    if (++reading->depth > SQL_DEPTH) {
        reading->at = reading->text.len;
        return unknown();
    }
    struct sql_value value = product(reading);
    while (reading->error == 0) {
        bool joins = next_is(reading, "||");
        bool comment = bytes_start(bytes_from(reading->text, reading->at), BYTES("--"));
        if (joins)
            value = joined(reading, value, product(reading));
        else if (!comment && next_is(reading, "-"))
            value = arithmetic(reading, '-', value, product(reading));
        else
            break;
    }
    reading->depth--;
    return value;
}

int sql_evaluate(struct bytes text, struct arena *arena, struct sql_value *ret_value,
                 size_t *ret_len)
{
    struct reading reading = {.text = text, .arena = arena};
    struct sql_value value = expression(&reading);
    if (reading.error)
        return reading.error;
    *ret_value = value;
    *ret_len = reading.at;
    return 0;
}
