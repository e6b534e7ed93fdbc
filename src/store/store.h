/*
 * store/store.h -- where nouns rest.
 *
 * A folder of SQLite databases in WAL mode: `state.db` (findings, cases,
 * sources, checkpoint, health) and one `events-YYYY-MM-DD.db` per UTC day of
 * event time, so that a day is dropped by deleting a file. Rows are appended
 * without secondary indices; posting lists (observable → rows) are written
 * beside them, so that a pivot reads just the rows it wants.
 *
 * Writing: the engine's writer thread alone, through one `struct store`.
 * A commit makes rows and postings visible first and state.db last; what
 * state.db says of the rows at the last checkpoint is the truth, and opening
 * for writing cuts the days back to it. So rows, findings, offsets and the
 * checkpoint stand or fall together through a kill -9 at any moment, and
 * through a power cut (only checkpoints are synced to the disk).
 *
 * Reading: any number of processes, through store_open_read. A `struct store`
 * is used by one thread at a time.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "model/batch.h"
#include "model/case.h"

struct store;

/* The writer. Makes the folder; -EBUSY when another process writes it. */
int store_open_write(const char *folder, struct store **ret_store)
    __attribute__((warn_unused_result));

/* A folder of alerts alone, or of the observatory's counts, can be asked like any other: a state is
 * made where there is none. -errno. */
int store_state_make(const char *folder) __attribute__((warn_unused_result));

/* A reader of what is committed. -ENOENT when there is nothing yet. */
int store_open_read(const char *folder, struct store **ret_store)
    __attribute__((warn_unused_result));
void store_close(struct store *store);

/* What went wrong last, in a sentence with the file: for messages. NULL: with the last open. */
const char *store_error(const struct store *store);

/*
 * Retention: delete the events of one UTC day (days since 1970, as time_day()
 * counts). For a writer, between commits. -ENOENT when there are none.
 */
int store_drop_day(struct store *store, int32_t day) __attribute__((warn_unused_result));

/* --- writing, in this order between commits --- */

int store_put_rows(struct store *store, const struct batch *batch)
    __attribute__((warn_unused_result));
/* `count` rows of the batch, in the order of `at`. */
int store_put_some_rows(struct store *store, const struct batch *batch, const uint32_t *at,
                        uint32_t count) __attribute__((warn_unused_result));
int store_put_finding(struct store *store, const struct finding *finding, uint32_t case_id)
    __attribute__((warn_unused_result));
int store_put_case(struct store *store, const struct incident *incident) /* new or changed */
    __attribute__((warn_unused_result));
int store_put_health(struct store *store, const char *name, double value, struct bytes text)
    __attribute__((warn_unused_result));

/* The line of a source in `sources`, whole. `reasons` is JSON. */
struct store_source {
    uint32_t id;
    struct bytes path, format, reasons, clock_used;
    uint64_t size, offset, read, kept, refused, clock_disagreements;
    bool done;
};
int store_put_source(struct store *store, const struct store_source *source)
    __attribute__((warn_unused_result));

/* A line of `hosts` and of `relations` (who talks to whom), whole: see those tables. */
struct store_host {
    struct bytes name, address, subnet, peer_group;
    int64_t first_seen, last_seen;
    uint64_t days, events;
    bool learning;
};
struct store_relation {
    struct bytes kind, host, peer; /* the key */
    uint64_t normal_days, events;
    int64_t first_seen, last_seen;
    bool abnormal;
};
int store_put_host(struct store *store, const struct store_host *host)
    __attribute__((warn_unused_result));
int store_put_relation(struct store *store, const struct store_relation *relation)
    __attribute__((warn_unused_result));

/* Replace the checkpoint; it counts from the next commit on. */
int store_put_checkpoint(struct store *store, struct bytes checkpoint)
    __attribute__((warn_unused_result));

/*
 * Make everything put so far durable: rows first, then state.db in one
 * transaction. Rows put after the last checkpoint are dropped when the folder
 * is next opened for writing, with the findings and cases that came with them.
 */
int store_commit(struct store *store) __attribute__((warn_unused_result));

/* The last committed checkpoint; len 0 when there is none. The caller's arena owns it. */
int store_checkpoint(struct store *store, struct arena *arena, struct bytes *ret_checkpoint)
    __attribute__((warn_unused_result));

/* --- the analyst's word: for a store opened for reading, durable on return --- */

int store_put_note(struct store *store, uint32_t case_id, int64_t time, struct bytes author,
                   struct bytes text) __attribute__((warn_unused_result));

/* What is not said stays as it is: level < 0, an empty text. -ENOENT: no such case. */
struct store_decision {
    int level;
    struct bytes status, verdict, owner;
};
int store_put_decision(struct store *store, uint32_t case_id, int64_t time,
                       const struct store_decision *decision) __attribute__((warn_unused_result));

/* --- reading --- */

/*
 * Read-only SQL over everything: the tables of state.db and `events`, all days
 * as one. Each row is given to `row` as the statement that stands on it; a
 * non-zero return ends the query with 0. `seconds` bounds the time (0: none):
 * -ETIME. -EINVAL: not one readable SQL statement; -EPERM: it would write.
 * What is wrong stands in store_error.
 *
 * Good to know in SQL: time_text(ns) → RFC 3339, time_of('2024-05-07T19:05:07Z')
 * → ns; `cases_decided` is `cases` with the analyst's word over it; an equality
 * on an observable column of `events` and bounds on `time` are answered by
 * posting lists; rowid is the place in the order of ingest.
 */
struct sqlite3_stmt;
int store_query(struct store *store, struct bytes sql, double seconds,
                int (*row)(void *context, struct sqlite3_stmt *statement), void *context)
    __attribute__((warn_unused_result));

/* The same with `?1` … bound to texts: for values that come from outside. */
int store_query_with(struct store *store, struct bytes sql, const struct bytes *values,
                     int value_count, double seconds,
                     int (*row)(void *context, struct sqlite3_stmt *statement), void *context)
    __attribute__((warn_unused_result));

/*
 * Pivot: the observations that name an observable, between two event times
 * (inclusive), oldest first unless `newest_first`. `visit` gets each as a row
 * of a batch that is valid during the call; a non-zero return ends the pivot.
 * Days are visited one by one, rows through the posting lists only.
 */
struct store_span {
    int64_t from, to;
    bool newest_first;
};
int store_pivot(struct store *store, const struct observable *observable, struct store_span span,
                int (*visit)(void *context, const struct batch *batch, uint32_t row), void *context)
    __attribute__((warn_unused_result));

/* All observations between two event times, day by day in the order they came; else as a pivot.
 * From TIME_NONE on those without a time, too. */
int store_rows(struct store *store, struct store_span span,
               int (*visit)(void *context, const struct batch *batch, uint32_t row), void *context)
    __attribute__((warn_unused_result));

/*
 * How often an observable was seen in the span, without reading rows: rarity
 * for the trace. Posting blocks (up to 64 k rows) at the ends of the span count
 * whole, so it is an upper bound; exact where the span holds the whole day.
 */
int store_pivot_count(struct store *store, const struct observable *observable,
                      struct store_span span, uint64_t *ret_rows)
    __attribute__((warn_unused_result));

/* One observation by its id; -ENOENT. `batch` is cleared and gets it as its one row. */
int store_event(struct store *store, struct event_id id, struct batch *batch)
    __attribute__((warn_unused_result));

#endif
