/*
 * engine/alert_reader.h -- a file of alerts, read ahead by a thread of its own.
 *
 * While one batch is stored the next is read. Where batches end depends on the
 * file alone: behind the first block that brings `alerts` alerts, or text of
 * `bytes`, and at the end. The file is the reader's until it is stopped.
 */
#ifndef ENGINE_ALERT_READER_H
#define ENGINE_ALERT_READER_H

#include "observe/alert/alert_file.h"

struct alert_reader;

struct alert_chunk {
    struct alert_batch batch;
    int more;              /* as alert_file_next: what follows behind this batch */
    struct fault fault;    /* when that is an error */
    uint64_t offset, line; /* from where to read on, once the batch is stored */
    struct alert_file_counts counts;
    double part; /* of the file, read so far */
};

/* -ENOMEM, -EAGAIN (no thread to be had). */
int alert_reader_start(struct alert_file *file, uint32_t alerts, size_t bytes,
                       struct alert_reader **ret_reader) __attribute__((warn_unused_result));

/* The next batch, when it is read; there is one until `more` was not 1. Good until it is given
 * back, which comes first. */
const struct alert_chunk *alert_reader_take(struct alert_reader *reader);
void alert_reader_give(struct alert_reader *reader);

/* Waits for the block being read. NULL is allowed. */
void alert_reader_stop(struct alert_reader *reader);

#endif
