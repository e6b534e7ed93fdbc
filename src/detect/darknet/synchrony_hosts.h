/*
 * detect/darknet/synchrony_hosts.h -- the hosts of a window, and how they vary together.
 *
 * Only synchrony.c uses it.
 */
#ifndef DETECT_DARKNET_SYNCHRONY_HOSTS_H
#define DETECT_DARKNET_SYNCHRONY_HOSTS_H

#include "detect/darknet/synchrony.h"

enum {
    SYNCHRONY_HOSTS_MOST = 131072, /* of a window; every /16 there is, and as many /32 */
    SYNCHRONY_HOST_PORTS = 32,
};

struct synchrony_host {
    struct ip prefix;
    uint64_t packets; /* TCP */
    uint64_t order;   /* among equals */
    uint32_t samples[SOURCE_SAMPLES];
    uint32_t port_count;
    struct {
        uint16_t port, sources;
    } ports[SYNCHRONY_HOST_PORTS]; /* what its sources looked for most: the first of them */
};

struct synchrony_hosts {
    struct synchrony_host *at; /* those looked at come first, in the order of addresses */
    size_t capacity;
    uint32_t count, kept, seen; /* looked at; remembered; there were */
    struct ip last;             /* prefix of the newest */
};

/*
 * More sources of the window, in the order of addresses over all calls. Hosts
 * beyond SYNCHRONY_HOSTS_MOST are counted, not kept. -ENOMEM.
 */
int synchrony_hosts_see(struct synchrony_hosts *hosts, const struct source_summary *sources,
                        size_t count) __attribute__((warn_unused_result));

/* The window is over: look at the `most` busiest. */
void synchrony_hosts_choose(struct synchrony_hosts *hosts, uint32_t most);

/* For the next window. */
void synchrony_hosts_clear(struct synchrony_hosts *hosts);

/* S, population covariance of ln of the samples, count x count; `centred`: count x SOURCE_SAMPLES.
 */
void synchrony_hosts_covariance(const struct synchrony_hosts *hosts, double *centred,
                                double *covariance);

/*
 * The ports of many hosts, at most SYNCHRONY_PORTS, most hosts first; how many.
 * `counts`: scratch, 65,536.
 */
uint32_t synchrony_ports_find(const struct synchrony_hosts *hosts, uint32_t *counts,
                              struct synchrony_port *ports);

/* The port most of a host's TCP sources looked for most; the first of equals. */
uint16_t synchrony_host_port(const struct synchrony_host *host);

void synchrony_hosts_finish(struct synchrony_hosts *hosts);

#endif
