/*
 * engine/chunk.h -- what travels down the ring: rows, or a mark.
 *
 * Rows are some of a batch, in the order of the engine, cut where a window of
 * event time begins. A mark carries no rows: everyone who meets it has done
 * all before it and nothing behind it, so what they save there fits together.
 */
#ifndef ENGINE_CHUNK_H
#define ENGINE_CHUNK_H

#include "detect/detector.h"
#include "engine/pool.h"
#include "store/store.h"

enum { SHARDS = 16 }; /* at most */

enum chunk_kind {
    CHUNK_ROWS,
    CHUNK_SETTLE, /* every window that is open ends here */
    CHUNK_MARK,
    CHUNK_END,
};

/* From position `from` on, all rows lie in the windows of order time `time`. */
struct cut {
    uint32_t from;
    int64_t time;
};

struct figure {
    const char *name;
    double value;
};

struct chunk {
    enum chunk_kind kind;
    struct shared_batch *shared; /* one reference */
    uint32_t rows;
    uint32_t at[BATCH_ROWS]; /* rows of the batch, in order */
    struct cut *cuts;
    uint32_t cut_count, cut_capacity;
    int64_t read_at; /* time_ticks() when it was made */
    struct findings found[SHARDS];

    /* Of a mark. */
    struct buffer inputs;
    uint64_t late;
    struct arena arena; /* of `sources` and `figures` */
    struct store_source *sources;
    uint32_t source_count;
    struct figure figures[64];
    uint32_t figure_count;
    struct buffer fleets, states[PARTITIONS];
};

#endif
