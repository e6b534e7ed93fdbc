/*
 * observe/evtx.h -- Windows event log files, a chunk at a time.
 *
 * An EVTX file is a header and chunks of 64 KiB, each readable by itself. So a
 * block of the splitter is one chunk, and a broken chunk costs what was broken
 * in it and nothing else. Remnants of records behind a chunk's end are left.
 */
#ifndef OBSERVE_EVTX_H
#define OBSERVE_EVTX_H

#include "observe/parser.h"

enum { EVTX_HEADER_SIZE = 4096, EVTX_CHUNK_SIZE = 65536 };

/* Does a file that begins like this hold an event log? */
bool evtx_recognise(struct bytes beginning);

/*
 * The records of a block that is one chunk, into the batch the parser's writer
 * has begun. A chunk whose checksums don't hold counts as one refused record
 * (REASON_evtx_chunk) beside those that could still be read. -ENOMEM.
 */
int evtx_run(struct parser *parser, const struct block *block, uint32_t number, struct batch *batch,
             struct tally *tally) __attribute__((warn_unused_result));

#endif
