/*
 * triage/success/verdict.h -- did it succeed: expectations against what was seen.
 *
 * Three guards stand before SUCCESS: a trace that stands in the request too, in
 * any decoded form, is a reflection; one that this URL's harmless answers show
 * as well proves nothing; a delay counts only against this endpoint's own
 * distribution of answer times. FAILED is said only if a visible trace was
 * expected, the answer is complete and the trace is not in it. Everything else
 * is UNKNOWN, with the reason. The status code alone never decides.
 */
#ifndef TRIAGE_SUCCESS_VERDICT_H
#define TRIAGE_SUCCESS_VERDICT_H

#include "triage/attack/attempt.h"

struct baseline; /* what endpoints answer when nobody attacks, and how fast: bounded */

/* `limit` bytes at most. -ENOMEM. */
int baseline_new(size_t limit, struct baseline **ret_baseline) __attribute__((warn_unused_result));
void baseline_free(struct baseline *baseline);

/* How much of the answer to this harmless request the baseline would learn from; 0: it knows
 * enough. */
size_t baseline_wants(const struct baseline *baseline, const struct exchange *exchange);

/*
 * Learn an exchange of this endpoint (server, method, path without parameters,
 * names of the parameters). Times of suspects are learned too when they came
 * back at once; bodies only of those nobody suspects. -ENOMEM.
 */
int baseline_learn(struct baseline *baseline, const struct exchange *exchange, bool suspect)
    __attribute__((warn_unused_result));

struct proof {
    enum expectation_kind kind;
    struct bytes command;  /* what was run */
    struct bytes expected; /* the trace it would leave */
    struct bytes found;    /* the text found, or "10.0.0.3:4444 from 10.0.0.1" */
    uint64_t packet;       /* where: number of the packet in the capture, 0: none */
    uint64_t offset;       /* byte in the decoded answer */
};

struct verdict {
    enum attack_outcome outcome;
    enum attack_class class;
    double confidence;
    struct proof proof;     /* of success, or the visible trace that is missing */
    struct sentence reason; /* one line, both languages */
};

/* What happened on the network around an exchange, in time order: count of them from `at`. */
struct occurrences {
    const struct occurrence *at;
    size_t count;
};

/* Whether an exchange asks the same server for what an attempt may have dropped (EXPECT_file). */
bool verdict_wants_later(const struct attempts *attempts, const struct exchange *later);

/*
 * Judge one exchange. `occurrences` are those from the request's start until as
 * long after the answer as the caller waits; `later` exchanges of the same
 * server that followed (for files that were dropped). Text in `arena`. 0, -ENOMEM.
 */
int verdict_reach(const struct exchange *exchange, const struct attempts *attempts,
                  const struct baseline *baseline, struct occurrences occurrences,
                  const struct exchange *const *later, size_t later_count, struct arena *arena,
                  struct verdict *ret_verdict) __attribute__((warn_unused_result));

#endif
