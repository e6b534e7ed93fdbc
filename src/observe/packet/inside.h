/*
 * observe/packet/inside.h -- what taps of all kinds have in common. For this folder only.
 */
#ifndef OBSERVE_PACKET_INSIDE_H
#define OBSERVE_PACKET_INSIDE_H

#include "observe/packet/decode.h"
#include "observe/packet/filter.h"

struct tap {
    int (*read)(struct tap *tap, struct packets *packets);
    void (*leave)(struct tap *tap);
    struct tap_counts counts;
    struct filter *filter; /* NULL: everything passes */
    uint32_t partitions;   /* bit p: it gives sources of partition p */
    bool dealt;            /* it sees only what was dealt to it, so nobody else counts the rest */
    int64_t clock;         /* newest time of any frame, whoever decodes it; it never goes back */
    uint64_t number;       /* of the last frame, whoever decodes it */
    const char *path;      /* of the capture; NULL when live */
    size_t file;
};

/* Bits of the partitions p with p % taps == i. */
uint32_t tap_partitions(unsigned taps, unsigned i);

/* Count `fault`, which begins at `offset`. */
void tap_fault_add(struct tap *tap, enum packet_fault fault, uint64_t offset);

/* The tap that counts what has no source: exactly one of a set does. */
static inline bool tap_is_first(const struct tap *tap)
{
    return tap->partitions & 1;
}

/* Count a frame, and put it into `packets` where it belongs there. There must be room for a row. */
void tap_frame(struct tap *tap, const struct frame *frame, uint64_t offset,
               struct packets *packets);

#endif
