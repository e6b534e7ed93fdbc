/* Functions and methods that make text of text. */
#include <math.h>
#include <nettle/nettle-meta.h>
#include <stdlib.h>

#include "triage/code/run.h"
#include "triage/shell/shell.h"

enum { REPEATED = 4096 };

static struct value unknown_text(void)
{
    return value_of("\x0f");
}

static struct value text_reverse(struct code *code, struct bytes text)
{
    struct buffer out = {0};
    for (size_t i = text.len; i > 0; i--)
        buffer_put_char(&out, text.at[i - 1]);
    return value_take(code, &out);
}

static struct value text_case(struct code *code, struct bytes text, bool upper)
{
    struct buffer out = {0};
    for (size_t i = 0; i < text.len; i++) {
        char c = ascii_lower(text.at[i]);
        buffer_put_char(&out, upper && c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c);
    }
    return value_take(code, &out);
}

static struct value text_repeat(struct code *code, struct bytes text, double times)
{
    struct buffer out = {0};
    for (double i = 0; i < times && i < REPEATED && out.len < CODE_TEXT; i++)
        buffer_put(&out, text);
    return value_take(code, &out);
}

static struct value text_hexadecimal(struct code *code, struct bytes text)
{
    struct buffer out = {0};
    for (size_t i = 0; i < text.len; i++)
        buffer_put_format(&out, "%02x", (unsigned char)text.at[i]);
    return value_take(code, &out);
}

static struct value text_digest(struct code *code, const char *name, struct bytes text)
{
    const struct nettle_hash *hash = nettle_lookup_hash(name);
    uint8_t digest[64];
    void *context = hash ? arena_take(code->arena, hash->context_size) : NULL;
    if (!context || hash->digest_size > sizeof(digest))
        return unknown_text();
    hash->init(context);
    hash->update(context, text.len, (const uint8_t *)text.at);
    hash->digest(context, hash->digest_size, digest);
    return text_hexadecimal(code, (struct bytes){(const char *)digest, hash->digest_size});
}

static struct value text_base64(struct code *code, struct bytes text, bool encode)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    struct buffer out = {0};
    if (!encode) {
        unsigned bits = 0, count = 0;
        for (size_t i = 0; i < text.len && text.at[i] != '='; i++) {
            const char *letter = strchr(letters, text.at[i]);
            if (!letter || !text.at[i])
                continue; /* PHP and browsers pass over what is no letter of it */
            bits = (bits << 6 | (unsigned)(letter - letters)) & 0xffffff;
            count += 6;
            if (count < 8)
                continue;
            count -= 8;
            char c = (char)(bits >> count & 0xff);
            buffer_put_char(&out, shell_is_hole(c) ? (char)SHELL_HOLE_byte : c);
        }
        return value_take(code, &out);
    }
    for (size_t i = 0; i < text.len; i += 3) {
        unsigned bits = 0;
        for (size_t j = 0; j < 3; j++)
            bits = bits << 8 | (i + j < text.len ? (unsigned char)text.at[i + j] : 0);
        for (size_t j = 0; j < 4; j++)
            buffer_put_char(&out, i + j > text.len ? '=' : letters[bits >> (18 - 6 * j) & 63]);
    }
    return value_take(code, &out);
}

static struct value text_rotate(struct code *code, struct bytes text)
{
    struct buffer out = {0};
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i], lower = ascii_lower(c), first = (char)(c == lower ? 'a' : 'A');
        bool letter = lower >= 'a' && lower <= 'z';
        buffer_put_char(&out, letter ? (char)(first + (c - first + 13) % 26) : c);
    }
    return value_take(code, &out);
}

static struct value items_join(struct code *code, const struct value *list, struct bytes between)
{
    struct buffer out = {0};
    for (uint32_t i = 0; i < list->item_count && out.len < CODE_TEXT; i++) {
        if (i)
            buffer_put(&out, between);
        buffer_put(&out, value_print(code, &list->items[i]));
    }
    return list->item_count ? value_take(code, &out) : (buffer_finish(&out), unknown_text());
}

/* Characters of numbers: chr(97), String.fromCharCode(97, 98). */
static struct value characters(struct code *code, const struct value *arguments, uint32_t count)
{
    struct buffer out = {0};
    for (uint32_t i = 0; i < count; i++)
        if (arguments[i].kind == VALUE_number && arguments[i].number >= ' ' &&
            arguments[i].number < 127)
            buffer_put_char(&out, (char)arguments[i].number);
    return value_take(code, &out);
}

