#include "triage/attack/sql_probe.h"

#include <strings.h>

#include "base/buffer.h"
#include "base/hash.h"
#include "triage/attack/sql_reading.h"

enum {
    FORM = 1024,     /* bytes of a payload that its form is made of */
    MARKS_LEAST = 3, /* of a probe of marks alone */
};

static bool is_blank(char c)
{
    return memchr(" \t\r\n\v\f", c, 6);
}

static bool is_quote(char c)
{
    return c == '\'' || c == '"' || c == '`';
}

/* Whether a word that joins something to a statement begins at blanks. */
static bool joins_at(struct bytes text, size_t at, struct arena *arena)
{
    static const char *const words[] = {"and",       "or",      "xor",   "union", "order",
                                        "group",     "limit",   "where", "rlike", "having",
                                        "procedure", "waitfor", "&&",    NULL};
    struct sql_reading reading = {.text = text, .at = at, .arena = arena};
    for (int i = 0; words[i]; i++) {
        bool word =
            words[i][0] == '&' ? sql_next(&reading, words[i]) : sql_next_word(&reading, words[i]);
        if (word)
            return true;
    }
    return false;
}

/* How long the value in front is: to a sign or word that leaves it. */
static size_t base_length(struct bytes text, struct arena *arena)
{
    size_t len = 0;
    while (len < text.len && !is_quote(text.at[len]) && !memchr(")(];|#", text.at[len], 6) &&
           !bytes_start(bytes_from(text, len), BYTES("--")) &&
           !bytes_start(bytes_from(text, len), BYTES("/*")) &&
           !(is_blank(text.at[len]) && (len == 0 || !is_blank(text.at[len - 1])) &&
             joins_at(text, len, arena)))
        len++;
    return len;
}

/* What stands before a comment, and its sign; 0: there is none. */
static struct bytes comment_cut(struct bytes text, size_t from, char *ret_sign)
{
    char quote = 0;
    *ret_sign = 0;
    for (size_t i = from; i < text.len; i++) {
        struct bytes rest = bytes_from(text, i);
        bool begins = text.at[i] == '#' || bytes_start(rest, BYTES("--")) ||
                      (bytes_start(rest, BYTES("/*")) && !memmem(rest.at, rest.len, "*/", 2));
        if (begins && !quote) {
            *ret_sign = text.at[i];
            return (struct bytes){text.at, i};
        }
        if (quote)
            quote = text.at[i] == quote ? 0 : quote;
        else if (is_quote(text.at[i]))
            quote = text.at[i];
    }
    return text;
}

/* How many brackets, and whether a quote, are left open for the statement's own to close. */
static int open_count(struct bytes text, bool *ret_quote)
{
    int depth = 0;
    char quote = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (quote)
            quote = text.at[i] == quote ? 0 : quote;
        else if (is_quote(text.at[i]))
            quote = text.at[i];
        else
            depth += text.at[i] == '(' ? 1 : text.at[i] == ')' ? -1 : 0;
    }
    *ret_quote = quote != 0;
    return depth;
}

/* The payload with every constant as one sign: two that differ in constants only are equal. */
static uint64_t form_hash(struct bytes text)
{
    struct buffer form = {0};
    for (size_t i = 0; i < text.len && form.len < FORM;) {
        char c = text.at[i];
        size_t from = i;
        if (c >= '0' && c <= '9') {
            while (i < text.len && sql_is_name(text.at[i]))
                i++;
            buffer_put_char(&form, '0');
        } else if (is_quote(c)) {
            const char *end = memchr(text.at + i + 1, c, text.len - i - 1);
            i = end ? (size_t)(end - text.at) + 1 : text.len;
            buffer_put_char(&form, c);
        } else if (is_blank(c)) {
            i++;
        } else {
            i++;
            buffer_put_char(&form, ascii_lower(text.at[from]));
        }
    }
    uint64_t hash = hash_bytes(buffer_bytes(&form));
    buffer_finish(&form);
    return hash;
}

