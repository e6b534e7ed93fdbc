/* Clusters come where samples are, join, forget, stay bounded, and survive saving. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>

#include "learn/logistic.h"
#include "learn/possibilistic.h"

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

static struct possibilistic *model_of(bool full, uint32_t clusters, double memory)
{
    struct possibilistic *model;
    struct possibilistic_options options = {.features = 2,
                                            .classes = 2,
                                            .clusters = clusters,
                                            .threshold = 0.1,
                                            .prior_deviation = 1,
                                            .prior_weight = 2,
                                            .memory = memory,
                                            .full = full};
    assert_int_equal(possibilistic_open(&options, &model), 0);
    return model;
}

/* Class 0 lies along x = y, class 1 along x = -y: the same means and variances. */
static uint32_t cross_sample(uint64_t *seed, double sample[2])
{
    uint32_t class = uniform(seed) < 0.5;
    double along = 4 * normal(seed), across = 0.3 * normal(seed);
    sample[0] = along + across;
    sample[1] = class ? -along + across : along - across;
    return class;
}

static double cross_accuracy(struct possibilistic *model)
{
    uint64_t seed = 7;
    double sample[2], typicality[2];
    for (int i = 0; i < 4000; i++) {
        uint32_t class = cross_sample(&seed, sample);
        possibilistic_learn(model, sample, class);
    }
    int right = 0;
    for (int i = 0; i < 4000; i++) {
        uint32_t class = cross_sample(&seed, sample);
        right += possibilistic_judge(model, sample, typicality) == class;
    }
    return right / 4000.0;
}

static void full_covariance_sees_correlation(void **state)
{
    (void)state;
    struct possibilistic *model = model_of(true, 64, INFINITY);
    assert_true(cross_accuracy(model) > 0.9);
    possibilistic_close(model);
    /* A linear model can't tell these two: the baseline is one. */
    struct logistic *line;
    assert_int_equal(logistic_open(2, 2, 0.5, &line), 0);
    uint64_t seed = 7;
    double sample[2], probability[2];
    int right = 0;
    for (int i = 0; i < 8000; i++) {
        uint32_t class = cross_sample(&seed, sample);
        right += i >= 4000 && logistic_judge(line, sample, probability) == class;
        assert_true(fabs(probability[0] + probability[1] - 1) < 1e-9 || i < 4000);
        logistic_learn(line, sample, class);
    }
    assert_true(right < 4000 * 0.6);
    logistic_close(line);
}

/* The recursion's covariance is that of the batch: mean (3, -1), deviations 2 and 0.5. */
static void recursion_equals_batch(void **state)
{
    (void)state;
    for (int full = 0; full < 2; full++) {
        struct possibilistic *model = model_of(full, 8, INFINITY);
        uint64_t seed = 3;
        double sum = 0, squares = 0;
        enum { N = 3000 };
        possibilistic_learn(model, (double[]){3, -1}, 0);
        for (int i = 0; i < N; i++) {
            /* within what one cluster takes in */
            double x = 3 + fmin(fmax(2 * normal(&seed), -3), 3);
            double sample[2] = {x, -1 + 0.5 * normal(&seed)};
            possibilistic_learn(model, sample, 0);
            sum += x;
            squares += x * x;
        }
        struct possibilistic_counts counts = possibilistic_counts(model);
        assert_int_equal(counts.clusters, 1);
        double members, typicality[2];
        uint32_t class;
        const double *mean = possibilistic_mean(model, 0, &class, &members);
        double batch_mean = (sum + 3) / (N + 1);
        assert_true(members == N + 1 && fabs(mean[0] - batch_mean) < 1e-9);
        double batch_variance = (squares + 9) - (N + 1) * batch_mean * batch_mean;
        batch_variance = (batch_variance + 2) / (N + 3);
        double sample[2] = {mean[0] + 5, mean[1]};
        possibilistic_judge(model, sample, typicality);
        double expected = 1 / (1 + 25 / batch_variance / 2);
        assert_true(fabs(typicality[0] - expected) < (full ? 5e-3 : 1e-9));
        assert_true(typicality[1] == 0);
        possibilistic_close(model);
    }
}

/* A wide class around a narrow one: typicality alone gives the middle to both, density to one. */
static void density_weighs_volume(void **state)
{
    (void)state;
    struct possibilistic *model = model_of(false, 64, INFINITY);
    uint64_t seed = 17;
    double share[2], typicality;
    for (int i = 0; i < 4000; i++)
        possibilistic_learn(model, (double[]){8 * normal(&seed), 8 * normal(&seed)}, 0);
    for (int i = 0; i < 4000; i++)
        possibilistic_learn(model, (double[]){0.2 * normal(&seed), 0.2 * normal(&seed)}, 1);
    assert_int_equal(possibilistic_classify(model, (double[]){0.1, -0.2}, share, &typicality), 1);
    assert_true(share[1] > 0.9 && fabs(share[0] + share[1] - 1) < 1e-12 && typicality > 0.5);
    assert_int_equal(possibilistic_classify(model, (double[]){5, 5}, share, &typicality), 0);
    possibilistic_classify(model, (double[]){500, 500}, share, &typicality);
    assert_true(typicality < 0.01);
    possibilistic_close(model);
}

