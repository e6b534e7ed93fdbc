/*
 * store/day.h -- one UTC day of events, being written.
 *
 * Tables of a day file: `events` (rowid: the row's number in the whole store),
 * `blocks` (stretches of rows, with their time range) and `postings` (per block
 * and observable key, the rows). Blocks follow each other without gaps in the
 * order of row numbers. Each commit writes its rows as a block; small blocks
 * are merged with their equals, as in a binary counter, up to BLOCK_ROWS: so
 * there are few, and each entry is written again only log2(BLOCK_ROWS) times
 * however small the commits are.
 */
#ifndef STORE_DAY_H
#define STORE_DAY_H

#include "model/batch.h"
#include "store/database.h"
#include "store/postings.h"

enum { BLOCK_ROWS = 65536, DAY_FORMAT = 1, DAY_NAME_SIZE = 32 };

struct block {
    int64_t first_row, last_row, time_min, time_max; /* times of absent: TIME_NONE */
    uint32_t rows;
    bool ordered; /* rows are in time order */
};

struct day;

/* "events-2024-05-07.db" */
void day_name(int32_t number, char name[DAY_NAME_SIZE]);

/* Visit the day files of a folder, in no order; what is not 0 ends it and is returned. -errno. */
int days_each(const char *folder, int (*visit)(void *context, int32_t number), void *context,
              struct failure *failure) __attribute__((warn_unused_result));

/* Where observations without a time rest, and those of too many days: the first of 1970. */
enum { DAY_OF_STRAYS = 0 };

static inline int32_t day_of(int64_t time)
{
    return time == TIME_NONE ? DAY_OF_STRAYS : time_day(time);
}

/* A quick look: nothing is to be cut from row `rows` on. False: it has to be opened to know. */
bool day_is_whole(const char *folder, int32_t number, int64_t rows);

/* Open or make the file for writing, and cut everything from row `rows` on. */
int day_open(const char *folder, int32_t number, int64_t rows, struct failure *failure,
             struct day **ret_day) __attribute__((warn_unused_result));

int32_t day_number(const struct day *day);

/*
 * Append the rows `at` of a batch, the first under the number `row`.
 * `generation` differs from batch to batch.
 */
int day_put(struct day *day, const struct batch *batch, uint64_t generation, const uint32_t *at,
            uint32_t count, int64_t row) __attribute__((warn_unused_result));

/* End the transaction; with `sync` all rows ever put are on the disk afterwards. */
int day_commit(struct day *day, bool sync) __attribute__((warn_unused_result));

/* No rows came for a number of commits: its memory may be better used elsewhere. */
bool day_is_idle(const struct day *day);

/* Rows in the file, committed or not. */
int day_rows(struct day *day, int64_t *ret_rows) __attribute__((warn_unused_result));

/* What isn't committed is lost. */
void day_close(struct day *day);

#endif
