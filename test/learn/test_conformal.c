/*
 * The promise is kept: over thousands of draws from distributions that are known, the share missed
 * is above the one asked for no more often than doubted, and, where the test is exact, just as
 * often.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/random.h"
#include "learn/conformal.h"

static bool near(double one, double other)
{
    return fabs(one - other) < 1e-9;
}

/* Reference values: the quantile function of the beta distribution of another library. */
static void bounds_are_those_of_clopper_and_pearson(void **state)
{
    (void)state;
    assert_true(near(conformal_bound(100, 3, 0.05), 0.07571079374983004));
    assert_true(near(conformal_bound(2995, 0, 0.05), 0.000999744420901142));
    assert_true(near(conformal_bound(2994, 0, 0.05), 0.0010000781698466697));
    assert_true(near(conformal_bound(5000, 12, 0.1), 0.0035542607123276227));
    assert_true(near(conformal_bound(100, 99, 0.05), 0.9994871985837377));
    assert_true(near(conformal_bound(1000, 500, 0.01), 0.5372219332390025));
    assert_true(conformal_bound(7, 7, 0.05) == 1 && conformal_bound(0, 0, 0.05) == 1);
    assert_int_equal(conformal_least(0.001, 0.05), 2995);
    assert_int_equal(conformal_least(0.05, 0.05), 59);
    assert_int_equal(conformal_least(1e-12, 1e-300), UINT32_MAX);
}

static const struct conformal_options usual = {0.001, 0.01, 0.05, true};

/* 2,994 positives say nothing yet, and that one more is wanted; 2,995 give the lowest as the cut.
 */
static void says_when_it_cannot_tell(void **state)
{
    (void)state;
    static struct conformal_decision decisions[2995 + 298];
    struct conformal_band band;
    for (uint32_t i = 0; i < 2995 + 298; i++)
        decisions[i] = (struct conformal_decision){i, i < 2995 ? 0.5 + i * 1e-4 : 0.6, i < 2995};
    assert_int_equal(conformal_calibrate(&usual, decisions, 2994, &band), 0);
    assert_true(band.filter.wanted == 1 && band.filter.units == 2994 && band.filter.bound == 1);
    assert_int_equal(conformal_judge(&band, -INFINITY), CONFORMAL_KEPT);
    assert_int_equal(conformal_judge(&band, INFINITY), CONFORMAL_KEPT);
    assert_true(band.raise.wanted == conformal_least(0.01, 0.05) && band.raise.wanted == 299);
    assert_int_equal(conformal_calibrate(&usual, decisions, 2995 + 298, &band), 0);
    assert_true(band.filter.wanted == 0 && band.filter.threshold == 0.5);
    assert_true(band.filter.bound <= 0.001 && band.filter.misses == 0 && band.raise.wanted == 1);
    assert_int_equal(conformal_judge(&band, 0.4999), CONFORMAL_FILTERED);
    assert_int_equal(conformal_judge(&band, 0.5), CONFORMAL_KEPT);
    assert_int_equal(conformal_judge(&band, NAN), CONFORMAL_KEPT);
}

static double least_of(double one, double other)
{
    return one < other ? one : other;
}

enum { TRIALS = 4000, POSITIVES = 400, NEGATIVES = 300 };

/* P(Binomial(units, share) <= m), summed up as it is defined. */
static double chance_up_to(uint32_t units, double share, uint32_t m)
{
    double sum = 0;
    for (uint32_t i = 0; i <= m; i++)
        sum += exp(lgamma(units + 1.0) - lgamma(i + 1.0) - lgamma(units - i + 1.0) +
                   i * log(share) + (units - i) * log1p(-share));
    return sum;
}

/* How often the promise ought to be broken: with the greatest m whose chance is within the doubt.
 */
static double broken_share(uint32_t units, double share, double doubt)
{
    uint32_t m = 0;
    while (chance_up_to(units, share, m + 1) <= doubt)
        m++;
    return chance_up_to(units, share, m);
}

/* Positives' scores are uniform on [0,1), so below t there is a share of t; negatives' are the
 * square root of such, so above t there is 1 - t². */
