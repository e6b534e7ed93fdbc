/* engine/alert_notice.h -- a group of alerts as organisations are told of it. */
#ifndef ENGINE_ALERT_NOTICE_H
#define ENGINE_ALERT_NOTICE_H

#include "engine/alert_board.h"
#include "store/alerts.h"

struct alert_notice {
    struct ip ends[3]; /* destination, host, source; those that are given first */
    unsigned end_count;
    struct buffer json, text; /* one object; lines for people */
};

/* Read it; buffers are emptied first, and the caller's to finish. -ENOENT: it is gone; -ENOMEM. */
int alert_notice_make(struct alerts_store *store, const struct alert_standing *group, bool again,
                      struct alert_notice *notice) __attribute__((warn_unused_result));

#endif
