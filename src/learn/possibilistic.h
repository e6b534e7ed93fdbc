/*
 * learn/possibilistic.h -- clusters that come, grow, join and go while data stream by.
 *
 * Evolving Cauchy possibilistic clustering (Škrjanc, Ozawa, Ban and Dovžan,
 * "Large-scale cyber attacks monitoring using evolving Cauchy possibilistic
 * clustering", Applied Soft Computing 62, 2018; Škrjanc et al., SSCI 2017). How
 * typical a sample x is of a cluster with mean m and covariance C, in q
 * dimensions, is a Cauchy function of its Mahalanobis distance:
 *
 *     typicality = 1 / (1 + (x - m)' C^-1 (x - m) / q)
 *
 * one half for a usual member (whose squared distance is q on average).
 * Typicalities of different clusters do not share one sum: a sample may be
 * typical of several, and an outlier is typical of none, which is what makes
 * this possibilistic. A cluster belongs to one class. Learning a sample:
 *
 *   - the cluster of its class it is most typical of takes it in, if the
 *     typicality reaches `threshold`; mean and covariance move recursively;
 *   - otherwise it is the first member of a new cluster;
 *   - two clusters of a class that would take each other's means in are merged
 *     where one of them all has no greater volume (the root of the covariance's
 *     determinant) than the two together;
 *   - where there is no room, the cluster gives way that holds least, of those
 *     that took nothing in for the longest.
 *
 * Ours is the regularisation: C = (sum of squares + w d^2) / (members + w), so
 * that a cluster of one sample has the prior deviation d and none is ever
 * singular; and `memory`, the number of members beyond which a cluster forgets
 * at the rate at which it learns, so that it can follow what drifts.
 *
 * The diagonal shape costs q per cluster and sample, the full one q^2 (the
 * Cholesky factor is updated by rank one). No clock, no chance: the same samples
 * in the same order give the same model, bit by bit.
 */
#ifndef LEARN_POSSIBILISTIC_H
#define LEARN_POSSIBILISTIC_H

#include "base/buffer.h"
#include "base/cursor.h"

enum {
    POSSIBILISTIC_FEATURES = 256, /* most */
    POSSIBILISTIC_CLASSES = 64,
    POSSIBILISTIC_CLUSTERS = 4096,
};

struct possibilistic_options {
    uint32_t features, classes;
    uint32_t clusters;      /* room; the least typical use of it gives way */
    double threshold;       /* (0,1): below this typicality a sample begins a cluster */
    double prior_deviation; /* > 0, in the features' own unit */
    double prior_weight;    /* > 0: as if so many samples had shown the prior */
    double memory;          /* > 1 members; INFINITY: never forget */
    bool full;              /* covariances with their correlations, not variances alone */
};

struct possibilistic;

struct possibilistic_counts {
    uint32_t clusters;                 /* now */
    uint64_t samples, merged, evicted; /* since the beginning */
};

/* -EINVAL: an option out of its range; -ENOMEM. */
int possibilistic_open(const struct possibilistic_options *options,
                       struct possibilistic **ret_model) __attribute__((warn_unused_result));

/*
 * How typical `sample` is of each class: the most of its clusters, 0 without
 * one. `typicality` has room for all classes. Returns the class of most, the
 * lower of equals; 0 where nothing was learned.
 */
uint32_t possibilistic_judge(struct possibilistic *model, const double *sample, double *typicality);

/*
 * The class of a sample: that of the cluster under which it is densest. Typicality
 * knows no size, so that wide clusters are typical of everything; here a cluster
 * counts by its members, over its volume, times typicality^q (the kernel of
 * Student's distribution with q degrees of freedom). `share` has room for all
 * classes: their densest clusters' parts, which add up to 1; *ret_typicality is that of
 * the cluster that decided, 0 where nothing was learned.
 */
uint32_t possibilistic_classify(struct possibilistic *model, const double *sample, double *share,
                                double *ret_typicality);

/* Learn one; `class` < classes. Values that are not finite make it pass the sample over. */
void possibilistic_learn(struct possibilistic *model, const double *sample, uint32_t class);

struct possibilistic_counts possibilistic_counts(const struct possibilistic *model);

/* Cluster 0 … clusters - 1, for looking at: its mean (`features` values), class and members. */
const double *possibilistic_mean(const struct possibilistic *model, uint32_t cluster,
                                 uint32_t *ret_class, double *ret_members);

/* All of it, and back: bit by bit. -EBADMSG: no such model; -ENOMEM. */
void possibilistic_save(const struct possibilistic *model, struct buffer *out);
int possibilistic_load(struct cursor *from, struct possibilistic **ret_model)
    __attribute__((warn_unused_result));

void possibilistic_close(struct possibilistic *model);

#endif
