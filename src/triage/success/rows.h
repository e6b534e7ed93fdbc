/*
 * triage/success/rows.h -- whether a page shows rows that it does not show by itself.
 */
#ifndef TRIAGE_SUCCESS_ROWS_H
#define TRIAGE_SUCCESS_ROWS_H

#include "triage/success/answer.h"
#include "triage/success/baseline.h"

/*
 * Compares the answer with this endpoint's harmless ones, of which at least two
 * must be known and differ. What all of them hold is the page's frame; where
 * they differ is where rows are printed, told by the tag before it. `all`: the
 * answer holds the rows of several harmless answers at once. Else: it holds
 * texts, in such a place, that neither the request nor any harmless answer of
 * the server has, and more of them than one harmless answer has.
 */
bool rows_leaked(const struct answer *answer, const struct exchange *exchange,
                 const struct baseline *baseline, bool all, struct found *ret_found);

/* The words of a database that could not run a statement; empty: none in the answer. */
bool sql_error_shown(const struct answer *answer, struct found *ret_found);

#endif
