/*
 * learn/boosted_inside.h -- what learning, judging and saving of boosted trees share.
 */
#ifndef LEARN_BOOSTED_INSIDE_H
#define LEARN_BOOSTED_INSIDE_H

#include "learn/boosted_trees.h"

/*
 * A tree's nodes stand level by level: the root first, and the k-th node that is no leaf (from 0)
 * has its children at 1 + 2k and 2 + 2k. So the nodes say all about the tree's shape.
 */
struct boosted_node {
    uint32_t left;     /* the right one follows it; 0: a leaf */
    uint32_t column;   /* asked here */
    float value;       /* left where below it; or the leaf's output */
    float cover;       /* the second derivatives of the rows learned from here, > 0 */
    bool missing_left; /* where the value is missing */
};

struct boosted_trees {
    uint32_t columns, classes, outputs;
    uint32_t count;             /* of trees; tree t adds to output t % outputs */
    uint32_t *starts;           /* of the trees in nodes, and their end */
    struct boosted_node *nodes; /* `left` counts from the tree's own start */
};

/* Room for `count` trees of `nodes` in all. -EINVAL: out of range; -ENOMEM. */
int boosted_trees_open(uint32_t columns, uint32_t classes, uint32_t count, uint32_t nodes,
                       struct boosted_trees **ret_model) __attribute__((warn_unused_result));

static inline uint32_t boosted_next(const struct boosted_node *node, const float *row)
{
    float value = row[node->column];
    bool missing = value != value;
    bool left = (value < node->value) | (missing & node->missing_left); /* no branches */
    return node->left + !left;
}

/* XGBoost's own model, for it to be read here and compared with in tests; errors as of
 * boosted_trees_fit. boosted_booster_close when done. */
int boosted_booster_fit(const struct boosted_options *options, const float *rows,
                        const uint32_t *labels, const float *weights, size_t count,
                        void **ret_booster) __attribute__((warn_unused_result));
int boosted_booster_read(void *booster, const struct boosted_options *options,
                         struct boosted_trees **ret_model) __attribute__((warn_unused_result));
void boosted_booster_close(void *booster);

#endif
