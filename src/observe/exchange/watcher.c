#include "observe/exchange/watcher.h"

#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/time.h"
#include "observe/exchange/inside.h"

enum { FINISHED_RESET = 4, PARSER_WEIGHT = 4096 };

int watcher_new(const struct exchange_sink *sink, struct watcher **ret_watcher)
{
    struct watcher *watcher = calloc(1, sizeof(*watcher));
    if (!watcher)
        return -ENOMEM;
    watcher->sink = *sink;
    if (sink->connections == 0 || sink->connections > WATCHER_CONNECTIONS)
        watcher->sink.connections = WATCHER_CONNECTIONS;
    watcher->oldest = watcher->newest = watcher->free_first = CONNECTION_NONE;
    watcher->connections = calloc(watcher->sink.connections, sizeof(*watcher->connections));
    watcher->datagrams = calloc(WATCHER_DATAGRAMS, sizeof(*watcher->datagrams));
    watcher->config = http_config();
    if (!watcher->connections || !watcher->datagrams || !watcher->config) {
        watcher_free(watcher);
        return -ENOMEM;
    }
    htp_config_set_user_data(watcher->config, watcher);
    *ret_watcher = watcher;
    return 0;
}

const struct watcher_counts *watcher_counts(const struct watcher *watcher)
{
    return &watcher->counts;
}

static void order_remove(struct watcher *watcher, uint32_t at)
{
    struct connection *connection = &watcher->connections[at];
    if (connection->older != CONNECTION_NONE)
        watcher->connections[connection->older].newer = connection->newer;
    else
        watcher->oldest = connection->newer;
    if (connection->newer != CONNECTION_NONE)
        watcher->connections[connection->newer].older = connection->older;
    else
        watcher->newest = connection->older;
}

static void order_append(struct watcher *watcher, uint32_t at)
{
    struct connection *connection = &watcher->connections[at];
    connection->older = watcher->newest;
    connection->newer = CONNECTION_NONE;
    if (watcher->newest != CONNECTION_NONE)
        watcher->connections[watcher->newest].newer = at;
    else
        watcher->oldest = at;
    watcher->newest = at;
}

static void connection_finish(struct connection *connection)
{
    if (connection->parser)
        htp_connp_destroy_all(connection->parser);
    while (connection->boxes) {
        struct box *box = connection->boxes;
        connection->boxes = box->next;
        exchange_release(&box->exchange);
    }
    for (int side = 0; side < 2; side++) {
        assembly_finish(&connection->sides[side]);
        buffer_finish(&connection->waiting[side]);
    }
}

/* What waited while nobody knew what the connection speaks. */
static int beginning_feed(struct watcher *watcher, struct connection *connection)
{
    struct buffer waited = connection->waiting[SIDE_client];
    connection->waiting[SIDE_client] = (struct buffer){0};
    int error = 0;
    if (waited.len && connection->parser)
        error = http_feed(watcher, connection, SIDE_client, buffer_bytes(&waited));
    else if (waited.len)
        error = plain_feed(watcher, connection, SIDE_client, buffer_bytes(&waited));
    buffer_finish(&waited);
    return error;
}

/*
 * Nobody knows yet what the connection speaks: the client's first line tells,
 * in however small pieces it comes. Takes the data when that is still open.
 */
static int beginning_read(struct watcher *watcher, struct connection *connection, enum side side,
                          struct bytes data, bool *ret_taken)
{
    struct buffer *waiting = &connection->waiting[SIDE_client];
    struct bytes start = data;
    int error = 0;
    *ret_taken = false;
    if (side == SIDE_client && data.at) {
        if (waiting->len) {
            buffer_put(waiting, data);
            start = buffer_bytes(waiting);
            *ret_taken = true;
        }
        if (http_begins(start)) {
            error = http_open(watcher, connection);
        } else if (http_may_begin(start)) {
            if (!*ret_taken)
                buffer_put(waiting, data);
            *ret_taken = true;
            return waiting->failed ? -ENOMEM : 0;
        }
    }
    if (error || waiting->failed)
        return error ? error : -ENOMEM;
    connection->plain = !connection->parser;
    return beginning_feed(watcher, connection);
}

