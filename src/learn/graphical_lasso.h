/*
 * learn/graphical_lasso.h -- which variables move together, given all others.
 *
 * Estimates a sparse precision matrix T (the inverse of a covariance matrix):
 * the T > 0 that minimises
 *
 *     -log det T + trace(S T) + rho * sum |t_ij|        (the diagonal is penalised too)
 *
 * Where t_ij is zero, i and j are independent given the rest: the others are
 * the edges of a graph. Block coordinate descent on the dual (Friedman, Hastie
 * and Tibshirani, Biostatistics 2008) over the connected components of
 * |s_ij| > rho, which are exactly those of the solution (Witten, Friedman and
 * Simon 2011; Mazumder and Hastie, JMLR 2012). A column is solved over its
 * active set, grown until no other entry wants in. From a larger rho the next
 * starts at S + (rho' / rho) (W - S), which is positive definite and feasible.
 *
 * Double precision, one thread, no clock: the same input gives the same bits.
 */
#ifndef LEARN_GRAPHICAL_LASSO_H
#define LEARN_GRAPHICAL_LASSO_H

#include <stdbool.h>
#include <stdint.h>

enum { GRAPHICAL_LASSO_NODES = 4096 }; /* most; memory is 40 bytes * nodes^2 */

struct graphical_lasso;

struct graphical_lasso_edge {
    uint32_t first, second; /* first < second */
    double precision;       /* t_ij; negative where they move the same way */
};

struct graphical_lasso_summary {
    double density;      /* edges of all there could be, 0 to 1 */
    uint64_t edges;      /* pairs with t_ij != 0 */
    uint32_t components; /* of more than one node */
    uint32_t largest;    /* nodes of the largest component */
    uint32_t sweeps;     /* over the columns, of the component that took the most */
    bool converged;      /* false: some component was given up after its last sweep */
};

/* Room for matrices of up to `most` nodes. -EINVAL: 0 or too many; -ENOMEM. */
int graphical_lasso_open(uint32_t most, struct graphical_lasso **ret_lasso)
    __attribute__((warn_unused_result));

/*
 * A new matrix: `covariance`, nodes x nodes, symmetric and positive
 * semidefinite, is kept by pointer and read by the solves that follow.
 * -EINVAL: more nodes than there is room for, or an entry that is not finite.
 */
int graphical_lasso_begin(struct graphical_lasso *lasso, const double *covariance, uint32_t nodes)
    __attribute__((warn_unused_result));

/*
 * Solve for `rho` > 0, from the last solution where its rho was not less.
 * `tolerance` is that of the reference implementation in R: a sweep may move no
 * column of W by more, in sum, than tolerance times the mean sum of
 * |off-diagonal S| of a column; 1e-4 is usual. -EINVAL: rho or tolerance is not
 * positive.
 */
int graphical_lasso_solve(struct graphical_lasso *lasso, double rho, double tolerance,
                          struct graphical_lasso_summary *ret_summary)
    __attribute__((warn_unused_result));

/* Entries of the last solution: precision T, and W, its inverse up to the tolerance. */
double graphical_lasso_precision(const struct graphical_lasso *lasso, uint32_t i, uint32_t j);
double graphical_lasso_covariance(const struct graphical_lasso *lasso, uint32_t i, uint32_t j);

/* The edges in order of (first, second), up to `most`; how many were written. */
uint64_t graphical_lasso_edges(const struct graphical_lasso *lasso,
                               struct graphical_lasso_edge *edges, uint64_t most);

void graphical_lasso_close(struct graphical_lasso *lasso);

#endif