static void promise_is_kept_exactly(void **state)
{
    (void)state;
    static struct conformal_decision decisions[POSITIVES + NEGATIVES];
    const struct conformal_options options = {0.05, 0.1, 0.1, true};
    struct random random = {2026};
    int broken = 0, raised = 0;
    for (int trial = 0; trial < TRIALS; trial++) {
        struct conformal_band band;
        for (uint32_t i = 0; i < POSITIVES + NEGATIVES; i++) {
            double drawn = random_unit(&random);
            bool positive = i < POSITIVES;
            decisions[i] =
                (struct conformal_decision){i, positive ? 2 + drawn : 3 - sqrt(drawn), positive};
        }
        size_t count = POSITIVES + NEGATIVES;
        assert_int_equal(conformal_calibrate(&options, decisions, count, &band), 0);
        broken += band.filter.threshold - 2 > 0.05;
        double above = 1 - least_of(1, band.raise.threshold - 2);
        raised += above * above > 0.1;
        assert_true(band.filter.bound <= 0.05 && band.raise.bound <= 0.1);
    }
    /* Within four deviations of what theory says, which is below the doubt. */
    double filter = broken_share(POSITIVES, 0.05, 0.1), raise = broken_share(NEGATIVES, 0.1, 0.1);
    assert_true(filter <= 0.1 && raise <= 0.1 && filter > 0.05 && raise > 0.05);
    assert_true(fabs(broken - TRIALS * filter) < 4 * sqrt(TRIALS * filter * (1 - filter)));
    assert_true(fabs(raised - TRIALS * raise) < 4 * sqrt(TRIALS * raise * (1 - raise)));
}

/* Scores of few different values, as trees give them: the promise holds, with room. */
static void ties_are_safe(void **state)
{
    (void)state;
    static struct conformal_decision decisions[POSITIVES];
    const struct conformal_options options = {0.05, 0.1, 0.1, true};
    struct random random = {7};
    int broken = 0;
    for (int trial = 0; trial < TRIALS; trial++) {
        struct conformal_band band;
        for (uint32_t i = 0; i < POSITIVES; i++)
            decisions[i] = (struct conformal_decision){i, floor(30 * random_unit(&random)), true};
        assert_int_equal(conformal_calibrate(&options, decisions, POSITIVES, &band), 0);
        broken += band.filter.threshold / 30 > 0.05;
    }
    assert_true(broken <= TRIALS / 10);
}

/* Fifty attacks of forty alerts each, of the same score but for little: taken as 2,000 alerts, the
 * promise is broken far more often than doubted; by unit it is kept. */
static void repeated_alerts_prove_nothing(void **state)
{
    (void)state;
    enum { UNITS = 50, MEMBERS = 40 };
    static struct conformal_decision decisions[UNITS * MEMBERS];
    const struct conformal_options options = {0.1, 0.1, 0.1, true};
    struct random random = {99};
    int broken[2] = {0, 0};
    for (int trial = 0; trial < TRIALS / 8; trial++)
        for (int alone = 0; alone < 2; alone++) {
            struct conformal_band band;
            double score = 0;
            for (uint32_t i = 0; i < UNITS * MEMBERS; i++) {
                score = i % MEMBERS ? score + 1e-9 : random_unit(&random);
                decisions[i] = (struct conformal_decision){alone ? i : i / MEMBERS, score, true};
            }
            assert_int_equal(conformal_calibrate(&options, decisions, UNITS * MEMBERS, &band), 0);
            assert_int_equal(band.filter.units, alone ? UNITS * MEMBERS : UNITS);
            broken[alone] += band.filter.threshold > 0.1;
        }
    assert_true(broken[0] <= TRIALS / 8 / 10);
    assert_true(broken[1] > TRIALS / 8 / 4);
}

