/*
 * learn/linear_svm.h -- a plane between each class and the rest, in very many sparse columns.
 *
 * Support vector machines with squared hinge loss, one against the rest, fitted
 * by LIBLINEAR's dual coordinate descent (Hsieh, Chang, Lin, Keerthi and
 * Sundararajan, ICML 2008; Fan et al., JMLR 2008), which is loaded at the first
 * fit. The planes are read from it once and are ours from then on: scoring needs
 * no library. Sigmoids fitted to scores of rows not learned from make them
 * probabilities (Platt 1999, as corrected by Lin, Lin and Weng, Machine Learning
 * 2007).
 *
 * The same rows in the same order give the same model. Fits take turns: LIBLINEAR
 * draws its order from the C library's one generator, which is seeded anew.
 */
#ifndef LEARN_LINEAR_SVM_H
#define LEARN_LINEAR_SVM_H

#include "base/buffer.h"
#include "base/cursor.h"

enum {
    LINEAR_SVM_CLASSES = 64,
    LINEAR_SVM_WEIGHTS = 1 << 22 /* columns times classes */
};                               /* most */

/* Columns in any order, none twice; each < columns of the options, values finite. */
struct sparse_row {
    const uint32_t *columns;
    const float *values;
    uint32_t count;
};

struct linear_svm_options {
    uint32_t columns, classes; /* classes from 2 */
    double cost;               /* of a row on the wrong side, > 0; 1 is usual of rows of length 1 */
    const double *class_costs; /* factors > 0, one a class; NULL: all 1 */
    double tolerance;          /* > 0; 0.1 is usual */
};

struct linear_svm;

/*
 * There is always a constant column besides. -EINVAL: an option, label, column or value out of its
 * range, or no rows; -ELIBACC: no LIBLINEAR; -ENOMEM. LIBLINEAR itself ends the program where
 * memory runs out.
 */
int linear_svm_fit(const struct linear_svm_options *options, const struct sparse_row *rows,
                   const uint32_t *labels, size_t count, struct linear_svm **ret_model)
    __attribute__((warn_unused_result));

uint32_t linear_svm_columns(const struct linear_svm *model);
uint32_t linear_svm_classes(const struct linear_svm *model);

/* ret_scores[class]: above 0 on the class's side of its plane. Unknown columns count nothing. */
void linear_svm_score(const struct linear_svm *model, struct sparse_row row, float *ret_scores);

/* What `row` adds to each of the scores; what an empty row scores is not among it. */
void linear_svm_add(const struct linear_svm *model, struct sparse_row row, float *scores);

/* What one unit of `column` adds to the score of `class`; 0 for columns there are not. */
float linear_svm_weight(const struct linear_svm *model, uint32_t column, uint32_t class);

/* All of it, and back: bit by bit. -EBADMSG: no such model; -ENOMEM. */
void linear_svm_save(const struct linear_svm *model, struct buffer *out);
int linear_svm_load(struct cursor *from, struct linear_svm **ret_model)
    __attribute__((warn_unused_result));

void linear_svm_close(struct linear_svm *model);

/* P(positive | score) = 1 / (1 + exp(slope * score + offset)); slope < 0 where scores tell. */
struct sigmoid {
    double slope, offset;
};

/* From `count` scores and whether each was positive; with a single kind it says its prior. */
struct sigmoid sigmoid_fit(const double *scores, const bool *positive, size_t count);
double sigmoid_at(struct sigmoid sigmoid, double score);

#endif