enum text_work {
    WORK_reverse,
    WORK_upper,
    WORK_lower,
    WORK_hexadecimal,
    WORK_md5,
    WORK_sha1,
    WORK_sha256,
    WORK_base64,
    WORK_plain,
    WORK_rotate,
    WORK_length,
    WORK_same,
};

static struct value text_work(struct code *code, enum text_work work, struct bytes text)
{
    if (!shell_output_exact(text))
        return work == WORK_same ? value_text(text) : unknown_text();
    switch (work) {
    case WORK_reverse:
        return text_reverse(code, text);
    case WORK_upper:
    case WORK_lower:
        return text_case(code, text, work == WORK_upper);
    case WORK_hexadecimal:
        return text_hexadecimal(code, text);
    case WORK_md5:
        return text_digest(code, "md5", text);
    case WORK_sha1:
        return text_digest(code, "sha1", text);
    case WORK_sha256:
        return text_digest(code, "sha256", text);
    case WORK_base64:
    case WORK_plain:
        return text_base64(code, text, work == WORK_base64);
    case WORK_rotate:
        return text_rotate(code, text);
    case WORK_length:
        return value_number((double)text.len);
    default:
        return value_text(text);
    }
}

bool text_call(struct code *code, struct bytes name, const struct value *arguments, uint32_t count,
               struct value *ret_value)
{
    static const struct {
        const char *name;
        enum text_work work;
    } functions[] = {
        {"strrev", WORK_reverse},
        {"reversed", WORK_reverse},
        {"strtoupper", WORK_upper},
        {"strtolower", WORK_lower},
        {"bin2hex", WORK_hexadecimal},
        {"md5", WORK_md5},
        {"sha1", WORK_sha1},
        {"hashlib.md5", WORK_md5},
        {"hashlib.sha1", WORK_sha1},
        {"hashlib.sha256", WORK_sha256},
        {"base64_encode", WORK_base64},
        {"btoa", WORK_base64},
        {"base64_decode", WORK_plain},
        {"atob", WORK_plain},
        {"str_rot13", WORK_rotate},
        {"strlen", WORK_length},
        {"len", WORK_length},
        {"strval", WORK_same},
        {"String", WORK_same},
        {"str", WORK_same},
        {"trim", WORK_same},
        {"htmlspecialchars", WORK_same},
        {"Buffer.from", WORK_same},
        {"escape", WORK_same},
        {NULL, WORK_same},
    };
    if (bytes_equal(name, BYTES("chr")) || bytes_equal(name, BYTES("String.fromCharCode"))) {
        *ret_value = characters(code, arguments, count);
        return true;
    }
    if (bytes_equal(name, BYTES("str_repeat")) && count == 2) {
        bool known = arguments[1].kind == VALUE_number;
        *ret_value = known
                         ? text_repeat(code, value_print(code, &arguments[0]), arguments[1].number)
                         : unknown_text();
        return true;
    }
    if ((bytes_equal(name, BYTES("implode")) || bytes_equal(name, BYTES("join"))) && count == 2) {
        *ret_value = items_join(code, &arguments[1], value_print(code, &arguments[0]));
        return true;
    }
    for (int i = 0; functions[i].name; i++)
        if (bytes_equal(name, bytes_of(functions[i].name))) {
            *ret_value = text_work(code, functions[i].work,
                                   count ? value_print(code, &arguments[0]) : BYTES(""));
            return true;
        }
    return false;
}

/* A text cut at each `at`; empty: into its characters. */
static struct value text_split(struct code *code, struct bytes text, struct bytes at)
{
    struct value *items = arena_take_array(code->arena, CODE_ITEMS, sizeof(*items));
    uint32_t count = 0;
    if (!items || !shell_output_exact(text))
        return (struct value){.kind = VALUE_list};
    while (count < CODE_ITEMS) {
        const char *found = at.len && text.len ? memmem(text.at, text.len, at.at, at.len) : NULL;
        size_t len = at.len == 0 ? (text.len ? 1 : 0)
                     : found     ? (size_t)(found - text.at)
                                 : text.len;
        items[count++] = value_text((struct bytes){text.at, len});
        text = bytes_from(text, len + (found ? at.len : 0));
        if (at.len ? !found : text.len == 0)
            break;
    }
    return (struct value){.kind = VALUE_list, .items = items, .item_count = count};
}

