/*
 * triage/success/verdict.h -- did it succeed: expectations against what was seen.
 *
 * Three guards stand before SUCCESS: a trace that stands in the request too, in
 * any decoded form, is a reflection; one that this server's harmless answers
 * show as well, or an answer that comes whatever is asked, proves nothing; a
 * delay counts only against this endpoint's own distribution of answer times.
 * FAILED is said only if a visible trace was expected, the answer is complete,
 * the trace is not in it, and something says that it would have been: the
 * payload came back untouched, an error page came instead, the server did not
 * wait when told to. Everything else is UNKNOWN, with the reason. The status
 * code alone never decides.
 */
#ifndef TRIAGE_SUCCESS_VERDICT_H
#define TRIAGE_SUCCESS_VERDICT_H

#include "triage/success/baseline.h"

#define SUCCESS_BITS 14.0 /* information a trace must carry: once in 16,000 answers by chance */
#define DELAY_BITS   4.0  /* … a delay, of which there is one number only */

struct proof {
    enum expectation_kind kind;
    struct bytes command;  /* what was run */
    struct bytes expected; /* the trace it would leave */
    struct bytes found;    /* the text found, or "10.0.0.1 → 10.0.0.3:4444" */
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

/* What the victim did on the network from the request on, in time order. */
struct occurrences {
    const struct occurrence *at;
    size_t count;
    bool contested; /* other attacks on this victim fall into the same time */
    bool host_seen; /* the victim was ever seen to begin something: what it does is captured */
};

/* What followed an exchange. */
struct aftermath {
    struct occurrences occurrences;
    const struct exchange *const *later; /* exchanges of the server that ask for dropped files */
    size_t later_count;
};

/* Whether an exchange asks the same server for what an attempt may have dropped (EXPECT_file). */
bool verdict_wants_later(const struct attempts *attempts, const struct exchange *later);

/* Learn what a suspect got, before it is judged; without attempts, what a harmless request got.
 * `arena` is for the while. -ENOMEM. */
int verdict_learn(const struct exchange *exchange, const struct attempts *attempts,
                  struct baseline *baseline, struct arena *arena)
    __attribute__((warn_unused_result));

/* Judge one exchange. Text in `arena`. 0, -ENOMEM. */
int verdict_reach(const struct exchange *exchange, const struct attempts *attempts,
                  const struct baseline *baseline, const struct aftermath *aftermath,
                  struct arena *arena, struct verdict *ret_verdict)
    __attribute__((warn_unused_result));

#endif
