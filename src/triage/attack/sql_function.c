#include "triage/attack/sql_function.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <strings.h>

#include "base/buffer.h"

/* What stands for a value nobody knows: no sign that quoting or escaping the request leaves. */
#define ANYTHING "[^\\n<>'\"&\\\\%]{0,400}?"

struct call {
    struct arena *arena;
    const struct sql_value *arguments;
    unsigned count;
    int *error;
};

static struct sql_value unknown(void)
{
    return (struct sql_value){.kind = SQL_unknown, .computed = true};
}

struct sql_value sql_of_text(struct arena *arena, struct bytes text, bool computed, int *error)
{
    struct bytes copy = arena_copy(arena, text);
    if (!copy.at)
        *error = -ENOMEM;
    return (struct sql_value){.kind = SQL_text, .text = copy, .computed = computed};
}

struct sql_value sql_of_number(struct arena *arena, int64_t number, bool computed, int *error)
{
    char text[24];
    int len = snprintf(text, sizeof(text), "%" PRId64, number);
    struct sql_value value = sql_of_text(arena, (struct bytes){text, (size_t)len}, computed, error);
    value.kind = SQL_number;
    value.number = number;
    return value;
}

static bool is_known(const struct sql_value *value)
{
    return value->kind == SQL_text || value->kind == SQL_number;
}

static void pattern_put(struct buffer *out, const struct sql_value *value)
{
    if (value->kind == SQL_unknown || (value->kind == SQL_typed && !value->known))
        buffer_put(out, BYTES(ANYTHING));
    else if (value->kind == SQL_typed)
        buffer_put_format(out, "(?:%.*s)", (int)value->text.len, value->text.at);
    else
        for (size_t i = 0; i < value->text.len; i++) {
            unsigned char c = (unsigned char)value->text.at[i];
            if (c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                (c >= 'a' && c <= 'z'))
                buffer_put_char(out, (char)c);
            else
                buffer_put_format(out, "\\x%02x", c);
        }
}

struct sql_value sql_join(struct arena *arena, const struct sql_value *values, unsigned count,
                          struct bytes separator, int *error)
{
    struct buffer out = {0};
    bool all_known = true;
    uint32_t known = 0;
    for (unsigned i = 0; i < count; i++) {
        if (values[i].kind == SQL_null)
            return values[i];
        all_known = all_known && is_known(&values[i]);
        known += is_known(&values[i]) ? (uint32_t)values[i].text.len : values[i].known;
    }
    const struct sql_value between = {.kind = SQL_text, .text = separator};
    for (unsigned i = 0; i < count && out.len < SQL_TEXT; i++) {
        if (all_known && i)
            buffer_put(&out, separator);
        else if (i)
            pattern_put(&out, &between);
        if (all_known)
            buffer_put(&out, values[i].text);
        else
            pattern_put(&out, &values[i]);
    }
    struct sql_value value =
        out.len < SQL_TEXT ? sql_of_text(arena, buffer_bytes(&out), true, error) : unknown();
    if (value.kind == SQL_text && !all_known) {
        value.kind = known ? SQL_typed : SQL_unknown;
        value.known = known;
    }
    buffer_finish(&out);
    return value;
}

static struct sql_value call_concat(const struct call *call)
{
    return sql_join(call->arena, call->arguments, call->count, (struct bytes){0}, call->error);
}

static struct sql_value call_concat_ws(const struct call *call)
{
    if (call->count < 2 || !is_known(&call->arguments[0]))
        return unknown();
    return sql_join(call->arena, call->arguments + 1, call->count - 1, call->arguments[0].text,
                    call->error);
}

static struct sql_value call_char(const struct call *call)
{
    char text[64];
    size_t len = 0;
    for (unsigned i = 0; i < call->count && len < sizeof(text); i++) {
        const struct sql_value *one = &call->arguments[i];
        if (one->kind != SQL_number || one->number <= 0 || one->number > 127)
            return unknown();
        text[len++] = (char)one->number;
    }
    return sql_of_text(call->arena, (struct bytes){text, len}, true, call->error);
}

/* IF(c,a,b), IIF(c,a,b). */
static struct sql_value call_if(const struct call *call)
{
    if (call->count != 3)
        return unknown();
    enum sql_truth truth = sql_truth(&call->arguments[0]);
    if (truth == SQL_undecided)
        return unknown();
    struct sql_value value = call->arguments[truth == SQL_true ? 1 : 2];
    value.computed = true;
    return value;
}

