/*
 * learn/radial_svm.h -- two classes kept apart by a curved border.
 *
 * A support vector machine with the radial kernel exp(-width * squared distance) (Boser, Guyon and
 * Vapnik, COLT 1992), fitted by LIBSVM's sequential minimal optimisation with second-order choice
 * of pairs (Fan, Chen and Lin, JMLR 2005; Chang and Lin, ACM TIST 2011), which is loaded at the
 * first fit. The support vectors are read from it once and are ours from then on: scoring needs no
 * library, and costs by the columns that are not 0.
 *
 * The same rows in the same order give the same model. Learning takes time and memory by the square
 * of the rows, some 10,000 being seconds.
 */
#ifndef LEARN_RADIAL_SVM_H
#define LEARN_RADIAL_SVM_H

#include "learn/linear_svm.h"

enum { /* most */
       RADIAL_SVM_COLUMNS = 4096,
       RADIAL_SVM_VECTORS = 1 << 16,
       RADIAL_SVM_VALUES = 1 << 24 /* columns times vectors */
};

struct radial_svm_options {
    uint32_t columns;
    double cost;      /* of a row on the wrong side, > 0 */
    double width;     /* of the kernel, > 0, at most 1e6 */
    double tolerance; /* > 0; 0.001 is usual */
};

struct radial_svm;

/*
 * labels[] 0 or 1. -EINVAL: an option, label, column or value out of its range, no rows, or all of
 * one label; -ELIBACC: no LIBSVM; -E2BIG: more support vectors than there may be; -ENOMEM. LIBSVM
 * itself ends the program where memory runs out.
 */
int radial_svm_fit(const struct radial_svm_options *options, const struct sparse_row *rows,
                   const uint32_t *labels, size_t count, struct radial_svm **ret_model)
    __attribute__((warn_unused_result));

uint32_t radial_svm_columns(const struct radial_svm *model);
uint32_t radial_svm_vectors(const struct radial_svm *model);

/* Above 0 on the side of label 1. Unknown columns count nothing. */
double radial_svm_score(const struct radial_svm *model, struct sparse_row row);

/* All of it, and back: bit by bit. -EBADMSG: no such model; -ENOMEM. */
void radial_svm_save(const struct radial_svm *model, struct buffer *out);
int radial_svm_load(struct cursor *from, struct radial_svm **ret_model)
    __attribute__((warn_unused_result));

void radial_svm_close(struct radial_svm *model);

#endif