static void outliers_are_typical_of_nothing(void **state)
{
    (void)state;
    struct possibilistic *model = model_of(false, 64, INFINITY);
    uint64_t seed = 5;
    for (uint32_t i = 0; i < 1000; i++)
        possibilistic_learn(model, (double[]){normal(&seed), normal(&seed)}, i % 2);
    double typicality[2];
    possibilistic_judge(model, (double[]){1000, 1000}, typicality);
    assert_true(typicality[0] < 1e-4 && typicality[1] < 1e-4);
    possibilistic_learn(model, (double[]){NAN, 0}, 0);
    assert_int_equal(possibilistic_counts(model).samples, 1000);
    possibilistic_close(model);
}

static void room_is_bounded_and_evictions_counted(void **state)
{
    (void)state;
    struct possibilistic *model = model_of(false, 4, INFINITY);
    for (int i = 0; i < 100; i++)
        possibilistic_learn(model, (double[]){0, 0}, 0);
    for (int i = 1; i <= 20; i++)
        possibilistic_learn(model, (double[]){100.0 * i, 0}, 1);
    struct possibilistic_counts counts = possibilistic_counts(model);
    assert_int_equal(counts.clusters, 4);
    assert_int_equal(counts.evicted, 17);
    double typicality[2]; /* the one with a hundred members is still there */
    assert_int_equal(possibilistic_judge(model, (double[]){0, 0}, typicality), 0);
    assert_true(typicality[0] > 0.99);
    possibilistic_close(model);
}

/* Two crowds drift towards each other until they are one. */
static void clusters_that_meet_are_merged(void **state)
{
    (void)state;
    for (int full = 0; full < 2; full++) {
        struct possibilistic *model = model_of(full, 64, 50);
        uint64_t seed = 11;
        for (int i = 0; i < 4000; i++) {
            double apart = i < 3000 ? 8 - i * (8 / 3000.0) : 0;
            double x = (i % 2 ? apart : -apart) + normal(&seed);
            possibilistic_learn(model, (double[]){x, normal(&seed)}, 0);
            if (i == 500)
                assert_int_equal(possibilistic_counts(model).clusters, 2);
        }
        assert_true(possibilistic_counts(model).merged > 0);
        assert_int_equal(possibilistic_counts(model).clusters, 1);
        double typicality[2];
        possibilistic_judge(model, (double[]){0, 0}, typicality);
        assert_true(typicality[0] > 0.7);
        possibilistic_close(model);
    }
}

/* What moves slowly is followed by a cluster that forgets, and lost by one that doesn't. */
static void forgetting_follows_drift(void **state)
{
    (void)state;
    for (int full = 0; full < 2; full++) {
        double miss[2];
        for (int forgets = 0; forgets < 2; forgets++) {
            struct possibilistic *model = model_of(full, 1, forgets ? 100 : INFINITY);
            uint64_t seed = 13;
            for (int i = 0; i < 4000; i++)
                possibilistic_learn(model, (double[]){i * 0.002 + normal(&seed), normal(&seed)}, 0);
            uint32_t class;
            double members;
            miss[forgets] = fabs(possibilistic_mean(model, 0, &class, &members)[0] - 8);
            possibilistic_close(model);
        }
        assert_true(miss[1] < 1 && miss[0] > 2 * miss[1]);
    }
}

static void saving_keeps_every_bit(void **state)
{
    (void)state;
    struct possibilistic *model = model_of(true, 64, 500), *again;
    (void)cross_accuracy(model);
    struct buffer saved = {0};
    possibilistic_save(model, &saved);
    assert_false(saved.failed);
    struct cursor cursor = cursor_over(buffer_bytes(&saved));
    assert_int_equal(possibilistic_load(&cursor, &again), 0);
    uint64_t seed = 99;
    for (int i = 0; i < 500; i++) {
        double sample[2], left[2], right[2];
        uint32_t class = cross_sample(&seed, sample);
        possibilistic_judge(model, sample, left);
        possibilistic_judge(again, sample, right);
        assert_memory_equal(left, right, sizeof(left));
        possibilistic_learn(model, sample, class);
        possibilistic_learn(again, sample, class);
    }
    possibilistic_close(again);
    /* Every shorter file is refused, and none reads beyond its end. */
    for (size_t len = 0; len < saved.len; len += 7) {
        cursor = cursor_over((struct bytes){saved.at, len});
        assert_int_equal(possibilistic_load(&cursor, &again), -EBADMSG);
    }
    buffer_finish(&saved);
    possibilistic_close(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_covariance_sees_correlation),
        cmocka_unit_test(recursion_equals_batch),
        cmocka_unit_test(density_weighs_volume),
        cmocka_unit_test(outliers_are_typical_of_nothing),
        cmocka_unit_test(room_is_bounded_and_evictions_counted),
        cmocka_unit_test(clusters_that_meet_are_merged),
        cmocka_unit_test(forgetting_follows_drift),
        cmocka_unit_test(saving_keeps_every_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
