#include "triage/success/rows.h"

enum { TEXTS = 512, TAG = 24, TAGS = 6 };

struct text {
    struct bytes text, tag; /* the tag right before it, without attributes; in JSON its key */
};

struct page {
    struct text items[TEXTS];
    uint32_t count;
};

static bool is_blank(char c)
{
    return memchr(" \t\r\n", c, 4);
}

/* How long the string or number at `at` is, quotes apart; 0: none begins there. */
static size_t scalar_length(struct bytes json, size_t at)
{
    size_t end = at;
    if (json.at[at] == '"') {
        for (end = at + 1; end < json.len && json.at[end] != '"'; end++)
            end += json.at[end] == '\\';
        return end < json.len ? end + 1 - at : 0;
    }
    while (end < json.len &&
           ((json.at[end] >= '0' && json.at[end] <= '9') || memchr("+-.eE", json.at[end], 5)))
        end++;
    return end - at;
}

/* Strings and numbers with their keys. */
static void json_read(struct bytes json, struct page *page)
{
    struct bytes key = {0};
    for (size_t at = 0; at < json.len && page->count < TEXTS; at++) {
        size_t len = scalar_length(json, at), next = at + len;
        if (len == 0)
            continue;
        bool quoted = json.at[at] == '"';
        struct bytes text = {json.at + at + quoted, len - 2 * quoted};
        while (next < json.len && is_blank(json.at[next]))
            next++;
        if (quoted && next < json.len && json.at[next] == ':')
            key = text;
        else if (text.len)
            page->items[page->count++] = (struct text){text, key};
        at += len - 1;
    }
}

static void page_read(struct bytes html, struct page *page)
{
    size_t at = 0;
    page->count = 0;
    while (at < html.len && is_blank(html.at[at]))
        at++;
    if (at < html.len && (html.at[at] == '{' || html.at[at] == '[')) {
        json_read(html, page);
        return;
    }
    while (page->count < TEXTS) {
        struct bytes text = answer_next_text(html, &at);
        if (text.len == 0)
            return;
        const char *before = text.at;
        while (before > html.at && before[-1] != '<')
            before--;
        size_t len = 0;
        while (before > html.at && before + len < text.at && len < TAG && before[len] != '>' &&
               before[len] != ' ')
            len++;
        page->items[page->count++] = (struct text){text, {before, len}};
    }
}

static bool page_has(const struct page *page, struct bytes text)
{
    for (uint32_t i = 0; i < page->count; i++)
        if (bytes_equal(page->items[i].text, text))
            return true;
    return false;
}

struct comparison {
    struct page answer, harmless[2], one;
    struct bytes tags[TAGS]; /* where rows may be printed */
    uint32_t tag_count;
    struct bytes row_tag; /* … the one looked at */
};

static void tag_add(struct comparison *comparison, struct bytes tag)
{
    for (uint32_t i = 0; i < comparison->tag_count; i++)
        if (bytes_equal(comparison->tags[i], tag))
            return;
    if (comparison->tag_count < TAGS)
        comparison->tags[comparison->tag_count++] = tag;
}

/* A tag that is made for rows, where the one harmless answer has text. */
static void row_tag_known(struct bytes body, struct comparison *comparison)
{
    static const struct bytes tags[] = {BYTES("td"), BYTES("li"), BYTES("dd"), BYTES("option")};
    page_read(body, &comparison->harmless[0]);
    for (uint32_t i = 0; i < comparison->harmless[0].count; i++)
        for (size_t j = 0; j < sizeof(tags) / sizeof(*tags); j++)
            if (bytes_equal(comparison->harmless[0].items[i].tag, tags[j]))
                tag_add(comparison, tags[j]);
}

/* The tags before texts that one page has and another has not. */
static void row_tags_differ(const struct page *page, const struct page *other,
                            struct comparison *comparison)
{
    for (uint32_t i = 0; i < page->count; i++)
        if (!page_has(other, page->items[i].text))
            tag_add(comparison, page->items[i].tag);
}

static void row_tags_find(const struct baseline *baseline, const struct exchange *exchange,
                          struct comparison *comparison)
{
    uint32_t count = baseline_body_count(baseline, exchange);
    for (uint32_t i = 0; i + 1 < count; i++) {
        page_read(baseline_body(baseline, exchange, i), &comparison->harmless[0]);
        page_read(baseline_body(baseline, exchange, i + 1), &comparison->harmless[1]);
        row_tags_differ(&comparison->harmless[0], &comparison->harmless[1], comparison);
        row_tags_differ(&comparison->harmless[1], &comparison->harmless[0], comparison);
    }
    if (count == 1)
        row_tag_known(baseline_body(baseline, exchange, 0), comparison);
}

/* A text that every harmless answer has is no row: a heading. */
static bool is_heading(const struct baseline *baseline, const struct exchange *exchange,
                       struct bytes text)
{
    uint32_t count = baseline_body_count(baseline, exchange);
    for (uint32_t i = 0; i < count; i++) {
        struct bytes body = baseline_body(baseline, exchange, i);
        if (!memmem(body.at, body.len, text.at, text.len))
            return false;
    }
    return count >= 2;
}

