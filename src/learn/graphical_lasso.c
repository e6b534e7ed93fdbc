#include "learn/graphical_lasso.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "learn/lasso_column.h"

enum { SWEEPS = 1000 };

/*
 * `covariance` (W) and `columns` hold the solution over all nodes; column j of
 * `columns` (stored as a row) holds the lasso coefficients b of node j, whose
 * precisions are -b * t_jj. The other three are one component's share of them.
 */
struct graphical_lasso {
    uint32_t most, nodes;
    const double *sample; /* S, the caller's */
    double rho;           /* of the solution held; 0: none */
    double *covariance, *columns, *diagonal;
    double *part_sample, *part_covariance, *part_columns;
    uint32_t *label, *queue; /* component of each node; the nodes of one component */
    struct lasso_column column;
};

static double *square(uint32_t nodes)
{
    return calloc((size_t)nodes * nodes, sizeof(double));
}

int graphical_lasso_open(uint32_t most, struct graphical_lasso **ret_lasso)
{
    if (most == 0 || most > GRAPHICAL_LASSO_NODES)
        return -EINVAL;
    struct graphical_lasso *lasso = calloc(1, sizeof(*lasso));
    if (!lasso)
        return -ENOMEM;
    lasso->most = most;
    lasso->covariance = square(most);
    lasso->columns = square(most);
    lasso->diagonal = calloc(most, sizeof(double));
    lasso->part_sample = square(most);
    lasso->part_covariance = square(most);
    lasso->part_columns = square(most);
    lasso->label = calloc(most, sizeof(uint32_t));
    lasso->queue = calloc(most, sizeof(uint32_t));
    bool whole = lasso->covariance && lasso->columns && lasso->diagonal && lasso->part_sample &&
                 lasso->part_covariance && lasso->part_columns && lasso->label && lasso->queue;
    if (!whole || lasso_column_init(&lasso->column, most) < 0) {
        graphical_lasso_close(lasso);
        return -ENOMEM;
    }
    *ret_lasso = lasso;
    return 0;
}

int graphical_lasso_begin(struct graphical_lasso *lasso, const double *covariance, uint32_t nodes)
{
    if (nodes > lasso->most)
        return -EINVAL;
    for (size_t i = 0; i < (size_t)nodes * nodes; i++)
        if (!isfinite(covariance[i]))
            return -EINVAL;
    lasso->sample = covariance;
    lasso->nodes = nodes;
    lasso->rho = 0;
    memset(lasso->columns, 0, sizeof(double) * nodes * nodes);
    return 0;
}

/*
 * Where W starts. Scaling W - S by rho' / rho keeps |w_ij - s_ij| <= rho', makes
 * the diagonal s_ii + rho', and mixes a positive definite with a semidefinite
 * matrix; without a last solution S + rho I does the same.
 */
static void covariance_start(struct graphical_lasso *lasso, double rho)
{
    size_t entries = (size_t)lasso->nodes * lasso->nodes;
    if (lasso->rho >= rho) {
        double kept = rho / lasso->rho;
        for (size_t i = 0; i < entries; i++)
            lasso->covariance[i] =
                lasso->sample[i] + kept * (lasso->covariance[i] - lasso->sample[i]);
    } else {
        memcpy(lasso->covariance, lasso->sample, entries * sizeof(double));
        memset(lasso->columns, 0, entries * sizeof(double));
    }
    for (size_t i = 0; i < lasso->nodes; i++)
        lasso->covariance[i * lasso->nodes + i] = lasso->sample[i * lasso->nodes + i] + rho;
}

/* The nodes that hang together with `first` by |s_ij| > rho, into the queue, ascending. */
static uint32_t component_find(struct graphical_lasso *lasso, uint32_t first, uint32_t label,
                               double rho)
{
    uint32_t nodes = lasso->nodes, count = 1;
    lasso->label[first] = label;
    lasso->queue[0] = first;
    for (uint32_t at = 0; at < count; at++) {
        const double *row = lasso->sample + (size_t)lasso->queue[at] * nodes;
        for (uint32_t j = 0; j < nodes; j++)
            if (lasso->label[j] == 0 && fabs(row[j]) > rho) {
                lasso->label[j] = label;
                lasso->queue[count++] = j;
            }
    }
    uint32_t sorted = 0;
    for (uint32_t j = first; j < nodes && sorted < count; j++)
        if (lasso->label[j] == label)
            lasso->queue[sorted++] = j;
    return count;
}

static void part_gather(const struct graphical_lasso *lasso, const double *whole, uint32_t count,
                        double *part)
{
    for (uint32_t a = 0; a < count; a++) {
        const double *row = whole + (size_t)lasso->queue[a] * lasso->nodes;
        for (uint32_t b = 0; b < count; b++)
            *part++ = row[lasso->queue[b]];
    }
}

static void part_scatter(const struct graphical_lasso *lasso, const double *part, uint32_t count,
                         double *whole)
{
    for (uint32_t a = 0; a < count; a++) {
        double *row = whole + (size_t)lasso->queue[a] * lasso->nodes;
        for (uint32_t b = 0; b < count; b++)
            row[lasso->queue[b]] = *part++;
    }
}

static double absolute_sum(const double *matrix, uint32_t count, bool diagonal)
{
    double sum = 0;
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t j = 0; j < count; j++)
            sum += i != j || diagonal ? fabs(matrix[(size_t)i * count + j]) : 0;
    return sum;
}

