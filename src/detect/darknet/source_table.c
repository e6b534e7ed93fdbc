#include "detect/darknet/source_table.h"

#include <errno.h>
#include <stdlib.h>

#include "detect/darknet/source_part.h"

/* Shares of a part's memory, in percent; the rest is for its tallies. */
enum { ENTRIES_SHARE = 55, FULLS_SHARE = 25, BLOOM_BYTES = 1 << 16, SLOTS_LEAST = 1 << 10 };

/* What a source costs in all: its entry, two slots of the index at worst, and two keys to sort. */
enum { ENTRY_COST = sizeof(struct source_entry) + 2 * sizeof(uint64_t) + 2 * sizeof(uint64_t) };

static int part_open(struct source_part *part, size_t memory)
{
    part->capacity = (uint32_t)(memory / 100 * ENTRIES_SHARE / ENTRY_COST);
    part->full_most = (uint32_t)(memory / 100 * FULLS_SHARE / sizeof(struct source_full));
    part->slots_most = SLOTS_LEAST;
    while (part->slots_most / 8 * 7 < part->capacity)
        part->slots_most *= 2;
    if (region_open(&part->entry_region, part->capacity * sizeof(struct source_entry),
                    REGION_SPARSE) != 0 ||
        region_open(&part->index_region, part->slots_most * sizeof(uint64_t), REGION_SPARSE) != 0 ||
        region_open(&part->order_region, (size_t)part->capacity * 2 * sizeof(uint64_t),
                    REGION_SPARSE) != 0 ||
        region_open(&part->full_region, part->full_most * sizeof(struct source_full),
                    REGION_DENSE) != 0 ||
        tally_pool_open(&part->pool, memory / 100 * (100 - ENTRIES_SHARE - FULLS_SHARE)) != 0)
        return -ENOMEM;
    part->dropped = calloc(1, BLOOM_BYTES);
    part->distinct = calloc(1, sizeof(*part->distinct));
    if (!part->dropped || !part->distinct)
        return -ENOMEM;
    part->entries = (void *)part->entry_region.at;
    part->index = (void *)part->index_region.at;
    part->order = (void *)part->order_region.at;
    part->fulls = (void *)part->full_region.at;
    part->slots = SLOTS_LEAST;
    part->full_next = 1;
    /* Tallies of many values leave the last third to those of a few. */
    part->pool.limit -= part->pool.limit / 3;
    return 0;
}

static void part_close(struct source_part *part)
{
    region_close(&part->entry_region);
    region_close(&part->index_region);
    region_close(&part->order_region);
    region_close(&part->full_region);
    tally_pool_close(&part->pool);
    free(part->dropped);
    free(part->distinct);
}

int source_table_open(const struct source_table_options *options, struct source_table **ret_table)
{
    if (options->memory < SOURCE_TABLE_LEAST)
        return -EINVAL;
    struct source_table *table = calloc(1, sizeof(*table));
    if (!table)
        return -ENOMEM;
    table->options = *options;
    table->sample_length = INT64_MAX; /* without a window, all is one sample */
    if (options->window_length >= SOURCE_SAMPLES) {
        table->sample_length = options->window_length / SOURCE_SAMPLES;
        table->sample_scale = 1 / (double)table->sample_length;
    }
    for (uint32_t i = 0; i < PACKET_PARTITIONS; i++)
        if (part_open(&table->parts[i], options->memory / PACKET_PARTITIONS) != 0) {
            source_table_close(table);
            return -ENOMEM;
        }
    *ret_table = table;
    return 0;
}

void source_table_close(struct source_table *table)
{
    if (!table)
        return;
    for (uint32_t i = 0; i < PACKET_PARTITIONS; i++)
        part_close(&table->parts[i]);
    free(table);
}

uint32_t source_table_count(const struct source_table *table, uint32_t part)
{
    return table->parts[part].count;
}

const struct ip *source_table_address(const struct source_table *table, uint32_t part,
                                      uint32_t number)
{
    return &table->parts[part].entries[number].address;
}

uint64_t source_table_evicted(const struct source_table *table, uint32_t part)
{
    return table->parts[part].evicted;
}

uint64_t source_table_missing(const struct source_table *table, uint32_t part)
{
    return table->parts[part].missing;
}

void source_table_clear(struct source_table *table, uint32_t number, int64_t window_start)
{
    struct source_part *part = &table->parts[number];
    uint32_t slots = SLOTS_LEAST;
    while (slots / 4 * 3 < part->count)
        slots *= 2;
    memset(part->index, 0, part->slots * sizeof(*part->index));
    part->slots = slots < part->slots ? slots : part->slots;
    part->count = part->sorted = 0;
    part->full_next = 1;
    part->full_free = 0;
    tally_pool_clear(&part->pool);
    part->window_start = window_start;
    if (part->evicted) {
        memset(part->dropped, 0, BLOOM_BYTES);
        memset(part->distinct, 0, sizeof(*part->distinct));
        part->evicted = part->missing = 0;
    }
}

