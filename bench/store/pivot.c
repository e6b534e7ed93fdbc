/*
 * bench/store/pivot.c -- how long a pivot takes.
 *
 *     pivot DATA
 *
 * Takes programs, peers and hashes from events of the store itself, evenly over the first ones, and
 * asks for every event that names each, newest first, as the console does: up to a page of
 * PAGE_ROWS rows. Prints `pivots median_ms worst_ms rows`.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/store.h"

enum { PAGE_ROWS = 1000, PIVOTS_MAX = 600, STRIDE = 97 };

struct pivots {
    struct arena arena;
    struct observable asked[PIVOTS_MAX];
    int64_t ticks[PIVOTS_MAX];
    uint32_t count, seen;
    uint64_t rows;
    uint32_t page;
};

static void observable_keep(struct pivots *pivots, enum observable_type type,
                            struct sqlite3_stmt *statement, int column)
{
    int length = sqlite3_column_bytes(statement, column);
    const void *text = sqlite3_column_text(statement, column);
    char *copy = length > 0 ? arena_take(&pivots->arena, (size_t)length) : NULL;
    if (!copy || pivots->count == PIVOTS_MAX)
        return;
    memcpy(copy, text, (size_t)length);
    pivots->asked[pivots->count++] = (struct observable){type, {copy, (size_t)length}};
}

static int row_sample(void *context, struct sqlite3_stmt *statement)
{
    struct pivots *pivots = context;
    if (pivots->seen++ % STRIDE == 0) {
        observable_keep(pivots, OBSERVABLE_process, statement, 0);
        observable_keep(pivots, OBSERVABLE_ip, statement, 1);
        observable_keep(pivots, OBSERVABLE_hash, statement, 2);
    }
    return pivots->count == PIVOTS_MAX;
}

static int row_count(void *context, const struct batch *batch, uint32_t row)
{
    (void)batch, (void)row;
    struct pivots *pivots = context;
    pivots->rows++;
    return ++pivots->page == PAGE_ROWS;
}

static int ticks_compare(const void *a, const void *b)
{
    const int64_t *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

static int pivots_run(struct store *store, struct pivots *pivots)
{
    const struct store_span always = {INT64_MIN, INT64_MAX, true};
    for (uint32_t i = 0; i < pivots->count; i++) {
        int64_t start = time_ticks();
        pivots->page = 0;
        int error = store_pivot(store, &pivots->asked[i], always, row_count, pivots);
        if (error)
            return error;
        pivots->ticks[i] = time_ticks() - start;
    }
    return 0;
}

int main(int argc, char **argv)
{
    static struct pivots pivots = {.arena = {.limit = 1 << 24}};
    struct store *store = NULL;
    if (argc != 2 || store_open_read(argv[1], &store) != 0) {
        fprintf(stderr, "pivot: give it a folder that holds a store\n");
        return EXIT_FAILURE;
    }
    struct bytes sample = BYTES("SELECT process_entity_id, destination_ip, hash FROM events"
                                " LIMIT 100000");
    int error = store_query(store, sample, 0, row_sample, &pivots);
    if (!error)
        error = pivots_run(store, &pivots);
    if (error || pivots.count == 0) {
        fprintf(stderr, "pivot: %s\n", error ? store_error(store) : "nothing to ask for");
        return EXIT_FAILURE;
    }
    qsort(pivots.ticks, pivots.count, sizeof(*pivots.ticks), ticks_compare);
    printf("%u %.3f %.3f %llu\n", pivots.count, (double)pivots.ticks[pivots.count / 2] / 1e6,
           (double)pivots.ticks[pivots.count - 1] / 1e6, (unsigned long long)pivots.rows);
    store_close(store);
    arena_finish(&pivots.arena);
    return EXIT_SUCCESS;
}