static struct value list_reverse(struct code *code, const struct value *list)
{
    struct value *items = arena_take_array(code->arena, list->item_count + 1, sizeof(*items));
    for (uint32_t i = 0; items && i < list->item_count; i++)
        items[i] = list->items[list->item_count - 1 - i];
    return (struct value){
        .kind = VALUE_list, .items = items, .item_count = items ? list->item_count : 0};
}

static struct value text_slice(struct bytes text, const struct value *arguments, uint32_t count,
                               bool length)
{
    double from = count > 0 && arguments[0].kind == VALUE_number ? arguments[0].number : 0;
    double to =
        count > 1 && arguments[1].kind == VALUE_number ? arguments[1].number : (double)text.len;
    from = from < 0 ? fmax((double)text.len + from, 0) : fmin(from, (double)text.len);
    to = length && count > 1 ? from + to : to < 0 ? (double)text.len + to : to;
    to = fmin(fmax(to, from), (double)text.len);
    return value_text((struct bytes){text.at + (size_t)from, (size_t)to - (size_t)from});
}

static bool list_method(struct code *code, const struct value *list, struct bytes name,
                        const struct value *arguments, uint32_t count, struct value *ret_value)
{
    if (bytes_equal(name, BYTES("join"))) {
        *ret_value = items_join(code, list, count ? value_print(code, &arguments[0]) : BYTES(","));
        return true;
    }
    if (bytes_equal(name, BYTES("reverse"))) {
        *ret_value = list_reverse(code, list);
        return true;
    }
    *ret_value = (struct value){.kind = VALUE_list};
    return bytes_equal(name, BYTES("map")) || bytes_equal(name, BYTES("filter")) ||
           bytes_equal(name, BYTES("sort"));
}

bool method_call(struct code *code, const struct value *receiver, struct bytes name,
                 const struct value *arguments, uint32_t count, struct value *ret_value)
{
    static const struct {
        const char *name;
        enum text_work work;
    } methods[] = {
        {"toUpperCase", WORK_upper}, {"upper", WORK_upper},     {"toLowerCase", WORK_lower},
        {"lower", WORK_lower},       {"toString", WORK_same},   {"trim", WORK_same},
        {"strip", WORK_same},        {"decode", WORK_same},     {"encode", WORK_same},
        {"hexdigest", WORK_same},    {"read", WORK_same},       {"valueOf", WORK_same},
        {"readlines", WORK_same},    {"hex", WORK_hexadecimal}, {NULL, WORK_same},
    };
    if (receiver->kind == VALUE_list)
        return list_method(code, receiver, name, arguments, count, ret_value);
    struct bytes text = value_print(code, receiver);
    struct bytes first = count ? value_print(code, &arguments[0]) : BYTES("");
    bool exact = shell_output_exact(text);
    for (int i = 0; methods[i].name; i++)
        if (bytes_equal(name, bytes_of(methods[i].name))) {
            bool base64 = methods[i].work == WORK_same && bytes_equal(first, BYTES("base64"));
            bool digits = methods[i].work == WORK_same && bytes_equal(first, BYTES("hex"));
            *ret_value = text_work(code,
                                   base64   ? WORK_base64
                                   : digits ? WORK_hexadecimal
                                            : methods[i].work,
                                   text);
            return true;
        }
    if (bytes_equal(name, BYTES("split")))
        *ret_value = text_split(code, text, first);
    else if (bytes_equal(name, BYTES("repeat")) && count && arguments[0].kind == VALUE_number)
        *ret_value = text_repeat(code, text, arguments[0].number);
    else if (bytes_equal(name, BYTES("join")) && count && arguments[0].kind == VALUE_list)
        *ret_value = items_join(code, &arguments[0], text);
    else if (bytes_equal(name, BYTES("concat")))
        return text_call(
            code, BYTES("implode"),
            (struct value[]){value_of(""),
                             {.kind = VALUE_list,
                              .items = (struct value[]){value_text(text), value_text(first)},
                              .item_count = 2}},
            2, ret_value);
    else if (bytes_equal(name, BYTES("slice")) || bytes_equal(name, BYTES("substring")))
        *ret_value = exact ? text_slice(text, arguments, count, false) : unknown_text();
    else if (bytes_equal(name, BYTES("substr")))
        *ret_value = exact ? text_slice(text, arguments, count, true) : unknown_text();
    else
        return false;
    return true;
}
