#include "engine/alert_reader.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

enum { CHUNKS = 2 }; /* one is read, one stored */

struct alert_reader {
    struct alert_file *file;
    uint32_t alerts;
    size_t bytes;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint64_t read, stored; /* chunks; under the lock */
    bool stopping;
    struct alert_chunk chunks[CHUNKS];
};

static void chunk_read(const struct alert_reader *reader, struct alert_chunk *chunk)
{
    alert_batch_clear(&chunk->batch);
    do
        chunk->more = alert_file_next(reader->file, &chunk->batch, &chunk->fault);
    while (chunk->more > 0 && chunk->batch.count < reader->alerts &&
           chunk->batch.arena.used < reader->bytes);
    alert_file_place(reader->file, &chunk->offset, &chunk->line);
    chunk->counts = *alert_file_counts(reader->file);
    chunk->part = alert_file_part(reader->file);
}

/* Until a chunk is free. False: nobody wants another. */
static bool room_await(struct alert_reader *reader)
{
    pthread_mutex_lock(&reader->lock);
    while (!reader->stopping && reader->read - reader->stored == CHUNKS)
        pthread_cond_wait(&reader->changed, &reader->lock);
    bool wanted = !reader->stopping;
    pthread_mutex_unlock(&reader->lock);
    return wanted;
}

static void count_on(struct alert_reader *reader, uint64_t *count)
{
    pthread_mutex_lock(&reader->lock);
    ++*count;
    pthread_cond_signal(&reader->changed);
    pthread_mutex_unlock(&reader->lock);
}

static void *read_on(void *context)
{
    struct alert_reader *reader = context;
    int more = 1;
    while (more > 0 && room_await(reader)) {
        struct alert_chunk *chunk = &reader->chunks[reader->read % CHUNKS];
        chunk_read(reader, chunk);
        more = chunk->more;
        count_on(reader, &reader->read);
    }
    return NULL;
}

int alert_reader_start(struct alert_file *file, uint32_t alerts, size_t bytes,
                       struct alert_reader **ret_reader)
{
    struct alert_reader *reader = calloc(1, sizeof(*reader));
    if (!reader)
        return -ENOMEM;
    reader->file = file;
    reader->alerts = alerts;
    reader->bytes = bytes;
    pthread_mutex_init(&reader->lock, NULL);
    pthread_cond_init(&reader->changed, NULL);
    int error = pthread_create(&reader->thread, NULL, read_on, reader);
    if (error) {
        free(reader);
        return -error;
    }
    *ret_reader = reader;
    return 0;
}

const struct alert_chunk *alert_reader_take(struct alert_reader *reader)
{
    pthread_mutex_lock(&reader->lock);
    while (reader->read == reader->stored)
        pthread_cond_wait(&reader->changed, &reader->lock);
    pthread_mutex_unlock(&reader->lock);
    return &reader->chunks[reader->stored % CHUNKS];
}

void alert_reader_give(struct alert_reader *reader)
{
    count_on(reader, &reader->stored);
}

void alert_reader_stop(struct alert_reader *reader)
{
    if (!reader)
        return;
    pthread_mutex_lock(&reader->lock);
    reader->stopping = true;
    pthread_cond_signal(&reader->changed);
    pthread_mutex_unlock(&reader->lock);
    pthread_join(reader->thread, NULL);
    for (int i = 0; i < CHUNKS; i++)
        alert_batch_finish(&reader->chunks[i].batch);
    pthread_cond_destroy(&reader->changed);
    pthread_mutex_destroy(&reader->lock);
    free(reader);
}
