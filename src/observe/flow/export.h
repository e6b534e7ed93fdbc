/*
 * observe/flow/export.h -- NetFlow v5, v9 and IPFIX datagrams → flows.
 *
 * NetFlow v9 by RFC 3954, IPFIX by RFC 7011 with variable lengths (7011, 7) and
 * the reverse counters of biflows (RFC 5103). Templates are kept for each
 * exporter and observation domain, EXPORT_TEMPLATES in all; when there are
 * more the oldest goes, and a set whose template is not known is counted and
 * passed over. Times that an exporter gives since its start are put on the
 * clock by the header; without any, a flow gets the time of its datagram.
 *
 * Where an exporter looks at some packets only and says so (in the header of
 * v5, in options, in the record: observe/flow/sampling.h), a flow's packets and
 * bytes are estimates: what was seen, scaled up. Of what a record, its sampler,
 * its interface and its domain say, the first counts. Before an exporter has
 * said it, flows are taken as they are.
 */
#ifndef OBSERVE_FLOW_EXPORT_H
#define OBSERVE_FLOW_EXPORT_H

#include "model/flow.h"

enum {
    EXPORT_TEMPLATES = 4096, /* the samplers among them */
    EXPORT_FIELDS = 128,     /* of one template; one with more is refused */
};

struct export_counts {
    uint64_t datagrams, flows, templates;
    uint64_t scaled;  /* flows of sampled packets, whose counts are estimates */
    uint64_t broken;  /* datagrams of another version, or that end in the middle */
    uint64_t unknown; /* sets without their template */
    uint64_t without; /* records without the addresses of both ends */
    uint64_t evicted; /* templates that had to go */
};

struct exports;

/* NULL: no memory. */
struct exports *exports_create(void);

/*
 * Read one datagram of `exporter` that came at `time` (ns since 1970); `take` gets each flow. Its
 * first non-zero return ends the reading and is returned. -EBADMSG: broken, counted, and what
 * stood before was taken; -ENOMEM.
 */
int export_read(struct exports *exports, const struct ip *exporter, int64_t time,
                struct bytes datagram, int (*take)(void *context, const struct flow *flow),
                void *context) __attribute__((warn_unused_result));

const struct export_counts *export_counts(const struct exports *exports);
void exports_destroy(struct exports *exports);

#endif
