/*
 * observe/packet/container.h -- pcap and pcapng: bytes → frames.
 *
 * pcap as libpcap writes it (draft-ietf-opsawg-pcap), pcapng by
 * draft-ietf-opsawg-pcapng. A container is a state machine over the bytes of
 * one file from its beginning; it keeps no bytes. Two that walk the same bytes
 * say the same.
 */
#ifndef OBSERVE_PACKET_CONTAINER_H
#define OBSERVE_PACKET_CONTAINER_H

#include <stdbool.h>
#include <stddef.h>

#include "observe/packet/frame.h"

enum {
    CONTAINER_LEAST = 24,          /* bytes to recognise a file by */
    CONTAINER_INTERFACES = 1 << 12 /* of one section; a file with more is broken */
};

struct capture_interface {
    uint32_t link, snap; /* 0: unlimited */
    uint8_t exponent;    /* a unit of time is 10^-exponent s, or 2^-exponent */
    bool binary;
    int64_t offset_seconds; /* added to every time */
};

struct container {
    enum { CONTAINER_none, CONTAINER_pcap, CONTAINER_pcapng } kind;
    bool swapped;
    uint8_t header;                       /* pcap: bytes before each packet */
    uint32_t nanoseconds;                 /* pcap: in one unit of the fraction */
    uint32_t link;                        /* pcap */
    struct capture_interface *interfaces; /* pcapng */
    uint32_t interface_count, interface_room;
    int64_t last_time; /* simple packets carry none: they get that of the one before */
};

enum container_result {
    CONTAINER_FRAME,  /* *ret_frame */
    CONTAINER_SKIP,   /* something else: interface, statistics, names … */
    CONTAINER_MORE,   /* *ret_extent bytes are needed, and are not there */
    CONTAINER_BROKEN, /* no way to find the next record */
    CONTAINER_NO_MEMORY,
};

/* Recognise the file from its first bytes; its kind is none when they are of neither. Returns the
 * bytes to go on behind. */
size_t container_begin(struct container *container, const uint8_t *at, size_t len);

/* Look at the record at `at`. FRAME and SKIP: *ret_extent bytes belong to it. */
enum container_result container_next(struct container *container, const uint8_t *at, size_t len,
                                     struct frame *ret_frame, size_t *ret_extent);

void container_finish(struct container *container);

#endif