/* Three members each; the unit is missed with the first of them, or with the last. */
static void units_are_missed_as_told(void **state)
{
    (void)state;
    struct conformal_decision decisions[300];
    struct conformal_band band;
    for (uint32_t i = 0; i < 300; i++) /* units 0…99 in turns, their members at 0, 10 and 20 */
        decisions[i] = (struct conformal_decision){i % 100, i / 100 * 10.0 + i % 100 / 100.0, true};
    struct conformal_options options = {0.05, 0.05, 0.05, true};
    assert_int_equal(conformal_calibrate(&options, decisions, 300, &band), 0);
    assert_true(band.filter.units == 100 && band.filter.threshold == 0.01);
    assert_int_equal(band.filter.misses, 1);
    assert_true(near(band.filter.bound, conformal_bound(100, 1, 0.05)));
    options.first = false;
    assert_int_equal(conformal_calibrate(&options, decisions, 300, &band), 0);
    assert_true(near(band.filter.threshold, 20.01));
    for (uint32_t i = 0; i < 300; i++)
        decisions[i].positive = false;
    assert_int_equal(conformal_calibrate(&options, decisions, 300, &band), 0);
    assert_true(near(band.raise.threshold, 0.98) && band.raise.misses == 1);
    options.first = true;
    assert_int_equal(conformal_calibrate(&options, decisions, 300, &band), 0);
    assert_true(near(band.raise.threshold, 20.98));
    assert_int_equal(conformal_judge(&band, 20.985), CONFORMAL_RAISED);
    assert_true(band.filter.wanted == 59 && band.filter.threshold == -INFINITY);
}

/* Where the model separates well there is no band between, and each score has one side. */
static void cuts_do_not_cross(void **state)
{
    (void)state;
    struct conformal_decision decisions[200];
    struct conformal_band band;
    for (uint32_t i = 0; i < 200; i++)
        decisions[i] = (struct conformal_decision){i, i, i >= 100};
    const struct conformal_options options = {0.05, 0.05, 0.05, true};
    assert_int_equal(conformal_calibrate(&options, decisions, 200, &band), 0);
    assert_true(band.filter.threshold == 98 && band.raise.threshold == 98);
    assert_true(band.filter.misses == 0 && band.raise.misses == 1);
    assert_int_equal(conformal_judge(&band, 97), CONFORMAL_FILTERED);
    assert_int_equal(conformal_judge(&band, 98), CONFORMAL_KEPT);
    assert_int_equal(conformal_judge(&band, 99), CONFORMAL_RAISED);
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    struct conformal_decision decision = {1, NAN, true};
    struct conformal_band band;
    assert_int_equal(conformal_calibrate(&usual, &decision, 1, &band), -EINVAL);
    decision.score = INFINITY;
    assert_int_equal(conformal_calibrate(&usual, &decision, 1, &band), 0);
    assert_int_equal(conformal_calibrate(&usual, &decision, 0, &band), 0);
    assert_true(band.filter.wanted == 2995 && band.filter.units == 0);
    const struct conformal_options wrong[] = {
        {0, 0.1, 0.1, true}, {0.1, 1, 0.1, true}, {0.1, 0.1, NAN, true}, {0.1, 0.1, 1, true}};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(conformal_calibrate(&wrong[i], &decision, 1, &band), -EINVAL);
}

static void survives_saving(void **state)
{
    (void)state;
    struct conformal_decision decisions[200];
    struct conformal_band band, loaded;
    struct buffer saved = {0}, again = {0};
    for (uint32_t i = 0; i < 200; i++)
        decisions[i] = (struct conformal_decision){i, i % 97, i % 3 == 0};
    const struct conformal_options options = {0.1, 0.05, 0.05, true};
    assert_int_equal(conformal_calibrate(&options, decisions, 200, &band), 0);
    conformal_save(&band, &saved);
    for (size_t len = 0; len <= saved.len; len++) {
        struct cursor cursor = cursor_over((struct bytes){saved.at, len});
        assert_int_equal(conformal_load(&cursor, &loaded), len < saved.len ? -EBADMSG : 0);
    }
    conformal_save(&loaded, &again);
    assert_true(bytes_equal(buffer_bytes(&saved), buffer_bytes(&again)));
    buffer_finish(&saved);
    buffer_finish(&again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bounds_are_those_of_clopper_and_pearson),
        cmocka_unit_test(says_when_it_cannot_tell),
        cmocka_unit_test(promise_is_kept_exactly),
        cmocka_unit_test(ties_are_safe),
        cmocka_unit_test(repeated_alerts_prove_nothing),
        cmocka_unit_test(units_are_missed_as_told),
        cmocka_unit_test(cuts_do_not_cross),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(survives_saving),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
