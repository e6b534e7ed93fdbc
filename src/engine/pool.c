#include "engine/pool.h"

#include <assert.h>
#include <stdlib.h>

void pool_init(struct pool *pool)
{
    *pool = (struct pool){0};
    pthread_mutex_init(&pool->lock, NULL);
}

static struct shared_batch *shared_batch_create(struct pool *pool)
{
    struct shared_batch *shared = calloc(1, sizeof(*shared));
    if (shared)
        shared->batch = batch_create();
    if (!shared || !shared->batch) {
        free(shared);
        return NULL;
    }
    shared->pool = pool;
    return shared;
}

struct shared_batch *pool_take(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    struct shared_batch *shared = pool->free;
    if (shared)
        pool->free = shared->next;
    else if ((shared = shared_batch_create(pool)))
        pool->made++;
    if (shared) {
        shared->references = 1;
        pool->given++;
    }
    pthread_mutex_unlock(&pool->lock);
    return shared;
}

void shared_batch_hold(struct shared_batch *shared, uint32_t count)
{
    if (!shared || count == 0)
        return;
    pthread_mutex_lock(&shared->pool->lock);
    shared->references += count;
    pthread_mutex_unlock(&shared->pool->lock);
}

void shared_batch_drop(struct shared_batch *shared, uint32_t count)
{
    if (!shared || count == 0)
        return;
    struct pool *pool = shared->pool;
    pthread_mutex_lock(&pool->lock);
    assert(shared->references >= count);
    shared->references -= count;
    if (shared->references == 0) {
        shared->next = pool->free;
        pool->free = shared;
        pool->given--;
    }
    pthread_mutex_unlock(&pool->lock);
}

void pool_finish(struct pool *pool)
{
    assert(pool->given == 0);
    while (pool->free) {
        struct shared_batch *shared = pool->free;
        pool->free = shared->next;
        batch_destroy(shared->batch);
        free(shared);
    }
    pthread_mutex_destroy(&pool->lock);
}
