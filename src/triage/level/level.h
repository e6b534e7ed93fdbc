/*
 * triage/level/level.h -- the level an analyst would give, and what may be filtered away.
 *
 * Boosted trees (learn/boosted_trees.h, one thread) learn from decided groups:
 * 0 false positive, 1 to 4. The score of a group is how surely it is not level 0,
 * as log odds. Two cuts (learn/conformal.h) say what is filtered away and what is
 * raised, between which it stays with people: they are calibrated on scores that
 * models gave to decisions they had not learned from (cross-fitting: every fold
 * is judged by a model of the others), so the model that then judges learned
 * from more than those that were measured.
 */
#ifndef TRIAGE_LEVEL_LEVEL_H
#define TRIAGE_LEVEL_LEVEL_H

#include "learn/conformal.h"
#include "triage/level/level_features.h"

enum {
    LEVEL_COUNT = 5,
    LEVEL_LEAST = 20, /* decisions wanted, and two of them of either side (0, not 0) */
    LEVEL_FOLDS = 64,
    LEVEL_REASONS = 3,
};

struct level_decision {
    uint32_t level; /* 0 to 4 */
    uint32_t fold;  /* below LEVEL_FOLDS; decisions that hang together share one */
    uint64_t unit;  /* of the bound: learn/conformal.h */
    int64_t time;   /* of the group */
};

struct level_options {
    double miss, raise; /* shares: of positives filtered, of negatives raised */
    double doubt;
    uint64_t seed;
};

struct level_model;

/*
 * Learn from `count` rows (level_row) and what was decided. ret_scores (NULL: not wanted) takes
 * the scores of the cross-fitting, NAN for folds that were too one-sided to be judged. -ENODATA:
 * fewer than LEVEL_LEAST, or of one side or one fold only; -ELIBACC: no XGBoost; -EINVAL; -ENOMEM.
 */
int level_fit(const struct level_options *options, const float *rows,
              const struct level_decision *decisions, size_t count, double *ret_scores,
              struct level_model **ret_model) __attribute__((warn_unused_result));

struct level_judgement {
    double score;   /* log odds of not being level 0 */
    uint32_t level; /* the most probable */
    double share;   /* its probability */
    enum conformal_side side;
};

void level_judge(const struct level_model *model, const float *row, struct level_judgement *ret);

/* What spoke most for (share > 0) or against (< 0) its not being level 0: shares of all that did.
 */
struct level_reason {
    uint32_t column;
    double share;
};
/* -ENOMEM. */
int level_explain(const struct level_model *model, const float *row,
                  struct level_reason ret_reasons[LEVEL_REASONS])
    __attribute__((warn_unused_result));

const struct conformal_band *level_band(const struct level_model *model);

/* Mean log loss of "level 0 or not" over rows; lower is better. */
double level_loss(const struct level_model *model, const float *rows,
                  const struct level_decision *decisions, size_t count);

/* All of it, and back: bit by bit. -EBADMSG: no such model, or of other features; -ENOMEM. */
void level_save(const struct level_model *model, struct buffer *out);
int level_load(struct cursor *from, struct level_model **ret_model)
    __attribute__((warn_unused_result));

void level_close(struct level_model *model); /* NULL is allowed */

#endif
