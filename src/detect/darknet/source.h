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

/* X(name): of which kind a packet is; the kinds exclude each other. See marks.h. */
#define SOURCE_KINDS(X)                                                                            \
    X(tcp_syn)                                                                                     \
    X(tcp_syn_ack)                                                                                 \
    X(tcp_rst)                                                                                     \
    X(tcp_ack)                                                                                     \
    X(tcp_odd) /* none, FIN, XMAS, … */                                                          \
    X(udp)                                                                                         \
    X(udp_from_service) /* from 53, 123, 1900, …: port_answers_udp */                            \
    X(icmp_echo)                                                                                   \
    X(icmp_reply)                                                                                  \
    X(icmp_error)                                                                                  \
    X(icmp_other)                                                                                  \
    X(other)

enum source_kind {
#define X(name) KIND_##name,
    SOURCE_KINDS(X)
#undef X
        SOURCE_KIND_COUNT
};

/* How many of its packets were of which kind. */
struct source_kinds {
#define X(name) uint32_t name;
    SOURCE_KINDS(X)
#undef X
};

/* X(name): the marks of tools a packet may bear. See marks.h. */
#define SOURCE_MARKS(X)                                                                            \
    X(mirai)                                                                                       \
    X(zmap)                                                                                        \
    X(masscan)                                                                                     \
    X(nmap)                                                                                        \
    X(stateless)  /* a SYN as only a raw sender builds it */                                       \
    X(optionless) /* a SYN without TCP options */

/* How many of its packets bear which mark. */
struct source_marks {
#define X(name) uint32_t name;
    SOURCE_MARKS(X)
#undef X
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
    bool followed;             /* told a survey by several windows: see survey.h */
    bool incomplete;           /* evicted within the window: the numbers are lower bounds */
};

#endif
