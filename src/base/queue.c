#include "base/queue.h"

#include <errno.h>
#include <stdlib.h>

int queue_init(struct queue *queue, size_t capacity)
{
    *queue = (struct queue){.capacity = capacity};
    queue->items = calloc(capacity, sizeof(*queue->items));
    if (!queue->items)
        return -ENOMEM;
    pthread_mutex_init(&queue->lock, NULL);
    pthread_cond_init(&queue->can_put, NULL);
    pthread_cond_init(&queue->can_take, NULL);
    return 0;
}

bool queue_put(struct queue *queue, void *item)
{
    pthread_mutex_lock(&queue->lock);
    while (!queue->closed && queue->count == queue->capacity)
        pthread_cond_wait(&queue->can_put, &queue->lock);
    bool open = !queue->closed;
    if (open) {
        queue->items[(queue->first + queue->count++) % queue->capacity] = item;
        pthread_cond_signal(&queue->can_take);
    }
    pthread_mutex_unlock(&queue->lock);
    return open;
}

void *queue_take(struct queue *queue)
{
    void *item = NULL;
    pthread_mutex_lock(&queue->lock);
    while (!queue->closed && queue->count == 0)
        pthread_cond_wait(&queue->can_take, &queue->lock);
    if (queue->count) {
        item = queue->items[queue->first];
        queue->first = (queue->first + 1) % queue->capacity;
        queue->count--;
        pthread_cond_signal(&queue->can_put);
    }
    pthread_mutex_unlock(&queue->lock);
    return item;
}

void queue_close(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    pthread_cond_broadcast(&queue->can_put);
    pthread_cond_broadcast(&queue->can_take);
    pthread_mutex_unlock(&queue->lock);
}

void queue_finish(struct queue *queue)
{
    if (!queue->items)
        return;
    pthread_mutex_destroy(&queue->lock);
    pthread_cond_destroy(&queue->can_put);
    pthread_cond_destroy(&queue->can_take);
    free(queue->items);
    queue->items = NULL;
}