/* The most texts in rows' place that one harmless answer has, and in how many a text stands. */
static uint32_t rows_most(const struct baseline *baseline, const struct exchange *exchange,
                          struct comparison *comparison)
{
    uint32_t most = 0, count = baseline_body_count(baseline, exchange);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t rows = 0;
        page_read(baseline_body(baseline, exchange, i), &comparison->one);
        for (uint32_t j = 0; j < comparison->one.count; j++)
            rows += bytes_equal(comparison->one.items[j].tag, comparison->row_tag) &&
                    !is_heading(baseline, exchange, comparison->one.items[j].text);
        most = rows > most ? rows : most;
    }
    return most;
}

/* Whether some harmless answer has all of the answer's texts in rows' place that any has. */
static bool one_has_all(const struct baseline *baseline, const struct exchange *exchange,
                        struct comparison *comparison)
{
    uint32_t count = baseline_body_count(baseline, exchange);
    for (uint32_t i = 0; i < count; i++) {
        bool all = true;
        page_read(baseline_body(baseline, exchange, i), &comparison->one);
        for (uint32_t j = 0; j < comparison->answer.count && all; j++) {
            const struct text *text = &comparison->answer.items[j];
            all = !bytes_equal(text->tag, comparison->row_tag) ||
                  !baseline_shows(baseline, exchange, text->text) ||
                  page_has(&comparison->one, text->text);
        }
        if (all)
            return true;
    }
    return false;
}

static bool compare(const struct answer *answer, const struct exchange *exchange,
                    const struct baseline *baseline, enum rows_wanted wanted,
                    struct comparison *comparison, struct found *ret_found)
{
    uint32_t known = 0, fresh = 0;
    const struct text *first = NULL;
    for (uint32_t i = 0; i < comparison->answer.count; i++) {
        const struct text *text = &comparison->answer.items[i];
        if (!bytes_equal(text->tag, comparison->row_tag) || answer_asked(answer, text->text) ||
            is_heading(baseline, exchange, text->text))
            continue;
        bool shown = baseline_shows(baseline, exchange, text->text);
        known += shown;
        fresh += !shown;
        if ((!shown || (wanted <= ROWS_ALL_KNOWN && known > 1)) && !first)
            first = text;
    }
    uint32_t most = rows_most(baseline, exchange, comparison);
    bool several = known > most && !one_has_all(baseline, exchange, comparison);
    bool doubled = known > 0 && fresh > 0 && known + fresh >= 2 * most;
    bool leaked = wanted == ROWS_ALL         ? several || doubled
                  : wanted == ROWS_ALL_KNOWN ? several
                  : wanted == ROWS_OTHER     ? fresh > 0 && known == 0
                                             : fresh > most && known <= most;
    if (!leaked || !first)
        return false;
    *ret_found = (struct found){first->text, 0, (size_t)(first->text.at - answer->views[0].at)};
    return true;
}

bool rows_leaked(const struct answer *answer, const struct exchange *exchange,
                 const struct baseline *baseline, enum rows_wanted wanted, struct found *ret_found)
{
    struct comparison comparison = {0};
    if (wanted == ROWS_NONE)
        return false;
    row_tags_find(baseline, exchange, &comparison);
    page_read(answer->views[0], &comparison.answer);
    for (uint32_t i = 0; i < comparison.tag_count; i++) {
        comparison.row_tag = comparison.tags[i];
        if (compare(answer, exchange, baseline, wanted, &comparison, ret_found))
            return true;
    }
    return false;
}

bool sql_error_shown(const struct answer *answer, struct found *ret_found)
{
    static const char *const words[] = {
        /* MySQL, MariaDB */
        "error in your SQL syntax", "You have an error in", "Unknown column", "mysql_fetch",
        "different number of columns", "Incorrect parameter count", "Illegal mix of collations",
        "Operand should contain", "Incorrect usage of", "Undeclared variable", "No tables used",
        "Every derived table must have its own alias", "command denied to user",
        /* PostgreSQL */
        "syntax error at or near", "syntax error at end of input", "unterminated quoted string",
        "unterminated /* comment", "unterminated quoted identifier", "PG::SyntaxError",
        "pg_query()", "No function matches the given name", "must have the same number of columns",
        "No operator matches the given name", "argument of AND must be type boolean",
        "argument of OR must be type boolean", "argument of WHERE must be type boolean",
        "ERROR:  relation", "ERROR:  column", "ERROR:  function", "ERROR:  operator", "UNION types",
        "is not in select list", "cannot insert multiple commands",
        /* SQLite */
        "SQLite3::query()", "SQLITE_ERROR", "unrecognized token", "no such column",
        "no such function", "no such table", "do not have the same number of result columns",
        "You can only execute one statement at a time", "sqlite3.OperationalError",
        "ORDER BY term out of range", "near \"", "incomplete input",
        /* SQL Server, Oracle, others */
        "Unclosed quotation mark", "Incorrect syntax near", "Microsoft OLE DB Provider",
        "System.Data.SqlClient", "quoted string not properly terminated", "ORA-009", "ORA-017",
        "SQLSTATE[42", "SQLSTATE[21", "Dynamic SQL Error", NULL};
    for (int i = 0; words[i]; i++)
        if (answer_find_literal(answer, bytes_of(words[i]), ret_found))
            return true;
    return false;
}