static struct source_seen seen_of(const struct packets *packets, const struct source_rows *rows,
                                  uint32_t i)
{
    uint32_t row = rows->row[i];
    uint8_t protocol = packets->protocol[row];
    enum protocol_class class = protocol == PROTOCOL_tcp   ? CLASS_tcp
                                : protocol == PROTOCOL_udp ? CLASS_udp
                                : protocol == PROTOCOL_icmp || protocol == PROTOCOL_icmp6
                                    ? CLASS_icmp
                                    : CLASS_others;
    return (struct source_seen){
        .time = packets->time[row],
        .length = packets->length[row],
        .destination = rows->destination[i],
        .source_port = packets->source_port[row],
        .destination_port = packets->destination_port[row],
        .payload = packets->payload_length[row],
        .kind = rows->kind[i],
        .marks = rows->marks[i],
        .protocol = (uint8_t) class,
        .ports = packets->has[row] & PACKET_PORTS,
    };
}

static inline struct source_part *part_of(struct source_table *table, uint64_t hash)
{
    return &table->parts[packet_partition(hash)];
}

static uint32_t entry_make(struct source_table *table, const struct packets *packets,
                           const struct source_rows *rows, uint32_t i)
{
    struct source_part *part = part_of(table, rows->hash[i]);
    const struct ip *address = &packets->source_ip[rows->row[i]];
    uint32_t number = part->count++;
    const struct source_table_options *options = &table->options;
    part->entries[number] = (struct source_entry){
        .address = *address,
        .first = seen_of(packets, rows, i),
        .member = options->member_of ? options->member_of(options->context, address) : 0,
        .incomplete = part->evicted && source_part_dropped(part, rows->hash[i]),
    };
    source_part_index(part, source_tag(rows->hash[i]), number);
    return number;
}

/* The number of an entry with that tag, from slot `at` on, or UINT32_MAX. */
static inline uint32_t tag_find(const struct source_part *part, uint32_t tag, uint32_t *at)
{
    uint32_t mask = part->slots - 1;
    for (*at = *at & mask;; *at = (*at + 1) & mask) {
        uint64_t slot = part->index[*at];
        if (slot == 0)
            return UINT32_MAX;
        if ((uint32_t)(slot >> 32) == tag)
            return (uint32_t)slot - 1;
    }
}

