/*
 * engine/lane.h -- one source, its rows put in order.
 *
 * A record's place is its order time: its own time, but never more than
 * `lateness` before the newest time of its source so far, and never before the
 * newest time as of some LANE_BLOCK records ago (so a lane holds a bounded
 * number of rows back, however dense the source). The order is thus a function
 * of the source alone -- not of batches, threads or a restart. Ties go by place
 * in the source. A record whose order time is not its own time is late: its
 * time stays as it was told, and it is counted.
 */
#ifndef ENGINE_LANE_H
#define ENGINE_LANE_H

#include "engine/pool.h"
#include "observe/source.h"

enum { LANE_BLOCK = 32768 };

/* What ordering remembers of the records so far. */
struct lane_clock {
    uint64_t sequence;                 /* records kept so far: the number of the next one */
    int64_t newest;                    /* newest time so far; TIME_NONE at the start */
    int64_t block_newest, block_floor; /* newest at the end of the last block, the last but one */
};

/* A row that waits for its turn. */
struct lane_row {
    int64_t order;
    uint64_t sequence;
    struct shared_batch *shared;
    uint32_t row;
};

/* Where a source can be read on from, exactly as it was read before. */
struct lane_place {
    bool known;      /* false: from the start */
    uint64_t offset; /* bytes into the source, decompressed */
    struct lane_clock clock;
    struct buffer state; /* source_save */
};

struct lane {
    uint32_t number; /* of the source */
    int64_t lateness;
    int64_t floor; /* order times are at least this: of a source that came after its time */
    bool opened;   /* rows may have been handed out, in this run or an earlier one: floor stays */
    struct pool *pool;
    struct source *source;
    struct lane_clock clock;
    struct lane_row *rows; /* in order; from `first`, `count` of them */
    uint32_t first, count, capacity;
    struct lane_row released; /* the last row handed out: its order and sequence */
    bool any_released;
    uint64_t late;
    bool over; /* the source has no more records */
    int error; /* … because it broke */
    struct fault fault;
    struct lane_place usable, pending;
};

/* Take over an open source that stands at its beginning, or where `usable` says. */
void lane_begin(struct lane *lane, struct source *source);

/*
 * The first row in order, reading as much as that takes; NULL when there are no
 * more. What is wrong with the source stands in lane->error; `ret_error` says
 * what is wrong with us (-ENOMEM).
 */
const struct lane_row *lane_head(struct lane *lane, int *ret_error);

/* The last order time at which a row can still come that isn't held yet, or INT64_MAX. */
int64_t lane_frontier(const struct lane *lane);

/* The place in the order of all sources before which rows may be handed out. */
struct lane_bound {
    int64_t order;
    uint32_t number; /* of the source that goes on there */
};

/* How many rows, at most `most`, follow each other in one batch and may be handed out. */
uint32_t lane_run(const struct lane *lane, const struct lane_bound *bound, uint32_t most);

/*
 * Hand out the first `count` rows, with one reference on its batch for each.
 * They can be read until the next lane_head.
 */
const struct lane_row *lane_take(struct lane *lane, uint32_t count);

/* Bring `usable` up to date and give it: from there, nothing not handed out is missed. */
const struct lane_place *lane_place_now(struct lane *lane);

/* What must survive a restart; the source is opened and sought by the caller. */
void lane_save(struct lane *lane, struct buffer *out);
int lane_load(struct lane *lane, struct cursor *in) __attribute__((warn_unused_result));

/* Close the source and give back what is held. `usable` and the counts stay. */
void lane_end(struct lane *lane);
void lane_finish(struct lane *lane);

#endif
