#include "engine/livenet.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/strings.h"
#include "base/time.h"
#include "engine/livenet_store.h"

/* Names and what was counted under each; the index is the string's id. */
struct tally {
    struct strings names;
    struct livenet_total *totals;
    uint32_t room;
};

struct livenet {
    struct livenet_options options;
    struct darknet_store *store;
    struct meter *meter;
    struct exports *exports;
    struct livenet_counts counts;
    int64_t window_start; /* of packets; TIME_NONE: none yet */
    struct livenet_row *rows;
    uint32_t row_count;
    struct hash_table row_index;
    struct hash_table windows; /* those written to in this run */
    int64_t *fresh;            /* those not written to yet, and new in `rows` */
    uint32_t fresh_count, fresh_room;
    struct tally services, hosts;
};

enum { LIVENET_WINDOWS = 1 << 20 }; /* told apart in one run */

struct bytes protocol_name(uint8_t protocol, char text[8])
{
    static const struct {
        uint8_t number;
        const char *name;
    } names[] = {{1, "icmp"}, {2, "igmp"}, {6, "tcp"},    {17, "udp"},
                 {47, "gre"}, {50, "esp"}, {58, "icmp6"}, {132, "sctp"}};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (names[i].number == protocol)
            return bytes_of(names[i].name);
    return (struct bytes){text, (size_t)snprintf(text, 8, "%u", protocol)};
}

static int tally_add(struct tally *tally, struct bytes name, const struct flow *flow)
{
    uint32_t id;
    if (tally->names.count >= LIVENET_NAMES)
        name = BYTES("(others)");
    int error = strings_intern(&tally->names, name, &id);
    if (error)
        return error;
    if (id >= tally->room) {
        uint32_t room = tally->room ? 2 * tally->room : 256;
        void *grown = reallocarray(tally->totals, room, sizeof(*tally->totals));
        if (!grown)
            return -ENOMEM;
        tally->totals = grown;
        memset(&tally->totals[tally->room], 0, (room - tally->room) * sizeof(*tally->totals));
        tally->room = room;
    }
    struct livenet_total *total = &tally->totals[id];
    total->flows++;
    total->packets += flow->packets[0] + flow->packets[1];
    total->bytes += flow->bytes[0] + flow->bytes[1];
    return 0;
}

static int total_compare(const void *left, const void *right)
{
    const struct livenet_total *a = left, *b = right;
    if (a->bytes != b->bytes)
        return a->bytes < b->bytes ? 1 : -1;
    if (a->flows != b->flows)
        return a->flows < b->flows ? 1 : -1;
    return bytes_compare(a->name, b->name);
}

/* At the end: the totals lose their places by id. */
static const struct livenet_total *tally_rank(struct tally *tally, uint32_t *ret_count)
{
    uint32_t count = tally->names.count > 1 ? tally->names.count - 1 : 0;
    *ret_count = count;
    if (count == 0)
        return NULL;
    for (uint32_t id = 1; id <= count; id++)
        tally->totals[id].name = strings_at(&tally->names, id);
    qsort(&tally->totals[1], count, sizeof(*tally->totals), total_compare);
    return &tally->totals[1];
}

const struct livenet_total *livenet_services(struct livenet *livenet, uint32_t *ret_count)
{
    return tally_rank(&livenet->services, ret_count);
}

const struct livenet_total *livenet_hosts(struct livenet *livenet, uint32_t *ret_count)
{
    return tally_rank(&livenet->hosts, ret_count);
}

static int rows_write(struct livenet *livenet)
{
    int error = 0;
    if (livenet->row_count == 0)
        return 0;
    if (livenet->store)
        error = livenet_rows_write(livenet->store, livenet->options.window, livenet->options.units,
                                   livenet->rows, livenet->row_count, livenet->fresh,
                                   livenet->fresh_count);
    livenet->counts.rows += livenet->row_count;
    livenet->row_count = livenet->fresh_count = 0;
    hash_table_clear(&livenet->row_index);
    return error;
}

