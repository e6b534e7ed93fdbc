/*
 * A walk over HTML as a browser reads it (WHATWG HTML, 13.2.5), as far as it
 * decides what is text and what is run.
 */
#include "triage/success/markup.h"

#include <strings.h>

enum { ACTIVE_LEAST = 5, ACTIVE_TRIED = 256 };

struct page {
    struct bytes html;
    size_t at;
    const struct answer *answer;
    struct found *found;
    int tried; /* of what the page runs, held against the request: ACTIVE_TRIED at most */
};

static bool name_is(struct bytes name, const char *text)
{
    return name.len == strlen(text) && strncasecmp(name.at, text, name.len) == 0;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

static struct bytes trim(struct bytes text)
{
    while (text.len && is_space(text.at[0]))
        text = bytes_from(text, 1);
    while (text.len && is_space(text.at[text.len - 1]))
        text.len--;
    return text;
}

/* Something the browser runs is the attack's when the request brought it. */
static bool is_theirs(struct page *page, struct bytes active)
{
    active = trim(active);
    if (active.len < ACTIVE_LEAST || page->tried++ >= ACTIVE_TRIED ||
        !answer_asked(page->answer, active))
        return false;
    *page->found = (struct found){active, 0, (size_t)(active.at - page->html.at)};
    return true;
}

static bool starts_with(struct bytes text, const char *with)
{
    return text.len >= strlen(with) && strncasecmp(text.at, with, strlen(with)) == 0;
}

/* A URL that is a script, with what browsers pass over in front and between. */
static bool is_script_url(struct bytes value)
{
    char scheme[16];
    size_t len = 0;
    for (size_t i = 0; i < value.len && len < sizeof(scheme) - 1; i++) {
        if ((unsigned char)value.at[i] <= ' ')
            continue;
        if (value.at[i] == ':')
            break;
        scheme[len++] = value.at[i];
    }
    struct bytes name = {scheme, len};
    return name_is(name, "javascript") || name_is(name, "vbscript") ||
           (name_is(name, "data") && value.len && memmem(value.at, value.len, "text/html", 9));
}

static bool attribute_runs(struct page *page, struct bytes tag, struct bytes name,
                           struct bytes value)
{
    if (name.len > 2 && starts_with(name, "on"))
        return is_theirs(page, value);
    bool url = name_is(name, "href") || name_is(name, "src") || name_is(name, "action") ||
               name_is(name, "formaction") || name_is(name, "data") || name_is(name, "xlink:href");
    if (url && is_script_url(value))
        return is_theirs(page, value);
    if (name_is(name, "srcdoc"))
        return is_theirs(page, value);
    return name_is(name, "src") && (name_is(tag, "script") || name_is(tag, "embed")) &&
           is_theirs(page, value);
}

static void spaces_skip(struct page *page)
{
    while (page->at < page->html.len &&
           (is_space(page->html.at[page->at]) || page->html.at[page->at] == '/'))
        page->at++;
}

static struct bytes value_read(struct page *page)
{
    const struct bytes html = page->html;
    while (page->at < html.len && is_space(html.at[page->at]))
        page->at++;
    if (page->at < html.len && (html.at[page->at] == '"' || html.at[page->at] == '\'')) {
        char quote = html.at[page->at++];
        size_t from = page->at;
        const char *end = memchr(html.at + from, quote, html.len - from);
        size_t to = end ? (size_t)(end - html.at) : html.len;
        page->at = to < html.len ? to + 1 : to;
        return (struct bytes){html.at + from, to - from};
    }
    size_t from = page->at;
    while (page->at < html.len && !is_space(html.at[page->at]) && html.at[page->at] != '>')
        page->at++;
    return (struct bytes){html.at + from, page->at - from};
}

/* The attributes of a tag up to its '>'; true when one of them runs what was sent. */
static bool attributes_walk(struct page *page, struct bytes tag)
{
    const struct bytes html = page->html;
    for (;;) {
        spaces_skip(page);
        if (page->at >= html.len || html.at[page->at] == '>')
            break;
        size_t from = page->at++;
        while (page->at < html.len && !is_space(html.at[page->at]) &&
               !memchr("=>/", html.at[page->at], 3))
            page->at++;
        struct bytes name = {html.at + from, page->at - from}, value = {0};
        size_t behind = page->at;
        while (behind < html.len && is_space(html.at[behind]))
            behind++;
        if (behind < html.len && html.at[behind] == '=') {
            page->at = behind + 1;
            value = value_read(page);
        }
        if (attribute_runs(page, tag, name, value))
            return true;
    }
    page->at += page->at < html.len;
    return false;
}

/* The text of an element that holds no tags, up to its end tag. */
static struct bytes raw_text(struct page *page, struct bytes tag)
{
    size_t from = page->at;
    while (page->at < page->html.len) {
        struct bytes rest = bytes_from(page->html, page->at);
        const char *end = memmem(rest.at, rest.len, "</", 2);
        if (!end)
            break;
        page->at += (size_t)(end - rest.at);
        rest = bytes_from(page->html, page->at + 2);
        if (rest.len > tag.len && strncasecmp(rest.at, tag.at, tag.len) == 0)
            return (struct bytes){page->html.at + from, page->at - from};
        page->at += 2;
    }
    page->at = page->html.len;
    return (struct bytes){page->html.at + from, page->at - from};
}

/*
 * What was sent inside a script of the page: it runs when it leaves the string
 * it was put into, which an unescaped quote or an end of line does.
 */
static bool script_injected(struct page *page, struct bytes script, struct bytes payload)
{
    const char *at = payload.len ? memmem(script.at, script.len, payload.at, payload.len) : NULL;
    if (!at)
        return false;
    char quote = 0;
    for (const char *c = script.at; c < at; c++) {
        if (*c == '\\')
            c++;
        else if (quote && *c == quote)
            quote = 0;
        else if (!quote && (*c == '"' || *c == '\'' || *c == '`'))
            quote = *c;
    }
    if (quote && !memchr(payload.at, quote, payload.len) &&
        !(quote == '`' && memmem(payload.at, payload.len, "${", 2)))
        return false;
    *page->found = (struct found){{at, payload.len}, 0, (size_t)(at - page->html.at)};
    return true;
}

static bool element_walk(struct page *page, struct bytes payload)
{
    static const char *const raw[] = {"style",  "textarea", "title",     "xmp",
                                      "iframe", "noembed",  "plaintext", NULL};
    size_t from = ++page->at;
    const struct bytes html = page->html;
    while (page->at < html.len && !is_space(html.at[page->at]) &&
           !memchr(">/", html.at[page->at], 2))
        page->at++;
    struct bytes tag = {html.at + from, page->at - from};
    if (attributes_walk(page, tag))
        return true;
    if (name_is(tag, "script")) {
        struct bytes text = raw_text(page, tag);
        return is_theirs(page, text) || script_injected(page, text, payload);
    }
    for (int i = 0; raw[i]; i++)
        if (name_is(tag, raw[i]))
            (void)raw_text(page, tag);
    return false;
}

static bool is_letter(char c)
{
    char lower = ascii_lower(c);
    return lower >= 'a' && lower <= 'z';
}

bool markup_runs(const struct answer *answer, struct bytes text, struct found *ret_found)
{
    struct page page = {.html = answer->views[0], .answer = answer, .found = ret_found};
    if (!answer->html)
        return false;
    while (page.at < page.html.len) {
        struct bytes rest = bytes_from(page.html, page.at);
        const char *open = memchr(rest.at, '<', rest.len);
        if (!open)
            return false;
        page.at += (size_t)(open - rest.at);
        rest = bytes_from(page.html, page.at);
        if (bytes_start(rest, BYTES("<!--"))) {
            const char *end = memmem(rest.at, rest.len, "-->", 3);
            page.at = end ? page.at + (size_t)(end - rest.at) + 3 : page.html.len;
        } else if (rest.len > 1 && is_letter(rest.at[1])) {
            if (element_walk(&page, text))
                return true;
        } else {
            page.at++;
        }
    }
    return false;
}