/* Neither functions nor sub-selects: every database understands it. */
static bool is_neutral(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] == '(' && i && sql_is_name(text.at[i - 1]))
            return false;
        if (i + 6 <= text.len && strncasecmp(text.at + i, "select", 6) == 0)
            return false;
    }
    return true;
}

/* Quotes, brackets and marks alone: no statement can run with them, whatever its quotes. */
static bool is_mark_only(struct bytes text)
{
    bool quote = false;
    for (size_t i = 0; i < text.len; i++) {
        if (!is_quote(text.at[i]) && !memchr("(),.", text.at[i], 4))
            return false;
        quote = quote || is_quote(text.at[i]);
    }
    return quote && text.len >= MARKS_LEAST;
}

/* AND, OR with a condition: what WHERE makes of it. */
static int condition_read(struct bytes text, bool either, struct arena *arena, struct probe *probe)
{
    struct sql_value value;
    size_t len;
    int error = sql_evaluate(text, arena, &value, &len);
    if (error)
        return error;
    enum sql_truth truth = sql_truth(&value);
    /* 'x%'='x: the statement's own sign may follow, so nobody knows. */
    if (truth == SQL_undecided || (text.len && memmem(text.at, text.len, "%'='", 4)))
        return 0;
    probe->condition = is_neutral(text);
    probe->leaves = either              ? (truth == SQL_true ? LEAVES_rows : LEAVES_same)
                    : truth == SQL_true ? LEAVES_same
                                        : LEAVES_nothing;
    return 0;
}

/* What is joined to the statement, behind what it breaks out of. */
static int joined_read(struct bytes text, struct arena *arena, struct probe *probe)
{
    struct sql_reading reading = {.text = text, .arena = arena};
    bool word = sql_next_word(&reading, "and"), also = word || sql_next(&reading, "&&");
    probe->either = !also && sql_next_word(&reading, "or");
    probe->joined = word || probe->either;
    if (also || probe->either)
        return condition_read(sql_rest(&reading), probe->either, arena, probe);
    if (sql_next_word(&reading, "union"))
        probe->leaves = LEAVES_rows;
    else if (sql_next_word(&reading, "order") || sql_next(&reading, ";"))
        probe->leaves = LEAVES_same;
    return 0;
}

/* Where the marks begin: a dot before them may belong to them. */
static size_t marks_length(struct bytes text, size_t base)
{
    while (base && memchr(".,", text.at[base - 1], 2))
        base--;
    return base;
}

int sql_probe_read(struct bytes text, struct arena *arena, struct probe *ret_probe)
{
    struct probe probe = {0};
    char sign;
    text.len = text.len < SQL_BYTES ? text.len : SQL_BYTES;
    size_t base = base_length(text, arena), at = base;
    while (at < text.len && (is_quote(text.at[at]) || is_blank(text.at[at]) || text.at[at] == ')' ||
                             text.at[at] == ']')) {
        probe.quote = probe.quote ? probe.quote : is_quote(text.at[at]) ? text.at[at] : 0;
        if (!is_blank(text.at[at]))
            probe.context = hash_mix(probe.context, (unsigned char)text.at[at]);
        at++;
    }
    struct bytes before = comment_cut(text, at, &sign);
    struct bytes rest = bytes_from(before, at);
    bool open;
    int depth = open_count(rest, &open);
    struct bytes value = {text.at, base};
    while (value.len && (is_blank(value.at[value.len - 1]) || value.at[value.len - 1] == '%'))
        value.len--;
    probe.base = contrast_hash(value);
    probe.context = hash_mix(probe.context, sign ? (unsigned char)sign : open || depth > 0);
    probe.form = hash_mix(form_hash(before), probe.context);
    int error = joined_read(rest, arena, &probe);
    if (error)
        return error;
    probe.broken = is_mark_only(bytes_from(text, marks_length(text, base)));
    /* A quote too many or too few: no condition can work, whatever is in it. */
    probe.condition = probe.condition && (sign ? !open : open == (probe.quote != 0));
    *ret_probe = probe;
    return 0;
}
