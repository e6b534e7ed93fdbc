/*
 * triage/level/level_features.h -- what an analyst looks at, as a row of numbers.
 *
 * The novelty features and score (history, host, time), what the judge and the
 * endpoint said (fusion), and the words of the rule's name, each hashed to one of
 * LEVEL_WORDS columns, so that a rule never decided upon is judged by rules that
 * speak of the same. What is not known is NAN, which trees take for missing.
 */
#ifndef TRIAGE_LEVEL_LEVEL_FEATURES_H
#define TRIAGE_LEVEL_LEVEL_FEATURES_H

#include "triage/level/past.h"
#include "triage/novelty/features.h"

enum {
    LEVEL_WORDS = 96,
    LEVEL_NOVELTY = NOVELTY_FEATURE_COUNT, /* the score; NAN where there was none yet */
    LEVEL_VERDICT,                         /* benign 0, failed 1, unknown 2, success 3 */
    LEVEL_FINDINGS,                        /* ln(1 + findings of the endpoint near in time) */
    LEVEL_FINDING_SCORE,                   /* the highest of theirs */
    LEVEL_PAST_RULE,                       /* share of attacks among decisions on the rule */
    LEVEL_PAST_HOST,                       /* … on the rule and the host */
    LEVEL_PAST_COUNT,                      /* ln(1 + decisions on the rule) */
    LEVEL_WORD,                            /* the first of LEVEL_WORDS */
    LEVEL_FEATURE_COUNT = LEVEL_WORD + LEVEL_WORDS,
};

/* `novelty` is the group's row of NOVELTY_FEATURE_COUNT; ret_row takes LEVEL_FEATURE_COUNT. */
void level_row(const struct group_facts *group, const float *novelty, double score,
               const struct level_past *past, float *ret_row);

/* What a column is about. */
const char *level_feature_name(uint32_t column);
const char *level_feature_text(uint32_t column, bool japanese);

#endif
