#include "observe/reader.h"

#include <errno.h>
#include <stdlib.h>

int reader_init(struct reader *reader, struct stream *stream, uint32_t number)
{
    *reader = (struct reader){.number = number};
    pthread_mutex_init(&reader->lock, NULL);
    pthread_cond_init(&reader->changed, NULL);
    int error = splitter_init(&reader->splitter, stream);
    if (!error)
        error = parser_init(&reader->parser);
    if (!error)
        error = splitter_next(&reader->splitter, &reader->first.block);
    reader->first_cut = true;
    return error;
}

const struct block *reader_peek(const struct reader *reader)
{
    return &reader->first.block;
}

static void blocks_swap(struct block *a, struct block *b)
{
    struct block kept = *a;
    *a = *b;
    *b = kept;
}

/* Cut the next block into the job. Only one thread at a time comes here. */
static void job_cut(struct reader *reader, struct job *job)
{
    job->error = 0;
    if (reader->first_cut && job != &reader->first)
        blocks_swap(&job->block, &reader->first.block);
    else if (!reader->first_cut)
        job->error = splitter_next(&reader->splitter, &job->block);
    reader->first_cut = false;
}

static void job_parse(struct reader *reader, struct parser *parser, struct job *job,
                      struct batch *batch)
{
    if (!job->error)
        job->error = parser_run(parser, &job->block, reader->number, batch, &job->tally);
}

/* A job to cut, waited for; NULL when there is nothing more to do. Holds the lock before and after.
 */
static struct job *job_wait(struct reader *reader)
{
    while (!reader->stop && !reader->over &&
           (reader->cutting || reader->cut - reader->taken == reader->job_count))
        pthread_cond_wait(&reader->changed, &reader->lock);
    return reader->stop || reader->over ? NULL : &reader->jobs[reader->cut % reader->job_count];
}

static void *helper_run(void *context)
{
    struct helper *helper = context;
    struct reader *reader = helper->reader;
    struct job *job;
    pthread_mutex_lock(&reader->lock);
    while ((job = job_wait(reader))) {
        job->done = false;
        reader->cutting = true;
        pthread_mutex_unlock(&reader->lock);
        job_cut(reader, job);
        pthread_mutex_lock(&reader->lock);
        reader->cutting = false;
        reader->over = job->error || job->block.last;
        reader->cut++;
        pthread_cond_broadcast(&reader->changed);
        pthread_mutex_unlock(&reader->lock);
        job_parse(reader, &helper->parser, job, job->batch);
        pthread_mutex_lock(&reader->lock);
        job->done = true;
        pthread_cond_broadcast(&reader->changed);
    }
    pthread_mutex_unlock(&reader->lock);
    return NULL;
}

static void jobs_free(struct reader *reader)
{
    for (unsigned i = 0; reader->jobs && i < reader->job_count; i++) {
        batch_destroy(reader->jobs[i].batch);
        block_finish(&reader->jobs[i].block);
    }
    for (unsigned i = 0; reader->helpers && i < reader->helper_count; i++)
        parser_finish(&reader->helpers[i].parser);
    free(reader->jobs);
    free(reader->helpers);
    reader->jobs = NULL;
    reader->helpers = NULL;
}

static int jobs_make(struct reader *reader)
{
    int error = 0;
    reader->job_count = 2 * reader->helper_count + 1;
    reader->jobs = calloc(reader->job_count, sizeof(*reader->jobs));
    reader->helpers = calloc(reader->helper_count, sizeof(*reader->helpers));
    if (!reader->jobs || !reader->helpers)
        error = -ENOMEM;
    for (unsigned i = 0; i < reader->job_count && !error; i++)
        if (!(reader->jobs[i].batch = batch_create()))
            error = -ENOMEM;
    for (unsigned i = 0; i < reader->helper_count && !error; i++) {
        reader->helpers[i].reader = reader;
        error = parser_init(&reader->helpers[i].parser);
    }
    if (error)
        jobs_free(reader);
    return error;
}

static void helpers_stop(struct reader *reader)
{
    if (!reader->running)
        return;
    pthread_mutex_lock(&reader->lock);
    reader->stop = true;
    pthread_cond_broadcast(&reader->changed);
    pthread_mutex_unlock(&reader->lock);
    for (unsigned i = 0; i < reader->helper_count; i++)
        pthread_join(reader->helpers[i].thread, NULL);
    reader->running = false;
}

/* Fewer threads than asked for will do; none at all: read without. */
static int helpers_start(struct reader *reader)
{
    unsigned started = 0;
    reader->cut = reader->taken = 0;
    reader->cutting = reader->over = reader->stop = false;
    if (!reader->jobs && jobs_make(reader))
        return -ENOMEM;
    while (started < reader->helper_count &&
           pthread_create(&reader->helpers[started].thread, NULL, helper_run,
                          &reader->helpers[started]) == 0)
        started++;
    for (unsigned i = started; i < reader->helper_count; i++)
        parser_finish(&reader->helpers[i].parser);
    reader->helper_count = started;
    reader->running = started > 0;
    return 0;
}

void reader_help(struct reader *reader, unsigned helpers)
{
    if (!reader->running && !reader->jobs)
        reader->helper_count = helpers < READER_HELPERS ? helpers : READER_HELPERS;
}

/* Rows and strings to the (empty) batch `to`; its memory to `from`. */
static void batch_move(struct batch *to, struct batch *from)
{
    struct strings strings = to->strings;
    for (int field = 0; field < FIELD_COUNT; field++)
        memcpy(batch_column(to, (enum field)field), batch_column(from, (enum field)field),
               observation_fields[field].size * from->rows);
    to->rows = from->rows;
    to->strings = from->strings;
    from->strings = strings;
}

static int next_alone(struct reader *reader, struct batch *batch, const struct job **ret_job)
{
    struct job *job = &reader->first;
    job_cut(reader, job);
    job_parse(reader, &reader->parser, job, batch);
    *ret_job = job;
    return job->error;
}

int reader_next(struct reader *reader, struct batch *batch, const struct job **ret_job)
{
    if (!reader->running && reader->helper_count && helpers_start(reader))
        return -ENOMEM;
    if (!reader->running)
        return next_alone(reader, batch, ret_job);
    struct job *job = &reader->jobs[reader->taken % reader->job_count];
    pthread_mutex_lock(&reader->lock);
    while (reader->taken == reader->cut || !job->done)
        pthread_cond_wait(&reader->changed, &reader->lock);
    pthread_mutex_unlock(&reader->lock);
    if (!job->error) {
        batch_clear(batch);
        batch_move(batch, job->batch);
        blocks_swap(&job->block, &reader->first.block);
        reader->first.tally = job->tally;
    }
    int error = job->error;
    pthread_mutex_lock(&reader->lock);
    reader->taken++;
    pthread_cond_broadcast(&reader->changed);
    pthread_mutex_unlock(&reader->lock);
    *ret_job = &reader->first;
    return error;
}

int reader_seek(struct reader *reader, uint64_t offset, uint64_t line)
{
    helpers_stop(reader);
    reader->first_cut = false;
    return splitter_seek(&reader->splitter, offset, line);
}

void reader_finish(struct reader *reader)
{
    helpers_stop(reader);
    jobs_free(reader);
    splitter_finish(&reader->splitter);
    parser_finish(&reader->parser);
    block_finish(&reader->first.block);
    pthread_mutex_destroy(&reader->lock);
    pthread_cond_destroy(&reader->changed);
}
