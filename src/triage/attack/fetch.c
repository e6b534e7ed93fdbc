/*
 * Making the server fetch (SSRF): a URL in a parameter that leads where the sender cannot go
 * himself, or where somebody listens whether the server comes. A URL of a public name is what
 * honest clients send, too, and is no attempt.
 */
#include <errno.h>
#include <strings.h>

#include "triage/attack/words.h"

/* Answers of the services that tell a cloud's machine about itself. */
#define METADATA                                                                                   \
    "\\bami-id$|\\binstance-id$|\"(AccessKeyId|SecretAccessKey)\"\\s*:|\\bcomputeMetadata/|"       \
    "\"(accountId|azEnvironment|vmId)\"\\s*:|^security-credentials/?$"

static bool host_ends(struct bytes host, const char *with)
{
    size_t len = strlen(with);
    return host.len >= len && strncasecmp(host.at + host.len - len, with, len) == 0;
}

static bool is_metadata(struct bytes host)
{
    return bytes_equal(host, BYTES("169.254.169.254")) ||
           bytes_equal(host, BYTES("100.100.100.200")) ||
           bytes_equal(host, BYTES("metadata.google.internal"));
}

/* Where attackers wait for servers to come. */
static bool is_listener(struct bytes host)
{
    static const char *const names[] = {
        ".burpcollaborator.net", ".oastify.com", ".oast.pro", ".oast.live",        ".oast.site",
        ".oast.online",          ".oast.fun",    ".oast.me",  ".interact.sh",      ".dnslog.cn",
        ".requestbin.net",       "webhook.site", ".ceye.io",  ".canarytokens.com", NULL};
    for (int i = 0; names[i]; i++)
        if (host_ends(host, names[i]))
            return true;
    return false;
}

/* 2130706433, 0x7f000001, 127.1: addresses no honest client writes so. */
static bool is_odd_number(struct bytes host)
{
    size_t i = 0;
    while (i < host.len && ((host.at[i] >= '0' && host.at[i] <= '9') || host.at[i] == '.' ||
                            (i == 1 && ascii_lower(host.at[i]) == 'x') ||
                            (i > 1 && ascii_lower(host.at[1]) == 'x' &&
                             ascii_lower(host.at[i]) >= 'a' && ascii_lower(host.at[i]) <= 'f')))
        i++;
    return i == host.len && host.len > 0 && host.at[0] >= '0' && host.at[0] <= '9';
}

static bool is_inner_name(struct bytes host)
{
    return host_ends(host, "localhost") || host_ends(host, ".internal") ||
           host_ends(host, ".local") || host_ends(host, ".nip.io") || host_ends(host, ".sslip.io");
}

/* The server's own name, as this very request calls it: a link to itself. */
static bool is_itself(const struct suspicion *suspicion, struct bytes host)
{
    struct bytes own = suspicion->exchange->host;
    return own.len >= host.len && strncasecmp(own.at, host.at, host.len) == 0;
}

static int fetch_look(const struct suspicion *suspicion)
{
    struct bytes url = suspicion_text(suspicion), scheme, host, path;
    struct ip ip;
    uint16_t port;
    while (url.len && (unsigned char)url.at[0] <= ' ')
        url = bytes_from(url, 1);
    if (!url_split(url, &scheme, &host, &port, &path))
        return 0;
    bool odd_scheme = !bytes_start(scheme, BYTES("http")) && !bytes_start(scheme, BYTES("HTTP"));
    if (!odd_scheme && (is_itself(suspicion, host) ||
                        (!ip_parse(host, &ip) && !is_odd_number(host) && !is_listener(host) &&
                         !is_metadata(host) && !is_inner_name(host))))
        return 0;
    for (uint32_t i = 0; i < suspicion->attempts->count; i++)
        if (bytes_equal(suspicion->attempts->items[i].command, url))
            return 0;
    struct attempt *attempt = attempt_begin(suspicion, ATTACK_server_side_request, 0.75, url);
    if (!attempt)
        return suspicion->attempts->dropped ? 0 : -ENOMEM;
    int error = url_expect(suspicion, attempt, url);
    if (error == 0 && is_metadata(host))
        error = attempt_expect(
            suspicion, attempt,
            (struct expectation){
                .kind = EXPECT_pattern, .text = BYTES(METADATA), .bits = 40, .printed = true});
    return error;
}

static const char *const fetch_marks[] = {"^\\s*(https?|ftp|gopher|dict|ldaps?|tftp|sftp)://",
                                          NULL};

const struct recogniser fetch_recogniser = {
    .name = "fetch",
    .places = PLACES_PARAMETERS,
    .marks = fetch_marks,
    .look = fetch_look,
};
