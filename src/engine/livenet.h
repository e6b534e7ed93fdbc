/*
 * engine/livenet.h -- flows → who talks to whom, window by window: DATA/darknet.db.
 *
 * Flows come from packets (observe/flow/meter.h), from what exporters send
 * (NetFlow, IPFIX) and from logs. They are added up by window, the two ends,
 * protocol, service and application into rows of livenet_flows. Windows are of
 * event time: a flow of a log belongs to the one it began in; a flow of
 * packets is cut where a window ends. What stood in the database for a window
 * is replaced by the first row a run writes for it, so reading the same again
 * leaves the same rows.
 */
#ifndef ENGINE_LIVENET_H
#define ENGINE_LIVENET_H

#include "model/prefix_table.h"
#include "observe/flow/export.h"
#include "observe/flow/log.h"
#include "observe/flow/meter.h"
#include "observe/packet/tap.h"

enum {
    LIVENET_ROWS = 1 << 18,  /* held until they are written, which is sooner when there are more */
    LIVENET_NAMES = 1 << 16, /* hosts and services of the totals; more are "(others)" */
};

struct livenet_options {
    const char *folder; /* NULL: nothing is stored */
    int64_t window;     /* ns */
    bool exports;       /* packets are read for the NetFlow and IPFIX in them, not metered */
    const struct prefix_table *inside; /* value: 1 + number in `units`; NULL: private addresses */
    const struct bytes *units;
    int (*flow)(void *context, const struct flow *flow); /* NULL, or called for each flow */
    void *context;
};

struct livenet_total {
    struct bytes name; /* "TLS.Google 443/tcp", "192.168.1.9" */
    uint64_t flows, packets, bytes;
};

struct livenet_counts {
    uint64_t flows, packets, bytes, windows, rows;
    uint64_t internal; /* flows of two machines inside */
    uint64_t
        forgotten; /* windows whose old rows could not be told apart any more: kept, added to */
};

struct livenet;

/* -EBUSY: another process writes to the folder; -ENOMEM; -errno. */
int livenet_create(const struct livenet_options *options, struct livenet **ret_livenet)
    __attribute__((warn_unused_result));

/* One flow, whatever it comes from. */
int livenet_flow(void *livenet, const struct flow *flow) __attribute__((warn_unused_result));

/* A batch of packets; -errno. */
int livenet_packets(struct livenet *livenet, const struct packets *packets)
    __attribute__((warn_unused_result));

/* A datagram of an exporter that came at `time`; -EBADMSG is counted, and no reason to stop. */
int livenet_datagram(struct livenet *livenet, const struct ip *exporter, int64_t time,
                     struct bytes datagram) __attribute__((warn_unused_result));

/* It is `time`, and nothing came: windows that are over are written. */
int livenet_tick(struct livenet *livenet, int64_t time) __attribute__((warn_unused_result));

/* Write all there is. */
int livenet_flush(struct livenet *livenet) __attribute__((warn_unused_result));

const struct livenet_counts *livenet_counts(const struct livenet *livenet);
const struct meter_counts *livenet_meter_counts(const struct livenet *livenet);
const struct export_counts *livenet_export_counts(const struct livenet *livenet);

/* Services or hosts with most bytes first, then by name; the livenet's until it ends. */
const struct livenet_total *livenet_services(struct livenet *livenet, uint32_t *ret_count);
const struct livenet_total *livenet_hosts(struct livenet *livenet, uint32_t *ret_count);

const char *livenet_error(const struct livenet *livenet);
void livenet_destroy(struct livenet *livenet);

/* "tcp", "udp", "47": a protocol's name. */
struct bytes protocol_name(uint8_t protocol, char text[8]);

#endif
