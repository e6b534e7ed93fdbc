/*
 * triage/group/group.h -- alerts → groups of repeats.
 *
 * A repeat has the sensor, name, ends and host of another, and comes not later
 * than `window` of event time behind its last one (nor earlier before its
 * first). Which group an alert gets depends on the alerts before it alone, so
 * the same alerts give the same groups however they come in batches. At most
 * GROUPS_OPEN are open; when there would be more, those that ended longest ago
 * are closed, and counted. Each group belongs to a burst (triage/group/burst.h).
 */
#ifndef TRIAGE_GROUP_GROUP_H
#define TRIAGE_GROUP_GROUP_H

#include "model/alert_group.h"

enum { GROUPS_OPEN = 1 << 17 };

#define GROUP_WINDOW (45 * TIME_MINUTE)

struct grouper;

/* Groups get ids from `next` on. -ENOMEM. */
int grouper_new(int64_t window, uint64_t next, struct grouper **ret_grouper)
    __attribute__((warn_unused_result));
void grouper_free(struct grouper *grouper);

/* An open group of an earlier run, before the first alert; in the order of their ids. */
int grouper_restore(struct grouper *grouper, const struct alert_group *group)
    __attribute__((warn_unused_result));

/*
 * The group of the next alert: open, with the alert in it (count 1: a new one). Valid until the
 * next call. -ENOMEM.
 */
int grouper_take(struct grouper *grouper, const struct alert *alert,
                 const struct alert_group **ret_group) __attribute__((warn_unused_result));

/* Visit the groups that changed or closed since the last visit, by id; the callback's -errno. */
int grouper_changed(struct grouper *grouper,
                    int (*visit)(void *context, const struct alert_group *group), void *context)
    __attribute__((warn_unused_result));

uint64_t grouper_evicted(const struct grouper *grouper);

/* What alerts of one group share. */
uint64_t alert_group_key(const struct alert *alert);

#endif
