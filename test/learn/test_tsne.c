/* The trees say what counting everything says; and what is near stays near on the plane. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "learn/quadtree.h"
#include "learn/tsne.h"
#include "learn/vantage_tree.h"

enum { POINTS = 600, DIMENSIONS = 10, CROWDS = 3, NEAR = 15 };

static double samples[POINTS * DIMENSIONS], places[POINTS * 2];

static double uniform(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (double)(*seed >> 11) / 9007199254740992.0;
}

static double normal(uint64_t *seed)
{
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += uniform(seed);
    return sum;
}

/* Three crowds, six deviations apart; every tenth point stands exactly on the one before. */
static void samples_make(void)
{
    uint64_t seed = 5;
    for (int i = 0; i < POINTS; i++)
        for (int k = 0; k < DIMENSIONS; k++) {
            double centre = k == (i / 2) % CROWDS ? 6 : 0;
            samples[i * DIMENSIONS + k] =
                i % 10 == 1 ? samples[(i - 1) * DIMENSIONS + k] : centre + normal(&seed);
        }
}

static double distance(const double *all, int width, int a, int b)
{
    double sum = 0;
    for (int k = 0; k < width; k++)
        sum += pow(all[a * width + k] - all[b * width + k], 2);
    return sqrt(sum);
}

static int double_compare(const void *a, const void *b)
{
    double one = *(const double *)a, other = *(const double *)b;
    return one < other ? -1 : one > other;
}

static void neighbours_are_the_nearest(void **state)
{
    (void)state;
    struct vantage_tree *tree;
    samples_make();
    assert_int_equal(vantage_tree_open(samples, POINTS, DIMENSIONS, 1, &tree), 0);
    for (int i = 0; i < POINTS; i++) {
        struct vantage_neighbour near[NEAR];
        double all[POINTS];
        for (int j = 0; j < POINTS; j++)
            all[j] = j == i ? INFINITY : distance(samples, DIMENSIONS, i, j);
        qsort(all, POINTS, sizeof(*all), double_compare);
        assert_int_equal(vantage_tree_near(tree, (uint32_t)i, NEAR, near), NEAR);
        for (int j = 0; j < NEAR; j++) {
            assert_true(fabs(near[j].distance - all[j]) < 1e-12);
            assert_int_not_equal(near[j].point, i);
        }
    }
    vantage_tree_close(tree);
}

static void repulsion_is_the_sum_over_all(void **state)
{
    (void)state;
    struct quadtree *tree;
    uint64_t seed = 9;
    for (int i = 0; i < 2 * POINTS; i++) /* some on one spot */
        places[i] = i > 20 && i < 40 ? places[i - 2] : 30 * normal(&seed);
    assert_int_equal(quadtree_open(POINTS, &tree), 0);
    assert_int_equal(quadtree_build(tree, places, POINTS), 0);
    for (int i = 0; i < POINTS; i++) {
        struct quadtree_sum want = {0};
        for (int j = 0; j < POINTS; j++) {
            double dx = places[2 * i] - places[2 * j], dy = places[2 * i + 1] - places[2 * j + 1];
            double weight = 1 / (1 + dx * dx + dy * dy);
            want.weight += i == j ? 0 : weight;
            want.x += weight * weight * dx;
            want.y += weight * weight * dy;
        }
        struct quadtree_sum exact = quadtree_sum(tree, places[2 * i], places[2 * i + 1], 0);
        assert_true(fabs(exact.weight - want.weight) < 1e-9 * (1 + want.weight));
        assert_true(fabs(exact.x - want.x) < 1e-9 && fabs(exact.y - want.y) < 1e-9);
        struct quadtree_sum near = quadtree_sum(tree, places[2 * i], places[2 * i + 1], 0.5);
        assert_true(fabs(near.weight - want.weight) < 0.05 * (1 + want.weight));
    }
    quadtree_close(tree);
}

static void crowds_stay_apart(void **state)
{
    (void)state;
    static double again[POINTS * 2];
    struct tsne_options options = {.points = POINTS,
                                   .dimensions = DIMENSIONS,
                                   .perplexity = 20,
                                   .theta = 0.5,
                                   .iterations = 300,
                                   .seed = 3};
    samples_make();
    assert_int_equal(tsne_embed(&options, samples, places), 0);
    int pure = 0;
    double mean[2] = {0, 0};
    for (int i = 0; i < POINTS; i++) {
        int nearest = -1;
        for (int j = 0; j < POINTS; j++)
            if (j != i &&
                (nearest < 0 || distance(places, 2, i, j) < distance(places, 2, i, nearest)))
                nearest = j;
        pure += i / 2 % CROWDS == nearest / 2 % CROWDS;
        mean[0] += places[2 * i];
        mean[1] += places[2 * i + 1];
    }
    assert_true(pure >= POINTS * 0.98);
    assert_true(fabs(mean[0]) < 1e-6 && fabs(mean[1]) < 1e-6);
    assert_int_equal(tsne_embed(&options, samples, again), 0);
    assert_memory_equal(places, again, sizeof(places));
    options.seed = 4;
    assert_int_equal(tsne_embed(&options, samples, again), 0);
    assert_memory_not_equal(places, again, sizeof(places));
}

static void few_and_equal_points_do(void **state)
{
    (void)state;
    struct tsne_options options = {
        .dimensions = 1, .perplexity = 30, .theta = 0.5, .iterations = 50, .seed = 1};
    static const double same[40];
    for (options.points = 0; options.points <= 40; options.points++) {
        assert_int_equal(tsne_embed(&options, same, places), 0);
        for (uint32_t i = 0; i < 2 * options.points; i++)
            assert_true(isfinite(places[i]));
    }
    options.perplexity = 0;
    assert_int_equal(tsne_embed(&options, same, places), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neighbours_are_the_nearest),
        cmocka_unit_test(repulsion_is_the_sum_over_all),
        cmocka_unit_test(crowds_stay_apart),
        cmocka_unit_test(few_and_equal_points_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
