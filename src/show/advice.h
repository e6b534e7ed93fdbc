/*
 * show/advice.h -- what to do next about a case.
 *
 * Steps follow from what the case's findings carry: the ATT&CK techniques, the
 * hosts, the observables. The most pressing come first; each is a sentence in
 * English and Japanese, and where a view answers it, the door to that view.
 */
#ifndef SHOW_ADVICE_H
#define SHOW_ADVICE_H

#include "show/state.h"

/* Write [{"text","text_ja","trace"?,"sql"?}] for a case; at most eight. -EIO. */
int advice_json(struct sqlite3 *db, int64_t case_id, struct json *json)
    __attribute__((warn_unused_result));

#endif
