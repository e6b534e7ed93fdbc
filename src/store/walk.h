/*
 * store/walk.h -- rows of all days, one after the other.
 *
 * A walk goes through the days in time order, within a day through the blocks,
 * and gives each row that lies in the span and, with a key, is posted under it.
 * With `sorted` rows come in time order (ties as they were put, or the reverse
 * when newest first); blocks that overlap in time are sorted in memory for it.
 * Strays (day.h) come before or after all others.
 */
#ifndef STORE_WALK_H
#define STORE_WALK_H

#include "store/inside.h"

struct walk_request {
    uint64_t key;           /* 0: all rows */
    struct store_span span; /* from TIME_NONE on: rows without a time, too */
    uint64_t fields;        /* mask of those wanted */
    bool sorted;
};

struct walk_place {
    int64_t time, row;
};

struct walk {
    struct store *store;
    struct walk_request request;
    uint32_t day;                          /* days entered so far */
    struct day_reader *reader;             /* the one it stands in, or NULL */
    sqlite3_stmt *by_range, *by_row, *row; /* row: the one that stands on the row */
    struct block *blocks;
    uint32_t block_count, block_capacity, block_next;
    struct walk_place *places; /* rows to visit, when not by range */
    uint32_t place_count, place_capacity, place_next;
};

int walk_begin(struct store *store, const struct walk_request *request, struct walk *ret_walk)
    __attribute__((warn_unused_result));

/*
 * 1: walk.row stands on the next row: column 0 is its number, 1 its time, the
 * wanted fields follow in order. 0: there is none. -errno.
 */
int walk_next(struct walk *walk) __attribute__((warn_unused_result));
void walk_end(struct walk *walk);

/* How many rows the request would give, counting blocks at the ends of the span whole. */
int walk_count(struct store *store, const struct walk_request *request, uint64_t *ret_rows)
    __attribute__((warn_unused_result));

#endif
