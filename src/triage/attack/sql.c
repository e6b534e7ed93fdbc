/*
 * SQL in a parameter: a union, a condition that is always true, an error that carries a value, a
 * wait, a second statement. What a constant expression is worth is computed, because that is what
 * the answer would show.
 */
#include <errno.h>
#include <strings.h>

#include "triage/attack/recogniser.h"
#include "triage/attack/sql_value.h"

enum { COLUMNS = 64, CONSTANT = 64 };

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
        bool known = value.kind == SQL_number || value.kind == SQL_text;
        wanted.kind = value.kind == SQL_typed ? EXPECT_pattern : EXPECT_literal;
        wanted.bits = value.kind == SQL_typed ? 8 : 3.3 * (double)value.text.len;
        if (value.computed && value.text.len && (known || value.kind == SQL_typed))
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

/* A number behind a word and a bracket: SLEEP(5), pg_sleep(5); or in '0:0:5' of WAITFOR. */
static double seconds_of(struct bytes text)
{
    static const char *const calls[] = {"sleep(", "sleep (", "waitfor delay", "receive_message(",
                                        NULL};
    for (int i = 0; calls[i]; i++) {
        const char *at = find(text, calls[i]);
        if (!at)
            continue;
        struct bytes rest = behind(text, at, strlen(calls[i]));
        double seconds = 0, part = 0;
        bool digits = false;
        for (size_t j = 0; j < rest.len && j < 40; j++) {
            char c = rest.at[j];
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
        seconds += part;
        if (digits && seconds >= 1 && seconds <= 300)
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

/* Functions whose error message carries their argument. */
static int error_expect(const struct suspicion *suspicion, struct attempt *attempt,
                        struct bytes text)
{
    static const char *const calls[] = {"extractvalue", "updatexml", "exp(~", "convert(int", NULL};
    for (int i = 0; calls[i]; i++)
        if (find(text, calls[i]))
            return attempt_expect(
                suspicion, attempt,
                (struct expectation){.kind = EXPECT_pattern,
                                     .text = BYTES("XPATH syntax error: '[^'\\n<]+'|"
                                                   "Conversion failed when converting"),
                                     .bits = 40,
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
    "^-?[\\w.]*['\"`)]+$",
    "order\\s+by\\s+\\d+",
    "having\\s+\\d",
    NULL,
};

static int sql_look(const struct suspicion *suspicion)
{
    struct bytes text = suspicion_text(suspicion);
    for (uint32_t i = 0; i < suspicion->attempts->count; i++)
        if (suspicion->attempts->items[i].class == ATTACK_sql_injection &&
            bytes_equal(suspicion->attempts->items[i].command, text))
            return 0;
    bool certain = find(text, "select") || always_true(text) || seconds_of(text) > 0;
    struct attempt *attempt =
        attempt_begin(suspicion, ATTACK_sql_injection, certain ? 0.95 : 0.6, text);
    if (!attempt)
        return suspicion->attempts->dropped ? 0 : -ENOMEM;
    int error = union_expect(suspicion, attempt, text);
    if (error == 0 && always_true(text))
        error = rows_expect(suspicion, attempt, BYTES("all rows"));
    if (error == 0)
        error = error_expect(suspicion, attempt, text);
    double seconds = seconds_of(text);
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
