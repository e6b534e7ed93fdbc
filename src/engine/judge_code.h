/*
 * engine/judge_code.h -- what machine code in a request would do, as an attempt like any other.
 *
 * Bytes that look like machine code (attempts.codes) are given to the helper
 * that runs it (engine/emulator.h). What it would connect to, wait for, fetch or
 * run becomes an attempt of the class shellcode with the traces to look for.
 * Bounds: ATTEMPT_CODES pieces of a request, CODE_RUNS_A_SECOND runs in a second
 * of the packets' time; a helper lost CODE_LOSSES times is not asked again.
 * Code that nobody ran is counted, and never called an attack.
 */
#ifndef ENGINE_JUDGE_CODE_H
#define ENGINE_JUDGE_CODE_H

#include "triage/attack/attempt.h"

enum { CODE_RUNS_A_SECOND = 32, CODE_LOSSES = 8 };

struct code_judge;

struct code_counts {
    uint64_t runs, explained;
    uint64_t skipped; /* not run: too many in this second, or no helper */
};

/* `helper` as in emulator_open; without one everything is skipped. -ENOMEM. */
int code_judge_new(const char *helper, struct code_judge **ret_judge)
    __attribute__((warn_unused_result));
void code_judge_free(struct code_judge *judge);

/*
 * Run what looks like code among the attempts of this exchange and add what it
 * would do to them. Text in `arena`. -ENOMEM.
 */
int code_judge_explain(struct code_judge *judge, const struct exchange *exchange,
                       struct arena *arena, struct attempts *attempts)
    __attribute__((warn_unused_result));

const struct code_counts *code_judge_counts(const struct code_judge *judge);

#endif
