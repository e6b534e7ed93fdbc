/*
 * learn/tsne.h -- many dimensions laid out on a plane, neighbours beside neighbours.
 *
 * t-distributed stochastic neighbour embedding (van der Maaten and Hinton, JMLR
 * 2008), accelerated by trees (van der Maaten, JMLR 2014): affinities to the
 * 3 * perplexity nearest neighbours, found by a vantage point tree; repulsion by
 * Barnes and Hut's quadtree with opening angle `theta`. Early exaggeration of 12
 * for the first quarter of the iterations (at most 250), momentum 0.5 then 0.8,
 * adaptive gains, and a step of points / 12, never below 50.
 *
 * One thread; the same samples, options and seed give the same bits.
 */
#ifndef LEARN_TSNE_H
#define LEARN_TSNE_H

#include <stdint.h>

enum { TSNE_POINTS = 1 << 17, TSNE_DIMENSIONS = 256 }; /* most */

struct tsne_options {
    uint32_t points, dimensions;
    double perplexity;   /* how many neighbours a point should feel; 30 is usual, at most 300 */
    double theta;        /* 0: exact repulsion; 0.5 is usual */
    uint32_t iterations; /* 500 is usual */
    uint64_t seed;
    void (*progress)(void *context, uint32_t iteration); /* or NULL */
    void *context;
};

/*
 * `samples`: points x dimensions, finite. `ret_places`: points x 2, around 0. Where there are too
 * few points for the perplexity, it is lowered to what they allow. -EINVAL, -ENOMEM.
 */
int tsne_embed(const struct tsne_options *options, const double *samples, double *ret_places)
    __attribute__((warn_unused_result));

#endif
