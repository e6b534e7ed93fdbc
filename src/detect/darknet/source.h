/*
 * detect/darknet/source.h -- what one source address did to the telescope in one window.
 *
 * The table of sources (detect/darknet/source_table.h) makes one of these for
 * each source of a window when the window ends, in the order of addresses; the
 * classes, the backscatter's clustering, episodes, synchrony and the store all
 * read it. The seventeen features are those of NICT's backscatter papers
 * (Škrjanc et al., SSCI 2017 and ASOC 2018), in this order.
 */
#ifndef DETECT_DARKNET_SOURCE_H
#define DETECT_DARKNET_SOURCE_H

#include "model/packet.h"

/* X(name): the name in JSON and SQL. Standard deviations are of the population. */
#define SOURCE_FEATURES(X)                                                                         \
    X(packets)       /* in the window */                                                           \
    X(interval_mean) /* seconds between its packets */                                             \
    X(interval_deviation)                                                                          \
    X(source_ports)             /* how many different ones */                                      \
    X(source_port_packets_mean) /* packets per source port */                                      \
    X(source_port_packets_deviation)                                                               \
    X(destinations) /* how many addresses of the telescope it reached */                           \
    X(destination_packets_mean)                                                                    \
    X(destination_packets_deviation)                                                               \
    X(destination_ports)                                                                           \
    X(destination_port_packets_mean)                                                               \
    X(destination_port_packets_deviation)                                                          \
    X(protocols)    /* how many of TCP, UDP, ICMP and others */                                    \
    X(payload_mean) /* bytes */                                                                    \
    X(payload_deviation)                                                                           \
    X(span_mean) /* |difference| of one destination's number and the next's */                     \
    X(span_deviation)

enum source_feature {
#define X(name) FEATURE_##name,
    SOURCE_FEATURES(X)
#undef X
        SOURCE_FEATURE_COUNT
};

/* What a source is. The names are those of `hinomi darknet sources`. */
#define SOURCE_CLASSES(X)                                                                          \
    X(other)                                                                                       \
    X(scan)             /* TCP SYN (or odd flags) to look for services */                          \
    X(mirai)            /* sequence number = destination address */                                \
    X(zmap)             /* ip id 54321, or its behaviour since 4.1 */                              \
    X(masscan)          /* ip id = destination ^ port ^ sequence */                                \
    X(investigation)    /* surveys: many ports, much traffic, the whole range; or listed */        \
    X(backscatter)      /* answers to packets forged in our name: TCP, DNS */                      \
    X(icmp_backscatter) /* the same, as ICMP errors and echo replies */                            \
    X(udp_scan)                                                                                    \
    X(member) /* a registered organisation's address: see contact.h */

enum source_class {
#define X(name) SOURCE_##name,
    SOURCE_CLASSES(X)
#undef X
        SOURCE_CLASS_COUNT
};

extern const char *const source_feature_names[SOURCE_FEATURE_COUNT];
extern const char *const source_class_names[SOURCE_CLASS_COUNT];

/* How many of its packets were of which kind; the kinds exclude each other. */
struct source_kinds {
    uint32_t tcp_syn, tcp_syn_ack, tcp_rst, tcp_ack, tcp_odd; /* odd: none, FIN, XMAS, … */
    uint32_t udp, udp_from_service;                           /* from_service: 53, 123, 1900, … */
    uint32_t icmp_echo, icmp_reply, icmp_error, icmp_other, other;
};

/* How many of its packets bear the mark of a tool. */
struct source_marks {
    uint32_t mirai, zmap, masscan, optionless; /* optionless: a SYN without TCP options */
};

enum { SOURCE_SAMPLES = 12 }; /* a window of 10 minutes in samples of 50 s: see synchrony.h */

struct source_summary {
    struct ip address;
    int64_t window_start, window_length; /* ns */
    int64_t first, last;
    uint64_t packets, bytes;
    struct source_kinds kinds;
    struct source_marks marks;
    uint32_t tcp_samples[SOURCE_SAMPLES]; /* TCP packets in each twelfth of the window */
    double features[SOURCE_FEATURE_COUNT];
    double coverage;      /* share of the telescope's addresses it reached, 0 to 1 */
    uint16_t source_port; /* the port of most of its packets: the victim's service in backscatter */
    uint16_t destination_port; /* … and the port it looked for most */
    uint32_t member;           /* organisation whose prefix it is in, from 1; 0: none */
    enum source_class class;   /* by the rules of classify.h; backscatter.h may correct it */
    double score;              /* of the class, in [0,1] */
    bool incomplete;           /* evicted within the window: the numbers are lower bounds */
};

#endif
