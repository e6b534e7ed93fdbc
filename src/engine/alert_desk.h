/*
 * engine/alert_desk.h -- tells organisations of the alerts that matter, once.
 *
 * A thread of its own looks at what changed on the board (engine/alert_board.h)
 * and puts notices to respond/notify.h. An organisation is told of a group that
 * has an end, or its host, within its prefixes, when the group's priority reaches
 * organisation.alerts_priority; and again only when its priority or its verdict
 * rises. A group without any address is told to who has 0.0.0.0. What somebody
 * decided is not told any more. What was told, and whether any way delivered it,
 * is in the store (alert_notices); what was not delivered when the process ended
 * is told again by the next. What stood on the board before notices were ever
 * wanted is no news, nor is a group whose last alert is ALERT_DESK_NEWS older than
 * the newest, whatever a model thinks of it now.
 */
#ifndef ENGINE_ALERT_DESK_H
#define ENGINE_ALERT_DESK_H

#include "engine/alert_board.h"
#include "respond/notify.h"

#define ALERT_DESK_NEWS TIME_DAY

enum { ALERT_DESK_LOOKS = 4 /* a second */ };

struct alert_desk;

struct alert_desk_options {
    const char *folder;
    const struct darknet_configuration *configuration; /* these must stay */
    const struct darknet_prefixes *prefixes;
    struct alert_board *board;
    /* A notice that came to nothing, and why; on the notifier's thread. */
    void (*failed)(void *context, uint64_t group, const char *organisation,
                   enum notify_channel channel, const char *why);
    void *context;
};

/* Whether any organisation wants to be told of alerts. */
bool alert_desk_wanted(const struct darknet_configuration *configuration);

/* -ENOMEM; what notifier_open says. */
int alert_desk_open(const struct alert_desk_options *options, struct alert_desk **ret_desk)
    __attribute__((warn_unused_result));

/* Let notices go out for at most `patience` ns, keep what became of them, free. NULL is fine. */
struct notify_counts alert_desk_close(struct alert_desk *desk, int64_t patience);

#endif
