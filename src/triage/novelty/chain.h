/*
 * triage/novelty/chain.h -- day-forward chaining: each day is scored by what was known before it.
 *
 * The model for a day learns from all earlier days (UTC) and scores that day;
 * then the day is added to what is learned from. So a replay of a month gives
 * the scores that each morning's training would have given.
 *
 * The alert budget -- groups a day that people can read -- makes the cut: where
 * the scores of the days before, each scored the same way, would have shown no
 * more; for the first scored day, for lack of such, where no more of as many
 * groups a day would be as surprising. (learn/budget.h speaks of findings of
 * hosts, with a prior in their units.)
 */
#ifndef TRIAGE_NOVELTY_CHAIN_H
#define TRIAGE_NOVELTY_CHAIN_H

#include "triage/novelty/novelty.h"

struct chain_options {
    double budget; /* groups a day, > 0 */
    uint64_t seed;
};

struct chain_score {
    double score, cut; /* NAN: nothing was known yet; shown where score >= cut */
    struct novelty_reason reasons[NOVELTY_REASONS];
};

/*
 * Scores of groups and their rows (novelty_features), ascending by `first`. Those before
 * `groups[from]`'s day keep what is in ret_scores, which an earlier call put there. -ENOMEM.
 */
int chain_score(const struct chain_options *options, const struct group_facts *groups,
                const float *rows, size_t count, size_t from, struct chain_score *ret_scores)
    __attribute__((warn_unused_result));

#endif
