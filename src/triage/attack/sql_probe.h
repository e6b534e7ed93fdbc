/*
 * triage/attack/sql_probe.h -- a payload taken apart: what stands before, how it breaks out, what
 * its answer would be.
 *
 *     Teapot') AND 7783=7783 AND ('a'='a
 *     base   |  condition   ends with its own quotes
 *           breaks out
 */
#ifndef TRIAGE_ATTACK_SQL_PROBE_H
#define TRIAGE_ATTACK_SQL_PROBE_H

#include "triage/attack/sql_value.h"
#include "triage/success/contrast.h"

/*
 * Take `text` apart; all of the probe but its place and how long it waits, which are the caller's.
 * -ENOMEM.
 */
int sql_probe_read(struct bytes text, struct arena *arena, struct probe *ret_probe)
    __attribute__((warn_unused_result));

#endif
