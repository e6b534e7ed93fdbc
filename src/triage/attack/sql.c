/*
 * SQL in a parameter: a union, a condition that is always true, an error that carries a value, a
 * wait, a second statement. What a constant expression is worth is computed, because that is what
 * the answer would show.
 */
#include <errno.h>
#include <stdlib.h>
#include <strings.h>

#include "triage/attack/recogniser.h"
#include "triage/attack/sql_probe.h"

#define LETTER_BITS 3.3 /* what each letter of a text tells */

enum { COLUMNS = 64, CONSTANT = 64, TEXT_LEAST = 4, TEXT_CERTAIN = 8 };

static const char *find(struct bytes text, const char *word)
{
    size_t len = strlen(word);
    for (size_t i = 0; i + len <= text.len; i++)
        if (strncasecmp(text.at + i, word, len) == 0)
            return text.at + i;
    return NULL;
}

static struct bytes behind(struct bytes text, const char *at, size_t len)
{
    return bytes_from(text, (size_t)(at - text.at) + len);
}

/* The columns of a SELECT: what each that is computed would show. */
static int columns_expect(const struct suspicion *suspicion, struct attempt *attempt,
                          struct bytes list)
{
    for (int column = 0; column < COLUMNS && list.len; column++) {
        struct sql_value value;
        size_t len;
        int error = sql_evaluate(list, suspicion->arena, &value, &len);
        if (error)
            return error;
        struct expectation wanted = {.printed = true, .text = value.text};
        bool typed = value.kind == SQL_typed && !value.known;
        wanted.kind = typed ? EXPECT_pattern : EXPECT_literal;
        wanted.bits = typed ? 8 : LETTER_BITS * (double)value.text.len;
        if (value.computed && value.text.len && (typed || value.kind == SQL_number))
            error = attempt_expect(suspicion, attempt, wanted);
        if (error)
            return error;
        list = bytes_from(list, len);
        while (list.len && memchr(" \t\r\n+", list.at[0], 5))
            list = bytes_from(list, 1);
        if (list.len == 0 || list.at[0] != ',')
            return 0;
        list = bytes_from(list, 1);
    }
    return 0;
}

/* Texts that are put together anywhere: in a column, or where an error would carry them. */
static int texts_expect(const struct suspicion *suspicion, struct attempt *attempt,
                        struct bytes text)
{
    size_t at = 0;
    uint32_t effort = 0;
    for (int i = 0; i < COLUMNS; i++) {
        struct sql_value value;
        bool found;
        int error = sql_next_text(text, &at, &effort, suspicion->arena, &value, &found);
        if (error || !found)
            return error;
        bool whole = value.kind == SQL_text;
        uint32_t letters = whole ? (uint32_t)value.text.len : value.known;
        if (letters < TEXT_LEAST)
            continue;
        error = attempt_expect(suspicion, attempt,
                               (struct expectation){.kind = whole ? EXPECT_literal : EXPECT_pattern,
                                                    .text = value.text,
                                                    .bits = LETTER_BITS * letters,
                                                    .certain = letters >= TEXT_CERTAIN,
                                                    .printed = true});
        if (error)
            return error;
    }
    return 0;
}

/* Rows that this page does not show by itself: see triage/success/rows.h. */
static int rows_expect(const struct suspicion *suspicion, struct attempt *attempt,
                       struct bytes which)
{
    return attempt_expect(
        suspicion, attempt,
        (struct expectation){.kind = EXPECT_rows, .text = which, .printed = true});
}

static int union_expect(const struct suspicion *suspicion, struct attempt *attempt,
                        struct bytes text)
{
    const char *at = find(text, "union");
    const char *select = at ? find(behind(text, at, 5), "select") : NULL;
    if (!select)
        return 0;
    struct bytes list = behind(text, select, 6);
    int error = columns_expect(suspicion, attempt, list);
    if (error || !find(list, "from"))
        return error;
    bool own = text.len && text.at[0] >= '0' && text.at[0] <= '9'; /* the page's own row too */
    return rows_expect(suspicion, attempt, own ? BYTES("more rows") : BYTES("other rows"));
}

/* '0:0:5' of WAITFOR. */
static double clock_seconds(struct bytes text)
{
    double seconds = 0, part = 0;
    bool digits = false;
    for (size_t i = 0; i < text.len && i < 40; i++) {
        char c = text.at[i];
        if (c >= '0' && c <= '9') {
            part = part * 10 + (c - '0');
            digits = true;
        } else if (c == ':' && digits) {
            seconds = (seconds + part) * 60;
            part = 0;
        } else if (digits) {
            break;
        }
    }
    return seconds + part;
}

