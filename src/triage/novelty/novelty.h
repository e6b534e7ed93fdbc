/*
 * triage/novelty/novelty.h -- how new a group of alerts is, and why.
 *
 * An isolation forest and a stacked autoencoder learn from rows of features;
 * what both make of a row is turned into surprise (learn/surprise.h: -log10 of
 * how many rows would reach that), so that they speak one language, and the score
 * is their mean: 2 is what one group in a hundred reaches. The surprises are
 * fitted on rows a model of the other half had not learned from, so that what
 * was learned by heart is not taken for usual.
 */
#ifndef TRIAGE_NOVELTY_NOVELTY_H
#define TRIAGE_NOVELTY_NOVELTY_H

#include "triage/novelty/features.h"

enum {
    NOVELTY_LEAST = 100,    /* rows wanted to learn from */
    NOVELTY_ROWS = 1 << 17, /* rows learned from, the latest */
    NOVELTY_REASONS = 3,
};

struct novelty;

/* -ENODATA: fewer than NOVELTY_LEAST rows; -ENOMEM. */
int novelty_fit(const float *rows, size_t count, uint64_t seed, struct novelty **ret_model)
    __attribute__((warn_unused_result));

/* Scores of `count` rows, each in [0, SURPRISE_MOST]. -ENOMEM. */
int novelty_score(const struct novelty *model, const float *rows, size_t count, double *ret_scores)
    __attribute__((warn_unused_result));

/* The features that made most of a row's score, the most telling first; shares of it. */
struct novelty_reason {
    enum novelty_feature feature;
    double share; /* of all that speaks for novelty; 0: no further reason */
};

/* -ENOMEM. */
int novelty_explain(const struct novelty *model, const float *row,
                    struct novelty_reason ret_reasons[NOVELTY_REASONS])
    __attribute__((warn_unused_result));

void novelty_close(struct novelty *model); /* NULL is allowed */

#endif
