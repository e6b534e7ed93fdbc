/*
 * detect/darknet/synchrony_hosts.h -- the hosts of a window, and how they vary together.
 *
 * Only synchrony.c uses it.
 */
#ifndef DETECT_DARKNET_SYNCHRONY_HOSTS_H
#define DETECT_DARKNET_SYNCHRONY_HOSTS_H

#include "detect/darknet/synchrony.h"

struct synchrony_host {
    struct ip prefix;
    uint64_t packets; /* TCP */
    uint64_t order;   /* among equals */
    uint32_t samples[SOURCE_SAMPLES];
    size_t first, last; /* its sources: first to last, those without TCP among them */
};

struct synchrony_hosts {
    struct synchrony_host *at; /* those looked at come first, in the order of addresses */
    size_t capacity;
    uint32_t count, seen;
};

/* Gather the window's TCP sources and keep the `most` busiest. -ENOMEM. */
int synchrony_hosts_make(struct synchrony_hosts *hosts, const struct source_summary *sources,
                         size_t count, uint32_t most) __attribute__((warn_unused_result));

/* S, population covariance of ln of the samples, count x count; `centred`: count x SOURCE_SAMPLES.
 */
void synchrony_hosts_covariance(const struct synchrony_hosts *hosts, double *centred,
                                double *covariance);

/* Counts of hosts by port, in one pass over the sources. */
struct synchrony_counter {
    uint32_t *hosts; /* 65,536 */
    uint32_t *seen;  /* last host counted for the port, from 1 */
};

int synchrony_counter_init(struct synchrony_counter *counter) __attribute__((warn_unused_result));
void synchrony_counter_finish(struct synchrony_counter *counter);

/* The ports of many hosts, at most SYNCHRONY_PORTS, most hosts first; how many. */
uint32_t synchrony_ports_find(struct synchrony_counter *counter,
                              const struct synchrony_hosts *hosts,
                              const struct source_summary *sources, struct synchrony_port *ports);

/* The port most of a host's TCP sources looked for most; the smallest of equals. */
uint16_t synchrony_host_port(const struct synchrony_host *host,
                             const struct source_summary *sources);

void synchrony_hosts_finish(struct synchrony_hosts *hosts);

#endif