/* Columns of the component in turn until none moves; how many sweeps, SWEEPS + 1 when given up. */
static uint32_t part_solve(struct graphical_lasso *lasso, uint32_t count, double rho,
                           double tolerance)
{
    double still = tolerance * absolute_sum(lasso->part_sample, count, false) / (count - 1);
    struct lasso_matrix matrix = {.sample = lasso->part_sample,
                                  .covariance = lasso->part_covariance,
                                  .columns = lasso->part_columns,
                                  .count = count,
                                  .rho = rho};
    for (uint32_t sweep = 1; sweep <= SWEEPS; sweep++) {
        double moved = 0;
        matrix.tolerance = still / absolute_sum(lasso->part_covariance, count, true);
        for (uint32_t j = 0; j < count; j++)
            moved = fmax(moved, lasso_column_solve(&lasso->column, &matrix, j));
        if (moved < still)
            return sweep;
    }
    return SWEEPS + 1;
}

/* t_jj = 1 / (w_jj - b_j . w_j) for the nodes of the component. */
static void part_diagonal(struct graphical_lasso *lasso, uint32_t count)
{
    for (uint32_t a = 0; a < count; a++) {
        const double *w = lasso->part_covariance + (size_t)a * count;
        const double *b = lasso->part_columns + (size_t)a * count;
        double rest = w[a];
        for (uint32_t i = 0; i < count; i++)
            rest -= b[i] * w[i];
        lasso->diagonal[lasso->queue[a]] = 1 / rest;
    }
}

/* Nodes of different components have nothing to do with each other. */
static void strangers_part(struct graphical_lasso *lasso)
{
    uint32_t nodes = lasso->nodes;
    for (uint32_t i = 0; i < nodes; i++)
        for (uint32_t j = 0; j < nodes; j++)
            if (lasso->label[i] != lasso->label[j]) {
                lasso->covariance[(size_t)i * nodes + j] = 0;
                lasso->columns[(size_t)i * nodes + j] = 0;
            }
}

static uint64_t edges_count(const struct graphical_lasso *lasso)
{
    return graphical_lasso_edges(lasso, NULL, UINT64_MAX);
}

int graphical_lasso_solve(struct graphical_lasso *lasso, double rho, double tolerance,
                          struct graphical_lasso_summary *ret_summary)
{
    if (!(rho > 0) || !(tolerance > 0))
        return -EINVAL;
    uint32_t nodes = lasso->nodes, label = 0;
    struct graphical_lasso_summary summary = {.converged = true};
    covariance_start(lasso, rho);
    memset(lasso->label, 0, nodes * sizeof(*lasso->label));
    for (uint32_t i = 0; i < nodes; i++) {
        if (lasso->label[i])
            continue;
        uint32_t count = component_find(lasso, i, ++label, rho), sweeps = 1;
        part_gather(lasso, lasso->covariance, count, lasso->part_covariance);
        part_gather(lasso, lasso->columns, count, lasso->part_columns);
        if (count > 1) {
            part_gather(lasso, lasso->sample, count, lasso->part_sample);
            sweeps = part_solve(lasso, count, rho, tolerance);
            part_scatter(lasso, lasso->part_covariance, count, lasso->covariance);
            part_scatter(lasso, lasso->part_columns, count, lasso->columns);
        }
        part_diagonal(lasso, count);
        summary.components += count > 1;
        summary.largest = count > summary.largest ? count : summary.largest;
        summary.sweeps = sweeps > summary.sweeps ? sweeps : summary.sweeps;
    }
    summary.converged = summary.sweeps <= SWEEPS;
    strangers_part(lasso);
    lasso->rho = rho;
    summary.edges = edges_count(lasso);
    summary.density = nodes > 1 ? (double)summary.edges / (0.5 * nodes * (nodes - 1.0)) : 0;
    *ret_summary = summary;
    return 0;
}

/* The two columns an entry stands in agree up to the tolerance: their mean. */
double graphical_lasso_precision(const struct graphical_lasso *lasso, uint32_t i, uint32_t j)
{
    size_t nodes = lasso->nodes;
    if (i == j)
        return lasso->diagonal[i];
    double first = lasso->columns[i * nodes + j] * lasso->diagonal[i];
    double second = lasso->columns[j * nodes + i] * lasso->diagonal[j];
    return first == 0 || second == 0 ? 0 : -(first + second) / 2;
}

double graphical_lasso_covariance(const struct graphical_lasso *lasso, uint32_t i, uint32_t j)
{
    return lasso->covariance[(size_t)i * lasso->nodes + j];
}

uint64_t graphical_lasso_edges(const struct graphical_lasso *lasso,
                               struct graphical_lasso_edge *edges, uint64_t most)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < lasso->nodes; i++)
        for (uint32_t j = i + 1; j < lasso->nodes && count < most; j++) {
            double precision = graphical_lasso_precision(lasso, i, j);
            if (precision == 0)
                continue;
            if (edges)
                edges[count] = (struct graphical_lasso_edge){i, j, precision};
            count++;
        }
    return count;
}

void graphical_lasso_close(struct graphical_lasso *lasso)
{
    if (!lasso)
        return;
    free(lasso->covariance);
    free(lasso->columns);
    free(lasso->diagonal);
    free(lasso->part_sample);
    free(lasso->part_covariance);
    free(lasso->part_columns);
    free(lasso->label);
    free(lasso->queue);
    lasso_column_finish(&lasso->column);
    free(lasso);
}
