/*
 * engine/judge_carried.h -- what an alert carries of the exchange it is about.
 *
 * Sensors send along the packet's payload, the reassembled stream, or the parts
 * of an HTTP request; an answer they don't. So one can see what was tried, and
 * never whether it worked.
 */
#ifndef ENGINE_JUDGE_CARRIED_H
#define ENGINE_JUDGE_CARRIED_H

#include "base/arena.h"
#include "model/alert.h"
#include "model/exchange.h"

/*
 * The exchange as far as the alert knows it, without an answer; text in `arena` or the alert's.
 * *ret_carried: there is something of a request in it. 0, -ENOMEM.
 */
int exchange_of_alert(const struct alert *alert, struct arena *arena, struct exchange *ret_exchange,
                      bool *ret_carried) __attribute__((warn_unused_result));

#endif
