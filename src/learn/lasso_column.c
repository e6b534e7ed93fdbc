#include "learn/lasso_column.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 10000, ROUNDS_A_LEAP = 4 };

int lasso_column_init(struct lasso_column *column, uint32_t most)
{
    *column = (struct lasso_column){
        .active = calloc(most, sizeof(uint32_t)),
        .chosen = calloc(most, 1),
        .gram = calloc((size_t)most * most, sizeof(double)),
        .residual = calloc(most, sizeof(double)),
        .coefficient = calloc(most, sizeof(double)),
        .gradient = calloc(most, sizeof(double)),
        .signed_entries = calloc(most, sizeof(uint32_t)),
        .factor = calloc((size_t)most * most, sizeof(double)),
        .step = calloc(most, sizeof(double)),
    };
    bool whole = column->active && column->chosen && column->gram && column->residual &&
                 column->coefficient && column->gradient && column->signed_entries &&
                 column->factor && column->step;
    return whole ? 0 : -ENOMEM;
}

void lasso_column_finish(struct lasso_column *column)
{
    free(column->active);
    free(column->chosen);
    free(column->gram);
    free(column->residual);
    free(column->coefficient);
    free(column->gradient);
    free(column->signed_entries);
    free(column->factor);
    free(column->step);
}

/* to -= factor * row */
static void subtract(double *restrict to, const double *restrict row, double factor, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        to[i] -= factor * row[i];
}

/* Four rows at once: the sum stays in registers between them. */
static void subtract_four(double *restrict to, const double *const rows[4], const double factor[4],
                          uint32_t count)
{
    const double *restrict a = rows[0], *restrict b = rows[1], *restrict c = rows[2],
                           *restrict d = rows[3];
    for (uint32_t i = 0; i < count; i++)
        to[i] -= factor[0] * a[i] + factor[1] * b[i] + factor[2] * c[i] + factor[3] * d[i];
}

static double shrink(double value, double rho)
{
    return value > rho ? value - rho : value < -rho ? value + rho : 0;
}

/* W and s of the active entries, and what is left of s without what b explains. */
static void active_gather(struct lasso_column *column, const struct lasso_matrix *matrix,
                          uint32_t j, uint32_t active)
{
    const double *sample = matrix->sample + (size_t)j * matrix->count;
    for (uint32_t a = 0; a < active; a++) {
        const double *row = matrix->covariance + (size_t)column->active[a] * matrix->count;
        double *gram = column->gram + (size_t)a * active;
        for (uint32_t b = 0; b < active; b++)
            gram[b] = row[column->active[b]];
        column->residual[a] = sample[column->active[a]];
    }
    for (uint32_t a = 0; a < active; a++)
        if (column->coefficient[a] != 0)
            subtract(column->residual, column->gram + (size_t)a * active, column->coefficient[a],
                     active);
}

/* One round of coordinate descent over the active entries; the largest move. */
static double active_round(struct lasso_column *column, double rho, uint32_t active)
{
    double moved = 0;
    for (uint32_t a = 0; a < active; a++) {
        const double *gram = column->gram + (size_t)a * active;
        double old = column->coefficient[a];
        double fresh = shrink(column->residual[a] + gram[a] * old, rho) / gram[a];
        if (fresh == old)
            continue;
        subtract(column->residual, gram, fresh - old, active);
        column->coefficient[a] = fresh;
        moved = fmax(moved, fabs(fresh - old));
    }
    return moved;
}

/* U of U' U, in place of the upper half of the `count` x `count` matrix; false: not positive
 * definite. By rows, so that the innermost loop runs along them. */
static bool factor_make(double *matrix, uint32_t count)
{
    for (uint32_t k = 0; k < count; k++) {
        double *row = matrix + (size_t)k * count;
        if (!(row[k] > 0))
            return false;
        row[k] = sqrt(row[k]);
        for (uint32_t j = k + 1; j < count; j++)
            row[j] /= row[k];
        for (uint32_t i = k + 1; i < count; i++)
            subtract(matrix + (size_t)i * count + i, row + i, row[i], count - i);
    }
    return true;
}

/* x of U' U x = x, in place. */
static void factor_solve(const double *factor, uint32_t count, double *x)
{
    for (uint32_t k = 0; k < count; k++) {
        const double *row = factor + (size_t)k * count;
        x[k] /= row[k];
        subtract(x + k + 1, row + k + 1, x[k], count - k - 1);
    }
    for (uint32_t i = count; i-- > 0;) {
        const double *row = factor + (size_t)i * count;
        for (uint32_t k = i + 1; k < count; k++)
            x[i] -= row[k] * x[k];
        x[i] /= row[i];
    }
}

/* How far from b towards `step` every sign stays: 1, or where the first entry becomes zero. */
static double step_length(const struct lasso_column *column, uint32_t count, uint32_t *ret_first)
{
    double length = 1;
    for (uint32_t p = 0; p < count; p++) {
        double from = column->coefficient[column->signed_entries[p]], to = from + column->step[p];
        if (from * to <= 0 && from / (from - to) < length) {
            length = from / (from - to);
            *ret_first = p;
        }
    }
    return length;
}

