/*
 * triage/success/consequence.h -- what a host did on the network, as a trace of what it was told.
 */
#ifndef TRIAGE_SUCCESS_CONSEQUENCE_H
#define TRIAGE_SUCCESS_CONSEQUENCE_H

#include "triage/success/verdict.h"

/*
 * The occurrence that an expectation of the kinds connection, contact, request,
 * dns or icmp names, if there is one. A target that any attack may share (an address
 * and port, a host to ping) counts, where attacks on the same host overlap, only until the
 * answer ended; one that names something of its own (a path, a domain, words
 * sent) counts as long as anybody waits. `ret_bits` is how telling it is.
 */
const struct occurrence *consequence_find(const struct expectation *expectation,
                                          const struct exchange *exchange,
                                          struct occurrences occurrences, double *ret_bits);

/* "10.0.0.1 → 10.0.0.3:4444 GET /x.sh", in `arena`. */
struct bytes consequence_text(const struct occurrence *occurrence, struct arena *arena);

#endif