/* The first row of a window in this run: what the database has of it goes. */
static int window_note(struct livenet *livenet, int64_t start)
{
    uint64_t key = (uint64_t)start;
    if (hash_table_get(&livenet->windows, key) != HASH_TABLE_NONE)
        return 0;
    int error = hash_table_put(&livenet->windows, key, 0);
    livenet->counts.windows++;
    if (error == -ENOSPC) {
        livenet->counts.forgotten++;
        return 0;
    }
    if (!error && livenet->fresh_count == livenet->fresh_room) {
        uint32_t room = livenet->fresh_room ? 2 * livenet->fresh_room : 64;
        void *grown = reallocarray(livenet->fresh, room, sizeof(*livenet->fresh));
        if (!grown)
            return -ENOMEM;
        livenet->fresh = grown;
        livenet->fresh_room = room;
    }
    if (!error)
        livenet->fresh[livenet->fresh_count++] = start;
    return error;
}

static int64_t window_of(const struct livenet *livenet, int64_t time)
{
    int64_t rest = time % livenet->options.window;
    return time - rest - (rest < 0 ? livenet->options.window : 0);
}

static uint32_t unit_of(const struct livenet *livenet, const struct ip *ip, bool *ret_inside)
{
    uint32_t unit = livenet->options.inside ? prefix_table_find(livenet->options.inside, ip) : 0;
    *ret_inside = livenet->options.inside ? unit != 0 : ip_is_inner(ip);
    return unit;
}

static void key_make(const struct livenet *livenet, const struct flow *flow,
                     struct livenet_key *key)
{
    bool from, to;
    memset(key, 0, sizeof(*key)); /* its padding too: keys are compared as bytes */
    uint32_t source_unit = unit_of(livenet, &flow->source_ip, &from);
    uint32_t destination_unit = unit_of(livenet, &flow->destination_ip, &to);
    key->start = window_of(livenet, flow->start);
    key->source_ip = flow->source_ip;
    key->destination_ip = flow->destination_ip;
    memcpy(key->application, flow->application, strlen(flow->application));
    key->port = flow->destination_port;
    key->protocol = flow->protocol;
    key->inside = (uint8_t)(from | to << 1);
    key->unit = from ? source_unit : destination_unit;
}

static int row_add(struct livenet *livenet, const struct flow *flow)
{
    struct livenet_key key;
    key_make(livenet, flow, &key);
    uint64_t hash = hash_bytes((struct bytes){(const char *)&key, sizeof(key)});
    uint32_t at = hash_table_get(&livenet->row_index, hash);
    if (at == HASH_TABLE_NONE) {
        int error = livenet->row_count == LIVENET_ROWS ? rows_write(livenet) : 0;
        if (!error)
            error = window_note(livenet, key.start);
        if (!error)
            error = hash_table_put(&livenet->row_index, hash, livenet->row_count);
        if (error)
            return error;
        at = livenet->row_count++;
        livenet->rows[at] = (struct livenet_row){.key = key};
    }
    struct livenet_row *row = &livenet->rows[at];
    row->flows++;
    row->packets += flow->packets[0] + flow->packets[1];
    row->bytes += flow->bytes[0] + flow->bytes[1];
    livenet->counts.internal += key.inside == 3;
    return 0;
}

static int totals_add(struct livenet *livenet, const struct flow *flow)
{
    char name[96], protocol[8], address[IP_TEXT_SIZE];
    struct bytes transport = protocol_name(flow->protocol, protocol);
    int len = snprintf(name, sizeof(name), "%s%s%.*s/%u", flow->application,
                       *flow->application ? " " : "", (int)transport.len, transport.at,
                       flow->destination_port);
    int error = tally_add(&livenet->services, (struct bytes){name, (size_t)len}, flow);
    return error ? error : tally_add(&livenet->hosts, ip_format(&flow->source_ip, address), flow);
}

