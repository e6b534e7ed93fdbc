/* Planted changes are found where they are; noise, storms and drift of neighbours are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "learn/change_point.h"

static uint64_t seed;

static double uniform(void)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (double)(seed >> 11) / 9007199254740992.0;
}

static double normal(void)
{
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += uniform();
    return sum;
}

/* 150 steps of noise around ln 500; from `step` on, `factor` times as many. */
static void series_make(double values[150], uint32_t step, double factor, double noise,
                        double correlation)
{
    double off = 0;
    for (uint32_t i = 0; i < 150; i++) {
        off = correlation * off + noise * sqrt(1 - correlation * correlation) * normal();
        values[i] = log(500) + off + (i >= step ? log(factor) : 0);
    }
}

static void test_planted(void **state)
{
    (void)state;
    uint32_t near = 0, extra = 0;
    for (seed = 1; seed <= 100; seed++) {
        uint64_t own = seed;
        double values[150];
        struct change_point changes[8];
        uint32_t found, step = 20 + (uint32_t)(uniform() * 110);
        series_make(values, step, uniform() < 0.5 ? 2 : 0.5, 0.25, 0);
        assert_int_equal(change_points_find(values, 150, changes, 8, &found), 0);
        for (uint32_t i = 0; i < found && i < 8; i++) {
            bool here = changes[i].step + 2 >= step && changes[i].step <= step + 2;
            near += here;
            extra += !here;
            if (here)
                assert_true(changes[i].probability > 0.5);
        }
        seed = own;
    }
    print_message(
        "# of 100 planted changes by a factor of two: %u found within 2 steps, %u others\n", near,
        extra);
    assert_true(near >= 95);
    assert_true(extra <= 8);
}

static uint32_t false_alarms(double noise, double correlation)
{
    uint32_t alarms = 0;
    for (uint64_t i = 1; i <= 100; i++) {
        double values[150];
        struct change_point changes[8];
        uint32_t found;
        seed = i * 7919;
        series_make(values, 150, 1, noise, correlation);
        assert_int_equal(change_points_find(values, 150, changes, 8, &found), 0);
        alarms += found;
    }
    return alarms;
}

static void test_nothing(void **state)
{
    (void)state;
    uint32_t plain = false_alarms(0.25, 0), correlated = false_alarms(0.25, 0.5);
    print_message("# in 15,000 steps without a change: %u alarms, %u where neighbours correlate\n",
                  plain, correlated);
    assert_true(plain <= 8);
    assert_true(correlated <= 30);
}

static void test_storm(void **state)
{
    (void)state;
    double values[150];
    struct change_point changes[8];
    uint32_t found;
    seed = 3;
    series_make(values, 150, 1, 0.1, 0);
    values[70] += 4; /* one day at fifty times the usual */
    assert_int_equal(change_points_find(values, 150, changes, 8, &found), 0);
    assert_int_equal(found, 0);
    values[71] += 4, values[72] += 4, values[73] += 4; /* four days are a level */
    assert_int_equal(change_points_find(values, 150, changes, 8, &found), 0);
    assert_int_equal(found, 2);
    assert_int_equal(changes[0].step, 70);
    assert_int_equal(changes[1].step, 74);
}

static void test_room(void **state)
{
    (void)state;
    double values[150];
    struct change_point changes[1];
    uint32_t found;
    seed = 5;
    series_make(values, 50, 4, 0.1, 0);
    for (uint32_t i = 100; i < 150; i++)
        values[i] += 2;
    assert_int_equal(change_points_find(values, 150, changes, 1, &found), 0);
    assert_int_equal(found, 2);
    assert_int_equal(changes[0].step, 100); /* the newest is kept */
}

static void test_edges(void **state)
{
    (void)state;
    double values[CHANGE_STEPS + 1] = {0};
    struct change_point changes[4];
    uint32_t found = 7;
    assert_int_equal(change_points_find(values, CHANGE_STEPS + 1, changes, 4, &found), -EINVAL);
    assert_int_equal(found, 7);
    for (uint32_t count = 0; count < 20; count++) {
        assert_int_equal(change_points_find(values, count, changes, 4, &found), 0);
        assert_int_equal(found, 0); /* nothing moves */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_planted), cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_storm),   cmocka_unit_test(test_room),
        cmocka_unit_test(test_edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
