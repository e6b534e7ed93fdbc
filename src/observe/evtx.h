/*
 * observe/evtx.h -- Windows event log files, a chunk at a time.
 *
 * An EVTX file is a header and chunks of 64 KiB, each readable by itself. So a
 * block of the splitter is one chunk, and a broken chunk costs what was broken
 * in it and nothing else. Remnants of records behind a chunk's end are left.
 * What a record says is for observe/binxml.h.
 */
#ifndef OBSERVE_EVTX_H
#define OBSERVE_EVTX_H

#include "base/bytes.h"

enum { EVTX_HEADER_SIZE = 4096, EVTX_CHUNK_SIZE = 65536 };

struct evtx_chunk {
    struct bytes bytes;
    size_t end;     /* of its records; what is behind is left from an earlier use */
    bool sound;     /* both checksums hold */
    size_t at;      /* where the next record is looked for */
    uint64_t least; /* numbers go up within a chunk; a lower one is a remnant */
};

struct evtx_record {
    size_t at;       /* where it, or what is none, begins in the chunk */
    size_t from, to; /* its binary XML */
};

enum evtx_found { EVTX_END, EVTX_RECORD, EVTX_NONE };

/* Does a file that begins like this hold an event log? */
bool evtx_recognise(struct bytes beginning);

/* Look at a chunk, or what there is of it. False: it was never used. */
bool evtx_chunk_begin(struct bytes bytes, struct evtx_chunk *ret_chunk);

/* The next record; EVTX_NONE: there is none where one should be, and the search goes on behind. */
enum evtx_found evtx_next(struct evtx_chunk *chunk, struct evtx_record *ret_record);

#endif
