/*
 * triage/success/baseline.h -- what a server answers when nobody attacks, and how fast.
 *
 * Known by endpoint: server, method, path without parameters, names of the
 * parameters. Of each it keeps the texts of some answers, a histogram of answer
 * times, and which whole answers came to attacks that asked for different
 * things: such an answer is a fixed page, and what stands in it proves nothing.
 * Bounds: `limit` bytes over all; per endpoint BASELINE_BODIES texts of
 * BASELINE_BODY bytes and BASELINE_FIXED whole answers. What does not fit is
 * not learned, and counted.
 */
#ifndef TRIAGE_SUCCESS_BASELINE_H
#define TRIAGE_SUCCESS_BASELINE_H

#include "triage/attack/attempt.h"
#include "triage/success/visits.h"

enum {
    BASELINE_BODIES = 12,
    BASELINE_BODY = 16384,
    BASELINE_FIXED = 256,
    BASELINE_TIMES = 256, /* the newest answer times of an endpoint */
    BASELINE_NEIGHBOURS = 64,
    BASELINE_CHANNELS = 16,  /* places of an endpoint of which it is known that they show output */
    BASELINE_SAME_PAGE = 14, /* answers with the same page from which on only they are asked */
};

struct baseline;

/* -ENOMEM. */
int baseline_new(size_t limit, struct baseline **ret_baseline) __attribute__((warn_unused_result));
void baseline_free(struct baseline *baseline);

/* How much of the answer to this harmless request the baseline would learn from; 0: it knows
 * enough. */
size_t baseline_wants(const struct baseline *baseline, const struct exchange *exchange);

/*
 * Learn a harmless exchange, or, with what it tried, a suspect; of that one
 * `rest` is its answer without what came back of it (answer_reduce). -ENOMEM.
 */
int baseline_learn(struct baseline *baseline, const struct exchange *exchange,
                   const struct attempts *attempts, struct bytes rest)
    __attribute__((warn_unused_result));

/* Whether this harmless exchange is one of the first of its page, which are kept as visits; and
 * keep it. */
bool baseline_wants_visit(const struct baseline *baseline, const struct exchange *exchange);
void baseline_learn_visit(struct baseline *baseline, const struct exchange *exchange,
                          const struct visit *visit);

/* The harmless visits of this endpoint; NULL: none. */
const struct visits *baseline_visits(const struct baseline *baseline,
                                     const struct exchange *exchange);

/* Output that came by this channel, asked for at this place (a hash of it and of what chooses the
 * page beside it), was seen in an answer of this endpoint; and whether that, or what implies it, is
 * known. */
void baseline_learn_channel(struct baseline *baseline, const struct exchange *exchange,
                            uint64_t place, enum channel channel);
bool baseline_has_channel(const struct baseline *baseline, const struct exchange *exchange,
                          uint64_t place, enum channel channel);

/* Learn a probe's answer; what the endpoint's other answers say of it. See success/contrast.h. */
void baseline_learn_probe(struct baseline *baseline, const struct exchange *exchange,
                          const struct contrast_answer *answer);
enum contrast_finding baseline_contrast(const struct baseline *baseline,
                                        const struct exchange *exchange,
                                        const struct contrast_answer *answer,
                                        struct contrast_pairs *ret_pairs);

/*
 * Whether this endpoint's harmless answers hold this text; those of the whole
 * server where too little is known of the endpoint to tell its own pages: no
 * harmless answer yet, or no other attack's answer to compare with.
 */
bool baseline_explains(const struct baseline *baseline, const struct exchange *exchange,
                       struct bytes text);

/* Whether a harmless answer of the same server holds this text. */
bool baseline_shows(const struct baseline *baseline, const struct exchange *exchange,
                    struct bytes text);

/* The texts of harmless answers of this very endpoint. */
uint32_t baseline_body_count(const struct baseline *baseline, const struct exchange *exchange);
struct bytes baseline_body(const struct baseline *baseline, const struct exchange *exchange,
                           uint32_t i);

/*
 * Whether the answer of which this is the rest also came to an attack on the
 * same endpoint that asked for something else, so that it does not depend on
 * what is asked.
 */
bool baseline_is_fixed(const struct baseline *baseline, const struct exchange *exchange,
                       const struct attempts *attempts, struct bytes rest);

/* The same but for the page's numbers, which may be times or tickets. */
bool baseline_is_same_page(const struct baseline *baseline, const struct exchange *exchange,
                           const struct attempts *attempts, struct bytes rest);

/*
 * How likely an answer of this endpoint takes from `least` to `most` seconds
 * when nobody asks it to wait (Laplace's rule over what was seen), among the
 * answers with the same page (`rest`: answer_reduce) where there are enough,
 * and among those of the server's other pages where there are too few of this
 * one; 1 when nothing is known.
 */
double baseline_delay_chance(const struct baseline *baseline, const struct exchange *exchange,
                             struct bytes rest, double least, double most);

/* What did not fit into the limit, since the beginning. */
uint64_t baseline_unlearned(const struct baseline *baseline);

#endif
