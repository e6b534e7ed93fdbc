/*
 * detect/darknet/source_part.h -- the inside of source_table.h: one part of the table.
 *
 * `entries` holds the sources in the order of their first packets; `index` finds
 * them: open addressing over slots of tag and number. `fulls` and the pool of
 * tallies hold what more than one packet needs. All of it lies in regions that
 * never move, so a number found in a batch stays good until sources are dropped,
 * which happens only between batches.
 */
#ifndef DETECT_DARKNET_SOURCE_PART_H
#define DETECT_DARKNET_SOURCE_PART_H

#include <stddef.h>

#include "detect/darknet/marks.h"
#include "detect/darknet/source_table.h"

/* What one packet says of its source. */
struct source_seen {
    int64_t time;
    uint32_t length, destination;
    uint16_t source_port, destination_port, payload;
    uint8_t kind, marks, protocol; /* protocol: enum protocol_class */
    bool ports;
};

enum protocol_class { CLASS_tcp, CLASS_udp, CLASS_icmp, CLASS_others };

struct source_entry {
    struct ip address;
    struct source_seen first; /* the only packet, unless `full` */
    uint32_t full;            /* number of its full state, 0: none */
    uint32_t member;
    float score;
    uint8_t class;
    bool followed, incomplete;
};

/*
 * More than one packet. What every packet changes lies in the first two cache
 * lines: most sources send packets of one kind with the same marks, so only
 * those that differ from the first packet's are counted one by one, and the
 * samples are written when one is over. The time of the first packet is the entry's.
 */
struct source_full {
    int64_t last; /* the newest */
    uint64_t bytes, payload_sum, payload_squares, span_sum;
    double interval_squares, span_squares;  /* s², addresses² */
    uint32_t sample_packets;                /* TCP packets of the sample that goes on */
    uint8_t sample, kind, marks, protocols; /* kind, marks: the first packet's; protocols: bits */
    uint64_t packets;
    uint32_t destination;   /* of the packet before */
    uint32_t without_ports; /* packets */
    struct tally source_ports, destinations, destination_ports;
    uint32_t kinds[SOURCE_KIND_COUNT];             /* of packets of other kinds */
    uint32_t marks_other, mark_counts[MARK_COUNT]; /* packets with other marks, and theirs */
    uint32_t samples[SOURCE_SAMPLES];
};

_Static_assert(offsetof(struct source_full, kinds) == 128, "two cache lines");

struct source_part {
    struct region entry_region, index_region, full_region, order_region;
    struct source_entry *entries;
    uint64_t *index; /* tag << 32 | number + 1; 0: empty */
    struct source_full *fulls;
    uint64_t *order; /* sorted: numbers; see source_table_sort */
    uint32_t count, capacity, sorted;
    uint32_t slots, slots_most;               /* powers of two */
    uint32_t full_next, full_most, full_free; /* free ones are linked by `destination` */
    struct tally_pool pool;
    int64_t window_start;
    uint64_t evicted;
    uint64_t missing, heaviest; /* see source_table_missing; packets of the heaviest dropped */
    uint64_t *dropped;          /* a Bloom filter of the addresses dropped in this window */
    struct distinct *distinct;  /* of them */
};

struct source_table {
    struct source_table_options options;
    int64_t sample_length; /* ns; the last one has what is left over */
    double sample_scale;   /* samples per ns */
    struct source_part parts[PACKET_PARTITIONS];
};

/* A packet for a source that has a full state; `table` for the sample it falls in. */
void source_full_add(const struct source_table *table, struct source_part *part,
                     struct source_full *full, const struct source_seen *seen);

/* Room for `rows` new sources and as many new full states, dropping what must be dropped. */
void source_part_room(struct source_part *part, uint32_t rows);

/* Index: put a new entry's number in; find all again after numbers changed. */
void source_part_index(struct source_part *part, uint32_t tag, uint32_t number);
void source_part_reindex(struct source_part *part, uint32_t slots);

/* Was it, perhaps, dropped in this window? */
bool source_part_dropped(const struct source_part *part, uint64_t hash);

static inline uint32_t source_tag(uint64_t hash)
{
    return (uint32_t)(hash >> 28);
}

/* The twelfth of the window that a time falls in. */
static inline uint32_t source_sample(const struct source_table *table,
                                     const struct source_part *part, int64_t time)
{
    int64_t offset = time - part->window_start, length = table->sample_length;
    if (offset < length)
        return 0;
    /* A product instead of a quotient, set right where it was rounded over a boundary. */
    double quotient = (double)offset * table->sample_scale;
    int64_t sample = quotient < SOURCE_SAMPLES ? (int64_t)quotient : SOURCE_SAMPLES - 1;
    sample -= offset < sample * length;
    sample += offset >= (sample + 1) * length;
    return sample < SOURCE_SAMPLES ? (uint32_t)sample : SOURCE_SAMPLES - 1;
}

/* A hash good enough for sketches, from that of the tables. */
static inline uint64_t source_mix(uint64_t hash)
{
    hash = (hash ^ hash >> 32) * 0xd6e8feb86659fd93u;
    return hash ^ hash >> 32;
}

#endif
