/* Features depend on the past alone, and not on the order of what begins at once. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "base/time.h"
#include "triage/novelty/chain.h"

enum { GROUPS = 1500, COLUMNS = NOVELTY_FEATURE_COUNT };

/* Five days of routine: few rules on few hosts, several at the same moment. */
static struct group_facts *groups_make(uint64_t seed)
{
    struct group_facts *groups = calloc(GROUPS, sizeof(*groups));
    struct random random = {seed};
    int64_t time = 19000 * TIME_DAY;
    assert_non_null(groups);
    for (uint32_t i = 0; i < GROUPS; i++) {
        if (random_below(&random, 4))
            time += (int64_t)random_below(&random, 760) * TIME_SECOND;
        groups[i] = (struct group_facts){
            .id = i + 1,
            .first = time,
            .last = time + (int64_t)random_below(&random, 1200) * TIME_SECOND,
            .count = 1 + random_below(&random, 9),
            .severity = 3,
            .rule = 100 + random_below(&random, 12),
            .host = 200 + random_below(&random, 8),
            .source = 300 + random_below(&random, 5),
            .pair = 400 + random_below(&random, 20),
            .category = 500,
            .outcome = -1,
        };
    }
    return groups;
}

static float *rows_make(const struct group_facts *groups, size_t count)
{
    float *rows = malloc((count + 1) * COLUMNS * sizeof(*rows));
    assert_non_null(rows);
    assert_int_equal(novelty_features(groups, count, rows), 0);
    return rows;
}

static void all_are_finite(void **state)
{
    (void)state;
    struct group_facts *groups = groups_make(1);
    float *rows = rows_make(groups, GROUPS);
    for (size_t i = 0; i < (size_t)GROUPS * COLUMNS; i++)
        assert_true(isfinite(rows[i]));
    free(rows);
    free(groups);
}

static void what_comes_later_changes_nothing(void **state)
{
    (void)state;
    struct group_facts *groups = groups_make(2);
    float *all = rows_make(groups, GROUPS);
    size_t cut = 700;
    while (groups[cut].first == groups[cut - 1].first)
        cut++;
    float *before = rows_make(groups, cut);
    assert_memory_equal(all, before, cut * COLUMNS * sizeof(*all));
    free(before);
    /* A different future, and larger groups that can still grow. */
    for (size_t i = cut; i < GROUPS; i++)
        groups[i].rule += 1000;
    before = rows_make(groups, GROUPS);
    assert_memory_equal(all, before, cut * COLUMNS * sizeof(*all));
    assert_memory_not_equal(all + cut * COLUMNS, before + cut * COLUMNS,
                            (GROUPS - cut) * COLUMNS * sizeof(*all));
    free(before);
    free(all);
    free(groups);
}

/* Turn every run of groups that begin at once round. */
static size_t ties_turn(struct group_facts *groups)
{
    size_t turned = 0;
    for (size_t begin = 0, end; begin < GROUPS; begin = end) {
        end = begin + 1;
        while (end < GROUPS && groups[end].first == groups[begin].first)
            end++;
        for (size_t i = begin, j = end - 1; i < j; i++, j--) {
            struct group_facts kept = groups[i];
            groups[i] = groups[j];
            groups[j] = kept;
            turned++;
        }
    }
    return turned;
}

static void order_within_a_moment_changes_nothing(void **state)
{
    (void)state;
    struct group_facts *groups = groups_make(3);
    float *one = rows_make(groups, GROUPS);
    float *by_id = calloc((size_t)(GROUPS + 1) * COLUMNS, sizeof(*by_id));
    assert_non_null(by_id);
    assert_true(ties_turn(groups) > 50);
    float *other = rows_make(groups, GROUPS);
    for (size_t i = 0; i < GROUPS; i++)
        memcpy(&by_id[(groups[i].id - 1) * COLUMNS], &other[i * COLUMNS], COLUMNS * sizeof(*other));
    for (size_t i = 0; i < (size_t)GROUPS * COLUMNS; i++)
        assert_float_equal(one[i], by_id[i], 1e-5);
    free(by_id);
    free(other);
    free(one);
    free(groups);
}

