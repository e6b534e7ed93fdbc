#include "triage/attack/words.h"

#include <errno.h>

enum { CALL_GAP = 3, SCHEME = 12 };

void words_add(struct words *words, struct bytes word)
{
    for (uint32_t i = 0; i < words->count; i++)
        if (bytes_equal(words->items[i], word))
            return;
    if (word.len && words->count < WORDS)
        words->items[words->count++] = word;
}

/* The string in quotes right behind the call's bracket, lists and blanks between them passed over;
 * empty: none. */
static struct bytes argument_of(struct bytes text)
{
    const char *open = text.len ? memchr(text.at, '(', text.len) : NULL;
    if (!open || open - text.at > CALL_GAP)
        return (struct bytes){0};
    text = bytes_from(text, (size_t)(open - text.at) + 1);
    while (text.len && memchr(" \t\r\n[{(", text.at[0], 7))
        text = bytes_from(text, 1);
    if (text.len < 2 || (text.at[0] != '\'' && text.at[0] != '"'))
        return (struct bytes){0};
    const char *end = text.at + 1;
    while (end < text.at + text.len && *end != text.at[0])
        end += *end == '\\' ? 2 : 1;
    return end < text.at + text.len ? (struct bytes){text.at + 1, (size_t)(end - text.at) - 1}
                                    : (struct bytes){0};
}

void words_of_calls(struct words *words, struct bytes text)
{
    static const char *const calls[] = {"popen",          "Popen",        "exec",
                                        "execSync",       "system",       "passthru",
                                        "shell_exec",     "check_output", "getstatusoutput",
                                        "ProcessBuilder", "spawn",        "new()",
                                        "call",           "run",          NULL};
    for (int i = 0; calls[i]; i++) {
        struct bytes rest = text;
        size_t len = strlen(calls[i]);
        const char *at;
        while (words->count < WORDS && rest.len &&
               (at = memmem(rest.at, rest.len, calls[i], len))) {
            rest = bytes_from(rest, (size_t)(at - rest.at) + len);
            words_add(words, argument_of(rest));
        }
    }
}

int words_try(const struct suspicion *suspicion, const struct words *words, enum attack_class class,
              double confidence, bool anyway)
{
    struct expectations expectations = {0};
    struct bytes command = {0};
    for (uint32_t i = 0; i < words->count; i++) {
        enum script_ran ran;
        const struct script script = {.text = words->items[i], .told = words->items[i]};
        int error = shell_expect(suspicion, &script, &expectations, &ran);
        if (error)
            return error;
        if (ran != RAN_nothing && command.len == 0)
            command = words->items[i];
    }
    if (expectations.count == 0 && !anyway)
        return 0;
    for (uint32_t i = 0; i < suspicion->attempts->count; i++)
        if (suspicion->attempts->items[i].class == class &&
            bytes_equal(suspicion->attempts->items[i].command, command))
            return 0;
    struct attempt *attempt = attempt_begin(suspicion, class, confidence, command);
    if (!attempt)
        return suspicion->attempts->dropped ? 0 : -ENOMEM;
    attempt->expectations = expectations;
    return 0;
}

bool url_split(struct bytes url, struct bytes *ret_scheme, struct bytes *ret_host,
               uint16_t *ret_port, struct bytes *ret_path)
{
    const char *mark = url.len ? memmem(url.at, url.len, "://", 3) : NULL;
    if (!mark || mark == url.at || mark - url.at > SCHEME)
        return false;
    struct bytes scheme = {url.at, (size_t)(mark - url.at)};
    struct bytes rest = bytes_from(url, scheme.len + 3);
    size_t end = 0;
    while (end < rest.len && !memchr("/?# \t\r\n\"'<>", rest.at[end], 11))
        end++;
    struct bytes host = {rest.at, end}, path = bytes_from(rest, end);
    const char *user = end ? memrchr(host.at, '@', host.len) : NULL;
    if (user)
        host = bytes_from(host, (size_t)(user - host.at) + 1);
    const char *colon = host.len ? memrchr(host.at, ':', host.len) : NULL;
    unsigned port = 0;
    if (colon && !memchr(colon, ']', (size_t)(host.at + host.len - colon))) {
        for (const char *c = colon + 1; c < host.at + host.len; c++)
            port =
                *c >= '0' && *c <= '9' && port < 65536 ? port * 10 + (unsigned)(*c - '0') : 65536;
        host.len = (size_t)(colon - host.at);
    }
    if (host.len > 2 && host.at[0] == '[')
        host = (struct bytes){host.at + 1, host.len - 2};
    end = 0;
    while (end < path.len && !memchr("# \t\r\n\"'<>", path.at[end], 9))
        end++;
    *ret_scheme = scheme;
    *ret_host = host;
    *ret_port = port < 65536 ? (uint16_t)port : 0;
    *ret_path = (struct bytes){path.at, end};
    return host.len > 0;
}

int url_expect(const struct suspicion *suspicion, struct attempt *attempt, struct bytes url)
{
    struct bytes scheme, host, path;
    struct ip ip;
    uint16_t port;
    if (!url_split(url, &scheme, &host, &port, &path))
        return 0;
    if (port == 0)
        port = bytes_equal(scheme, BYTES("https"))  ? 443
               : bytes_equal(scheme, BYTES("ftp"))  ? 21
               : bytes_equal(scheme, BYTES("http")) ? 80
                                                    : 0;
    int error = 0;
    if (path.len > 1)
        error = attempt_expect(
            suspicion, attempt,
            (struct expectation){.kind = EXPECT_request, .host = host, .port = port, .text = path});
    if (error == 0)
        error = attempt_expect(
            suspicion, attempt,
            (struct expectation){.kind = EXPECT_connection, .host = host, .port = port});
    if (error == 0 && !ip_parse(host, &ip))
        error = attempt_expect(suspicion, attempt,
                               (struct expectation){.kind = EXPECT_dns, .host = host});
    return error;
}