/* ELT(n,a,b,…), CHOOSE. */
static struct sql_value call_elt(const struct call *call)
{
    if (call->count < 2 || call->arguments[0].kind != SQL_number)
        return unknown();
    int64_t which = call->arguments[0].number;
    if (which < 1 || which >= call->count)
        return (struct sql_value){.kind = SQL_null, .computed = true};
    struct sql_value value = call->arguments[which];
    value.computed = true;
    return value;
}

/* COALESCE, IFNULL, NVL, ISNULL with two: the first that is something. */
static struct sql_value call_coalesce(const struct call *call)
{
    for (unsigned i = 0; i < call->count; i++)
        if (call->arguments[i].kind != SQL_null)
            return call->arguments[i];
    return (struct sql_value){.kind = SQL_null, .computed = true};
}

static struct sql_value call_isnull(const struct call *call)
{
    if (call->count != 1)
        return call_coalesce(call);
    if (call->arguments[0].kind == SQL_unknown)
        return unknown();
    return sql_of_number(call->arena, call->arguments[0].kind == SQL_null, true, call->error);
}

/* CAST(x AS …), CONVERT(x, …) and the like keep what they are given. */
static struct sql_value call_same(const struct call *call)
{
    return call->count ? call->arguments[0] : unknown();
}

/* SQL Server's CONVERT(type, x) has the value second; its type is a name, so not known. */
static struct sql_value call_convert(const struct call *call)
{
    bool second = call->count >= 2 && call->arguments[0].kind == SQL_unknown;
    return call->count ? call->arguments[second] : unknown();
}

