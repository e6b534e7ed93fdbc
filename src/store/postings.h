/*
 * store/postings.h -- which rows name an observable: lists being made, and read.
 *
 * Rows of a day are taken in the order of their numbers. Each observable is a
 * term; an entry says that a row names a term. A stretch of rows is then
 * written as one list per key, a list as bytes: a varint count, then runs of
 * consecutive rows as varints (gap << 1 | longer than one) and, when longer,
 * (length - 2). The first gap counts from the first row of the stretch, the
 * others from two behind the run before.
 */
#ifndef STORE_POSTINGS_H
#define STORE_POSTINGS_H

#include "base/cursor.h"
#include "store/observables.h"

struct posting_entry {
    uint32_t term, row; /* row: number above postings.base */
};

struct posting_term {
    uint64_t key;
    uint32_t begin, end; /* its rows in `sorted` while lists are made */
};

struct posting_order {
    int64_t key;
    uint32_t term;
};

struct postings {
    int64_t base;            /* row number of the first row taken */
    struct hash_table index; /* key → term */
    struct posting_term *terms;
    struct posting_entry *entries;
    uint32_t *sorted;
    struct posting_order *order;
    uint32_t term_count, term_capacity, entry_count, entry_capacity;
    uint32_t sorted_capacity, order_capacity;
    struct buffer list;
    struct term_cache *cache; /* what the strings and addresses of the batch at hand stand for */
};

int postings_init(struct postings *postings) __attribute__((warn_unused_result));
void postings_finish(struct postings *postings);

/* Forget all rows; keeps the memory. */
void postings_clear(struct postings *postings);

/* Call before rows of another batch, or of the same one after its strings changed. */
int postings_begin(struct postings *postings, const struct batch *batch)
    __attribute__((warn_unused_result));

/* Take a row under its number, which is greater than the one before. -ENOMEM. */
int postings_take(struct postings *postings, const struct batch *batch, uint32_t row,
                  int64_t number) __attribute__((warn_unused_result));

/*
 * Give the list of each key for the rows of entries[first_entry …], keys in
 * ascending order as signed numbers. `first_row` is the number of the first
 * of these rows. The first non-zero return of `write` ends it and is returned.
 */
int postings_write(struct postings *postings, uint32_t first_entry, int64_t first_row,
                   int (*write)(void *context, uint64_t key, struct bytes list), void *context)
    __attribute__((warn_unused_result));

/* Reading a list back. */
struct posting_list {
    struct cursor cursor;
    int64_t next;
    uint64_t run;         /* rows of the run at hand that are still to come */
    uint64_t count, left; /* rows in all, as the list says, and not yet given */
};
struct posting_list posting_list_over(struct bytes list, int64_t first_row);

/* False at the end, and where the list is damaged. */
bool posting_list_next(struct posting_list *list, int64_t *ret_row);

#endif
