/*
 * triage/group/burst.h -- groups → bursts: what one source does in one go.
 *
 * A scanner raises a thousand different alerts, each a group. A burst takes the
 * groups that have the source (or else the host) and the class (the sensor's
 * category, or else the sensor) in common, and begin within `window` of event
 * time of alerts of the burst. It has the number of its first group; a group
 * stays in its burst. What is open is held by open groups, so it is known again
 * from these. At most BURSTS_OPEN; then all that are open are over.
 */
#ifndef TRIAGE_GROUP_BURST_H
#define TRIAGE_GROUP_BURST_H

#include "model/alert_group.h"

enum { BURSTS_OPEN = 1 << 18 };

#define BURST_WINDOW (10 * TIME_MINUTE)

struct bursts;

/* -ENOMEM. */
int bursts_new(int64_t window, struct bursts **ret_bursts) __attribute__((warn_unused_result));
void bursts_free(struct bursts *bursts); /* NULL is allowed */

/* A group took an alert of `time`; a new one (burst 0) is given its burst. -ENOMEM. */
int bursts_take(struct bursts *bursts, struct alert_group *group, int64_t time)
    __attribute__((warn_unused_result));

/* An open group of an earlier run. -ENOMEM. */
int bursts_restore(struct bursts *bursts, const struct alert_group *group)
    __attribute__((warn_unused_result));

/* What alerts of one burst share. */
uint64_t alert_burst_key(const struct alert *alert);

#endif
