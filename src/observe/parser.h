/*
 * observe/parser.h -- a block of records → a batch.
 *
 * A parser has no memory between blocks: the same block gives the same result,
 * whichever thread's parser it meets.
 */
#ifndef OBSERVE_PARSER_H
#define OBSERVE_PARSER_H

#include "observe/splitter.h"
#include "observe/writer.h"

/* What became of the records of one block. */
struct tally {
    uint64_t read, kept, refused;
    uint64_t counts[REASON_COUNT];
    uint64_t first_offset[REASON_COUNT], first_line[REASON_COUNT];
};

/* Count a refused record under its reason. */
void tally_refuse(struct tally *tally, enum reason reason, uint64_t offset, uint64_t line);

struct parser {
    struct writer writer;
    struct record record;
    struct json_reader *reader;
    struct buffer scratch;
    struct arena texts; /* text made by us that tokens of this block point into */
};

/* -ENOMEM. `parser` zeroed. */
int parser_init(struct parser *parser) __attribute__((warn_unused_result));
void parser_finish(struct parser *parser);

/*
 * Parse the records of a block into `batch` (cleared first), one row each, in
 * order; refused ones leave no row. `number` goes to event_source. -ENOMEM.
 */
int parser_run(struct parser *parser, const struct block *block, uint32_t number,
               struct batch *batch, struct tally *tally) __attribute__((warn_unused_result));

#endif
