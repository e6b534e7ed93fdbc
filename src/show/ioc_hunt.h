/*
 * show/ioc_hunt.h -- indicators against all events that are stored.
 */
#ifndef SHOW_IOC_HUNT_H
#define SHOW_IOC_HUNT_H

#include "base/json.h"
#include "model/finding.h"
#include "model/indicator.h"
#include "store/store.h"

/* A process of which all parts of an indicator were seen; told at the event that completed it. */
struct ioc_hit {
    const struct indicator *indicator;
    int64_t time;
    struct bytes host, process, program;
    struct event_id event;
};

/* {"time","host","process","program","family","indicator","event"} */
void ioc_hit_json(const struct ioc_hit *hit, struct json *json);

struct ioc_hunt_counts {
    uint64_t events, hits;
};

/* Each process and indicator once; texts are valid only within the call. -ENOMEM, -EINVAL, or the
 * store's error. */
int ioc_hunt(struct store *store, const struct indicator_set *set,
             void (*hit)(void *context, const struct ioc_hit *hit), void *context,
             struct ioc_hunt_counts *ret_counts) __attribute__((warn_unused_result));

#endif
