/*
 * A look-up that log4j 2 makes of what it logs (CVE-2021-44228): "${jndi:ldap://host/x}", whose
 * letters may each be wrapped in look-ups of their own. These are resolved as log4j does, innermost
 * first; what is unknown keeps its default.
 */
#include <errno.h>
#include <strings.h>

#include "triage/attack/recogniser.h"

enum { ROUNDS = 64, DEFAULT_LDAP = 389, DEFAULT_LDAPS = 636, DEFAULT_RMI = 1099, DEFAULT_DNS = 53 };

static bool starts(struct bytes text, const char *with)
{
    return text.len >= strlen(with) && strncasecmp(text.at, with, strlen(with)) == 0;
}

/* What the inside of "${…}" stands for; false: a JNDI look-up, or nothing log4j would replace. */
static bool lookup_value(struct bytes inside, struct bytes *ret_value)
{
    if (starts(inside, "jndi:"))
        return false;
    if (starts(inside, "lower:") || starts(inside, "upper:")) {
        *ret_value = bytes_from(inside, 6);
        return true;
    }
    if (starts(inside, "date:")) {
        *ret_value = bytes_from(inside, 5);
        while (ret_value->len && ret_value->at[0] == '\'')
            *ret_value = bytes_from(*ret_value, 1);
        while (ret_value->len && ret_value->at[ret_value->len - 1] == '\'')
            ret_value->len--;
        return true;
    }
    const char *fallback = memmem(inside.at, inside.len, ":-", 2);
    *ret_value = fallback ? bytes_from(inside, (size_t)(fallback - inside.at) + 2)
                          : (struct bytes){inside.at, 0};
    return fallback != NULL;
}

/* One innermost look-up replaced in place; false: none is left that can be. */
static bool innermost_resolve(char *text, size_t *len)
{
    size_t open = 0; /* of the newest "${" that is not closed yet; 0: none */
    for (size_t close = 1; close < *len; close++) {
        if (text[close] == '{' && text[close - 1] == '$')
            open = close;
        if (text[close] != '}' || open == 0)
            continue;
        struct bytes value, inside = {text + open + 1, close - open - 1};
        size_t start = open - 1;
        open = 0;
        if (!lookup_value(inside, &value))
            continue;
        memmove(text + start, value.at, value.len);
        memmove(text + start + value.len, text + close + 1, *len - close - 1);
        *len = *len - (close + 1 - start) + value.len;
        return true;
    }
    return false;
}

/* The URL of a JNDI look-up in resolved text. */
static bool url_find(struct bytes text, struct bytes *ret_scheme, struct bytes *ret_rest)
{
    for (size_t i = 0; i + 7 < text.len; i++) {
        struct bytes rest = bytes_from(text, i);
        if (!starts(rest, "jndi:"))
            continue;
        rest = bytes_from(rest, 5);
        const char *mark = memmem(rest.at, rest.len, "://", 3);
        if (!mark || mark - rest.at > 8)
            continue;
        *ret_scheme = (struct bytes){rest.at, (size_t)(mark - rest.at)};
        rest = bytes_from(rest, ret_scheme->len + 3);
        size_t end = 0;
        while (end < rest.len && !memchr("} \t\r\n\"'", rest.at[end], 7))
            end++;
        *ret_rest = (struct bytes){rest.at, end};
        return end > 0;
    }
    return false;
}

struct target {
    struct bytes host, path;
    uint16_t port;
};

static struct target target_of(struct bytes scheme, struct bytes rest)
{
    struct target target = {.port = starts(scheme, "rmi")     ? DEFAULT_RMI
                                    : starts(scheme, "dns")   ? DEFAULT_DNS
                                    : starts(scheme, "ldaps") ? DEFAULT_LDAPS
                                                              : DEFAULT_LDAP};
    const char *slash = memchr(rest.at, '/', rest.len);
    size_t len = slash ? (size_t)(slash - rest.at) : rest.len;
    struct bytes host = {rest.at, len};
    target.path = bytes_from(rest, len + (slash != NULL));
    const char *colon = host.len ? memrchr(host.at, ':', host.len) : NULL;
    if (colon) {
        unsigned port = 0;
        for (const char *c = colon + 1; c < host.at + host.len && *c >= '0' && *c <= '9'; c++)
            port = port * 10 + (unsigned)(*c - '0') > 65535 ? 0 : port * 10 + (unsigned)(*c - '0');
        target.port = (uint16_t)port;
        host.len = (size_t)(colon - host.at);
    }
    target.host = host;
    return target;
}

/* Exploit kits carry the command in the path: …/Command/Base64/cGluZw==, …/Command/cGluZw==. */
static int command_expect(const struct suspicion *suspicion, struct attempt *attempt,
                          struct bytes path)
{
    while (path.len) {
        const char *slash = memchr(path.at, '/', path.len);
        size_t len = slash ? (size_t)(slash - path.at) : path.len;
        struct bytes part = {path.at, len}, text;
        enum script_ran ran;
        if (layer_decode(CODING_base64, part, suspicion->arena, &text)) {
            const struct script script = {.text = text, .told = text};
            int error =
                text.at ? shell_expect(suspicion, &script, &attempt->expectations, &ran) : -ENOMEM;
            if (error)
                return error;
        }
        path = bytes_from(path, len + 1);
    }
    return 0;
}

static int jndi_look(const struct suspicion *suspicion)
{
    struct bytes text = suspicion_text(suspicion), scheme, rest;
    struct bytes copy = arena_copy(suspicion->arena, text);
    if (!copy.at)
        return -ENOMEM;
    char *resolved = (char *)(uintptr_t)copy.at;
    size_t len = copy.len;
    for (int round = 0; round < ROUNDS * 8 && innermost_resolve(resolved, &len); round++)
        continue;
    if (!url_find((struct bytes){resolved, len}, &scheme, &rest))
        return 0;
    for (uint32_t i = 0; i < suspicion->attempts->count; i++)
        if (bytes_equal(suspicion->attempts->items[i].command, rest))
            return 0;
    struct attempt *attempt = attempt_begin(suspicion, ATTACK_jndi, 0.99, rest);
    if (!attempt)
        return suspicion->attempts->dropped ? 0 : -ENOMEM;
    struct target target = target_of(scheme, rest);
    struct expectation connection = {
        .kind = EXPECT_connection, .host = target.host, .port = target.port};
    struct expectation fetch = {
        .kind = EXPECT_request, .host = target.host, .text = BYTES(".class")};
    struct expectation name = {.kind = EXPECT_dns,
                               .host = starts(scheme, "dns") ? target.path : target.host};
    int error = attempt_expect(suspicion, attempt, fetch);
    if (error == 0)
        error = attempt_expect(suspicion, attempt, connection);
    if (error == 0 && name.host.len)
        error = attempt_expect(suspicion, attempt, name);
    return error ? error : command_expect(suspicion, attempt, target.path);
}

static const char *const jndi_marks[] = {"\\$\\{", NULL};

const struct recogniser jndi_recogniser = {
    .name = "jndi",
    .places = PLACES_ALL,
    .marks = jndi_marks,
    .look = jndi_look,
};