static struct sql_value call_case(const struct call *call, bool upper)
{
    if (call->count != 1 || !is_known(&call->arguments[0]))
        return unknown();
    struct sql_value value = sql_of_text(call->arena, call->arguments[0].text, true, call->error);
    for (size_t i = 0; value.text.at && i < value.text.len; i++) {
        char *c = (char *)(uintptr_t)value.text.at + i;
        if (upper && *c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
        else if (!upper)
            *c = ascii_lower(*c);
    }
    return value;
}

static struct sql_value call_upper(const struct call *call)
{
    return call_case(call, true);
}

static struct sql_value call_lower(const struct call *call)
{
    return call_case(call, false);
}

/* SUBSTRING(text, from, count), counted from 1. */
static struct sql_value call_substring(const struct call *call)
{
    const struct sql_value *arguments = call->arguments;
    if (call->count < 2 || !is_known(&arguments[0]) || arguments[1].kind != SQL_number ||
        (call->count > 2 && arguments[2].kind != SQL_number))
        return unknown();
    struct bytes text = arguments[0].text;
    int64_t from = arguments[1].number, count = call->count > 2 ? arguments[2].number : SQL_TEXT;
    if (from < 1 || count < 0)
        return unknown();
    text = bytes_from(text, (size_t)from - 1);
    text.len = text.len < (size_t)count ? text.len : (size_t)count;
    return sql_of_text(call->arena, text.len ? text : BYTES(""), true, call->error);
}

static struct sql_value call_left(const struct call *call)
{
    if (call->count != 2 || !is_known(&call->arguments[0]) ||
        call->arguments[1].kind != SQL_number || call->arguments[1].number < 0)
        return unknown();
    struct bytes text = call->arguments[0].text;
    size_t count = (size_t)call->arguments[1].number;
    text.len = text.len < count ? text.len : count;
    return sql_of_text(call->arena, text, true, call->error);
}

static struct sql_value call_length(const struct call *call)
{
    if (call->count != 1 || !is_known(&call->arguments[0]))
        return unknown();
    return sql_of_number(call->arena, (int64_t)call->arguments[0].text.len, true, call->error);
}

static struct sql_value call_ascii(const struct call *call)
{
    if (call->count != 1 || !is_known(&call->arguments[0]) || call->arguments[0].text.len == 0)
        return unknown();
    return sql_of_number(call->arena, (unsigned char)call->arguments[0].text.at[0], true,
                         call->error);
}

static struct sql_value call_repeat(const struct call *call)
{
    if (call->count != 2 || !is_known(&call->arguments[0]) ||
        call->arguments[1].kind != SQL_number || call->arguments[1].number > SQL_TEXT)
        return unknown();
    struct buffer out = {0};
    for (int64_t i = 0; i < call->arguments[1].number && out.len < SQL_TEXT; i++)
        buffer_put(&out, call->arguments[0].text);
    struct sql_value value = sql_of_text(call->arena, buffer_bytes(&out), true, call->error);
    buffer_finish(&out);
    return value;
}

static struct sql_value call_reverse(const struct call *call)
{
    if (call->count != 1 || !is_known(&call->arguments[0]))
        return unknown();
    struct bytes text = call->arguments[0].text;
    struct sql_value value = sql_of_text(call->arena, text, true, call->error);
    for (size_t i = 0; value.text.at && i < text.len; i++)
        ((char *)(uintptr_t)value.text.at)[i] = text.at[text.len - 1 - i];
    return value;
}

static const struct {
    const char *name;
    struct sql_value (*run)(const struct call *call);
} functions[] = {
    {"concat", call_concat},
    {"concat_ws", call_concat_ws},
    {"char", call_char},
    {"chr", call_char},
    {"nchar", call_char},
    {"if", call_if},
    {"iif", call_if},
    {"elt", call_elt},
    {"choose", call_elt},
    {"coalesce", call_coalesce},
    {"ifnull", call_coalesce},
    {"nvl", call_coalesce},
    {"isnull", call_isnull},
    {"cast", call_same},
    {"try_cast", call_same},
    {"to_char", call_same},
    {"convert", call_convert},
    {"trim", call_same},
    {"min", call_same},
    {"max", call_same},
    {"group_concat", call_concat},
    {"upper", call_upper},
    {"ucase", call_upper},
    {"lower", call_lower},
    {"lcase", call_lower},
    {"substring", call_substring},
    {"substr", call_substring},
    {"mid", call_substring},
    {"left", call_left},
    {"length", call_length},
    {"len", call_length},
    {"char_length", call_length},
    {"ascii", call_ascii},
    {"ord", call_ascii},
    {"repeat", call_repeat},
    {"replicate", call_repeat},
    {"reverse", call_reverse},
};

/* Functions whose value is not known but whose grammar is. */
static const struct {
    const char *name, *pattern;
    bool bare; /* also without brackets */
} typed_functions[] = {
    {"@@version",
     "[0-9]{1,2}\\.[0-9]{1,2}\\.[0-9]+[A-Za-z0-9+.~:-]*|Microsoft SQL Server [0-9]{4}[^<\\n]*",
     true},
    {"@@hostname", "[A-Za-z][A-Za-z0-9.-]{2,62}", true},
    {"version",
     "[0-9]{1,2}\\.[0-9]{1,2}\\.[0-9]+[A-Za-z0-9+.~:-]*|PostgreSQL [0-9]{1,2}\\.[0-9]+[^<\\n]*",
     false},
    {"sqlite_version", "3\\.[0-9]{1,2}\\.[0-9]+", false},
    {"user", "[a-z_][a-z0-9_]*@[A-Za-z0-9.%-]+", false},
    {"current_user", "[a-z_][a-z0-9_]*@[A-Za-z0-9.%-]+", true},
    {"session_user", "[a-z_][a-z0-9_]*@[A-Za-z0-9.%-]+", true},
    {"system_user", "[a-z_][a-z0-9_]*@[A-Za-z0-9.%-]+", true},
    {"md5", "[0-9a-f]{32}", false},
    {"sha1", "[0-9a-f]{40}", false},
};

static bool named(struct bytes name, const char *word)
{
    return name.len == strlen(word) && strncasecmp(name.at, word, name.len) == 0;
}

bool sql_is_bare_function(struct bytes name)
{
    for (size_t i = 0; i < sizeof(typed_functions) / sizeof(*typed_functions); i++)
        if (typed_functions[i].bare && named(name, typed_functions[i].name))
            return true;
    return false;
}

/* Of nothing but NULL nearly every function makes NULL; probes of dialects rely on it. */
static bool nulls_give_null(struct bytes name, const struct sql_value *arguments, unsigned count)
{
    static const char *const others[] = {"count", "quote", "nvl2", "decode", "json_array", NULL};
    for (int i = 0; others[i]; i++)
        if (named(name, others[i]))
            return false;
    for (unsigned i = 0; i < count; i++)
        if (arguments[i].kind != SQL_null)
            return false;
    return count > 0;
}

struct sql_value sql_call(struct arena *arena, struct bytes name, const struct sql_value *arguments,
                          unsigned count, int *error)
{
    const struct call call = {arena, arguments, count, error};
    for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++)
        if (named(name, functions[i].name))
            return functions[i].run(&call);
    if (nulls_give_null(name, arguments, count))
        return (struct sql_value){.kind = SQL_null, .computed = true};
    for (size_t i = 0; i < sizeof(typed_functions) / sizeof(*typed_functions); i++)
        if (named(name, typed_functions[i].name))
            return (struct sql_value){
                .kind = SQL_typed, .text = bytes_of(typed_functions[i].pattern), .computed = true};
    return unknown();
}
