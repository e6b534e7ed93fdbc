/*
 * analyse/ioc/notation.h -- sets of indicators as text: JSON Lines, one indicator a line.
 *
 * {"id","family","parts":[{"kind","level","mask","regex"}],"why","found","found_of","groups",
 *  "spared","spared_of","clarity","samples":[…]}
 *
 * Read as hostile: of parts only kind, level and mask count, the expressions are made anew; a line
 * that says no indicator is refused with its line.
 *
 * Limits: NOTATION_INDICATORS lines.
 */
#ifndef ANALYSE_IOC_NOTATION_H
#define ANALYSE_IOC_NOTATION_H

#include "base/fault.h"
#include "base/json.h"
#include "model/indicator.h"

enum { NOTATION_INDICATORS = 1 << 16 };

void indicator_json(const struct indicator *indicator, struct json *json);

/* Append what `text` has. -EBADMSG with a fault; -E2BIG: too many; -ENOMEM. */
int indicators_read(struct bytes text, struct indicator_set *set, struct fault *ret_fault)
    __attribute__((warn_unused_result));

#endif
