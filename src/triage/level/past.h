/*
 * triage/level/past.h -- what analysts decided before on a group's rule, and on that rule and host.
 *
 * Day by day: a decision counts for groups that begin on a later day (UTC) than
 * the group it was about, and after it was taken. So what a replay gives is what
 * each morning would have given, and no decision counts for itself.
 */
#ifndef TRIAGE_LEVEL_PAST_H
#define TRIAGE_LEVEL_PAST_H

#include "triage/novelty/facts.h"

enum { LEVEL_PAST_SEEN = 1 << 20 /* rules, and rules on hosts, remembered; others have no past */ };

struct level_decided {
    int level;    /* 0 to 4; -1: nobody decided */
    int64_t time; /* when */
};

struct level_past {
    uint32_t rule, rule_attacks; /* decisions on the rule; those that were not level 0 */
    uint32_t host, host_attacks; /* … on the rule and the host */
};

/* ret_past[i] for each of `groups`, which ascend by `first`. -ENOMEM. */
int level_past_find(const struct group_facts *groups, const struct level_decided *decided,
                    size_t count, struct level_past *ret_past) __attribute__((warn_unused_result));

#endif