/* A number as it is written, or one that has to be computed. */
static double number_seconds(struct bytes text, struct arena *arena)
{
    char number[24];
    size_t len = 0, used;
    struct sql_value value;
    while (len < text.len && len < sizeof(number) - 1 &&
           ((text.at[len] >= '0' && text.at[len] <= '9') || text.at[len] == '.'))
        len++;
    if (len == 0)
        return sql_evaluate(text, arena, &value, &used) == 0 && value.kind == SQL_number
                   ? (double)value.number
                   : 0;
    memcpy(number, text.at, len);
    number[len] = 0;
    return strtod(number, NULL);
}

/* What SLEEP(5), pg_sleep(5), WAITFOR DELAY '0:0:5', RECEIVE_MESSAGE('x',5) wait. */
static double seconds_of(struct bytes text, struct arena *arena)
{
    static const struct {
        const char *call;
        enum { FIRST, SECOND, CLOCK } how;
    } calls[] = {{"sleep(", FIRST},
                 {"sleep (", FIRST},
                 {"waitfor delay", CLOCK},
                 {"receive_message(", SECOND}};
    for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
        const char *at = find(text, calls[i].call);
        if (!at)
            continue;
        struct bytes rest = behind(text, at, strlen(calls[i].call));
        const char *comma = rest.len ? memchr(rest.at, ',', rest.len) : NULL;
        if (calls[i].how == SECOND && comma)
            rest = behind(rest, comma, 1);
        double seconds = calls[i].how == CLOCK ? clock_seconds(rest) : number_seconds(rest, arena);
        if (seconds >= 1 && seconds <= 300)
            return seconds;
    }
    return 0;
}

/* "OR 1=1" in its many spellings: a comparison of two equal constants, or of nothing. */
static bool always_true(struct bytes text)
{
    const char *at = find(text, "or");
    for (; at; at = find(behind(text, at, 2), "or")) {
        struct bytes rest = behind(text, at, 2);
        size_t i = 0;
        while (i < rest.len && memchr(" \t/*+('\"", rest.at[i], 8))
            i++;
        size_t from = i;
        while (i < rest.len && i - from < CONSTANT && rest.at[i] != '=' && rest.at[i] != '\'' &&
               rest.at[i] != '"' && rest.at[i] != ' ')
            i++;
        struct bytes left = {rest.at + from, i - from};
        while (i < rest.len && memchr(" '\"", rest.at[i], 3))
            i++;
        if (i >= rest.len || rest.at[i] != '=' || left.len == 0)
            continue;
        i++;
        while (i < rest.len && memchr(" '\"", rest.at[i], 3))
            i++;
        if (bytes_start(bytes_from(rest, i), left))
            return true;
    }
    return false;
}

/* 'x'+(…): text made a number is 0, which to MySQL is equal to every other text. */
static bool text_is_added(struct bytes text)
{
    const char *quote = text.len ? memchr(text.at, '\'', text.len) : NULL;
    struct bytes rest = quote ? behind(text, quote, 1) : (struct bytes){0};
    return rest.len > 2 && memchr("+-*", rest.at[0], 3) && rest.at[1] == '(' &&
           rest.at[rest.len - 1] == '\'';
}

/* Functions whose error message carries their argument, and what it says. */
static int error_expect(const struct suspicion *suspicion, struct attempt *attempt,
                        struct bytes text)
{
    static const struct {
        const char *call, *says;
    } errors[] = {
        {"extractvalue", "XPATH syntax error: '[^'\\n<]+'"},
        {"updatexml", "XPATH syntax error: '[^'\\n<]+'"},
        {"exp(~", "DOUBLE value is out of range in '"},
        {"8446744073709551610", "BIGINT (UNSIGNED )?value is out of range in '"},
        {"floor(rand", "Duplicate entry '[^'\\n<]+' for key"},
        {"convert(int", "Conversion failed when converting"},
    };
    for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++)
        if (find(text, errors[i].call))
            return attempt_expect(suspicion, attempt,
                                  (struct expectation){.kind = EXPECT_pattern,
                                                       .text = bytes_of(errors[i].says),
                                                       .bits = 40,
                                                       .certain = true,
                                                       .printed = true});
    return 0;
}

