/* Shell patterns: * ? [set] and backslash. One star is remembered at a time, so matching is bounded
 * by the product of both lengths. */
#include "triage/shell/expand.h"

static bool class_has(struct bytes name, char c)
{
    static const struct {
        const char *name, *ranges;
    } classes[] = {
        {"alpha", "azAZ"},    {"digit", "09"},     {"alnum", "azAZ09"}, {"upper", "AZ"},
        {"lower", "az"},      {"space", "  \t\r"}, {"blank", "  \t\t"}, {"punct", "!/:@[`{~"},
        {"xdigit", "09afAF"}, {"print", " ~"},     {"graph", "!~"},     {"cntrl", "\x01\x1f"},
    };
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
        if (bytes_equal(name, bytes_of(classes[i].name)))
            for (const char *range = classes[i].ranges; *range; range += 2)
                if (c >= range[0] && c <= range[1])
                    return true;
    return false;
}

/* A bracket expression at pattern[*at]; false when it never closes. */
static bool set_match(struct bytes pattern, size_t *at, char c, bool *ret_matches)
{
    size_t i = *at + 1;
    bool negated = i < pattern.len && (pattern.at[i] == '!' || pattern.at[i] == '^');
    bool matches = false;
    i += negated;
    size_t first = i;
    for (; i < pattern.len && (pattern.at[i] != ']' || i == first); i++) {
        if (pattern.at[i] == '[' && i + 1 < pattern.len && pattern.at[i + 1] == ':') {
            size_t end = text_find(pattern, i, BYTES(":]"));
            if (end < pattern.len) {
                matches |= class_has((struct bytes){pattern.at + i + 2, end - i - 2}, c);
                i = end + 1;
                continue;
            }
        }
        i += pattern.at[i] == '\\' && i + 1 < pattern.len;
        char low = pattern.at[i], high = low;
        if (i + 2 < pattern.len && pattern.at[i + 1] == '-' && pattern.at[i + 2] != ']') {
            high = pattern.at[i + 2];
            i += 2;
        }
        matches |=
            (unsigned char)c >= (unsigned char)low && (unsigned char)c <= (unsigned char)high;
    }
    if (i >= pattern.len)
        return false;
    *at = i + 1;
    *ret_matches = matches != negated;
    return true;
}

/* Whether the single element at pattern[*at] matches `c`; moves past it. */
static bool one_match(struct bytes pattern, size_t *at, char c, bool fold)
{
    char p = pattern.at[*at];
    bool matches;
    if (p == '[' && set_match(pattern, at, c, &matches))
        return matches;
    if (p == '\\' && *at + 1 < pattern.len)
        p = pattern.at[++*at];
    else if (p == '?') {
        ++*at;
        return true;
    }
    ++*at;
    return fold ? ascii_lower(p) == ascii_lower(c) : p == c;
}

bool pattern_match(struct bytes pattern, struct bytes text, bool fold)
{
    size_t p = 0, t = 0, star = SIZE_MAX, retry = 0;
    while (t < text.len) {
        if (p < pattern.len && pattern.at[p] == '*') {
            star = ++p;
            retry = t;
            continue;
        }
        if (p < pattern.len && one_match(pattern, &p, text.at[t], fold)) {
            t++;
            continue;
        }
        if (star == SIZE_MAX)
            return false;
        p = star;
        t = ++retry;
    }
    while (p < pattern.len && pattern.at[p] == '*')
        p++;
    return p == pattern.len;
}