int livenet_flow(void *context, const struct flow *flow)
{
    struct livenet *livenet = context;
    livenet->counts.flows++;
    livenet->counts.packets += flow->packets[0] + flow->packets[1];
    livenet->counts.bytes += flow->bytes[0] + flow->bytes[1];
    int error = row_add(livenet, flow);
    if (!error)
        error = totals_add(livenet, flow);
    if (!error && livenet->options.flow)
        error = livenet->options.flow(livenet->options.context, flow);
    return error;
}

int livenet_datagram(struct livenet *livenet, const struct ip *exporter, int64_t time,
                     struct bytes datagram)
{
    int error = export_read(livenet->exports, exporter, time, datagram, livenet_flow, livenet);
    return error == -EBADMSG ? 0 : error;
}

int livenet_tick(struct livenet *livenet, int64_t time)
{
    int64_t start = window_of(livenet, time);
    if (livenet->window_start == TIME_NONE)
        livenet->window_start = start;
    if (start <= livenet->window_start)
        return 0;
    livenet->window_start = start;
    return livenet_flush(livenet);
}

int livenet_packets(struct livenet *livenet, const struct packets *packets)
{
    int error = 0;
    for (uint32_t row = 0; row < packets->count && !error; row++) {
        error = livenet_tick(livenet, packets->clock[row]);
        if (error)
            return error;
        if (!livenet->options.exports)
            error = meter_packet(livenet->meter, packets, row);
        else if (packets->protocol[row] == PROTOCOL_udp && packets->payload[row].len)
            error = livenet_datagram(livenet, &packets->source_ip[row], packets->time[row],
                                     packets->payload[row]);
    }
    return error;
}

int livenet_flush(struct livenet *livenet)
{
    int error = meter_flush(livenet->meter);
    return error ? error : rows_write(livenet);
}

int livenet_create(const struct livenet_options *options, struct livenet **ret_livenet)
{
    struct livenet *livenet = calloc(1, sizeof(*livenet));
    if (!livenet)
        return -ENOMEM;
    livenet->options = *options;
    livenet->window_start = TIME_NONE;
    livenet->windows.limit = LIVENET_WINDOWS;
    livenet->rows = calloc(LIVENET_ROWS, sizeof(*livenet->rows));
    livenet->exports = exports_create();
    int error = livenet->rows && livenet->exports ? 0 : -ENOMEM;
    if (!error)
        error = meter_create(livenet_flow, livenet, &livenet->meter);
    if (!error && options->folder)
        error = darknet_store_open(options->folder, &livenet->store);
    if (error)
        livenet_destroy(livenet);
    else
        *ret_livenet = livenet;
    return error;
}

const struct livenet_counts *livenet_counts(const struct livenet *livenet)
{
    return &livenet->counts;
}

const struct meter_counts *livenet_meter_counts(const struct livenet *livenet)
{
    return meter_counts(livenet->meter);
}

const struct export_counts *livenet_export_counts(const struct livenet *livenet)
{
    return export_counts(livenet->exports);
}

const char *livenet_error(const struct livenet *livenet)
{
    return livenet->store ? darknet_store_error(livenet->store) : "";
}

void livenet_destroy(struct livenet *livenet)
{
    if (!livenet)
        return;
    meter_destroy(livenet->meter);
    exports_destroy(livenet->exports);
    if (livenet->store)
        darknet_store_close(livenet->store);
    struct tally *tallies[] = {&livenet->services, &livenet->hosts};
    for (int i = 0; i < 2; i++) {
        strings_finish(&tallies[i]->names);
        free(tallies[i]->totals);
    }
    hash_table_finish(&livenet->row_index);
    hash_table_finish(&livenet->windows);
    free(livenet->fresh);
    free(livenet->rows);
    free(livenet);
}