static const char *const sql_marks[] = {
    "union[\\s/*+(]+(all[\\s/*+(]+|distinct[\\s/*+]+)?select",
    "['\")\\d\\s*/](or|and|xor|\\|\\||&&)[\\s(/"
    "*!+'\"~-]+['\"\\w(@-]+.{0,40}(=|>|<|like|in|is|between|regexp)",
    "['\"]\\s*(or|and)\\s",
    "(sleep|pg_sleep|benchmark|waitfor\\s+delay|randomblob|dbms_pipe)\\b",
    ";\\s*(drop|insert|update|delete|create|alter|exec|truncate|shutdown|declare|select)\\s",
    "(extractvalue|updatexml|information_schema|sqlite_master|sysobjects|xp_cmdshell|load_file|"
    "into\\s+(out|dump)file)",
    "['\"]\\s*(--|#|/\\*)",
    "\\(\\s*select[\\s(/*+]+(all\\s+|distinct\\s+)?(['\"(*@\\d%]|null|case\\s|[\\w.$]+\\s*\\(|"
    "[\\w.,\\s*]+\\sfrom\\s)",
    "(^-?\\d+|['\")])\\s+(and|or|xor|rlike)[\\s(]+(not[\\s(]+)?[\\w$]+\\(",
    "ch(a)?r\\(\\d+\\)\\s*(\\|\\||\\+|,)",
    "concat(_ws)?\\(\\s*(0x|['\"@(]|char?\\()",
    "['\"][(),.'\"]{5,}$|[(),.'\"]{5,}['\"]$|[(),.'\"]{2,}['\"][(),.'\"]{3,}$",
    "'\\w*<['\"]+>|\"\\w*<['\"]+>",
    "^-?[\\w.]*['\"`)]+$",
    "order\\s+by\\s+\\d+",
    "having\\s+\\d",
    NULL,
};

/* A wait may hang on a condition, and then be missing although the statement ran. */
static bool is_conditional(struct bytes text)
{
    static const char *const words[] = {"if(", "case ", "elt(", "when ", NULL};
    for (int i = 0; words[i]; i++)
        if (find(text, words[i]))
            return true;
    return false;
}

static int probe_make(const struct suspicion *suspicion, struct attempt *attempt, double seconds)
{
    struct probe *probe = arena_take(suspicion->arena, sizeof(*probe));
    if (!probe)
        return -ENOMEM;
    int error = sql_probe_read(attempt->payload, suspicion->arena, probe);
    if (error)
        return error;
    probe->place = contrast_hash(attempt->place);
    probe->waits = is_conditional(attempt->payload) ? 0 : seconds;
    attempt->probe = probe;
    return 0;
}

static int sql_look(const struct suspicion *suspicion)
{
    struct bytes text = suspicion_text(suspicion);
    for (uint32_t i = 0; i < suspicion->attempts->count; i++)
        if (suspicion->attempts->items[i].class == ATTACK_sql_injection &&
            bytes_equal(suspicion->attempts->items[i].command, text))
            return 0;
    double seconds = seconds_of(text, suspicion->arena);
    bool certain = find(text, "select") || always_true(text) || seconds > 0;
    struct attempt *attempt =
        attempt_begin(suspicion, ATTACK_sql_injection, certain ? 0.95 : 0.6, text);
    if (!attempt)
        return suspicion->attempts->dropped ? 0 : -ENOMEM;
    int error = probe_make(suspicion, attempt, seconds);
    if (error == 0)
        error = union_expect(suspicion, attempt, text);
    if (error == 0 && (always_true(text) || text_is_added(text) || attempt->probe->either))
        error = rows_expect(suspicion, attempt, BYTES("all rows"));
    if (error == 0)
        error = texts_expect(suspicion, attempt, text);
    if (error == 0)
        error = error_expect(suspicion, attempt, text);
    if (error == 0 && seconds > 0)
        error = attempt_expect(suspicion, attempt,
                               (struct expectation){.kind = EXPECT_delay, .seconds = seconds});
    if (error == 0 && attempt->expectations.count == 0)
        error = attempt_expect(
            suspicion, attempt,
            (struct expectation){.kind = EXPECT_rows, .text = BYTES(""), .printed = true});
    return error;
}

const struct recogniser sql_recogniser = {
    .name = "sql",
    .places = PLACES_PARAMETERS | PLACE_BIT(header) | PLACE_BIT(body),
    .marks = sql_marks,
    .look = sql_look,
};
