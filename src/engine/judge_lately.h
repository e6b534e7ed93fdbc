/*
 * engine/judge_lately.h -- what was said of the exchanges judged last.
 *
 * On a wire an appliance's alert may come when its exchange is judged already:
 * harmless ones are told at once. JUDGE_LATELY exchanges are remembered by their
 * ends and times, with the verdict and without their content; the oldest go.
 */
#ifndef ENGINE_JUDGE_LATELY_H
#define ENGINE_JUDGE_LATELY_H

#include "model/exchange.h"
#include "store/alerts.h"

enum { JUDGE_LATELY = 1 << 16 };

struct judge_lately;

/* -ENOMEM. */
int judge_lately_new(struct judge_lately **ret_lately) __attribute__((warn_unused_result));
void judge_lately_free(struct judge_lately *lately); /* NULL is allowed */

/* Copies the verdict's text. -ENOMEM. */
int judge_lately_keep(struct judge_lately *lately, const struct exchange *exchange,
                      const struct alert_verdict *verdict) __attribute__((warn_unused_result));

/*
 * What was said of the exchange this alert is about, as engine/judge_alerts.h has it; of several
 * the one nearest in time, then the last. Its text lives until the next keep.
 */
bool judge_lately_find(const struct judge_lately *lately, const struct alert *alert,
                       struct alert_verdict *ret_verdict);

#endif
