/* The threshold keeps the alert budget on days it never saw, and says so with few. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "learn/budget.h"

/* Exponential scores, as a tree's evidence gives: reproducible, no clock. */
static double draw(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return -log(((double)(*seed >> 11) + 1) / 9007199254740993.0);
}

static void keeps_the_budget_on_new_days(void **state)
{
    (void)state;
    enum { SCORES = 20000 };
    double *scores = calloc(SCORES, sizeof(*scores));
    uint64_t seed = 1;
    for (int i = 0; i < SCORES; i++)
        scores[i] = draw(&seed);
    /* 20 scores a host-day; on days not seen, so many exceed the threshold. */
    struct budget_fit fit = budget_fit(scores, SCORES, 1000, 0.05);
    int above = 0;
    for (int i = 0; i < SCORES; i++)
        above += draw(&seed) >= fit.threshold;
    free(scores);
    assert_true(above <= 75); /* half as much again as the 50 the budget allows */
    assert_true(above >= 10); /* and no more careful than it has to be */
}

static void prior_speaks_without_data(void **state)
{
    (void)state;
    struct budget_fit none = budget_fit(NULL, 0, 0, 0.05), strict = budget_fit(NULL, 0, 0, 0.005);
    assert_float_equal(none.threshold, 4.0, 0.01);
    assert_true(strict.threshold > none.threshold);
}

static void one_high_day_lifts_the_threshold(void **state)
{
    (void)state;
    double scores[] = {1.2, 6.5, 2.0, 3.1};
    struct budget_fit fit = budget_fit(scores, 4, 4, 0.05);
    assert_true(fit.threshold > 6.4);
}

static void few_days_lift_it_but_little(void **state)
{
    (void)state;
    double scores[] = {30, 29, 28};
    assert_true(budget_fit(scores, 3, 0.1, 0.05).threshold < 5.5);
}

static void confidence_is_a_half_at_the_threshold_and_grows(void **state)
{
    (void)state;
    struct budget_fit fit = {.threshold = 4, .scale = 0.8};
    assert_float_equal(budget_confidence(&fit, 4), 0.5, 1e-9);
    assert_true(budget_confidence(&fit, 6) > 0.8 && budget_confidence(&fit, 60) <= 1);
    assert_true(budget_confidence(&fit, 2) < 0.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_budget_on_new_days),
        cmocka_unit_test(prior_speaks_without_data),
        cmocka_unit_test(one_high_day_lifts_the_threshold),
        cmocka_unit_test(few_days_lift_it_but_little),
        cmocka_unit_test(confidence_is_a_half_at_the_threshold_and_grows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
