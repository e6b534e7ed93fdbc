#include "triage/success/consequence.h"

#include <strings.h>

#include "base/buffer.h"
#include "base/time.h"

enum {
    OWN_LEAST = 4, /* characters of a path or name from which on it is somebody's own */
};

/* A host as it was written: an address, or a name that only DNS and Host headers show. */
static bool host_fits(struct bytes host, const struct occurrence *occurrence)
{
    struct ip ip;
    if (host.len == 0)
        return true;
    if (ip_parse(host, &ip))
        return memcmp(&ip, &occurrence->destination_ip, sizeof(ip)) == 0;
    if (occurrence->kind == OCCURRENCE_dns)
        return occurrence->text.len == host.len &&
               strncasecmp(occurrence->text.at, host.at, host.len) == 0;
    if (occurrence->kind == OCCURRENCE_request)
        return occurrence->host.len >= host.len &&
               strncasecmp(occurrence->host.at, host.at, host.len) == 0;
    return true; /* a name cannot be held against a bare address */
}

static bool host_is_name(struct bytes host)
{
    struct ip ip;
    return host.len && !ip_parse(host, &ip);
}

static bool port_fits(uint16_t port, const struct occurrence *occurrence)
{
    return port == 0 || port == occurrence->destination_port;
}

static bool text_fits(struct bytes text, const struct occurrence *occurrence)
{
    return text.len == 0 || (occurrence->text.len &&
                             memmem(occurrence->text.at, occurrence->text.len, text.at, text.len));
}

/* Whether the occurrence is of the kind and names what is expected. */
static bool names_it(const struct expectation *expectation, const struct occurrence *occurrence)
{
    enum occurrence_kind kind = occurrence->kind;
    switch (expectation->kind) {
    case EXPECT_connection:
        return (kind == OCCURRENCE_connection || kind == OCCURRENCE_data) &&
               !host_is_name(expectation->host) && host_fits(expectation->host, occurrence) &&
               port_fits(expectation->port, occurrence);
    case EXPECT_contact:
        return kind == OCCURRENCE_accepted && occurrence->source_port == expectation->port;
    case EXPECT_request:
        return (kind == OCCURRENCE_request || kind == OCCURRENCE_data) &&
               host_fits(expectation->host, occurrence) &&
               port_fits(expectation->port, occurrence) && text_fits(expectation->text, occurrence);
    case EXPECT_dns:
        return kind == OCCURRENCE_dns && host_fits(expectation->host, occurrence);
    case EXPECT_icmp:
        return kind == OCCURRENCE_icmp && !host_is_name(expectation->host) &&
               host_fits(expectation->host, occurrence);
    default:
        return false;
    }
}

/* Whether what is named is this attack's own, so that no other can have caused it. */
static bool is_own(const struct expectation *expectation)
{
    return (expectation->kind == EXPECT_request && expectation->text.len >= OWN_LEAST) ||
           (expectation->kind == EXPECT_dns && expectation->host.len >= OWN_LEAST);
}

const struct occurrence *consequence_find(const struct expectation *expectation,
                                          const struct exchange *exchange,
                                          struct occurrences occurrences, double *ret_bits)
{
    int64_t end =
        exchange->response.end != TIME_NONE ? exchange->response.end : exchange->request.end;
    bool own = is_own(expectation);
    for (size_t i = 0; i < occurrences.count; i++) {
        const struct occurrence *occurrence = &occurrences.at[i];
        if (occurrence->time < exchange->request.start || !names_it(expectation, occurrence))
            continue;
        /* Who else goes there within the wait is another attack: then only what happens before
         * the answer is surely of this one. */
        if (!own && occurrences.contested && occurrence->time > end)
            continue;
        *ret_bits = own ? 30 : 24;
        return occurrence;
    }
    return NULL;
}

struct bytes consequence_text(const struct occurrence *occurrence, struct arena *arena)
{
    char source[IP_TEXT_SIZE], destination[IP_TEXT_SIZE];
    struct buffer text = {0};
    bool accepted = occurrence->kind == OCCURRENCE_accepted; /* the other one began */
    const struct ip *from = accepted ? &occurrence->destination_ip : &occurrence->source_ip;
    const struct ip *to = accepted ? &occurrence->source_ip : &occurrence->destination_ip;
    buffer_put(&text, ip_format(from, source));
    buffer_put(&text, BYTES(" → "));
    buffer_put(&text, ip_format(to, destination));
    if (occurrence->kind == OCCURRENCE_icmp)
        buffer_put(&text, BYTES(" echo request"));
    else
        buffer_put_format(&text, ":%u",
                          accepted ? occurrence->source_port : occurrence->destination_port);
    if (accepted)
        buffer_put(&text, BYTES(" accepted"));
    if (occurrence->text.len) {
        buffer_put_char(&text, ' ');
        buffer_put(&text, occurrence->text);
    }
    struct bytes copy = arena_copy(arena, buffer_bytes(&text));
    buffer_finish(&text);
    return copy;
}
