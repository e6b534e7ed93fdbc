/*
 * triage/success/visits.h -- what harmless requests of one page asked, and which pages they got.
 *
 * A page that answers the same whatever is asked shows nothing of what an
 * attack does, and one whose answers change with a parameter would. Pages are
 * compared without what was asked (answer_reduce) and, unless they are known to
 * be steady, without their numbers, because times and tickets differ by themselves.
 */
#ifndef TRIAGE_SUCCESS_VISITS_H
#define TRIAGE_SUCCESS_VISITS_H

#include "base/arena.h"
#include "model/exchange.h"

enum { VISITS = 8, VISIT_PLACES = 10 }; /* the first ones are kept */

struct visit {
    uint64_t shape, exact; /* of the page: without its numbers, with them */
    struct {
        uint64_t place, value; /* hashes; the place's is that of its label */
        bool header;
    } asked[VISIT_PLACES];
    uint32_t count;
};

struct visits {
    struct visit items[VISITS];
    uint32_t count;
};

/* The page without its numbers and the width of its blanks, as a hash. */
uint64_t page_shape(struct bytes page);

/* `rest`: the answer without what was asked. `arena` is for the while. -ENOMEM. */
int visit_make(const struct exchange *exchange, struct bytes rest, struct arena *arena,
               struct visit *ret_visit) __attribute__((warn_unused_result));

/* What a visit asked beside one place, headers aside, as a hash: a cookie or another parameter may
 * choose what the page does. */
uint64_t visit_context(const struct visit *visit, uint64_t place);

/* Whether two visits that differ in this place only, and else are as `visit`, got different pages.
 */
bool visits_vary(const struct visits *visits, const struct visit *visit, uint64_t place);

/* Whether visits that differ in this place, and else are as `visit`, all got the page it got. */
bool visits_same(const struct visits *visits, const struct visit *visit, uint64_t place);

#endif
