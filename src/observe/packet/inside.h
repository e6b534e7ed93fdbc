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

/*
 * Frames of the tap, found and not yet decoded. Whose a frame is, is as good as chance: first
 * some are found, then those that are the tap's are decoded, so that nothing waits on a guess.
 */
enum { TAP_FRAMES = 64 };

struct tap_frame {
    struct frame frame;
    struct located located;
    enum locate_result result;
    bool mine;
    int64_t clock;
    uint64_t number, offset;
};

struct tap_frames {
    uint32_t count;
    struct tap_frame at[TAP_FRAMES + 1]; /* the last is room for one that is not the tap's */
};

/* Look at a frame; count at most TAP_FRAMES. */
void tap_frame_find(struct tap *tap, const struct frame *frame, uint64_t offset,
                    struct tap_frames *frames);

/* Count them all, put those into `packets` that belong there, and forget them. There must be as
 * many rows. */
void tap_frames_take(struct tap *tap, struct tap_frames *frames, struct packets *packets);

#endif
