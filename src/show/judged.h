/*
 * show/judged.h -- verdicts as JSON, and with the alerts of the store they are about.
 */
#ifndef SHOW_JUDGED_H
#define SHOW_JUDGED_H

#include "base/json.h"
#include "engine/judge.h"

/* Whether there is one: what was run, or the trace it would leave. */
bool proof_there(const struct proof *proof);

/* Its members, into an object that is open. */
void proof_members_json(struct json *json, const struct proof *proof);

/* The alerts of DATA/alerts.db, waiting for their traffic, and what was said of them. */
struct judged_alerts;

/*
 * Tell the judge of every alert that was gathered, before the packets. -errno with what
 * judged_alerts_error says; close in any case.
 */
int judged_alerts_open(const char *folder, struct judge *judge, struct judged_alerts **ret_alerts)
    __attribute__((warn_unused_result));

/*
 * Keep a verdict for the alerts of the store it is about. A judgement without traffic says nothing
 * of them: *ret_told is false when it is about an alert of the store and nothing else. -ENOMEM.
 */
int judged_alerts_take(struct judged_alerts *alerts, const struct judgement *judgement,
                       bool *ret_told) __attribute__((warn_unused_result));

/* Write what was kept; how many alerts. */
int judged_alerts_commit(struct judged_alerts *alerts, uint64_t *ret_count)
    __attribute__((warn_unused_result));

const char *judged_alerts_error(const struct judged_alerts *alerts);
void judged_alerts_close(struct judged_alerts *alerts); /* NULL is allowed */

#endif
