#include "engine/roster.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"

struct host {
    struct bytes name;
    struct ip address;
    int64_t first_seen, last_seen;
    uint64_t events;
    uint32_t days;
    bool changed;
};

/* Keyed by host and address: who the address belongs to may be learned later. */
struct pair {
    uint32_t host;
    struct ip peer;
    int64_t first_seen, last_seen;
    uint64_t events;
    uint32_t days;
    bool changed;
};

/* A hop a finding named: both by name, for the peer need not have spoken yet. */
struct hop {
    struct bytes host, peer;
    int64_t first_seen, last_seen;
    bool changed;
};

struct roster {
    struct arena names;
    struct host *hosts;
    struct pair *pairs;
    struct hop *hops;
    uint32_t host_count, host_room, pair_count, pair_room, hop_count, hop_room;
    struct hash_table host_index, pair_index, hop_index; /* by hash of name, of both */
    struct hash_table addresses;                         /* address → host */
    uint64_t refused;
    bool learning; /* as last put */
};

static uint64_t ip_key(const struct ip *ip)
{
    return hash_bytes((struct bytes){(const char *)ip->octets, sizeof(ip->octets)});
}

static uint64_t pair_key(uint32_t host, const struct ip *peer)
{
    return hash_mix(ip_key(peer), host + 1);
}

static uint64_t hop_key(struct bytes host, struct bytes peer)
{
    return hash_mix(hash_bytes(host), hash_bytes(peer));
}

/* Room for one more element of `size` bytes. */
static int list_reserve(void *list, uint32_t count, uint32_t *room, size_t size)
{
    void **items = list;
    if (count < *room)
        return 0;
    uint32_t more = *room ? *room * 2 : 64;
    void *grown = realloc(*items, more * size);
    if (!grown)
        return -ENOMEM;
    *items = grown;
    *room = more;
    return 0;
}

int roster_open(struct roster **ret_roster)
{
    struct roster *roster = calloc(1, sizeof(*roster));
    if (!roster)
        return -ENOMEM;
    *ret_roster = roster;
    return 0;
}

static int host_add(struct roster *roster, uint64_t key, struct bytes name, int64_t time)
{
    int error = list_reserve(&roster->hosts, roster->host_count, &roster->host_room,
                             sizeof(*roster->hosts));
    struct bytes kept = error ? (struct bytes){0} : arena_copy(&roster->names, name);
    if (!error && !kept.at)
        error = -ENOMEM;
    if (!error)
        error = hash_table_put(&roster->host_index, key, roster->host_count);
    if (error)
        return error;
    roster->hosts[roster->host_count++] =
        (struct host){.name = kept, .first_seen = time, .last_seen = time, .days = 1};
    return 0;
}

static int pair_add(struct roster *roster, uint32_t host, const struct ip *peer, int64_t time)
{
    int error = list_reserve(&roster->pairs, roster->pair_count, &roster->pair_room,
                             sizeof(*roster->pairs));
    if (!error)
        error = hash_table_put(&roster->pair_index, pair_key(host, peer), roster->pair_count);
    if (error)
        return error;
    roster->pairs[roster->pair_count++] = (struct pair){host, *peer, time, time, 0, 1, true};
    return 0;
}

/* Seen again at `time`: one day more when the day is a later one. */
static void seen(int64_t time, int64_t *first, int64_t *last, uint32_t *days)
{
    if (time_day(time) > time_day(*last))
        ++*days;
    if (time > *last)
        *last = time;
    if (time < *first)
        *first = time;
}

/* Private unicast addresses: what hosts of one's own have. */
static bool ip_is_inside(const struct ip *ip)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    const uint8_t *v4 = ip->octets + 12;
    if (memcmp(ip->octets, mapped, sizeof(mapped)) != 0)
        return (ip->octets[0] & 0xfe) == 0xfc;
    return v4[3] != 255 && (v4[0] == 10 || (v4[0] == 172 && (v4[1] & 0xf0) == 16) ||
                            (v4[0] == 192 && v4[1] == 168));
}

