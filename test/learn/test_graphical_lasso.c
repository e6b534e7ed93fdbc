/*
 * The solution is known by its optimality conditions, whoever found it: with W
 * the inverse of T, w_ij = s_ij + rho sign(t_ij) on edges, |w_ij - s_ij| <= rho
 * elsewhere. They are checked with T inverted afresh.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "learn/graphical_lasso.h"

enum { SAMPLES = 12, MOST = 80 };

static double draw(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (double)(*seed >> 11) / 9007199254740992.0;
}

/* Population covariance of SAMPLES draws of `nodes` variables, the first `together` of which follow
 * one signal. */
static void sample_covariance(uint32_t nodes, uint32_t together, uint64_t seed, double *out)
{
    double x[MOST][SAMPLES], signal[SAMPLES];
    for (int m = 0; m < SAMPLES; m++)
        signal[m] = draw(&seed) < 0.4 ? 3 : -2;
    for (uint32_t i = 0; i < nodes; i++) {
        double mean = 0;
        for (int m = 0; m < SAMPLES; m++) {
            x[i][m] = 3 * (draw(&seed) + draw(&seed)) - 3 + (i < together ? signal[m] : 0);
            mean += x[i][m] / SAMPLES;
        }
        for (int m = 0; m < SAMPLES; m++)
            x[i][m] -= mean;
    }
    for (uint32_t i = 0; i < nodes; i++)
        for (uint32_t j = 0; j < nodes; j++) {
            double sum = 0;
            for (int m = 0; m < SAMPLES; m++)
                sum += x[i][m] * x[j][m];
            out[i * nodes + j] = sum / SAMPLES;
        }
}

static bool near(double one, double other, double most)
{
    return fabs(one - other) <= most;
}

/* Gauss-Jordan; `matrix` is lost. */
static void invert(double *matrix, uint32_t count, double *inverse)
{
    memset(inverse, 0, sizeof(double) * count * count);
    for (uint32_t i = 0; i < count; i++)
        inverse[i * count + i] = 1;
    for (uint32_t p = 0; p < count; p++) {
        double pivot = matrix[p * count + p];
        assert_true(pivot > 0); /* T is positive definite */
        for (uint32_t j = 0; j < count; j++) {
            matrix[p * count + j] /= pivot;
            inverse[p * count + j] /= pivot;
        }
        for (uint32_t i = 0; i < count; i++) {
            double factor = matrix[i * count + p];
            for (uint32_t j = 0; i != p && j < count; j++) {
                matrix[i * count + j] -= factor * matrix[p * count + j];
                inverse[i * count + j] -= factor * inverse[p * count + j];
            }
        }
    }
}

/* The largest break of the optimality conditions. */
static double residual(const struct graphical_lasso *lasso, const double *sample, uint32_t nodes,
                       double rho)
{
    double *precision = calloc((size_t)nodes * nodes, sizeof(double)), worst = 0;
    double *inverse = calloc((size_t)nodes * nodes, sizeof(double));
    for (uint32_t i = 0; i < nodes; i++)
        for (uint32_t j = 0; j < nodes; j++)
            precision[i * nodes + j] = graphical_lasso_precision(lasso, i, j);
    invert(precision, nodes, inverse);
    for (uint32_t i = 0; i < nodes; i++)
        for (uint32_t j = 0; j < nodes; j++) {
            double t = graphical_lasso_precision(lasso, i, j);
            double gap = inverse[i * nodes + j] - sample[i * nodes + j];
            double wrong = t != 0 ? fabs(gap - copysign(rho, t)) : fmax(0, fabs(gap) - rho);
            worst = fmax(worst, wrong);
        }
    free(precision);
    free(inverse);
    return worst;
}

static struct graphical_lasso *opened(uint32_t nodes, const double *sample)
{
    struct graphical_lasso *lasso;
    assert_int_equal(graphical_lasso_open(nodes, &lasso), 0);
    assert_int_equal(graphical_lasso_begin(lasso, sample, nodes), 0);
    return lasso;
}