/*
 * With the signs given, the entries that are not zero solve a linear system:
 * go there, or as far as the signs stay (feature-sign search: Lee, Battle,
 * Raina and Ng, NIPS 2006). Where many hosts move alike, coordinate descent
 * takes a hundred rounds for what this does at once.
 */
static void active_leap(struct lasso_column *column, double rho, uint32_t active)
{
    uint32_t count = 0, first = UINT32_MAX;
    for (uint32_t a = 0; a < active; a++)
        if (column->coefficient[a] != 0)
            column->signed_entries[count++] = a;
    for (uint32_t p = 0; p < count; p++) {
        uint32_t a = column->signed_entries[p];
        for (uint32_t q = p; q < count; q++)
            column->factor[(size_t)p * count + q] =
                column->gram[(size_t)a * active + column->signed_entries[q]];
        column->step[p] = column->residual[a] - copysign(rho, column->coefficient[a]);
    }
    if (count == 0 || !factor_make(column->factor, count))
        return;
    factor_solve(column->factor, count, column->step);
    double length = step_length(column, count, &first);
    for (uint32_t p = 0; p < count; p++) {
        uint32_t a = column->signed_entries[p];
        double change = p == first ? -column->coefficient[a] : length * column->step[p];
        subtract(column->residual, column->gram + (size_t)a * active, change, active);
        column->coefficient[a] = p == first ? 0 : column->coefficient[a] + change;
    }
}

/* Coordinate descent over the active entries, until a whole round moves none of them. */
static void active_descend(struct lasso_column *column, double rho, double tolerance,
                           uint32_t active)
{
    for (int round = 1; round <= ROUNDS; round++) {
        if (active_round(column, rho, active) < tolerance)
            return;
        if (round % ROUNDS_A_LEAP == 1)
            active_leap(column, rho, active);
    }
}

/* gradient = s_j - W b over all entries. */
static void gradient_make(struct lasso_column *column, const struct lasso_matrix *matrix,
                          uint32_t j, uint32_t active)
{
    uint32_t count = matrix->count, held = 0;
    const double *rows[4];
    double factors[4];
    memcpy(column->gradient, matrix->sample + (size_t)j * count, count * sizeof(double));
    for (uint32_t a = 0; a < active; a++) {
        if (column->coefficient[a] == 0)
            continue;
        rows[held] = matrix->covariance + (size_t)column->active[a] * count;
        factors[held++] = column->coefficient[a];
        if (held == 4) {
            subtract_four(column->gradient, rows, factors, count);
            held = 0;
        }
    }
    for (uint32_t h = 0; h < held; h++)
        subtract(column->gradient, rows[h], factors[h], count);
}

/* Entries that are not active but should be join with coefficient zero. */
static uint32_t active_grow(struct lasso_column *column, const struct lasso_matrix *matrix,
                            uint32_t j, uint32_t active)
{
    for (uint32_t i = 0; i < matrix->count; i++)
        if (i != j && !column->chosen[i] && fabs(column->gradient[i]) > matrix->rho) {
            column->chosen[i] = 1;
            column->active[active] = i;
            column->coefficient[active++] = 0;
        }
    return active;
}

/* Row and column j of W become W b, b its row of `columns`; the sum of the changes. */
static double column_put(struct lasso_column *column, const struct lasso_matrix *matrix, uint32_t j,
                         uint32_t active)
{
    uint32_t count = matrix->count;
    const double *sample = matrix->sample + (size_t)j * count;
    double *row = matrix->covariance + (size_t)j * count, moved = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (i == j)
            continue;
        double fresh = sample[i] - column->gradient[i];
        moved += fabs(fresh - row[i]);
        row[i] = fresh;
        matrix->covariance[(size_t)i * count + j] = fresh;
    }
    double *coefficients = matrix->columns + (size_t)j * count;
    memset(coefficients, 0, count * sizeof(double));
    for (uint32_t a = 0; a < active; a++)
        coefficients[column->active[a]] = column->coefficient[a];
    return moved;
}

double lasso_column_solve(struct lasso_column *column, const struct lasso_matrix *matrix,
                          uint32_t j)
{
    const double *start = matrix->columns + (size_t)j * matrix->count;
    uint32_t active = 0, grown;
    memset(column->chosen, 0, matrix->count);
    for (uint32_t i = 0; i < matrix->count; i++)
        if (start[i] != 0) {
            column->chosen[i] = 1;
            column->active[active] = i;
            column->coefficient[active++] = start[i];
        }
    for (;;) {
        if (active) {
            active_gather(column, matrix, j, active);
            active_descend(column, matrix->rho, matrix->tolerance, active);
        }
        gradient_make(column, matrix, j, active);
        grown = active_grow(column, matrix, j, active);
        if (grown == active)
            return column_put(column, matrix, j, active);
        active = grown;
    }
}
