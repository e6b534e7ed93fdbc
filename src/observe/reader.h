/*
 * observe/reader.h -- blocks of a stream, parsed, in order.
 *
 * Without helpers a block is cut and parsed when it is asked for. Helpers are
 * threads that do so ahead: each cuts the next block while the others parse
 * theirs, so a block stays in the cache of the core that unpacked it. What
 * comes out is the same either way.
 */
#ifndef OBSERVE_READER_H
#define OBSERVE_READER_H

#include <pthread.h>

#include "observe/parser.h"

enum { READER_HELPERS = 8 };

/* A block and what was made of it. */
struct job {
    struct block block;
    struct batch *batch; /* NULL without helpers: the rows go where they are wanted */
    struct tally tally;
    int error;
    bool done;
};

struct helper {
    struct reader *reader;
    struct parser parser;
    pthread_t thread;
};

struct reader {
    struct splitter splitter;
    struct parser parser; /* of the one who reads without helpers */
    uint32_t number;      /* for event_source */
    struct job first;     /* the only one without helpers */
    bool first_cut;       /* `first` was cut already, to look at it */

    unsigned helper_count, job_count;
    bool running;
    struct helper *helpers;
    struct job *jobs;     /* a ring */
    pthread_mutex_t lock; /* of what follows, and of `done` */
    pthread_cond_t changed;
    uint64_t cut, taken; /* jobs so far */
    bool cutting, over, stop;
};

/* Take over the stream; cut the first block. -errno; reader_finish in any case. */
int reader_init(struct reader *reader, struct stream *stream, uint32_t number)
    __attribute__((warn_unused_result));

/* The first block, before anything was read: what a format is recognised by. */
const struct block *reader_peek(const struct reader *reader);

/* Use that many helpers from the next read on; at most READER_HELPERS, 0 for none. */
void reader_help(struct reader *reader, unsigned helpers);

/*
 * The next block's rows into `batch`, and *ret_job for what else is known of
 * it; valid until the next call. Not to be called again after a block that is
 * `last`. -ENOMEM.
 */
int reader_next(struct reader *reader, struct batch *batch, const struct job **ret_job)
    __attribute__((warn_unused_result));

/* Read on from a record's offset; `line` is its number, 0 unknown. */
int reader_seek(struct reader *reader, uint64_t offset, uint64_t line)
    __attribute__((warn_unused_result));

void reader_finish(struct reader *reader);

#endif