static void the_solution_is_optimal(void **state)
{
    (void)state;
    static const double rhos[] = {1.2, 0.9, 0.6, 0.4, 0.2};
    double sample[MOST * MOST];
    for (uint64_t seed = 1; seed <= 6; seed++) {
        sample_covariance(MOST, (uint32_t)(seed % 3) * 16, seed, sample);
        struct graphical_lasso *lasso = opened(MOST, sample);
        uint64_t edges = 0;
        for (size_t r = 0; r < sizeof(rhos) / sizeof(*rhos); r++) {
            struct graphical_lasso_summary summary;
            assert_int_equal(graphical_lasso_solve(lasso, rhos[r], 1e-11, &summary), 0);
            assert_true(summary.converged);
            assert_true(residual(lasso, sample, MOST, rhos[r]) < 1e-7);
            edges += summary.edges;
        }
        assert_true(edges > 100); /* there was something to find */
        graphical_lasso_close(lasso);
    }
}

/* Along a path and from nothing, downwards or upwards: one solution. */
static void the_way_there_does_not_matter(void **state)
{
    (void)state;
    static const double rhos[] = {0.9, 0.5, 0.3, 0.7};
    double sample[MOST * MOST];
    sample_covariance(MOST, 20, 77, sample);
    struct graphical_lasso *path = opened(MOST, sample), *fresh = opened(MOST, sample);
    for (size_t r = 0; r < sizeof(rhos) / sizeof(*rhos); r++) {
        struct graphical_lasso_summary along, cold;
        assert_int_equal(graphical_lasso_solve(path, rhos[r], 1e-11, &along), 0);
        assert_int_equal(graphical_lasso_begin(fresh, sample, MOST), 0);
        assert_int_equal(graphical_lasso_solve(fresh, rhos[r], 1e-11, &cold), 0);
        assert_int_equal(along.edges, cold.edges);
        for (uint32_t i = 0; i < MOST; i++)
            for (uint32_t j = 0; j < MOST; j++) {
                double one = graphical_lasso_precision(path, i, j);
                double other = graphical_lasso_precision(fresh, i, j);
                assert_int_equal(one != 0, other != 0);
                assert_true(near(one, other, 1e-6));
            }
    }
    graphical_lasso_close(path);
    graphical_lasso_close(fresh);
}

/* Two variables have a formula: w_12 = s_12 shrunk by rho, T its inverse. */
static void two_variables_have_a_formula(void **state)
{
    (void)state;
    const double sample[] = {2.0, -1.5, -1.5, 3.0};
    struct graphical_lasso *lasso = opened(2, sample);
    struct graphical_lasso_summary summary;
    assert_int_equal(graphical_lasso_solve(lasso, 0.5, 1e-12, &summary), 0);
    double a = 2.5, b = 3.5, c = -1.0, determinant = a * b - c * c;
    assert_int_equal(summary.edges, 1);
    assert_true(near(summary.density, 1, 0));
    assert_true(near(graphical_lasso_precision(lasso, 0, 1), -c / determinant, 1e-12));
    assert_true(near(graphical_lasso_precision(lasso, 1, 1), a / determinant, 1e-12));
    assert_true(near(graphical_lasso_covariance(lasso, 0, 1), c, 1e-12));
    assert_int_equal(graphical_lasso_solve(lasso, 1.5, 1e-12, &summary), 0);
    assert_int_equal(summary.edges, 0);
    assert_true(near(graphical_lasso_precision(lasso, 0, 0), 1 / 3.5, 1e-12));
    graphical_lasso_close(lasso);
}

/* Hosts that do exactly the same are all tied to each other, or none is. */
static void twins_are_treated_alike(void **state)
{
    (void)state;
    enum { TWINS = 10 };
    double sample[MOST * MOST];
    sample_covariance(MOST, 0, 5, sample);
    for (uint32_t i = 1; i < TWINS; i++) {
        memcpy(sample + i * MOST, sample, sizeof(double) * MOST);
        for (uint32_t j = 0; j < MOST; j++)
            sample[j * MOST + i] = sample[j * MOST];
    }
    for (uint32_t i = 0; i < TWINS; i++)
        for (uint32_t j = 0; j < TWINS; j++)
            sample[i * MOST + j] = sample[0];
    struct graphical_lasso *lasso = opened(MOST, sample);
    struct graphical_lasso_summary summary;
    assert_int_equal(graphical_lasso_solve(lasso, 0.5, 1e-11, &summary), 0);
    assert_true(graphical_lasso_precision(lasso, 0, 1) < 0);
    for (uint32_t i = 0; i < TWINS; i++)
        for (uint32_t j = i + 1; j < TWINS; j++)
            assert_true(near(graphical_lasso_precision(lasso, i, j),
                             graphical_lasso_precision(lasso, 0, 1), 1e-8));
    assert_true(residual(lasso, sample, MOST, 0.5) < 1e-7);
    graphical_lasso_close(lasso);
}

