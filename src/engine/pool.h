/*
 * engine/pool.h -- batches that several readers share, and that come back.
 *
 * A batch read from a source is looked at by every shard and by the writer,
 * perhaps in several pieces. Each piece holds a reference; with the last one
 * the batch goes back to the pool and is filled anew.
 */
#ifndef ENGINE_POOL_H
#define ENGINE_POOL_H

#include <pthread.h>

#include "model/batch.h"

struct pool;

struct shared_batch {
    struct batch *batch;
    struct pool *pool;
    struct shared_batch *next; /* in the pool's list of free ones */
    uint32_t references;       /* under the pool's lock */
};

struct pool {
    pthread_mutex_t lock;
    struct shared_batch *free;
    uint32_t made, given; /* batches that exist; of them in use */
};

void pool_init(struct pool *pool);

/* A batch with one reference, its rows those of its last use; NULL when memory ran out. */
struct shared_batch *pool_take(struct pool *pool);

/* `count` references more, or fewer: rows come and go many at once. NULL is fine. */
void shared_batch_hold(struct shared_batch *shared, uint32_t count);
void shared_batch_drop(struct shared_batch *shared, uint32_t count);

/* All batches must have come back. */
void pool_finish(struct pool *pool);

#endif