/* In-order bytes of a side, from its assembly. */
static int bytes_arrive(void *context, const struct segment *from, struct bytes data)
{
    struct watcher *watcher = context;
    struct connection *connection = watcher->fed;
    enum side side = watcher->fed_side;
    watcher->feeding = from;
    if (!connection->parser && !connection->plain && !connection->deaf) {
        bool taken;
        int error = beginning_read(watcher, connection, side, data, &taken);
        if (error || taken)
            return error;
    }
    if (connection->deaf)
        return 0;
    if (connection->parser)
        return http_feed(watcher, connection, side, data);
    return plain_feed(watcher, connection, side, data);
}

/* What a connection holds, about: libhtp does not tell what it holds. */
static size_t connection_weight(const struct connection *connection)
{
    size_t weight = connection->parser ? PARSER_WEIGHT : 0;
    for (int side = 0; side < 2; side++)
        weight += connection->sides[side].held_bytes + 64 * connection->sides[side].held_count +
                  connection->waiting[side].capacity;
    for (const struct box *box = connection->boxes; box; box = box->next)
        weight += sizeof(*box) + box->arena.used + box->request.head.capacity +
                  box->request.body.capacity + box->response.head.capacity +
                  box->response.body.capacity;
    return weight;
}

/* The connection is over, one way or another. */
static int connection_close(struct watcher *watcher, uint32_t at)
{
    struct connection *connection = &watcher->connections[at];
    int error = 0;
    watcher->fed = connection;
    for (int side = 0; side < 2 && error == 0; side++) {
        watcher->fed_side = (enum side)side;
        error = assembly_flush(&connection->sides[side], bytes_arrive, watcher,
                               &watcher->counts.assembly);
    }
    /* An answer that ends with its connection ends when that does. */
    const struct segment closing = {.time = connection->last, .packet = connection->last_packet};
    watcher->feeding = &closing;
    if (error == 0 && !connection->parser && connection->waiting[SIDE_client].len)
        error = beginning_feed(watcher, connection);
    watcher->feeding = connection->finished ? &closing : NULL;
    if (error == 0)
        error =
            connection->parser ? http_close(watcher, connection) : plain_close(watcher, connection);
    watcher->feeding = NULL;
    connection_finish(connection);
    watcher->weight -= connection->weight;
    order_remove(watcher, at);
    hash_table_remove(&watcher->index, connection->key);
    *connection = (struct connection){.newer = watcher->free_first};
    watcher->free_first = at;
    return error;
}

int watcher_clock(struct watcher *watcher, int64_t time)
{
    int error = 0;
    while (error == 0 && watcher->oldest != CONNECTION_NONE &&
           watcher->connections[watcher->oldest].last < time - WATCHER_IDLE * TIME_SECOND)
        error = connection_close(watcher, watcher->oldest);
    return error;
}

/* Weigh the connection anew; what is too much goes, the longest silent first. */
static int memory_bound(struct watcher *watcher, struct connection *connection)
{
    size_t weight = connection_weight(connection);
    int error = 0;
    watcher->weight += weight - connection->weight;
    connection->weight = weight;
    while (error == 0 && watcher->weight > WATCHER_MEMORY && watcher->oldest != CONNECTION_NONE) {
        watcher->counts.evicted++;
        error = connection_close(watcher, watcher->oldest);
    }
    return error;
}

static uint64_t connection_key(const struct packets *packets, uint32_t row)
{
    const struct ip *source = &packets->source_ip[row], *to = &packets->destination_ip[row];
    uint64_t a = hash_mix(packet_source_hash(source), packets->source_port[row]);
    uint64_t b = hash_mix(packet_source_hash(to), packets->destination_port[row]);
    return a < b ? hash_mix(a, b) : hash_mix(b, a);
}