static void groups_out_of_order_are_refused(void **state)
{
    (void)state;
    struct group_facts *groups = groups_make(4);
    float *rows = malloc((size_t)GROUPS * COLUMNS * sizeof(*rows));
    groups[10].first = groups[9].first - 1;
    assert_int_equal(novelty_features(groups, GROUPS, rows), -EINVAL);
    assert_int_equal(novelty_features(groups, 0, rows), 0);
    free(rows);
    free(groups);
}

static void a_new_rule_is_told(void **state)
{
    (void)state;
    struct group_facts *groups = groups_make(5);
    groups[GROUPS - 1].rule = 999;
    groups[GROUPS - 1].count = 5000;
    float *rows = rows_make(groups, GROUPS);
    const float *row = &rows[(size_t)(GROUPS - 1) * COLUMNS], *usual = row - COLUMNS;
    assert_true(row[NOVELTY_rule_rarity] > 6 && usual[NOVELTY_rule_rarity] < 4);
    assert_true(row[NOVELTY_rule_newness] == 4 && usual[NOVELTY_rule_newness] < 1);
    assert_true(row[NOVELTY_rule_excess] > 8 && usual[NOVELTY_rule_excess] < 1);
    free(rows);
    free(groups);
}

/* ---- the chain --------------------------------------------------------------------------- */

static const struct chain_options options = {.budget = 20, .seed = 1};

static struct chain_score *chain_make(const struct group_facts *groups, const float *rows,
                                      size_t count)
{
    struct chain_score *scores = calloc(count + 1, sizeof(*scores));
    assert_non_null(scores);
    assert_int_equal(chain_score(&options, groups, rows, count, 0, scores), 0);
    return scores;
}

static void days_are_scored_by_days_before(void **state)
{
    (void)state;
    struct group_facts *groups = groups_make(6);
    groups[GROUPS - 1].rule = 999;
    groups[GROUPS - 1].count = 5000;
    float *rows = rows_make(groups, GROUPS);
    struct chain_score *all = chain_make(groups, rows, GROUPS);
    size_t day = GROUPS;
    while (time_day(groups[day - 1].first) == time_day(groups[GROUPS - 1].first))
        day--;
    struct chain_score *before = chain_make(groups, rows, day);
    assert_true(isnan(all[0].score)); /* nothing was known */
    for (size_t i = 0; i < day; i++)
        assert_memory_equal(&all[i], &before[i], sizeof(*all));
    /* Going on from where an earlier call ended is the same as all at once. */
    struct chain_score *on = calloc(GROUPS, sizeof(*on));
    memcpy(on, before, day * sizeof(*on));
    assert_int_equal(chain_score(&options, groups, rows, GROUPS, day, on), 0);
    assert_memory_equal(on, all, GROUPS * sizeof(*on));
    /* What is planted is shown, and says why. */
    assert_true(all[GROUPS - 1].score >= all[GROUPS - 1].cut);
    assert_true(all[GROUPS - 1].reasons[0].share > 0);
    free(on);
    free(before);
    free(all);
    free(rows);
    free(groups);
}

static void the_budget_is_about_kept(void **state)
{
    (void)state;
    struct group_facts *groups = groups_make(7);
    float *rows = rows_make(groups, GROUPS);
    struct chain_score *scores = chain_make(groups, rows, GROUPS);
    size_t shown = 0;
    int32_t days = time_day(groups[GROUPS - 1].first) - time_day(groups[0].first);
    for (size_t i = 0; i < GROUPS; i++)
        shown += scores[i].score >= scores[i].cut;
    assert_true(shown > (size_t)days * 5 && shown < (size_t)days * 60);
    free(scores);
    free(rows);
    free(groups);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_are_finite),
        cmocka_unit_test(what_comes_later_changes_nothing),
        cmocka_unit_test(order_within_a_moment_changes_nothing),
        cmocka_unit_test(groups_out_of_order_are_refused),
        cmocka_unit_test(a_new_rule_is_told),
        cmocka_unit_test(days_are_scored_by_days_before),
        cmocka_unit_test(the_budget_is_about_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
