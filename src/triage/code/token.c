/* Signs, names, numbers and strings of a program. */
#include <stdio.h>
#include <stdlib.h>

#include "triage/code/run.h"
#include "triage/shell/shell.h"

static bool is_name_char(char c)
{
    char lower = ascii_lower(c);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
           (unsigned char)c >= 0x80;
}

char char_at(const struct code *code, size_t ahead)
{
    return code->at + ahead < code->text.len ? code->text.at[code->at + ahead] : 0;
}

struct bytes rest_of(const struct code *code)
{
    return bytes_from(code->text, code->at < code->text.len ? code->at : code->text.len);
}

/* Blanks and comments; line ends too, unless they may end a statement. */
void blanks_skip(struct code *code)
{
    for (;;) {
        char c = char_at(code, 0);
        if (c && memchr(" \t\r\n\v\f", c, 6)) {
            code->at++;
        } else if (c == '/' && char_at(code, 1) == '*') {
            struct bytes rest = bytes_from(rest_of(code), 2);
            const char *end = rest.len ? memmem(rest.at, rest.len, "*/", 2) : NULL;
            code->at = end ? (size_t)(end - code->text.at) + 2 : code->text.len;
        } else if ((c == '/' && char_at(code, 1) == '/') || c == '#') {
            while (code->at < code->text.len && char_at(code, 0) != '\n')
                code->at++;
        } else {
            return;
        }
    }
}

bool sign_accept(struct code *code, const char *sign)
{
    size_t len = strlen(sign);
    blanks_skip(code);
    struct bytes rest = rest_of(code);
    if (rest.len < len || memcmp(rest.at, sign, len) != 0)
        return false;
    code->at += len;
    return true;
}

struct bytes name_peek(struct code *code)
{
    size_t len = 0;
    blanks_skip(code);
    if (is_digit(char_at(code, 0)))
        return (struct bytes){0};
    while (is_name_char(char_at(code, len)))
        len++;
    return (struct bytes){code->text.at + code->at, len};
}

bool word_accept(struct code *code, const char *word)
{
    struct bytes name = name_peek(code);
    if (!bytes_equal(name, bytes_of(word)))
        return false;
    code->at += name.len;
    return true;
}

/* The bracket that closes the one at `from`, strings passed over; text.len: none. */
size_t closing(struct bytes text, size_t from)
{
    int depth = 0;
    for (size_t i = from; i < text.len; i++) {
        char c = text.at[i];
        if (c == '\'' || c == '"' || c == '`') {
            for (i++; i < text.len && text.at[i] != c; i++)
                i += text.at[i] == '\\';
        } else if (memchr("([{", c, 3)) {
            depth++;
        } else if (memchr(")]}", c, 3) && --depth == 0) {
            return i;
        }
    }
    return text.len;
}

/* The inside of the brackets that begin here, which are passed. */
struct bytes brackets_take(struct code *code)
{
    size_t from = code->at + 1, end = closing(code->text, code->at);
    code->at = end < code->text.len ? end + 1 : end;
    return from <= end ? (struct bytes){code->text.at + from, end - from} : (struct bytes){0};
}

struct value numeral_read(struct code *code)
{
    char digits[64];
    size_t len = 0;
    bool hexadecimal = char_at(code, 0) == '0' && ascii_lower(char_at(code, 1)) == 'x';
    while (len + 1 < sizeof(digits) &&
           (is_digit(char_at(code, len)) ||
            (char_at(code, len) == '.' && is_digit(char_at(code, len + 1))) ||
            (hexadecimal && is_name_char(char_at(code, len))))) {
        digits[len] = char_at(code, len);
        len++;
    }
    digits[len] = 0;
    code->at += len;
    return value_number(strtod(digits, NULL));
}

static char escape_char(char c)
{
    return c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c == '0' ? '\0' : c;
}

/* A string in quotes; of `\x41` and the like the value, of holes' bytes nothing. */
struct value quoted_read(struct code *code)
{
    char quote = char_at(code, 0);
    struct buffer out = {0};
    code->at++;
    while (code->at < code->text.len && char_at(code, 0) != quote) {
        char c = char_at(code, 0);
        unsigned value;
        char hex[3] = {char_at(code, 2), char_at(code, 2) ? char_at(code, 3) : 0, 0};
        if (c == '\\' && char_at(code, 1) == 'x' && sscanf(hex, "%2x", &value) == 1) {
            c = (char)value;
            code->at += 3;
        } else if (c == '\\') {
            code->at++;
            c = escape_char(char_at(code, 0));
        }
        buffer_put_char(&out, shell_is_hole(c) ? (char)SHELL_HOLE_byte : c);
        code->at++;
    }
    if (code->at >= code->text.len)
        code->bad = true;
    code->at++;
    return value_take(code, &out);
}
