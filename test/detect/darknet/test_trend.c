/* Series gathered in any order, whole steps only; changes, seasons and what is next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "base/time.h"
#include "detect/darknet/series.h"
#include "detect/darknet/trend.h"

static const int64_t MONDAY = 1767571200 * TIME_SECOND; /* 2026-01-05 */

static void test_whole_steps(void **state)
{
    (void)state;
    struct series_set set = {.step = TIME_DAY};
    assert_int_equal(series_add(&set, MONDAY + 3 * TIME_DAY + 5, BYTES("b"), 2), 0);
    assert_int_equal(series_add(&set, MONDAY + TIME_DAY - 1, BYTES("a"), 9), 0); /* a partial day */
    assert_int_equal(series_add(&set, MONDAY + 2 * TIME_DAY, BYTES("a"), 1), 0);
    assert_int_equal(series_add(&set, MONDAY + 2 * TIME_DAY + 7, BYTES("a"), 4), 0);
    assert_int_equal(series_add(&set, MONDAY, BYTES("a"), NAN), -EINVAL);
    series_span(&set, MONDAY + TIME_HOUR, MONDAY + 4 * TIME_DAY);
    assert_int_equal(series_lay(&set), 0);
    assert_int_equal(set.start, MONDAY + TIME_DAY);
    assert_int_equal(set.steps, 3);
    assert_int_equal(set.count, 2);
    assert_memory_equal(set.series[0].name.at, "a", 1); /* the larger first */
    assert_true(set.series[0].counts[0] == 0 && set.series[0].counts[1] == 5);
    assert_true(set.series[1].counts[2] == 2);
    series_finish(&set);
    assert_int_equal(series_add(&set, MONDAY, BYTES("a"), 1), 0);
    assert_int_equal(series_lay(&set), -ENODATA);
    series_finish(&set);
}

static void test_names_limit(void **state)
{
    (void)state;
    struct series_set set = {.step = TIME_DAY};
    for (uint32_t i = 0; i < SERIES_NAMES + 10; i++) {
        char name[16];
        int len = snprintf(name, sizeof(name), "tcp/%u", i);
        assert_int_equal(series_add(&set, MONDAY, (struct bytes){name, (size_t)len}, 1), 0);
    }
    assert_int_equal(set.count, SERIES_NAMES);
    assert_int_equal(set.dropped, 10);
    series_finish(&set);
}

/* Hours of 12 weeks: more by day, fewer at weekends, three times as many from day 50 on. */
static void hours_make(double counts[84 * 24])
{
    uint64_t seed = 11;
    for (uint32_t i = 0; i < 84 * 24; i++) {
        uint32_t day = i / 24, hour = i % 24;
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        double noise = (double)(seed >> 40) / (1 << 24) - 0.5;
        double level = log(200) + 0.5 * sin(hour * M_PI / 12) - (day % 7 > 4 ? 0.4 : 0) +
                       (day >= 50 ? log(3) : 0);
        counts[i] = floor(exp(level + 0.4 * noise));
    }
}

static void test_trend(void **state)
{
    (void)state;
    static double counts[84 * 24];
    static struct trend trend;
    struct trend_series series = {counts, 84 * 24, MONDAY, TIME_HOUR};
    hours_make(counts);
    assert_int_equal(trend_make(&series, 0.9, &trend), 0);
    assert_int_equal(trend.change_count, 1);
    assert_int_equal(trend.changes[0].time, MONDAY + 50 * TIME_DAY);
    assert_true(fabs(trend.changes[0].after / trend.changes[0].before - 3) < 0.3);
    assert_true(trend.changes[0].probability > 0.99);
    assert_true(trend.daily > 0.8);
    assert_true(trend.weekly > 0.6);
    assert_int_equal(trend.step_count, 168);
    double week = 0, next_day = 0; /* the next day is a Monday, like the 78th */
    for (uint32_t i = 77 * 24; i < 84 * 24; i++)
        week += counts[i], next_day += i < 78 * 24 ? counts[i] : 0;
    assert_true(fabs(trend.next_week.value / week - 1) < 0.1);
    assert_true(fabs(trend.next_day.value / next_day - 1) < 0.1);
    assert_true(trend.next_day.low < next_day && next_day < trend.next_day.high);
    assert_true(trend.steps[3].value > 1.5 * trend.steps[18].value);
}

static void test_backtest(void **state)
{
    (void)state;
    static double counts[84 * 24];
    struct trend_series series = {counts, 84 * 24, MONDAY, TIME_HOUR};
    struct forecast_scores day, week;
    hours_make(counts);
    assert_int_equal(trend_backtest(&series, 0.9, &day, &week), 0);
    assert_int_equal(day.origins, 42);
    assert_int_equal(week.origins, 36);
    assert_true(day.error < day.naive_error);
    assert_true(day.coverage > 0.8);
}

static void test_refused(void **state)
{
    (void)state;
    double counts[TREND_LEAST] = {0};
    struct trend trend;
    struct forecast_scores day, week;
    struct trend_series series = {counts, TREND_LEAST - 1, MONDAY, TIME_DAY};
    assert_int_equal(trend_make(&series, 0.9, &trend), -EINVAL);
    series.count++;
    assert_int_equal(trend_make(&series, 0.9, &trend), 0);
    assert_int_equal(trend.change_count, 0);
    assert_true(trend.next_week.value == 0);
    assert_int_equal(trend_backtest(&series, 0.9, &day, &week), -EINVAL);
    series.step = TIME_MINUTE;
    assert_int_equal(trend_make(&series, 0.9, &trend), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_steps), cmocka_unit_test(test_names_limit),
        cmocka_unit_test(test_trend),       cmocka_unit_test(test_backtest),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
