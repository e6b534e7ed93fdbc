/*
 * observe/flow/meter.h -- packets → flows, with the application recognised.
 *
 * Both ways of a connection are one flow; who began is the source (a SYN-ACK
 * that comes first was answered to). Applications are recognised by nDPI from
 * the first METER_LOOK packets with payload. Flows come out when the caller
 * asks for them, in the order in which they began; those that were silent
 * since the last time are forgotten then. A table that is full gives out all
 * of its flows and begins anew (counted): what goes on is another flow then.
 */
#ifndef OBSERVE_FLOW_METER_H
#define OBSERVE_FLOW_METER_H

#include "model/flow.h"
#include "model/packet.h"

enum {
    METER_LOOK = 16, /* packets given to nDPI at most */
    METER_LOOKING =
        1 << 14,           /* flows looked into at once; beyond, their application stays unknown */
    METER_FLOWS = 1 << 17, /* flows at once */
};

struct meter_counts {
    uint64_t packets, flows;
    uint64_t overflows; /* times the table was full */
    uint64_t unlooked;  /* flows that were not looked into, for want of room */
};

struct meter;
typedef int flow_take(void *context, const struct flow *flow);

/* -ENOMEM. */
int meter_create(flow_take *take, void *context, struct meter **ret_meter)
    __attribute__((warn_unused_result));

/* One row. What `take` returned if the table was full and it was not 0; -ENOMEM. */
int meter_packet(struct meter *meter, const struct packets *packets, uint32_t row)
    __attribute__((warn_unused_result));

/* Give out what was counted since the last time. Returns the first non-zero return of `take`. */
int meter_flush(struct meter *meter) __attribute__((warn_unused_result));

const struct meter_counts *meter_counts(const struct meter *meter);
void meter_destroy(struct meter *meter);

#endif
