/*
 * triage/success/rows.h -- whether a page shows rows that it does not show by itself.
 */
#ifndef TRIAGE_SUCCESS_ROWS_H
#define TRIAGE_SUCCESS_ROWS_H

#include "triage/success/answer.h"
#include "triage/success/baseline.h"

enum rows_wanted {
    ROWS_NONE,
    ROWS_ALL,       /* of the table the page reads: "OR 1=1" */
    ROWS_ALL_KNOWN, /* … all of which harmless answers showed one by one */
    ROWS_OTHER,     /* of another table, in place of the page's own: "-1 UNION SELECT" */
    ROWS_MORE,      /* … beside the page's own, which nobody may have seen before */
};

/*
 * Compares the answer with this endpoint's harmless ones. Where those differ is
 * where rows are printed, told by the tag before it; where only one is known,
 * it is a tag that is made for rows. Rows leaked when texts stand there that the
 * request does not hold: those of several harmless answers at once, or a
 * harmless one's with as many again (all); none that is known (other); more new
 * ones than any harmless answer has rows, beside no more known ones than such an
 * answer has (more). Rows of JSON are the values of one key.
 */
bool rows_leaked(const struct answer *answer, const struct exchange *exchange,
                 const struct baseline *baseline, enum rows_wanted wanted, struct found *ret_found);

/* The words of a database that could not run a statement; empty: none in the answer. */
bool sql_error_shown(const struct answer *answer, struct found *ret_found);

#endif
