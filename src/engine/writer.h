/*
 * engine/writer.h -- the one thread behind the shards.
 *
 * It takes chunks in order: rows to the store, findings in the order of their
 * rows to triage, findings and cases to the store; at a mark, the checkpoint.
 * The store becomes visible to readers about once a second.
 */
#ifndef ENGINE_WRITER_H
#define ENGINE_WRITER_H

#include <stdatomic.h>

#include "engine/crew.h"
#include "engine/roster.h"
#include "triage/triage.h"

/* What the engine counted since the folder was made: part of the checkpoint. */
struct totals {
    uint64_t rows, findings, cases;
    int64_t newest; /* event time */
};

struct writer {
    struct crew *crew;
    struct store *store; /* NULL: nothing is kept */
    struct triage *triage;
    struct roster *roster;
    struct settings settings;
    size_t memory; /* the limit, for Health */
    struct totals totals;
    uint64_t late; /* records, as of the last mark */
    pthread_t thread;
    bool started;
    atomic_int error;            /* the first; nothing is written after it */
    atomic_uint_least64_t marks; /* written so far */
    _Atomic(int64_t) mark_cost;  /* ns the last one took */
    uint64_t uncommitted, rows_then;
    int64_t committed_at, started_at;
    double lag;
    uint32_t order[BATCH_ROWS]; /* scratch: position of each row in its chunk */
};

int writer_start(struct writer *writer) __attribute__((warn_unused_result));

/* A CHUNK_END was published: wait until everything before it is written. */
void writer_join(struct writer *writer);

/* The head of a checkpoint; behind it stand totals, inputs, triage, roster and the crew's part. */
void settings_save(const struct settings *settings, struct buffer *out);
int settings_load(struct settings *settings, struct cursor *in) __attribute__((warn_unused_result));
void totals_save(const struct totals *totals, struct buffer *out);
void totals_load(struct totals *totals, struct cursor *in);

#endif
