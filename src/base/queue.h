/*
 * base/queue.h -- a bounded queue of pointers between threads.
 *
 * Putting waits while the queue is full, taking waits while it is empty: that
 * is how a slow writer holds a fast reader back. Closing wakes everybody.
 */
#ifndef BASE_QUEUE_H
#define BASE_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t can_put, can_take;
    void **items;
    size_t capacity, first, count;
    bool closed;
};

int queue_init(struct queue *queue, size_t capacity) __attribute__((warn_unused_result));

/* False when the queue was closed: the item is still the caller's. */
bool queue_put(struct queue *queue, void *item) __attribute__((warn_unused_result));

/* The oldest item; NULL once the queue is closed and empty. */
void *queue_take(struct queue *queue);

void queue_close(struct queue *queue);
void queue_finish(struct queue *queue);

#endif