static inline bool address_equal(const struct ip *a, const struct ip *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

/* The entry of a row whose tag led to another address, or a new one. */
static uint32_t entry_search(struct source_table *table, const struct packets *packets,
                             const struct source_rows *rows, uint32_t i, bool *ret_new)
{
    struct source_part *part = part_of(table, rows->hash[i]);
    uint32_t tag = source_tag(rows->hash[i]), at = tag, number;
    while ((number = tag_find(part, tag, &at)) != UINT32_MAX) {
        if (address_equal(&part->entries[number].address, &packets->source_ip[rows->row[i]]))
            return number;
        at++;
    }
    *ret_new = true;
    return entry_make(table, packets, rows, i);
}

/* A second packet has come. source_part_room saw to it that there is one. */
static void entry_fill(struct source_table *table, struct source_part *part,
                       struct source_entry *entry)
{
    uint32_t number = part->full_free;
    if (number)
        part->full_free = part->fulls[number].destination;
    else
        number = part->full_next++;
    struct source_full *full = &part->fulls[number];
    *full = (struct source_full){
        .last = entry->first.time, .kind = entry->first.kind, .marks = entry->first.marks};
    source_full_add(table, part, full, &entry->first);
    entry->full = number;
}

/*
 * Rows go through in stages, some at a time, so that the memory one stage needs
 * is on its way while the one before still works, and still there when it is used.
 */
enum { STAGE_ROWS = 64 };

struct stages {
    uint32_t from, to; /* rows */
    uint32_t entry[STAGE_ROWS];
    struct source_full *full[STAGE_ROWS]; /* NULL: the row made its entry */
};

static void stage_find(struct source_table *table, const struct packets *packets,
                       const struct source_rows *rows, struct stages *stages)
{
    for (uint32_t i = stages->from; i < stages->to; i++) {
        struct source_part *part = part_of(table, rows->hash[i]);
        uint32_t tag = source_tag(rows->hash[i]), at = tag;
        uint32_t number = tag_find(part, tag, &at);
        stages->full[i - stages->from] = &part->fulls[0];
        if (number == UINT32_MAX) {
            number = entry_make(table, packets, rows, i);
            stages->full[i - stages->from] = NULL;
        } else {
            __builtin_prefetch(&part->entries[number], 1);
        }
        stages->entry[i - stages->from] = number;
    }
}

static void stage_full(struct source_table *table, const struct packets *packets,
                       struct source_rows *rows, struct stages *stages)
{
    for (uint32_t i = stages->from; i < stages->to; i++) {
        struct source_part *part = part_of(table, rows->hash[i]);
        struct source_entry *entry = &part->entries[stages->entry[i - stages->from]];
        bool new = !stages->full[i - stages->from];
        if (!address_equal(&entry->address, &packets->source_ip[rows->row[i]]))
            entry = &part->entries[entry_search(table, packets, rows, i, &new)];
        rows->member[i] = entry->member;
        stages->full[i - stages->from] = NULL;
        if (new)
            continue;
        if (!entry->full)
            entry_fill(table, part, entry);
        struct source_full *full = &part->fulls[entry->full];
        stages->full[i - stages->from] = full;
        __builtin_prefetch(full, 1);
        __builtin_prefetch((const char *)full + 64, 1);
    }
}

static inline uint32_t port_value(uint8_t protocol, uint16_t port)
{
    return (uint32_t)protocol << 16 | port;
}

static void stage_tallies(struct source_table *table, const struct packets *packets,
                          const struct source_rows *rows, const struct stages *stages)
{
    for (uint32_t i = stages->from; i < stages->to; i++) {
        const struct source_full *full = stages->full[i - stages->from];
        if (!full)
            continue;
        const struct tally_pool *pool = &part_of(table, rows->hash[i])->pool;
        uint32_t row = rows->row[i];
        uint8_t class = packets->protocol[row] == PROTOCOL_udp ? CLASS_udp : CLASS_tcp;
        tally_prefetch(pool, &full->destinations, rows->destination[i]);
        tally_prefetch(pool, &full->source_ports, port_value(class, packets->source_port[row]));
        tally_prefetch(pool, &full->destination_ports,
                       port_value(class, packets->destination_port[row]));
        __builtin_prefetch(full->samples, 1);
    }
}

static void rows_see(struct source_table *table, const struct packets *packets,
                     struct source_rows *rows, struct stages *stages)
{
    for (uint32_t i = stages->from; i < stages->to; i++) {
        const struct source_part *part = part_of(table, rows->hash[i]);
        __builtin_prefetch(&part->index[source_tag(rows->hash[i]) & (part->slots - 1)], 1);
    }
    stage_find(table, packets, rows, stages);
    stage_full(table, packets, rows, stages);
    stage_tallies(table, packets, rows, stages);
    for (uint32_t i = stages->from; i < stages->to; i++)
        if (stages->full[i - stages->from]) {
            struct source_seen row = seen_of(packets, rows, i);
            source_full_add(table, part_of(table, rows->hash[i]), stages->full[i - stages->from],
                            &row);
        }
}

void source_table_see(struct source_table *table, const struct packets *packets,
                      struct source_rows *rows)
{
    uint32_t seen = 0;
    for (uint32_t i = 0; i < rows->count; i++)
        seen |= 1u << packet_partition(rows->hash[i]);
    for (uint32_t p = 0; p < PACKET_PARTITIONS; p++)
        if (seen >> p & 1)
            source_part_room(&table->parts[p], rows->count);
    struct stages stages = {.to = 0};
    while (stages.to < rows->count) {
        stages.from = stages.to;
        stages.to = stages.from + STAGE_ROWS < rows->count ? stages.from + STAGE_ROWS : rows->count;
        rows_see(table, packets, rows, &stages);
    }
}

/* What differs from the first packet. */
static void full_differ(struct source_full *full, const struct source_seen *seen)
{
    if (seen->kind != full->kind)
        full->kinds[seen->kind]++;
    if (seen->marks == full->marks)
        return;
    full->marks_other++;
    for (unsigned marks = seen->marks; marks; marks &= marks - 1)
        full->mark_counts[__builtin_ctz(marks)]++;
}

void source_full_add(const struct source_table *table, struct source_part *part,
                     struct source_full *full, const struct source_seen *seen)
{
    if (full->packets != 0) {
        int64_t interval = seen->time > full->last ? seen->time - full->last : 0;
        double seconds = (double)interval * 1e-9;
        uint32_t span = seen->destination > full->destination
                            ? seen->destination - full->destination
                            : full->destination - seen->destination;
        full->interval_squares += seconds * seconds;
        full->span_sum += span;
        full->span_squares += (double)span * (double)span;
        full->last += interval;
        if (seen->kind != full->kind || seen->marks != full->marks)
            full_differ(full, seen);
    }
    full->destination = seen->destination;
    full->packets++;
    full->bytes += seen->length;
    full->payload_sum += seen->payload;
    full->payload_squares += (uint64_t)seen->payload * seen->payload;
    full->protocols |= (uint8_t)(1u << seen->protocol);
    if (seen->protocol == CLASS_tcp) {
        uint32_t sample = source_sample(table, part, seen->time);
        if (sample != full->sample) {
            full->samples[full->sample] += full->sample_packets;
            full->sample_packets = 0;
            full->sample = (uint8_t)sample;
        }
        full->sample_packets++;
    }
    tally_add(&part->pool, &full->destinations, seen->destination);
    if (!seen->ports) {
        full->without_ports++;
        return;
    }
    tally_add(&part->pool, &full->source_ports, port_value(seen->protocol, seen->source_port));
    tally_add(&part->pool, &full->destination_ports,
              port_value(seen->protocol, seen->destination_port));
}