/* Of the two ends of a connection, the host's own; the sensor's direction decides. */
static void ends_tell(const struct batch *batch, uint32_t row, const struct host *host,
                      struct ip *ret_own, struct ip *ret_peer)
{
    const struct ip *source = &batch->columns.source_ip[row];
    const struct ip *destination = &batch->columns.destination_ip[row];
    bool inward = batch->columns.network_direction[row] == DIRECTION_ingress &&
                  memcmp(source, &host->address, sizeof(*source)) != 0;
    *ret_own = inward ? *destination : *source;
    *ret_peer = inward ? *source : *destination;
}

static int connection_take(struct roster *roster, uint32_t at, const struct batch *batch,
                           uint32_t row)
{
    struct host *host = &roster->hosts[at];
    int64_t time = batch->columns.time[row];
    struct ip own, peer;
    ends_tell(batch, row, host, &own, &peer);
    if (ip_is_inside(&own) && memcmp(&own, &host->address, sizeof(own)) != 0) {
        int error = hash_table_put(&roster->addresses, ip_key(&own), at);
        if (error)
            return error;
        host->address = own;
    }
    if (!ip_is_inside(&peer))
        return 0;
    uint32_t pair = hash_table_get(&roster->pair_index, pair_key(at, &peer));
    if (pair == HASH_TABLE_NONE) {
        if (roster->pair_count == ROSTER_PAIRS) {
            roster->refused++;
            return 0;
        }
        pair = roster->pair_count;
        int error = pair_add(roster, at, &peer, time);
        if (error)
            return error;
    }
    struct pair *known = &roster->pairs[pair];
    seen(time, &known->first_seen, &known->last_seen, &known->days);
    known->events++;
    known->changed = true;
    return 0;
}

static int row_take(struct roster *roster, const struct batch *batch, uint32_t row)
{
    uint32_t name = batch->columns.host_name[row];
    uint64_t key = strings_hash(&batch->strings, name);
    int64_t time = batch->columns.time[row];
    if (name == 0)
        return 0;
    uint32_t at = hash_table_get(&roster->host_index, key);
    if (at == HASH_TABLE_NONE) {
        if (roster->host_count == ROSTER_HOSTS) {
            roster->refused++;
            return 0;
        }
        at = roster->host_count;
        int error = host_add(roster, key, strings_at(&batch->strings, name), time);
        if (error)
            return error;
    }
    struct host *host = &roster->hosts[at];
    seen(time, &host->first_seen, &host->last_seen, &host->days);
    host->events++;
    host->changed = true;
    if (batch->columns.event_category[row] != CATEGORY_network ||
        !ip_given(&batch->columns.source_ip[row]) || !ip_given(&batch->columns.destination_ip[row]))
        return 0;
    return connection_take(roster, at, batch, row);
}

int roster_rows(struct roster *roster, const struct batch *batch, const uint32_t *at,
                uint32_t count)
{
    int error = 0;
    for (uint32_t i = 0; i < count && !error; i++)
        error = row_take(roster, batch, at[i]);
    return error;
}

int roster_finding(struct roster *roster, const struct finding *finding)
{
    if (finding->peer.len == 0 || finding->host.len == 0)
        return 0;
    uint64_t key = hop_key(finding->host, finding->peer);
    uint32_t at = hash_table_get(&roster->hop_index, key);
    if (at == HASH_TABLE_NONE) {
        int error = list_reserve(&roster->hops, roster->hop_count, &roster->hop_room,
                                 sizeof(*roster->hops));
        struct hop hop = {.first_seen = finding->time_start, .last_seen = finding->time_start};
        if (!error) {
            hop.host = arena_copy(&roster->names, finding->host);
            hop.peer = arena_copy(&roster->names, finding->peer);
            error = hop.host.at && hop.peer.at ? 0 : -ENOMEM;
        }
        if (!error)
            error = hash_table_put(&roster->hop_index, key, roster->hop_count);
        if (error)
            return error;
        at = roster->hop_count++;
        roster->hops[at] = hop;
    }
    struct hop *hop = &roster->hops[at];
    if (finding->time_start > hop->last_seen)
        hop->last_seen = finding->time_start;
    hop->changed = true;
    return 0;
}

static struct bytes subnet_format(const struct ip *ip, char text[IP_TEXT_SIZE])
{
    const uint8_t *v4 = ip->octets + 12;
    if (!ip_given(ip) || ip->octets[10] != 0xff)
        return (struct bytes){"", 0};
    int len = snprintf(text, IP_TEXT_SIZE, "%u.%u.%u.0/24", v4[0], v4[1], v4[2]);
    return (struct bytes){text, (size_t)len};
}

