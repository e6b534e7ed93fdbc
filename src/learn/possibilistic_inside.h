/*
 * learn/possibilistic_inside.h -- what possibilistic.c and possibilistic_save.c share.
 */
#ifndef LEARN_POSSIBILISTIC_INSIDE_H
#define LEARN_POSSIBILISTIC_INSIDE_H

#include <math.h>

#include "learn/possibilistic.h"

/* `shape` is the diagonal's sums of squares, or the Cholesky factor of sums plus prior, by rows. */
struct cluster {
    uint32_t class;
    double members;    /* forgets with the sums */
    uint64_t last;     /* the sample it last took in */
    uint64_t taken_in; /* samples, never forgotten */
    double volume;     /* its logarithm: of the root of the covariance's determinant */
    double *mean, *shape;
};

struct possibilistic {
    struct possibilistic_options options;
    uint64_t samples, merged, evicted;
    uint32_t count;
    struct cluster *clusters;
    double *numbers; /* of all clusters' means and shapes */
    double *work;    /* 3 * features, and a matrix for the full shape */
};

static inline size_t shape_size(const struct possibilistic_options *options)
{
    return options->full ? (size_t)options->features * options->features : options->features;
}

static inline double prior_square(const struct possibilistic_options *options)
{
    return options->prior_weight * options->prior_deviation * options->prior_deviation;
}

static inline bool sample_finite(const double *sample, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (!isfinite(sample[i]))
            return false;
    return true;
}

/* The logarithm of the root of the covariance's determinant. */
double cluster_volume(const struct possibilistic *model, const double *shape, double members);

#endif
