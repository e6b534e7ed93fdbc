/*
 * learn/isolation_forest.h -- how easily a row is set apart from the others.
 *
 * Isolation forest (Liu, Ting and Zhou, ICDM 2008). A tree is grown from a
 * small sample of the rows: each node takes a column by chance, of those that
 * are not constant there, and a threshold by chance between the column's
 * extremes; it stops at one row, at equal rows, or at depth
 * ceil(log2(sample)). What is unlike the rest ends near the root. With E(h) the
 * mean over the trees of the depth where a row ends, plus c(m) for a leaf of m
 * rows, c the mean depth of an unsuccessful search in a binary search tree:
 *
 *     score = 2^(-E(h) / c(sample)),   c(n) = 2 (ln(n - 1) + 0.5772…) - 2 (n - 1) / n
 *
 * in (0, 1): near 1 is alone, a half or less is usual. scikit-learn's
 * score_samples is this with the sign turned.
 *
 * Why a row is alone is told by column: a node's value is the mean of h over
 * the sample rows under it, and going from a node to its child is booked to
 * the column asked there, as the value lost by it. What is booked adds up,
 * exactly, to how much sooner than the mean of the sample the row was set
 * apart. (Booking along the path is Saabas's way for regression trees, 2014.)
 *
 * Rows are floats, row after row. A value that is not a number goes the way of
 * the least one. Trees are kept as perfect heaps, so that a step down is
 * arithmetic and rows go down sixteen abreast: memory is 16 bytes *
 * 2^depth a tree. No clock, no thread: the same rows, options and seed give the
 * same forest and the same scores, bit by bit.
 */
#ifndef LEARN_ISOLATION_FOREST_H
#define LEARN_ISOLATION_FOREST_H

#include "base/buffer.h"
#include "base/cursor.h"

enum { /* most */
       ISOLATION_TREES = 1024,
       ISOLATION_SAMPLE = 4096, /* rows a tree; 256 is usual */
       ISOLATION_COLUMNS = 4096,
};

struct isolation_options {
    uint32_t columns, trees;
    uint32_t sample; /* rows each tree is grown from, at least 2; all rows where there are fewer */
    uint64_t seed;
};

struct isolation_forest;

/*
 * Grow a forest from `count` rows, at least 2. -EINVAL: an option out of its range, too few or
 * more than 2^32 - 1 rows, or a sampled value that is not finite; -ENOMEM.
 */
int isolation_forest_fit(const struct isolation_options *options, const float *rows, size_t count,
                         struct isolation_forest **ret_forest) __attribute__((warn_unused_result));

/* A tree grown elsewhere, in the shape of scikit-learn's arrays: a parent stands before its
 * children, -1 is no child, and a row goes left where its value <= threshold. */
struct isolation_tree {
    uint32_t nodes;
    const int64_t *left, *right, *column, *samples;
    const double *threshold;
};

/*
 * A forest of such trees; options->sample is what each was grown from. Thresholds are rounded down
 * to floats, which decides the same for rows of floats. -EINVAL: as above, or a tree that is
 * broken or deeper than such a sample allows; -ENOMEM.
 */
int isolation_forest_import(const struct isolation_options *options,
                            const struct isolation_tree *trees,
                            struct isolation_forest **ret_forest)
    __attribute__((warn_unused_result));

uint32_t isolation_forest_columns(const struct isolation_forest *forest);

/* The scores of `count` rows. */
void isolation_forest_score(const struct isolation_forest *forest, const float *rows, size_t count,
                            double *ret_scores);

/*
 * Why one row got its score, in steps of depth: ret_columns[c] is what column c took off E(h),
 * negative where it made the row look the more usual. Returns their sum, the mean depth of the
 * trees' samples less the row's E(h).
 */
double isolation_forest_explain(const struct isolation_forest *forest, const float *row,
                                double *ret_columns);

/* All of it, and back: bit by bit. -EBADMSG: no such forest; -ENOMEM. */
void isolation_forest_save(const struct isolation_forest *forest, struct buffer *out);
int isolation_forest_load(struct cursor *from, struct isolation_forest **ret_forest)
    __attribute__((warn_unused_result));

void isolation_forest_close(struct isolation_forest *forest);

#endif
