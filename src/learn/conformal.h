/*
 * learn/conformal.h -- where to cut so that a stated share is missed at most, and how sure that is.
 *
 * Given decisions of people and the scores a model had given before them, two
 * cuts: below the lower one a score is filtered away, above the upper one it is
 * raised, and what is between stays with people. The lower is the highest at
 * which, with a confidence of 1 - doubt, no more than `filter_share` of the
 * positives would be filtered (the false-negative rate); the upper the lowest
 * at which no more than `raise_share` of the negatives would be raised, as sure.
 * Each holds by itself, whatever the scores' distribution and however bad the model:
 * a bad one only filters little.
 *
 * This is conformal risk control in the form that gives its confidence
 * (Bates, Angelopoulos, Lei, Malik and Jordan, "Distribution-free,
 * risk-controlling prediction sets", JACM 2021; Angelopoulos, Bates, Candès,
 * Jordan and Lei, "Learn then test", 2021): the risk grows with the cut, so
 * cuts are tested from the safe end until one can't be told from bad. For a miss
 * or none the test is exact, that of Clopper and Pearson (1934), and with n
 * positives comes to: with m the most misses such that
 * P(Binomial(n, filter_share) <= m) <= doubt, cut at the positive of
 * (m + 1)-th lowest score. Without any miss it takes ln(doubt) /
 * ln(1 - share) positives: 2,995 for a share of 0.1 % at 95 %.
 *
 * Decisions that hang together (an alert repeated, the alerts of one attack) are
 * no more than one of them: they form a unit, and units are what is counted and
 * what the bound speaks of. A unit is missed with its first member, or with
 * its last one: `first`.
 *
 * What is promised rests on the units being drawn like those to come. Decisions
 * taken only on what an earlier filter let through know nothing of what it held
 * back: a random sample of that must be decided too. Times that change are
 * answered by recent decisions, not by this.
 */
#ifndef LEARN_CONFORMAL_H
#define LEARN_CONFORMAL_H

#include "base/buffer.h"
#include "base/cursor.h"

struct conformal_decision {
    uint64_t unit;
    double score; /* higher is worse; -INFINITY to INFINITY */
    bool positive;
};

struct conformal_options {
    double filter_share, raise_share; /* (0,1): 0.001 is usual of filters */
    double doubt;                     /* (0,1): 0.05 is usual */
    bool first; /* a unit is missed when one of it is filtered (or raised), not only when all are */
};

/* One cut; where there is not enough to say, that which filters or raises nothing. */
struct conformal_cut {
    double threshold;
    double bound;    /* of the share missed, with the confidence wanted; 1: nothing can be said */
    uint32_t units;  /* positive ones, or negative ones of the upper cut */
    uint32_t misses; /* of them, at this threshold */
    uint32_t wanted; /* units more before there is a cut at all, were there no miss; 0: enough */
};

struct conformal_band {
    struct conformal_cut filter, raise; /* filter.threshold <= raise.threshold */
};

enum conformal_side { CONFORMAL_FILTERED, CONFORMAL_KEPT, CONFORMAL_RAISED };

/*
 * `decisions` in any order. Where the cuts would cross, the model separates better than asked for:
 * both are then set to the one that filters less. -EINVAL: an option out of its range, a score that
 * is not a number, or more than 2^32 - 1 decisions; -ENOMEM.
 */
int conformal_calibrate(const struct conformal_options *options,
                        const struct conformal_decision *decisions, size_t count,
                        struct conformal_band *ret_band) __attribute__((warn_unused_result));

/* At a threshold, and where the score is not a number, it stays with people. */
enum conformal_side conformal_judge(const struct conformal_band *band, double score);

/* The share p that `misses` of `units` leave a chance of `doubt` to: P(Binomial(units, p) <=
 * misses) = doubt; 1 where all were missed. */
double conformal_bound(uint32_t units, uint32_t misses, double doubt);

/* Units without a miss that it takes for `share` and `doubt`, both in (0,1); UINT32_MAX if more. */
uint32_t conformal_least(double share, double doubt);

/* All of it, and back: bit by bit. -EBADMSG: no such band. */
void conformal_save(const struct conformal_band *band, struct buffer *out);
int conformal_load(struct cursor *from, struct conformal_band *ret_band)
    __attribute__((warn_unused_result));

#endif
