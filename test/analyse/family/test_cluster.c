/* analyse/family/cluster.h: samples alike come together at a cost that grows with the samples only.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "analyse/family/cluster.h"
#include "base/random.h"

enum { KINDS = 20, EACH = 100, SAMPLES = KINDS * EACH };

/* Samples of a kind agree in about eight bins of ten, those of two kinds in none. */
static void sketches_make(struct sketch *sketches, uint32_t *names)
{
    struct random random = {7};
    for (uint32_t i = 0; i < SAMPLES; i++) {
        names[i] = i % KINDS;
        sketches[i].empty = false;
        for (int bin = 0; bin < SKETCH_BINS; bin++)
            sketches[i].bins[bin] = random_below(&random, 10) == 0
                                        ? (uint32_t)random_next(&random)
                                        : names[i] * 1000 + (uint32_t)bin;
    }
}

static void kinds_come_together(void **state)
{
    static struct sketch sketches[SAMPLES];
    static struct cluster_place places[SAMPLES];
    static uint32_t names[SAMPLES];
    struct cluster_counts counts;
    struct cluster_score score;
    (void)state;
    sketches_make(sketches, names);
    assert_int_equal(clusters_find(sketches, SAMPLES, 0.5, places, &counts), 0);
    assert_int_equal(counts.clusters, KINDS);
    assert_int_equal(counts.strangers, 0);
    assert_true(counts.comparisons <= (uint64_t)SAMPLES * CLUSTER_BANDS * CLUSTER_ASKED);
    assert_int_equal(clusters_score(places, names, SAMPLES, &score), 0);
    assert_float_equal(score.precision, 1, 1e-9);
    assert_float_equal(score.recall, 1, 1e-9);
    assert_float_equal(score.rand, 1, 1e-9);
}

static void empty_ones_stay_alone(void **state)
{
    struct sketch sketches[3] = {{.empty = true}, {.empty = true}, {.empty = false}};
    struct cluster_place places[3];
    struct cluster_counts counts;
    (void)state;
    assert_int_equal(clusters_find(sketches, 3, 0.5, places, &counts), 0);
    assert_int_equal(counts.clusters, 0);
    assert_int_equal(counts.strangers, 3);
    assert_int_equal(clusters_find(sketches, 3, 0, places, &counts), -EINVAL);
    assert_int_equal(clusters_find(sketches, 0, 1, places, &counts), 0);
}

static void scores_are_those_of_the_papers(void **state)
{
    /* one cluster of a a b, one of b: each sample's share, by hand */
    const struct cluster_place places[] = {{0, 1}, {0, 1}, {0, 1}, {1, 1}};
    const uint32_t names[] = {5, 5, 6, 6};
    struct cluster_score score;
    (void)state;
    assert_int_equal(clusters_score(places, names, 4, &score), 0);
    assert_float_equal(score.precision, (2. / 3 + 2. / 3 + 1. / 3 + 1) / 4, 1e-9);
    assert_float_equal(score.recall, (1 + 1 + 0.5 + 0.5) / 4, 1e-9);
    assert_float_equal(score.rand, 0, 1e-9); /* (1 - 3·2/6) / ((3 + 2)/2 - 1) */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_come_together),
        cmocka_unit_test(empty_ones_stay_alone),
        cmocka_unit_test(scores_are_those_of_the_papers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
