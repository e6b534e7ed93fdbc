/*
 * observe/splitter.h -- a stream cut into blocks of records.
 *
 * Three framings: one record a line; JSON values one behind the other however
 * they are laid out (pretty-printed, in an array); EVTX, where a block is one
 * chunk and has no spans. A block holds up to
 * BATCH_ROWS records of some two megabytes; where blocks are cut depends on
 * the bytes and the start only, so reading twice gives the same blocks.
 */
#ifndef OBSERVE_SPLITTER_H
#define OBSERVE_SPLITTER_H

#include "model/batch.h"
#include "observe/flow/columns.h"
#include "observe/record.h"
#include "observe/stream.h"

enum framing { FRAMING_lines, FRAMING_values, FRAMING_evtx };

/* A record in a block's text. */
struct span {
    uint32_t at, len;
};

/* Records refused before anyone parsed them. */
struct refused_span {
    enum reason reason;
    uint64_t offset, line;
};

enum { BLOCK_REFUSALS = 64 };

struct block {
    enum framing framing;
    const struct columns *columns; /* of the splitter: what the lines are made of; NULL: JSON */
    struct buffer text;            /* JSON_PADDING bytes readable behind `len` */
    uint64_t offset;               /* of text.at[0] in the decompressed stream */
    uint64_t line;                 /* line number of text.at[0], from 1 */
    uint32_t count;
    struct span spans[BATCH_ROWS];
    uint32_t refusal_count;
    struct refused_span refusals[BLOCK_REFUSALS];
    uint64_t from; /* what stands before this offset was read another time: no rows of it */
    uint64_t end_offset, end_line; /* where the next block begins */
    bool last;                     /* nothing comes behind it */
    int error;                     /* 0, or what broke the stream behind these records */
    struct fault fault;
};

void block_finish(struct block *block);

struct splitter {
    struct stream *stream;
    enum framing framing;
    struct columns columns;
    struct buffer carry; /* read, but not yet in a block */
    uint64_t offset, line;
    uint64_t from;      /* see struct block */
    bool end, skipping; /* skipping: in a record too long, up to the next line */
    int error;
    struct fault fault;
};

/* Look at the beginning and choose the framing. 0, or what broke at once. */
int splitter_init(struct splitter *splitter, struct stream *stream)
    __attribute__((warn_unused_result));

/* The first bytes, up to 256 KiB: what a format is recognised by. Before the first splitter_next.
 */
struct bytes splitter_peek(const struct splitter *splitter);

/* Next block; one without records and `last` set at the end. -ENOMEM. */
int splitter_next(struct splitter *splitter, struct block *block)
    __attribute__((warn_unused_result));

/* Read on from a record's offset; `line` is its number, 0 unknown. */
int splitter_seek(struct splitter *splitter, uint64_t offset, uint64_t line)
    __attribute__((warn_unused_result));

void splitter_finish(struct splitter *splitter);

#endif
