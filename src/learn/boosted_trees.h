/*
 * learn/boosted_trees.h -- which class a row belongs to, by many small trees, and why.
 *
 * Gradient boosting of regression trees with second derivatives (Chen and
 * Guestrin, KDD 2016), learned by XGBoost on one thread; two classes by logistic
 * loss, more by the softmax's. What comes out is read from XGBoost once and is
 * ours from then on: judging and explaining need no library, and a model's bytes
 * are checked here before anything follows them.
 *
 * An explanation gives each column its Shapley value, exactly: what it adds to
 * the outputs, averaged over all orders in which the columns could have become
 * known, the unknown ones being averaged over by the rows learned from (path
 * dependent TreeSHAP: Lundberg, Erion and Lee, 2018; Lundberg et al., Nature Machine
 * Intelligence 2020). The values and the base add up to the output.
 *
 * Rows are floats, row after row; a value that is not a number is missing, and
 * goes the way that was best for such rows. No clock: the same rows, options and
 * seed give the same model, and that the same judgement anywhere.
 */
#ifndef LEARN_BOOSTED_TREES_H
#define LEARN_BOOSTED_TREES_H

#include "base/buffer.h"
#include "base/cursor.h"

enum { /* most */
       BOOSTED_COLUMNS = 4096,
       BOOSTED_CLASSES = 16,
       BOOSTED_ROUNDS = 4096,
       BOOSTED_DEPTH = 12,
       BOOSTED_NODES = 1 << 22, /* of all trees */
};

struct boosted_options {
    uint32_t columns, classes; /* classes from 2 */
    uint32_t rounds;           /* trees for each output; 100 to 300 are usual */
    uint32_t depth;            /* of a tree, from 1; 6 is usual */
    double rate;               /* how much of itself a tree adds, (0,1]; 0.1 is usual */
    double row_share;          /* of rows a tree is grown from, by chance, (0,1]; 1 is usual */
    double column_share;       /* of columns, likewise */
    double least_weight;       /* > 0 second derivatives under a node; 1 is usual */
    uint64_t seed;             /* its lower 31 bits count */
};

struct boosted_trees;

/*
 * Learn from `count` rows of which `labels` gives the class, each counted `weights` times or, where
 * that is NULL, once. -EINVAL: an option or label out of its range, a weight that is negative or
 * not finite, an infinite value, no rows; -ELIBACC: no XGBoost; -EIO: XGBoost failed; -E2BIG: more
 * than BOOSTED_NODES; -ENOMEM. XGBoost itself ends the program where memory runs out.
 */
int boosted_trees_fit(const struct boosted_options *options, const float *rows,
                      const uint32_t *labels, const float *weights, size_t count,
                      struct boosted_trees **ret_model) __attribute__((warn_unused_result));

uint32_t boosted_trees_columns(const struct boosted_trees *model);
uint32_t boosted_trees_classes(const struct boosted_trees *model);

/* 1 of two classes, the log odds of the second; else one a class, before the softmax. */
uint32_t boosted_trees_outputs(const struct boosted_trees *model);

/* ret_shares[row * classes + class]: the probability; a row's add up to 1. */
void boosted_trees_judge(const struct boosted_trees *model, const float *rows, size_t count,
                         double *ret_shares);

/* One row's ret_values[output * (columns + 1) + column], the base behind the columns. */
void boosted_trees_explain(const struct boosted_trees *model, const float *row, double *ret_values);

/* All of it, and back: bit by bit. -EBADMSG: no such model; -ENOMEM. */
void boosted_trees_save(const struct boosted_trees *model, struct buffer *out);
int boosted_trees_load(struct cursor *from, struct boosted_trees **ret_model)
    __attribute__((warn_unused_result));

void boosted_trees_close(struct boosted_trees *model);

#endif
