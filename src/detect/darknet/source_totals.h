/*
 * detect/darknet/source_totals.h -- every source over all windows, bounded.
 *
 * What the windows told is added up by source: first, last, packets, bytes.
 * Class, score, ports and features cannot be added; those of the window in which
 * the source sent most are kept. In parts, like the table of sources, for as many
 * threads. When a part's memory is used up, the sources of the fewest packets are
 * dropped, the longest known first, until a quarter is free; that is counted. A
 * source that comes back counts from its return, so its numbers are lower bounds.
 */
#ifndef DETECT_DARKNET_SOURCE_TOTALS_H
#define DETECT_DARKNET_SOURCE_TOTALS_H

#include "detect/darknet/source.h"

struct source_total {
    struct ip address;
    int64_t first, last;
    uint64_t packets, bytes;
    uint64_t busiest; /* packets of its busiest window, of which is: */
    float features[SOURCE_FEATURE_COUNT];
    float score;
    uint16_t source_port, destination_port;
    enum source_class class;
};

struct source_totals;

enum { SOURCE_TOTALS_LEAST = 16 << 20 };

/* -ENOMEM; -EINVAL: less memory than the least. */
int source_totals_open(size_t memory, struct source_totals **ret_totals)
    __attribute__((warn_unused_result));

/* Add what a window told of a source of part `part`, which is the caller's. */
void source_totals_add(struct source_totals *totals, uint32_t part,
                       const struct source_summary *source);

/* Fetch what source_totals_add will look at: `near` false first, then, some sources later, true. */
void source_totals_prefetch(const struct source_totals *totals, uint32_t part,
                            const struct ip *address, bool near);

/* How many there are and how many were dropped, over all parts. */
uint64_t source_totals_count(const struct source_totals *totals);
uint64_t source_totals_evicted(const struct source_totals *totals);

/*
 * The error of the packets: of what was added no source has more than its entry
 * says and this, and whoever has more than this has an entry (source_table_missing).
 */
uint64_t source_totals_missing(const struct source_totals *totals);

/*
 * The `most` sources with the most packets (of equal ones those of the lower
 * address), in the order of addresses; the caller frees them. -ENOMEM.
 */
int source_totals_top(const struct source_totals *totals, uint32_t most,
                      struct source_total **ret_top, uint32_t *ret_count)
    __attribute__((warn_unused_result));

void source_totals_close(struct source_totals *totals);

#endif
