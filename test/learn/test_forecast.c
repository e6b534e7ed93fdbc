/* Seasons are found, storms don't carry the forecast away, and the interval covers what it says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <string.h>

#include "learn/forecast.h"

enum { DAYS = 300 };

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

/* Counts of days around 500 that know the week, wander, and have a storm now and then. */
static void counts_make(double counts[DAYS], double noise, double wander, double storms)
{
    double level = log(500);
    for (uint32_t i = 0; i < DAYS; i++) {
        level += wander * normal();
        double season = i % 7 < 2 ? -0.5 : 0.2;
        double storm = uniform() < storms ? 1 + 2 * uniform() : 0;
        counts[i] = floor(exp(level + season + noise * normal() + storm));
    }
}

static const struct forecast_options options = {.seasons = {7}, .horizon = 7, .coverage = 0.9};

static void test_season(void **state)
{
    (void)state;
    double counts[DAYS];
    struct forecast_point steps[7];
    struct forecast forecast = {.steps = steps};
    seed = 1;
    counts_make(counts, 0.02, 0, 0);
    assert_int_equal(forecast_make(counts, DAYS, &options, &forecast), 0);
    for (uint32_t h = 0; h < 7; h++) {
        double expected = 500 * exp((DAYS + h) % 7 < 2 ? -0.5 : 0.2);
        assert_true(fabs(steps[h].value - expected) < 0.06 * expected);
        assert_true(steps[h].low <= steps[h].value && steps[h].value <= steps[h].high);
        assert_true(steps[h].high - steps[h].low < 0.3 * expected);
    }
}

static void test_storm(void **state)
{
    (void)state;
    double counts[DAYS];
    struct forecast_point calm[7], after[7];
    struct forecast forecast = {.steps = calm};
    seed = 2;
    counts_make(counts, 0.1, 0, 0);
    assert_int_equal(forecast_make(counts, DAYS, &options, &forecast), 0);
    counts[DAYS - 1] *= 50;
    forecast.steps = after;
    assert_int_equal(forecast_make(counts, DAYS, &options, &forecast), 0);
    assert_true(after[6].value < 1.5 * calm[6].value);
}

static void test_coverage(void **state)
{
    (void)state;
    double counts[DAYS], coverage = 0, totals = 0, error = 0, naive = 0;
    for (uint64_t i = 1; i <= 10; i++) {
        struct forecast_scores scores;
        seed = i;
        counts_make(counts, 0.2, 0.02, 0.01);
        assert_int_equal(forecast_backtest(counts, DAYS, &options, 150, 3, &scores), 0);
        assert_int_equal(scores.origins, 48);
        coverage += scores.coverage / 10, totals += scores.total_coverage / 10;
        error += scores.error / 10, naive += scores.naive_error / 10;
    }
    print_message("# 90 %% intervals of 10 series held %.3f of days, %.3f of weeks; scaled error"
                  " %.3f, of the seasonal naive forecast %.3f\n",
                  coverage, totals, error, naive);
    assert_true(coverage > 0.86 && coverage < 0.94);
    assert_true(totals > 0.8);
    assert_true(error < 0.85 * naive);
}

static void test_nothing_there(void **state)
{
    (void)state;
    double counts[40] = {0};
    struct forecast_point steps[7];
    struct forecast forecast = {.steps = steps};
    assert_int_equal(forecast_make(counts, 40, &options, &forecast), 0);
    assert_true(steps[0].value == 0 && forecast.total.value == 0);
}

static void test_bounds(void **state)
{
    (void)state;
    double counts[40] = {0};
    struct forecast_point steps[7];
    struct forecast forecast = {.steps = steps};
    struct forecast_scores scores;
    struct forecast_options wrong = options;
    assert_int_equal(forecast_make(counts, FORECAST_LEAST - 1, &options, &forecast), -EINVAL);
    wrong.horizon = 0;
    assert_int_equal(forecast_make(counts, 40, &wrong, &forecast), -EINVAL);
    wrong = options, wrong.coverage = 1;
    assert_int_equal(forecast_make(counts, 40, &wrong, &forecast), -EINVAL);
    assert_int_equal(forecast_backtest(counts, 40, &options, 34, 1, &scores), -EINVAL);
    assert_int_equal(forecast_backtest(counts, 40, &options, 33, 1, &scores), 0);
    assert_int_equal(scores.origins, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_season),   cmocka_unit_test(test_storm),
        cmocka_unit_test(test_coverage), cmocka_unit_test(test_nothing_there),
        cmocka_unit_test(test_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
