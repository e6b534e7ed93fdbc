/*
 * show/judged.h -- verdicts kept with the alerts of the store they are about.
 *
 * Before a capture, the judge is told of all that was gathered. Beside a wire,
 * of what is gathered meanwhile; an alert whose exchange was judged before it
 * came gets that verdict, and one that finds no traffic within JUDGED_WAIT is
 * given up and stays without.
 */
#ifndef SHOW_JUDGED_H
#define SHOW_JUDGED_H

#include "engine/judge.h"

#define JUDGED_WAIT (15 * TIME_MINUTE)

struct judged_alerts;

/* -errno with what judged_alerts_error says; close in any case. */
int judged_alerts_open(const char *folder, struct judge *judge, bool live,
                       struct judged_alerts **ret_alerts) __attribute__((warn_unused_result));

/* Tell the judge of every alert gathered since the last time. As judged_alerts_open. */
int judged_alerts_read(struct judged_alerts *alerts) __attribute__((warn_unused_result));

/*
 * Note a verdict for the alerts of the store it is about. A judgement without traffic says nothing
 * of them: *ret_told is false when it is about an alert of the store and nothing else. -ENOMEM.
 */
int judged_alerts_take(struct judged_alerts *alerts, const struct judgement *judgement,
                       bool *ret_told) __attribute__((warn_unused_result));

/* Write what was noted. -EBUSY: another writes, try again. As judged_alerts_open. */
int judged_alerts_commit(struct judged_alerts *alerts) __attribute__((warn_unused_result));

/* How many alerts were given a verdict; how many had no room to wait. */
uint64_t judged_alerts_count(const struct judged_alerts *alerts);
uint64_t judged_alerts_crowded(const struct judged_alerts *alerts);

const char *judged_alerts_error(const struct judged_alerts *alerts);
void judged_alerts_close(struct judged_alerts *alerts); /* NULL is allowed */

#endif
