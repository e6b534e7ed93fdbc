/*
 * learn/lasso_column.h -- one column of the graphical lasso, by itself.
 *
 * Given W without row and column j, finds the b that minimises
 *
 *     b' W b / 2 - b' s_j + rho * sum |b_i|
 *
 * by coordinate descent over the entries that are not zero, adds those that
 * then break |s_j - W b| <= rho, and goes on until none does; then W's column
 * and row j become W b. Only graphical_lasso.c uses it.
 */
#ifndef LEARN_LASSO_COLUMN_H
#define LEARN_LASSO_COLUMN_H

#include <stdint.h>

/* Symmetric matrices are count x count; row j of `columns` holds b of column j. */
struct lasso_matrix {
    const double *sample; /* S */
    double *covariance;   /* W */
    double *columns;      /* b_j, zero at j itself */
    uint32_t count;
    double rho, tolerance; /* a b_i that moves by less than the tolerance stands still */
};

/* Scratch for columns of up to `most` entries. */
struct lasso_column {
    uint32_t *active; /* the entries worked on, ascending within each round's additions */
    uint8_t *chosen;  /* by entry: it is among them */
    double *gram;     /* W of the active entries, packed */
    double *residual, *coefficient; /* by active entry */
    double *gradient;               /* s_j - W b, by entry */
    uint32_t *signed_entries;       /* of the active ones, those that are not zero */
    double *factor, *step;          /* their W, factored, and the way to their solution */
};

int lasso_column_init(struct lasso_column *column, uint32_t most)
    __attribute__((warn_unused_result));

/* Solve column `j`; the sum of the changes of W's column. */
double lasso_column_solve(struct lasso_column *column, const struct lasso_matrix *matrix,
                          uint32_t j);

void lasso_column_finish(struct lasso_column *column);

#endif
