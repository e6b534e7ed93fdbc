/*
 * engine/merge.h -- many sources, one order of event time.
 *
 * Each source is a lane. The merge hands out rows by (order time, number of the
 * source, place in the source), in chunks. Where a chunk's rows all lie in one
 * batch of a source they are passed on as they are; where sources interleave
 * they are copied together. Sources are opened when the order comes to them
 * and closed at their end, so that a folder of days needs one at a time.
 */
#ifndef ENGINE_MERGE_H
#define ENGINE_MERGE_H

#include "engine/chunk.h"
#include "engine/input.h"

struct merge {
    struct inputs *inputs;
    struct pool *pool;
    uint32_t batch_rows;
    uint32_t lanes_limit;   /* lanes open at once */
    int64_t window;         /* shortest window of the detectors, for cutting; see merge_begin */
    const int64_t *windows; /* of each detector */
    uint32_t window_count;
    int64_t window_start, window_end; /* of the last row: no detector's window ends inside */
    struct input **lanes;             /* heap of open inputs, first in order on top */
    uint32_t lane_count;
    struct input **waiting; /* not yet opened, earliest last */
    uint32_t waiting_count;
    int64_t order; /* of the last row handed out */
    uint64_t rows;
    uint32_t crowded; /* sources opened after their time: lanes_limit */
};

/* `windows`: the lengths at whose multiples rows are cut apart. */
int merge_begin(struct merge *merge, const int64_t *windows, uint32_t window_count)
    __attribute__((warn_unused_result));

/* The next rows into `chunk`; none at the end. -ENOMEM. */
int merge_next(struct merge *merge, struct chunk *chunk) __attribute__((warn_unused_result));

void merge_finish(struct merge *merge);

#endif
