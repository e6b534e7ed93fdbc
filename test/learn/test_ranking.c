/* learn/ranking.h: what thresholds can and cannot tell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "learn/ranking.h"

static void area_counts_pairs_and_half_the_ties(void **state)
{
    (void)state;
    struct ranked_score ranked[] = {{3, true}, {1, false}, {2, true}, {2, false}, {0, false}};
    /* six pairs: five and a half won */
    assert_float_equal(ranking_area(ranked, 5), 5.5 / 6, 1e-12);
    assert_float_equal(ranking_area(ranked, 0), 0, 0);
    struct ranked_score alone[] = {{3, true}, {1, true}};
    assert_float_equal(ranking_area(alone, 2), 0, 0);
}

static void rate_stops_before_one_false_too_many(void **state)
{
    (void)state;
    struct ranked_score ranked[] = {{9, true},  {8, false}, {7, true},  {6, true},
                                    {5, false}, {4, true},  {3, false}, {2, false}};
    assert_float_equal(ranking_rate_at(ranked, 8, 0), 0.25, 1e-12);
    assert_float_equal(ranking_rate_at(ranked, 8, 0.25), 0.75, 1e-12);
    assert_float_equal(ranking_rate_at(ranked, 8, 0.49), 0.75, 1e-12);
    assert_float_equal(ranking_rate_at(ranked, 8, 1), 1, 1e-12);
}

static void equal_scores_are_not_parted(void **state)
{
    (void)state;
    struct ranked_score ranked[] = {{5, true}, {5, false}, {1, false}};
    assert_float_equal(ranking_rate_at(ranked, 3, 0), 0, 0);
    assert_float_equal(ranking_rate_at(ranked, 3, 0.5), 1, 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(area_counts_pairs_and_half_the_ties),
        cmocka_unit_test(rate_stops_before_one_false_too_many),
        cmocka_unit_test(equal_scores_are_not_parted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
