/*
 * observe/packet/frame.h -- one captured packet, as its container has it.
 */
#ifndef OBSERVE_PACKET_FRAME_H
#define OBSERVE_PACKET_FRAME_H

#include <stdint.h>

struct frame {
    const uint8_t *at;
    uint32_t captured, wire; /* bytes at `at`; bytes there once were, at least `captured` */
    uint32_t link;           /* LINKTYPE_ number (tcpdump.org/linktypes.html) */
    int64_t time;            /* ns since 1970 */
};

static inline uint16_t load16(const uint8_t *at) /* network order, as all the loads here */
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t load32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

#endif
