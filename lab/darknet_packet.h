/*
 * lab/darknet_packet.h -- a shot as bytes on the wire, and the capture file they go to.
 */
#ifndef LAB_DARKNET_PACKET_H
#define LAB_DARKNET_PACKET_H

#include <stdio.h>

#include "base/buffer.h"
#include "lab/darknet_source.h"

enum { FRAME_SIZE_MAX = 2048, CAPTURE_SNAP = 65535 };

/*
 * Make the Ethernet frame of `shot`, sent by `source`; its length. Checksums are
 * right, but for about one source in 500, whose are not.
 */
uint32_t frame_make(const struct darknet_world *world, const struct source *source,
                    const struct shot *shot, uint8_t frame[FRAME_SIZE_MAX]);

struct recording {
    FILE *file;
    struct buffer block;
    bool microseconds;
    uint64_t packets, bytes;
    int error; /* sticks */
};

/* Errors of the file system. */
int recording_open(struct recording *capture, const char *path, bool microseconds)
    __attribute__((warn_unused_result));
void recording_put(struct recording *capture, int64_t time, const uint8_t *frame, uint32_t length);
/* Closes it whatever happened; the first error. */
int recording_close(struct recording *capture) __attribute__((warn_unused_result));

#endif