static bool is_ends(const struct connection *connection, const struct packets *packets,
                    uint32_t row, enum side *ret_side)
{
    const struct ip *source = &packets->source_ip[row], *to = &packets->destination_ip[row];
    uint16_t from_port = packets->source_port[row], to_port = packets->destination_port[row];
    if (connection->client_port == from_port && connection->server_port == to_port &&
        memcmp(&connection->client_ip, source, sizeof(*source)) == 0 &&
        memcmp(&connection->server_ip, to, sizeof(*to)) == 0) {
        *ret_side = SIDE_client;
        return true;
    }
    *ret_side = SIDE_server;
    return connection->client_port == to_port && connection->server_port == from_port &&
           memcmp(&connection->client_ip, to, sizeof(*to)) == 0 &&
           memcmp(&connection->server_ip, source, sizeof(*source)) == 0;
}

/* Who began, when the beginning was not captured: who asks by HTTP; else the higher port. */
static bool row_is_client(const struct packets *packets, uint32_t row)
{
    unsigned flags = packets->tcp_flags[row];
    if (flags & TCP_SYN)
        return !(flags & TCP_ACK);
    if (http_begins(packets->payload[row]))
        return true;
    if (bytes_start(packets->payload[row], BYTES("HTTP/1.")))
        return false;
    return packets->source_port[row] >= packets->destination_port[row];
}

static int connection_open(struct watcher *watcher, const struct packets *packets, uint32_t row,
                           uint64_t key, uint32_t *ret_at)
{
    int error = 0;
    if (watcher->free_first == CONNECTION_NONE && watcher->used == watcher->sink.connections) {
        watcher->counts.evicted++;
        error = connection_close(watcher, watcher->oldest);
    }
    if (error)
        return error;
    uint32_t at = watcher->free_first;
    if (at != CONNECTION_NONE)
        watcher->free_first = watcher->connections[at].newer;
    else
        at = watcher->used++;
    bool client = row_is_client(packets, row);
    watcher->connections[at] = (struct connection){
        .key = key,
        .number = ++watcher->counts.connections,
        .client_ip = client ? packets->source_ip[row] : packets->destination_ip[row],
        .server_ip = client ? packets->destination_ip[row] : packets->source_ip[row],
        .client_port = client ? packets->source_port[row] : packets->destination_port[row],
        .server_port = client ? packets->destination_port[row] : packets->source_port[row],
        .last = packets->time[row],
    };
    watcher->counts.midstream += !(packets->tcp_flags[row] & TCP_SYN);
    order_append(watcher, at);
    *ret_at = at;
    return hash_table_put(&watcher->index, key, at);
}

/* A new connection between the same ends: a SYN where the old one had begun or ended. */
static bool row_begins_anew(const struct connection *connection, const struct packets *packets,
                            uint32_t row)
{
    if ((packets->tcp_flags[row] & (TCP_SYN | TCP_ACK)) != TCP_SYN)
        return false;
    const struct assembly *client = &connection->sides[SIDE_client];
    return connection->finished || connection->requests ||
           (client->started && client->next != packets->tcp_sequence[row] + 1);
}

/* Find the row's connection, or open one. CONNECTION_NONE: nothing worth one. */
static int connection_find(struct watcher *watcher, const struct packets *packets, uint32_t row,
                           uint32_t *ret_at, enum side *ret_side)
{
    uint64_t key = connection_key(packets, row);
    uint32_t at = hash_table_get(&watcher->index, key);
    *ret_at = CONNECTION_NONE;
    if (at != HASH_TABLE_NONE) {
        struct connection *connection = &watcher->connections[at];
        bool same = is_ends(connection, packets, row, ret_side);
        if (same && !row_begins_anew(connection, packets, row)) {
            *ret_at = at;
            return 0;
        }
        int error = connection_close(watcher, at);
        if (error)
            return error;
    }
    if (!(packets->tcp_flags[row] & TCP_SYN) && packets->payload[row].len == 0)
        return 0;
    int error = connection_open(watcher, packets, row, key, ret_at);
    if (error == 0)
        (void)is_ends(&watcher->connections[*ret_at], packets, row, ret_side);
    return error;
}