static int host_put(const struct host *host, struct store *store, bool learning)
{
    char address[IP_TEXT_SIZE], subnet[IP_TEXT_SIZE];
    struct store_host line = {
        .name = host->name,
        .address = ip_format(&host->address, address),
        .subnet = subnet_format(&host->address, subnet),
        .peer_group = {"", 0},
        .first_seen = host->first_seen,
        .last_seen = host->last_seen,
        .days = host->days,
        .events = host->events,
        .learning = learning,
    };
    return store_put_host(store, &line);
}

static int pair_put(struct roster *roster, struct pair *pair, struct store *store)
{
    uint32_t peer = hash_table_get(&roster->addresses, ip_key(&pair->peer));
    if (peer == HASH_TABLE_NONE || peer == pair->host)
        return 0;
    struct store_relation line = {
        .kind = BYTES("host"),
        .host = roster->hosts[pair->host].name,
        .peer = roster->hosts[peer].name,
        .normal_days = pair->days,
        .events = pair->events,
        .first_seen = pair->first_seen,
        .last_seen = pair->last_seen,
    };
    line.abnormal =
        hash_table_get(&roster->hop_index, hop_key(line.host, line.peer)) != HASH_TABLE_NONE;
    pair->changed = false;
    return store_put_relation(store, &line);
}

/* The pair behind a hop, where the peer's address is known and they were seen talking. */
static struct pair *hop_pair(struct roster *roster, const struct hop *hop)
{
    uint32_t host = hash_table_get(&roster->host_index, hash_bytes(hop->host));
    uint32_t peer = hash_table_get(&roster->host_index, hash_bytes(hop->peer));
    if (host == HASH_TABLE_NONE || peer == HASH_TABLE_NONE)
        return NULL;
    uint32_t pair =
        hash_table_get(&roster->pair_index, pair_key(host, &roster->hosts[peer].address));
    return pair == HASH_TABLE_NONE ? NULL : &roster->pairs[pair];
}

static int hop_put(struct roster *roster, struct hop *hop, struct store *store)
{
    struct pair *pair = hop_pair(roster, hop);
    hop->changed = false;
    if (pair)
        return pair_put(roster, pair, store);
    struct store_relation line = {
        .kind = BYTES("host"),
        .host = hop->host,
        .peer = hop->peer,
        .first_seen = hop->first_seen,
        .last_seen = hop->last_seen,
        .abnormal = true,
    };
    return store_put_relation(store, &line);
}

int roster_put(struct roster *roster, struct store *store, bool learning)
{
    int error = 0;
    bool all = roster->learning != learning;
    roster->learning = learning;
    for (uint32_t i = 0; i < roster->host_count && !error; i++) {
        if (roster->hosts[i].changed || all)
            error = host_put(&roster->hosts[i], store, learning);
        roster->hosts[i].changed = false;
    }
    for (uint32_t i = 0; i < roster->pair_count && !error; i++)
        if (roster->pairs[i].changed)
            error = pair_put(roster, &roster->pairs[i], store);
    for (uint32_t i = 0; i < roster->hop_count && !error; i++)
        if (roster->hops[i].changed)
            error = hop_put(roster, &roster->hops[i], store);
    return error;
}

uint32_t roster_hosts(const struct roster *roster)
{
    return roster->host_count;
}

uint64_t roster_refused(const struct roster *roster)
{
    return roster->refused;
}

static void span_save(int64_t first, int64_t last, struct buffer *out)
{
    buffer_put_u64(out, (uint64_t)first);
    buffer_put_u64(out, (uint64_t)last);
}

