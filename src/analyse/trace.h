/*
 * analyse/trace.h -- back to the cause, forward to the damage.
 *
 * From one observable (a process, a file, a key, an address) or a case, a trace
 * follows dependencies in time order: backward, only what happened before and
 * could have had influence; forward, only what came after. It crosses
 * processes, files, registry keys, sockets and hosts, and what survives a
 * reboot (a Run key, service or task written, its program started later).
 * The search is best-first by rarity and nearness in time, after PrioTracker
 * (Liu et al., NDSS 2018) and NoDoze (Hassan et al., NDSS 2019), within a
 * stated budget of nodes, and says when it was cut off.
 */
#ifndef ANALYSE_TRACE_H
#define ANALYSE_TRACE_H

#include "base/arena.h"
#include "model/finding.h"
#include "store/store.h"

struct trace_node {
    uint32_t id;               /* position in trace.nodes */
    enum observable_type type; /* process, file, registry, ip, domain, user, service, host */
    struct bytes entity_id;    /* process entity id; else the canonical value */
    struct bytes name, host;
    int64_t time;  /* start of a process; else when the trace first met it */
    double weight; /* how rare and near: why it was followed */
    int8_t side;   /* -1 cause, 0 where the trace began, +1 scope */
};

struct trace_edge {
    uint32_t from, to; /* node ids, in the direction of influence */
    const char *
        relation; /* "started", "wrote", "read", "loaded", "connected", "injected", "survived", … */
    int64_t time;
    struct event_id event; /* the observation that says so; source 0 offset 0 when inferred */
    bool inferred;         /* e.g. Run key → program started from it: no event records the read */
};

struct trace_request {
    struct observable start[FINDING_OBSERVABLES];
    struct trace_span {
        int64_t first, last; /* forward from the first moment, back from the last; TIME_NONE: any */
    } spans[FINDING_OBSERVABLES];
    uint32_t start_count;
    int64_t time; /* instead of the spans; TIME_NONE: as they say */
    bool back, forward;
    uint32_t node_budget; /* 0: 400 per direction */
};

struct trace {
    struct arena arena; /* owns all text */
    struct trace_node *nodes;
    struct trace_edge *edges; /* in time order */
    uint32_t node_count, edge_count;
    uint32_t considered; /* neighbours weighed */
    bool cut_off;        /* the budget ended the search */
};

/* -ENOENT: nothing in the store names the start. */
int trace_run(struct store *store, const struct trace_request *request, struct trace *ret_trace)
    __attribute__((warn_unused_result));
void trace_finish(struct trace *trace);

/*
 * What somebody typed as a request: "case:7", a finding's id, a process's
 * entity id, a path, a registry key, an address ("10.0.0.5", "10.0.0.5:445"),
 * a hash, a domain, a host. `type` forces the reading (OBSERVABLE_TYPES: none).
 * Text of the request lives in `arena`. -ENOENT: nothing in the store is called
 * that; -ENOMEM, or the store's error.
 */
int trace_request_parse(struct store *store, struct bytes text, enum observable_type type,
                        struct arena *arena, struct trace_request *ret_request)
    __attribute__((warn_unused_result));

/* {"nodes":[…],"edges":[…],"truncated":…,"visited":n}, nodes and edges in time order. */
struct json;
void trace_json(const struct trace *trace, struct json *json);

#endif
