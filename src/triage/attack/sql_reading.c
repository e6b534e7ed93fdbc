#include "triage/attack/sql_reading.h"

#include <strings.h>

#include "base/buffer.h"
#include "triage/attack/sql_function.h"
#include "triage/decode/coding.h"

struct bytes sql_rest(const struct sql_reading *reading)
{
    return bytes_from(reading->text, reading->at);
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool sql_is_name(char c)
{
    return is_letter(c) || (c >= '0' && c <= '9') || c == '@' || c == '$' || c == '.';
}

void sql_skip_blanks(struct sql_reading *reading)
{
    while (reading->at < reading->text.len) {
        struct bytes rest = sql_rest(reading);
        bool comment = !reading->unclosed && bytes_start(rest, BYTES("/*"));
        const char *end = comment ? memmem(rest.at, rest.len, "*/", 2) : NULL;
        reading->unclosed = reading->unclosed || (comment && !end);
        if (memchr(" \t\r\n\v\f", rest.at[0], 6))
            reading->at++;
        else if (end)
            reading->at += (size_t)(end - rest.at) + 2;
        else
            return;
    }
}

bool sql_next(struct sql_reading *reading, const char *token)
{
    sql_skip_blanks(reading);
    struct bytes rest = sql_rest(reading);
    size_t len = strlen(token);
    if (rest.len < len || memcmp(rest.at, token, len) != 0)
        return false;
    reading->at += len;
    return true;
}

/* A whole word, whatever its case. */
bool sql_next_word(struct sql_reading *reading, const char *word)
{
    sql_skip_blanks(reading);
    struct bytes rest = sql_rest(reading);
    size_t len = strlen(word);
    if (rest.len < len || strncasecmp(rest.at, word, len) != 0 ||
        (rest.len > len && sql_is_name(rest.at[len])))
        return false;
    reading->at += len;
    return true;
}

/* 'it''s', "…": doubled quotes and backslashes resolved. */
struct sql_value sql_quoted(struct sql_reading *reading)
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
    struct sql_value value =
        sql_of_text(reading->arena, buffer_bytes(&out), false, &reading->error);
    buffer_finish(&out);
    return value;
}

/* 0x… or x'…': bytes. */
struct sql_value sql_hexadecimal(struct sql_reading *reading)
{
    struct buffer out = {0};
    reading->at += 2;
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
    struct sql_value value = sql_of_text(reading->arena, buffer_bytes(&out), true, &reading->error);
    buffer_finish(&out);
    return value;
}

struct sql_value sql_digits(struct sql_reading *reading)
{
    int64_t number = 0;
    bool whole = true;
    while (reading->at < reading->text.len &&
           ((reading->text.at[reading->at] >= '0' && reading->text.at[reading->at] <= '9') ||
            reading->text.at[reading->at] == '.')) {
        char c = reading->text.at[reading->at++];
        whole = whole && c != '.' && number <= (INT64_MAX - 9) / 10;
        number = whole ? number * 10 + (c - '0') : number;
    }
    return whole ? sql_of_number(reading->arena, number, false, &reading->error)
                 : (struct sql_value){.kind = SQL_unknown};
}

/* To the comma or bracket that ends an argument, past what is no expression of ours. */
void sql_skip_argument(struct sql_reading *reading)
{
    int depth = 0;
    while (reading->at < reading->text.len) {
        char c = reading->text.at[reading->at];
        if (depth == 0 && (c == ',' || c == ')'))
            return;
        if (c == '\'' || c == '"') {
            const char *end =
                memchr(reading->text.at + reading->at + 1, c, reading->text.len - reading->at - 1);
            reading->at = end ? (size_t)(end - reading->text.at) : reading->text.len - 1;
        }
        depth += c == '(' ? 1 : c == ')' ? -1 : 0;
        reading->at++;
    }
}