/* `changed` is not saved: the lines that a restart puts again are the same. */
void roster_save(const struct roster *roster, struct buffer *out)
{
    buffer_put_u64(out, roster->refused);
    buffer_put_u8(out, roster->learning);
    buffer_put_u32(out, roster->host_count);
    for (uint32_t i = 0; i < roster->host_count; i++) {
        const struct host *host = &roster->hosts[i];
        buffer_put_block(out, host->name);
        buffer_put(out, (struct bytes){(const char *)host->address.octets, 16});
        span_save(host->first_seen, host->last_seen, out);
        buffer_put_u64(out, host->events);
        buffer_put_u32(out, host->days);
    }
    buffer_put_u32(out, roster->pair_count);
    for (uint32_t i = 0; i < roster->pair_count; i++) {
        const struct pair *pair = &roster->pairs[i];
        buffer_put_u32(out, pair->host);
        buffer_put(out, (struct bytes){(const char *)pair->peer.octets, 16});
        span_save(pair->first_seen, pair->last_seen, out);
        buffer_put_u64(out, pair->events);
        buffer_put_u32(out, pair->days);
        buffer_put_u8(out, pair->changed);
    }
    buffer_put_u32(out, roster->hop_count);
    for (uint32_t i = 0; i < roster->hop_count; i++) {
        buffer_put_block(out, roster->hops[i].host);
        buffer_put_block(out, roster->hops[i].peer);
        span_save(roster->hops[i].first_seen, roster->hops[i].last_seen, out);
    }
}

static void ip_load(struct ip *ip, struct cursor *in)
{
    struct bytes octets = cursor_take(in, sizeof(ip->octets));
    if (octets.len == sizeof(ip->octets))
        memcpy(ip->octets, octets.at, octets.len);
}

static int host_load(struct roster *roster, struct cursor *in)
{
    struct bytes name = cursor_block(in);
    uint32_t at = roster->host_count;
    int error = cursor_ok(in) ? host_add(roster, hash_bytes(name), name, 0) : -EINVAL;
    if (error)
        return error;
    struct host *host = &roster->hosts[at];
    ip_load(&host->address, in);
    host->first_seen = (int64_t)cursor_u64(in);
    host->last_seen = (int64_t)cursor_u64(in);
    host->events = cursor_u64(in);
    host->days = cursor_u32(in);
    return 0;
}

static int pair_load(struct roster *roster, struct cursor *in)
{
    uint32_t host = cursor_u32(in), at = roster->pair_count;
    struct ip peer = {0};
    ip_load(&peer, in);
    int error = host < roster->host_count ? pair_add(roster, host, &peer, 0) : -EINVAL;
    if (error)
        return error;
    struct pair *pair = &roster->pairs[at];
    pair->first_seen = (int64_t)cursor_u64(in);
    pair->last_seen = (int64_t)cursor_u64(in);
    pair->events = cursor_u64(in);
    pair->days = cursor_u32(in);
    pair->changed = cursor_u8(in);
    return 0;
}

static int hop_load(struct roster *roster, struct cursor *in)
{
    struct finding finding = {.host = cursor_block(in)};
    finding.peer = cursor_block(in);
    finding.time_start = (int64_t)cursor_u64(in);
    int64_t last = (int64_t)cursor_u64(in);
    uint32_t at = roster->hop_count;
    int error = cursor_ok(in) ? roster_finding(roster, &finding) : -EINVAL;
    if (!error && roster->hop_count > at)
        roster->hops[at].last_seen = last;
    return error;
}

int roster_load(struct roster *roster, struct cursor *in)
{
    int error = 0;
    roster->refused = cursor_u64(in);
    roster->learning = cursor_u8(in);
    for (uint32_t count = cursor_u32(in); count > 0 && !error; count--)
        error = host_load(roster, in);
    for (uint32_t i = 0; i < roster->host_count && !error; i++)
        if (ip_given(&roster->hosts[i].address))
            error = hash_table_put(&roster->addresses, ip_key(&roster->hosts[i].address), i);
    for (uint32_t count = error ? 0 : cursor_u32(in); count > 0 && !error; count--)
        error = pair_load(roster, in);
    for (uint32_t count = error ? 0 : cursor_u32(in); count > 0 && !error; count--)
        error = hop_load(roster, in);
    return error ? error : cursor_ok(in) ? 0 : -EINVAL;
}

void roster_close(struct roster *roster)
{
    if (!roster)
        return;
    arena_finish(&roster->names);
    free(roster->hosts);
    free(roster->pairs);
    free(roster->hops);
    hash_table_finish(&roster->host_index);
    hash_table_finish(&roster->pair_index);
    hash_table_finish(&roster->hop_index);
    hash_table_finish(&roster->addresses);
    free(roster);
}