/* Blocks that do not touch are solved as if alone, and the edges come in order. */
static void components_are_solved_alone(void **state)
{
    (void)state;
    enum { HALF = MOST / 2 };
    double block[HALF * HALF], whole[MOST * MOST] = {0};
    sample_covariance(HALF, 10, 9, block);
    for (uint32_t i = 0; i < HALF; i++)
        for (uint32_t j = 0; j < HALF; j++) /* interleaved: 0, 2, 4, … and 1, 3, 5, … */
            whole[2 * i * MOST + 2 * j] = whole[(2 * i + 1) * MOST + 2 * j + 1] =
                block[i * HALF + j];
    struct graphical_lasso *one = opened(HALF, block), *both = opened(MOST, whole);
    struct graphical_lasso_summary alone, together;
    assert_int_equal(graphical_lasso_solve(one, 0.3, 1e-10, &alone), 0);
    assert_int_equal(graphical_lasso_solve(both, 0.3, 1e-10, &together), 0);
    assert_int_equal(together.edges, 2 * alone.edges);
    assert_int_equal(together.largest, alone.largest);
    assert_int_equal(together.components, 2 * alone.components);
    for (uint32_t i = 0; i < HALF; i++)
        for (uint32_t j = 0; j < HALF; j++)
            assert_true(graphical_lasso_precision(one, i, j) ==
                        graphical_lasso_precision(both, 2 * i, 2 * j));
    struct graphical_lasso_edge edges[MOST * MOST];
    uint64_t count = graphical_lasso_edges(both, edges, MOST * MOST);
    assert_int_equal(count, together.edges);
    for (uint64_t e = 1; e < count; e++)
        assert_true(edges[e - 1].first < edges[e].first || (edges[e - 1].first == edges[e].first &&
                                                            edges[e - 1].second < edges[e].second));
    assert_int_equal(graphical_lasso_edges(both, edges, 3), 3);
    graphical_lasso_close(one);
    graphical_lasso_close(both);
}

/* Hosts that never change, one host, no host: no edges, and nothing breaks. */
static void nothing_to_see_is_no_graph(void **state)
{
    (void)state;
    double still[9] = {0};
    struct graphical_lasso *lasso = opened(3, still);
    struct graphical_lasso_summary summary;
    for (uint32_t nodes = 0; nodes <= 3; nodes++) {
        assert_int_equal(graphical_lasso_begin(lasso, still, nodes), 0);
        assert_int_equal(graphical_lasso_solve(lasso, 0.5, 1e-4, &summary), 0);
        assert_int_equal(summary.edges, 0);
        assert_true(near(summary.density, 0, 0));
    }
    assert_true(near(graphical_lasso_precision(lasso, 2, 2), 2, 1e-15));
    graphical_lasso_close(lasso);
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    double sample[4] = {1, NAN, NAN, 1}, good[4] = {1, 0, 0, 1};
    struct graphical_lasso *lasso = NULL;
    struct graphical_lasso_summary summary = {.edges = 77};
    assert_int_equal(graphical_lasso_open(0, &lasso), -EINVAL);
    assert_int_equal(graphical_lasso_open(GRAPHICAL_LASSO_NODES + 1, &lasso), -EINVAL);
    assert_null(lasso);
    assert_int_equal(graphical_lasso_open(2, &lasso), 0);
    assert_int_equal(graphical_lasso_begin(lasso, sample, 2), -EINVAL);
    assert_int_equal(graphical_lasso_begin(lasso, good, 3), -EINVAL);
    assert_int_equal(graphical_lasso_begin(lasso, good, 2), 0);
    assert_int_equal(graphical_lasso_solve(lasso, 0, 1e-4, &summary), -EINVAL);
    assert_int_equal(graphical_lasso_solve(lasso, 0.5, NAN, &summary), -EINVAL);
    assert_int_equal(summary.edges, 77);
    graphical_lasso_close(lasso);
    graphical_lasso_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_solution_is_optimal),
        cmocka_unit_test(the_way_there_does_not_matter),
        cmocka_unit_test(two_variables_have_a_formula),
        cmocka_unit_test(twins_are_treated_alike),
        cmocka_unit_test(components_are_solved_alone),
        cmocka_unit_test(nothing_to_see_is_no_graph),
        cmocka_unit_test(nonsense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
