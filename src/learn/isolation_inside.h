/*
 * learn/isolation_inside.h -- what the isolation forest's growing, scoring and saving share.
 */
#ifndef LEARN_ISOLATION_INSIDE_H
#define LEARN_ISOLATION_INSIDE_H

#include <math.h>

#include "learn/isolation_forest.h"

/* A row goes right where its value is greater than the threshold. */
struct isolation_split {
    uint32_t column;
    float threshold;
};

/*
 * A tree is a heap: the root is node 1, the children of i are 2i and 2i + 1.
 * A leaf above the last level is followed down to it by splits at infinity,
 * which send everything left, with the leaf's value all along; other nodes
 * under it are never met.
 */
struct isolation_forest {
    uint32_t columns, trees, sample;
    uint32_t depth;                 /* of the last level; the root's is 0 */
    struct isolation_split *splits; /* 2^depth a tree */
    float *values;                  /* 2^(depth + 1) a tree: mean of h under the node */
};

/* One tree, to write and to read. */
struct isolation_heap {
    struct isolation_split *splits;
    float *values;
    uint32_t depth;
};

static inline struct isolation_heap isolation_heap_of(const struct isolation_forest *forest,
                                                      uint32_t tree)
{
    return (struct isolation_heap){forest->splits + ((size_t)tree << forest->depth),
                                   forest->values + ((size_t)tree << (forest->depth + 1)),
                                   forest->depth};
}

static inline uint32_t isolation_depth(uint32_t sample)
{
    return 32 - (uint32_t)__builtin_clz(sample - 1);
}

/* c(n) of the header; 0 where there is nothing left to separate. */
static inline double isolation_mean_depth(double rows)
{
    const double euler = 0.57721566490153286061;
    if (rows <= 1)
        return 0;
    return rows <= 2 ? 1 : 2 * (log(rows - 1) + euler) - 2 * (rows - 1) / rows;
}

/* An empty forest. -EINVAL: out of range; -ENOMEM. */
int isolation_forest_open(const struct isolation_options *options,
                          struct isolation_forest **ret_forest) __attribute__((warn_unused_result));

/* Make a leaf of `node` on `level`. */
void isolation_leaf_put(const struct isolation_heap *heap, uint32_t node, uint32_t level,
                        float value);

#endif
