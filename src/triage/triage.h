/*
 * triage/triage.h -- findings → cases.
 *
 * Findings that share a cause (the root of the process tree), a host hop, a
 * novelty or, within half a day, a host become one case. Findings come in the
 * order the engine says them; the same findings give the same cases.
 */
#ifndef TRIAGE_TRIAGE_H
#define TRIAGE_TRIAGE_H

#include "base/cursor.h"
#include "model/case.h"

struct triage;

int triage_open(struct triage **ret_triage) __attribute__((warn_unused_result));

/*
 * Take one finding. `ret_case` is the case it belongs to, new or changed,
 * owned by the triage and valid until its next call.
 */
int triage_take(struct triage *triage, const struct finding *finding,
                const struct incident **ret_case) __attribute__((warn_unused_result));

void triage_save(const struct triage *triage, struct buffer *out);
int triage_load(struct triage *triage, struct cursor *in) __attribute__((warn_unused_result));
void triage_close(struct triage *triage);

#endif
