/*
 * detect/darknet/source_table.h -- every source of the window, bounded.
 *
 * One table keeps what each source address did to the telescope since the
 * window began and tells it as struct source_summary. It has PACKET_PARTITIONS
 * parts that know nothing of one another (packet_partition); a thread may work
 * on some of them while others work on theirs, and nothing that is told depends
 * on who did what.
 *
 * A source of one packet takes 64 bytes; the second packet makes a full state of
 * 256 bytes, whose ports and destinations are counted by tallies (learn/tally.h):
 * exactly up to 4,096 different ones, beyond that by samples with an error of
 * about 2 %. Memory is fixed at the start. When the sources of a part have used
 * theirs, those with one packet are dropped, the longest seen first, then those
 * with up to 2, 4, 8 … until a quarter is free: whoever sends much, stays. What
 * was dropped is counted, and a source that may be back is told as incomplete.
 * It still counts among the different sources of the window, by a sketch.
 */
#ifndef DETECT_DARKNET_SOURCE_TABLE_H
#define DETECT_DARKNET_SOURCE_TABLE_H

#include "detect/darknet/source.h"
#include "learn/distinct.h"
#include "learn/tally.h"

struct source_table;

/* The rows of a batch that arrived in the telescope, and what was found out about each. */
struct source_rows {
    uint32_t count;
    uint16_t row[PACKET_ROWS];         /* in the batch, ascending */
    uint64_t hash[PACKET_ROWS];        /* packet_source_hash */
    uint32_t destination[PACKET_ROWS]; /* its number among the telescope's addresses */
    uint8_t kind[PACKET_ROWS];         /* enum source_kind */
    uint8_t marks[PACKET_ROWS];        /* enum packet_mark bits */
    uint32_t member[PACKET_ROWS];      /* out: the source's organisation, 0: none */
};

struct source_table_options {
    size_t memory;         /* bytes for all parts; SOURCE_TABLE_LEAST or more */
    int64_t window_length; /* ns; for the samples of synchrony */
    uint64_t destinations; /* addresses of the telescope; 0: unknown, coverage is 0 */
    /* The organisation of an address, 0: none. Asked once per source and window; NULL: nobody's. */
    uint32_t (*member_of)(const void *context, const struct ip *address);
    const void *context;
};

enum { SOURCE_TABLE_LEAST = 64 << 20 };

/* -ENOMEM; -EINVAL: less memory than the least. */
int source_table_open(const struct source_table_options *options, struct source_table **ret_table)
    __attribute__((warn_unused_result));

/* Count the rows, all of the current window and of parts the caller owns. */
void source_table_see(struct source_table *table, const struct packets *packets,
                      struct source_rows *rows);

/* How many sources a part has, and how many it dropped in this window. */
uint32_t source_table_count(const struct source_table *table, uint32_t part);
uint64_t source_table_evicted(const struct source_table *table, uint32_t part);

/*
 * The error of the part's counts: no source has sent more packets in this window
 * than its summary says and this, and whoever sent more than this has a summary.
 * The heaviest dropped of each round, added up, as in the frequent items of Misra
 * and Gries (1982); 0 as long as nothing was dropped.
 */
uint64_t source_table_missing(const struct source_table *table, uint32_t part);

/* The address of a part's `number`-th source; the table's. */
const struct ip *source_table_address(const struct source_table *table, uint32_t part,
                                      uint32_t number);

/*
 * Fetch what source_table_tell will look at, where that is far away: `near` false first, then,
 * some sources later, true.
 */
void source_table_prefetch(const struct source_table *table, uint32_t part, uint32_t number,
                           bool near);

/* The `number`-th source of a part, in the order of first packets. Class, score and `followed` are
 * as set. */
void source_table_tell(const struct source_table *table, uint32_t part, uint32_t number,
                       struct source_summary *ret_summary);
void source_table_class(struct source_table *table, uint32_t part, uint32_t number,
                        enum source_class class, double score, bool followed);

/* Its destination ports, as `protocol << 16 | port`; visit gets 2^level for sampled ones. */
void source_table_ports(const struct source_table *table, uint32_t part, uint32_t number,
                        void (*visit)(void *context, uint32_t port, uint32_t packets,
                                      uint32_t weight),
                        void *context);

/* The numbers of the addresses it reached; of a sampled tally those in the sample. */
void source_table_destinations(const struct source_table *table, uint32_t part, uint32_t number,
                               void (*visit)(void *context, uint32_t destination), void *context);

/* Put a part's sources in the order of their addresses: for source_table_walk. -ENOMEM. */
int source_table_sort(struct source_table *table, uint32_t part)
    __attribute__((warn_unused_result));

/*
 * All sources of all parts, each sorted, in the order of addresses, at most
 * SOURCE_WALK of them at a time. Ends early with what `visit` returns if not 0.
 */
enum { SOURCE_WALK = 512 };
int source_table_walk(struct source_table *table,
                      int (*visit)(void *context, struct source_summary *summaries, uint32_t count),
                      void *context) __attribute__((warn_unused_result));

/* Add the addresses a part saw in this window, dropped ones too. */
void source_table_distinct(const struct source_table *table, uint32_t part, struct distinct *into);

/* Forget a part's sources; the next window begins. */
void source_table_clear(struct source_table *table, uint32_t part, int64_t window_start);

void source_table_close(struct source_table *table);

#endif
