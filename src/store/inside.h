/*
 * store/inside.h -- what the files of this room share.
 */
#ifndef STORE_INSIDE_H
#define STORE_INSIDE_H

#include "store/database.h"
#include "store/day.h"
#include "store/store.h"

/*
 * WRITE_DAYS day files are written side by side: sources around midnight need
 * two, each backlog read together with live events one more. READ_DAYS stay
 * open for reading. Beyond DAY_LIMIT days (a log with absurd times) rows of
 * further days rest with those without a time, so that nobody can make us
 * fill the disk with files.
 */
enum { WRITE_DAYS = 8, READ_DAYS = 128, DAY_LIMIT = 4096, STATE_FORMAT = 1 };

enum state_statement {
    STATEMENT_FINDING,
    STATEMENT_CASE_KEEP,
    STATEMENT_CASE,
    STATEMENT_HEALTH,
    STATEMENT_SOURCE,
    STATEMENT_HOST,
    STATEMENT_RELATION,
    STATEMENT_META,
    STATEMENT_COUNT
};

/* A day file being read. */
struct day_reader {
    int32_t number;
    struct database database;                           /* handle NULL: not open */
    sqlite3_stmt *blocks, *posting, *times, *whole_row; /* whole_row: NULL when in use */
    uint32_t users; /* walks that stand in it: while there are any, one transaction */
    uint64_t used;  /* the greater the later */
};

struct store {
    struct failure failure;
    char *folder;
    bool writer;
    struct database state;

    /* writer */
    int lock;
    int broken; /* the first error; everything after it is refused with it */
    bool in_transaction, checkpoint_put;
    sqlite3_stmt *statements[STATEMENT_COUNT];
    struct day *days[WRITE_DAYS]; /* most recently used first */
    int32_t *known;               /* days there are files of */
    uint32_t known_count, day_limit;
    int64_t next_row, cut_row; /* number of the next row; rows known when it was opened */
    int64_t finding_count, changes;
    uint64_t generation;

    /* reader */
    struct day_reader **readers; /* in the order of days */
    uint32_t reader_count;
    int64_t listed_at, listed_change; /* when the folder was listed, and its mtime then */
    uint64_t uses;
    struct batch *spare_batch;
    struct database desk; /* for the analyst's word; opened when needed */
    int walk_error;   /* why reading days failed in the query that runs; the failure says more */
    bool declaring;   /* `events` is being declared to SQLite: no query of a user's */
    int64_t deadline; /* of the query that runs, by time_ticks; 0: none */
};

/* store/state.c: the schema, and what a checkpoint takes back. */
int state_create(struct store *store) __attribute__((warn_unused_result));
int state_restore(struct store *store) __attribute__((warn_unused_result));
int state_begin(struct store *store) __attribute__((warn_unused_result));
/* Put the counts that stand for the checkpoint, in the transaction that puts it. */
int state_mark(struct store *store) __attribute__((warn_unused_result));
int state_statement(struct store *store, enum state_statement which, sqlite3_stmt **ret_statement)
    __attribute__((warn_unused_result));

/* store/query.c: functions and the table `events` for a connection. */
int query_prepare(struct store *store) __attribute__((warn_unused_result));

/* store/readers.c */

/* Look which days there are. */
int readers_list(struct store *store) __attribute__((warn_unused_result));
/* Open a day and begin to read it; readers_leave ends that. -ENOENT: the day was dropped. */
int readers_enter(struct store *store, uint32_t index) __attribute__((warn_unused_result));
void readers_leave(struct store *store, struct day_reader *reader);
void readers_close(struct store *store);

#endif
