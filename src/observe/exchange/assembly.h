/*
 * observe/exchange/assembly.h -- one direction of a TCP connection, put in order.
 *
 * Segments come as they were captured; bytes go out once, in sequence order.
 * Where segments overlap, the bytes that came first are kept (most servers'
 * rule, RFC 9293 leaves it open) and a contradiction is counted, because only
 * somebody who hides sends one. A hole that is not filled by the time
 * ASSEMBLY_HELD bytes or ASSEMBLY_SEGMENTS segments wait behind it is given out
 * as a gap.
 */
#ifndef OBSERVE_EXCHANGE_ASSEMBLY_H
#define OBSERVE_EXCHANGE_ASSEMBLY_H

#include "base/bytes.h"

enum {
    ASSEMBLY_HELD = 1 << 20,
    ASSEMBLY_SEGMENTS = 1024,
    ASSEMBLY_WINDOW = 1 << 26 /* a segment farther ahead belongs to no window: dropped, counted */
};

struct held_segment;

struct assembly {
    uint32_t next; /* sequence number of the next byte to give out */
    bool started;
    struct held_segment *held; /* in sequence order, not overlapping */
    struct held_segment *last;
    uint32_t held_count, held_bytes;
};

struct segment {
    uint32_t sequence;
    struct bytes data; /* as captured */
    uint32_t missing;  /* bytes behind `data` that were sent and not captured */
    int64_t time;
    uint64_t packet;
};

struct assembly_counts {
    uint64_t held, repeated, contradicted, gaps, outside;
};

/* Where bytes go: `data` in order; data.at == NULL is a gap of data.len bytes. -errno stops. */
typedef int assembly_sink(void *context, const struct segment *from, struct bytes data);

/* The next byte expected is `sequence`. */
void assembly_start(struct assembly *assembly, uint32_t sequence);

/* A segment arrived. An assembly that was not started starts with it. -ENOMEM, the sink's. */
int assembly_feed(struct assembly *assembly, const struct segment *segment, assembly_sink *sink,
                  void *context, struct assembly_counts *counts)
    __attribute__((warn_unused_result));

/* Nothing more will come: give out what is held, with gaps. */
int assembly_flush(struct assembly *assembly, assembly_sink *sink, void *context,
                   struct assembly_counts *counts) __attribute__((warn_unused_result));

void assembly_finish(struct assembly *assembly);

#endif
