/*
 * engine/judge_alerts.h -- alerts that wait for the exchange they are about.
 *
 * An alert belongs to the exchange of the same two ends, whichever way round
 * its sensor writes them, whose time from the request's start to the answer's
 * end (a second more on each side) it falls into.
 */
#ifndef ENGINE_JUDGE_ALERTS_H
#define ENGINE_JUDGE_ALERTS_H

#include "model/alert.h"
#include "model/exchange.h"

enum {
    JUDGE_ALERTS = 1 << 20, /* that wait at most */
    JUDGE_ALERTS_TOLD = 32, /* of one exchange; the rest wait on and are told by themselves */
};

struct judge_alerts;

/* Two ends, the same whichever comes first; from when to when an exchange lasts. */
uint64_t alert_ends(const struct alert *alert);
uint64_t exchange_ends(const struct exchange *exchange);
void exchange_span(const struct exchange *exchange, int64_t *ret_from, int64_t *ret_to);

/* -ENOMEM. */
int judge_alerts_new(struct judge_alerts **ret_alerts) __attribute__((warn_unused_result));
void judge_alerts_free(struct judge_alerts *alerts);

/* -ENOMEM, -ENOSPC. Keeps the pointer. */
int judge_alerts_add(struct judge_alerts *alerts, const struct alert *alert)
    __attribute__((warn_unused_result));

/* Forget those from before `time`. */
void judge_alerts_forget(struct judge_alerts *alerts, int64_t time);

/* Whether one between the ends of this exchange was added, and not forgotten. */
bool judge_alerts_have(const struct judge_alerts *alerts, const struct exchange *exchange);

/* Those about this exchange; they wait no more. Their number. */
uint32_t judge_alerts_take(struct judge_alerts *alerts, const struct exchange *exchange,
                           const struct alert *ret_alerts[JUDGE_ALERTS_TOLD]);

/* What still waits, in the order in which it was added. The callback's -errno. */
int judge_alerts_rest(struct judge_alerts *alerts,
                      int (*tell)(void *context, const struct alert *alert), void *context)
    __attribute__((warn_unused_result));

#endif
