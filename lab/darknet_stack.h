/*
 * lab/darknet_stack.h -- how programs and systems build a packet.
 *
 * A stack is what a TCP header looks like whoever fills it in: the start of the
 * TTL, the window, the options, the IP identification, and when it asks again.
 */
#ifndef LAB_DARKNET_STACK_H
#define LAB_DARKNET_STACK_H

#include "base/bytes.h"

enum stack_id {
    ID_RANDOM,
    ID_COUNTER,
    ID_ZERO,
    ID_ZMAP,    /* 54321 */
    ID_MASSCAN, /* destination ^ port ^ sequence */
    ID_FIXED,   /* the source's own */
};

enum { STACK_RETRIES_MAX = 5 };

struct stack {
    const char *name;
    uint8_t ttl, options_length, retry_count;
    uint16_t window; /* 0: the source's own */
    enum stack_id id;
    bool dont_fragment;
    const char *options;
    uint8_t retry[STACK_RETRIES_MAX]; /* seconds behind the first */
};

/* X(name): the order is of no meaning. */
enum stack_name {
    STACK_linux,
    STACK_linux_old,
    STACK_embedded,
    STACK_windows,
    STACK_windows_old,
    STACK_mac,
    STACK_zmap,
    STACK_zmap_mss,
    STACK_zmap_windows,
    STACK_zmap_linux,
    STACK_zmap_bsd,
    STACK_zmap_smallest,
    STACK_masscan,
    STACK_masscan_mss,
    STACK_nmap,
    STACK_mirai,
    STACK_raw,
    STACK_raw_mss,
    STACK_server_linux,
    STACK_server_cookies,
    STACK_server_windows,
    STACK_server_bsd,
    STACK_router,
    STACK_COUNT
};

extern const struct stack stacks[STACK_COUNT];

/* What a UDP scanner sends to a port: empty where it sends nothing of use. */
struct bytes udp_probe(uint16_t port);

#endif