static int row_feed(struct watcher *watcher, const struct packets *packets, uint32_t row,
                    struct connection *connection, enum side side)
{
    struct segment segment = {
        .sequence = packets->tcp_sequence[row],
        .data = packets->payload[row],
        .missing = packets->payload_length[row] - (uint32_t)packets->payload[row].len,
        .time = packets->time[row],
        .packet = packets->number[row],
    };
    struct assembly *assembly = &connection->sides[side];
    if (packets->tcp_flags[row] & TCP_SYN) {
        segment.sequence++;
        if (!assembly->started)
            assembly_start(assembly, segment.sequence);
    }
    watcher->counts.bytes += segment.data.len;
    if ((segment.data.len == 0 && segment.missing == 0) || connection->deaf)
        return 0;
    watcher->fed = connection;
    watcher->fed_side = side;
    watcher->feeding = &segment;
    int error = assembly_feed(assembly, &segment, bytes_arrive, watcher, &watcher->counts.assembly);
    watcher->feeding = NULL;
    return error;
}

static int segment_take(struct watcher *watcher, const struct packets *packets, uint32_t row)
{
    uint32_t at;
    enum side side = SIDE_client;
    unsigned flags = packets->tcp_flags[row];
    if ((flags & (TCP_SYN | TCP_ACK)) == TCP_SYN) {
        int error = occurrence_of_packet(watcher, packets, row);
        if (error)
            return error;
    }
    if ((flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK)) {
        int error = occurrence_of_answer(watcher, packets, row);
        if (error)
            return error;
    }
    int error = connection_find(watcher, packets, row, &at, &side);
    if (error || at == CONNECTION_NONE)
        return error;
    struct connection *connection = &watcher->connections[at];
    connection->last = packets->time[row];
    connection->last_packet = packets->number[row];
    order_remove(watcher, at);
    order_append(watcher, at);
    error = row_feed(watcher, packets, row, connection, side);
    if (error)
        return error;
    if (flags & TCP_FIN)
        connection->finished |= (uint8_t)(1u << side);
    if (flags & TCP_RST)
        connection->finished |= FINISHED_RESET;
    bool over = (connection->finished & 3) == 3 || connection->finished & FINISHED_RESET;
    if (over && !connection->sides[0].held && !connection->sides[1].held)
        return connection_close(watcher, at);
    return packets->payload[row].len ? memory_bound(watcher, connection) : 0;
}

int watcher_packet(struct watcher *watcher, const struct packets *packets, uint32_t row)
{
    return packets->has[row] & PACKET_TCP ? segment_take(watcher, packets, row)
                                          : occurrence_of_packet(watcher, packets, row);
}

int watcher_flush(struct watcher *watcher)
{
    int error = 0;
    while (error == 0 && watcher->oldest != CONNECTION_NONE)
        error = connection_close(watcher, watcher->oldest);
    return error;
}

void watcher_free(struct watcher *watcher)
{
    if (!watcher)
        return;
    for (uint32_t at = 0; watcher->connections && at < watcher->used; at++)
        connection_finish(&watcher->connections[at]);
    while (watcher->free_boxes) {
        struct box *box = watcher->free_boxes;
        watcher->free_boxes = box->next;
        box_free(box);
    }
    if (watcher->config)
        htp_config_destroy(watcher->config);
    hash_table_finish(&watcher->index);
    hash_table_finish(&watcher->doors);
    free(watcher->connections);
    free(watcher->datagrams);
    free(watcher);
}
