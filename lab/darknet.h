/*
 * lab/darknet.h -- what arrives at addresses nobody uses, invented, with the truth about it.
 *
 * Writes a capture file (pcap, Ethernet) in the order of time and beside it
 * FILE.truth.ndjson, one line a source: what it is and what it did. The same
 * options give the same bytes on any machine. Each source is a program with a
 * pace, a network stack and a purpose, taken from what is published about such
 * programs and never from what the detectors look for; docs/lab.md lists them.
 *
 * Memory: about 100 bytes a source, and the packets of a slice of time (about
 * 32,768) at a time; those that only send one packet (`singles`) take none.
 */
#ifndef LAB_DARKNET_H
#define LAB_DARKNET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DARKNET_SOURCES_MAX = 1 << 24, DARKNET_MONTHS_MAX = 36, DARKNET_MIX_MAX = 32 };

struct darknet_options {
    const char *path;    /* of the capture; a file there is replaced */
    const char *prefix;  /* of the telescope: IPv4 /8 … /30, or IPv6 up to /126 */
    const char *mix;     /* NULL: the default. "storm", "udp,mirai=0.3": see darknet_mix_parse */
    const char *members; /* file of "NAME PREFIX" lines; NULL: three of RFC 5737's networks */
    uint64_t seed;
    uint64_t packets;    /* about so many, without those of `singles` */
    uint64_t singles;    /* so many sources more, of one packet each; in no line of the truth */
    uint32_t sources;    /* 0: as many as the mix makes by itself */
    uint32_t months;     /* the time is dealt to so many months, 30 days apart; fashions change */
    double hours;        /* the length of the whole */
    double synchronised; /* [0, 0.5]: this part of the packets comes from groups in step */
    int64_t start;       /* ns since 1970 */
    bool microseconds;   /* the old format; else nanoseconds */
};

struct darknet_result {
    uint64_t packets, bytes; /* of the capture */
    uint32_t sources;        /* lines of the truth: those that sent at least a packet */
    uint64_t singles;
};

/*
 * `progress`, when not NULL, is called now and then with the packets so far.
 * -EINVAL: an option out of its range, *ret_wrong says which; -ENOMEM; or what
 * the file system said.
 */
int darknet_generate(const struct darknet_options *options, struct darknet_result *ret_result,
                     const char **ret_wrong,
                     void (*progress)(void *context, uint64_t packets, double part), void *context)
    __attribute__((warn_unused_result));

#endif
