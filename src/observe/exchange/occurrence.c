#include <errno.h>

#include "base/cursor.h"
#include "base/hash.h"
#include "observe/exchange/inside.h"

enum { DNS_PORT = 53, DNS_NAME = 253 };

static int tell(struct watcher *watcher, struct occurrence *occurrence)
{
    if (occurrence->text.len > OCCURRENCE_TEXT)
        occurrence->text.len = OCCURRENCE_TEXT;
    if (occurrence->host.len > OCCURRENCE_TEXT)
        occurrence->host.len = OCCURRENCE_TEXT;
    watcher->counts.occurrences++;
    return watcher->sink.occurrence(watcher->sink.context, occurrence);
}

int occurrence_tell(struct watcher *watcher, const struct connection *connection,
                    enum occurrence_kind kind, struct bytes text, struct bytes host)
{
    struct occurrence occurrence = {
        .kind = kind,
        .time = watcher->feeding ? watcher->feeding->time : connection->last,
        .packet = watcher->feeding ? watcher->feeding->packet : 0,
        .source_ip = connection->client_ip,
        .destination_ip = connection->server_ip,
        .source_port = connection->client_port,
        .destination_port = connection->server_port,
        .protocol = PROTOCOL_tcp,
        .text = text,
        .host = host,
    };
    return tell(watcher, &occurrence);
}

/* The name of the first question of a DNS query (RFC 1035, 4.1.2), dotted; 0: none. */
static size_t dns_question(struct bytes payload, char name[DNS_NAME + 1])
{
    if (payload.len < 17 || payload.at[2] & (char)0x80 || payload.at[5] == 0)
        return 0;
    size_t at = 12, len = 0;
    while (at < payload.len) {
        size_t label = (uint8_t)payload.at[at++];
        if (label == 0)
            return len;
        if (label > 63 || at + label > payload.len || len + label + 1 > DNS_NAME)
            return 0;
        if (len)
            name[len++] = '.';
        memcpy(name + len, payload.at + at, label);
        len += label;
        at += label;
    }
    return 0;
}

static bool packet_is_ping(const struct packets *packets, uint32_t row)
{
    enum { ECHO_4 = 8, ECHO_6 = 128 };
    return (packets->protocol[row] == PROTOCOL_icmp && packets->icmp_type[row] == ECHO_4) ||
           (packets->protocol[row] == PROTOCOL_icmp6 && packets->icmp_type[row] == ECHO_6);
}

/* UDP between two ends is told of once as long as they are not forgotten. */
static bool udp_is_new(struct watcher *watcher, const struct packets *packets, uint32_t row)
{
    const struct ip *source = &packets->source_ip[row], *to = &packets->destination_ip[row];
    bool swap = memcmp(source, to, sizeof(*source)) > 0;
    uint64_t low = packet_source_hash(swap ? to : source);
    uint64_t high = packet_source_hash(swap ? source : to);
    uint16_t ports[2] = {packets->source_port[row], packets->destination_port[row]};
    uint64_t key =
        (low * 31 + high) * UINT64_C(0x9e3779b97f4a7c15) +
        (swap ? (uint64_t)ports[1] << 16 | ports[0] : (uint64_t)ports[0] << 16 | ports[1]);
    uint64_t *slot = &watcher->datagrams[(key ^ key >> 29) % WATCHER_DATAGRAMS];
    bool known = *slot == key;
    *slot = key;
    return !known;
}

/* What a packet that is not TCP begins; false: nothing. `name` is room for a name asked for. */
static bool packet_begins(struct watcher *watcher, const struct packets *packets, uint32_t row,
                          char name[DNS_NAME + 1], struct occurrence *occurrence)
{
    if (packet_is_ping(packets, row)) {
        occurrence->kind = OCCURRENCE_icmp;
        return true;
    }
    if (packets->protocol[row] != PROTOCOL_udp || !(packets->has[row] & PACKET_PORTS))
        return false;
    if (packets->destination_port[row] == DNS_PORT) {
        occurrence->kind = OCCURRENCE_dns;
        occurrence->text = (struct bytes){name, dns_question(packets->payload[row], name)};
        return occurrence->text.len > 0;
    }
    occurrence->kind = OCCURRENCE_connection;
    return udp_is_new(watcher, packets, row);
}

static struct occurrence row_occurrence(const struct packets *packets, uint32_t row)
{
    return (struct occurrence){
        .kind = OCCURRENCE_connection,
        .time = packets->time[row],
        .packet = packets->number[row],
        .source_ip = packets->source_ip[row],
        .destination_ip = packets->destination_ip[row],
        .source_port = packets->source_port[row],
        .destination_port = packets->destination_port[row],
        .protocol = packets->protocol[row],
    };
}

int occurrence_of_packet(struct watcher *watcher, const struct packets *packets, uint32_t row)
{
    char name[DNS_NAME + 1];
    struct occurrence occurrence = row_occurrence(packets, row);
    if (packets->protocol[row] != PROTOCOL_tcp &&
        !packet_begins(watcher, packets, row, name, &occurrence))
        return 0;
    return tell(watcher, &occurrence);
}

int occurrence_of_answer(struct watcher *watcher, const struct packets *packets, uint32_t row)
{
    const struct ip *host = &packets->source_ip[row];
    uint64_t key = hash_mix(hash_bytes((struct bytes){(const char *)host, sizeof(*host)}),
                            packets->source_port[row]);
    if (hash_table_get(&watcher->doors, key) != HASH_TABLE_NONE)
        return 0;
    watcher->doors.limit = WATCHER_DOORS;
    int error = hash_table_put(&watcher->doors, key, 0);
    if (error == -ENOSPC) { /* begin anew: a port is told of twice then, nothing worse */
        hash_table_clear(&watcher->doors);
        error = hash_table_put(&watcher->doors, key, 0);
    }
    if (error)
        return error;
    struct occurrence occurrence = row_occurrence(packets, row);
    occurrence.kind = OCCURRENCE_accepted;
    return tell(watcher, &occurrence);
}
