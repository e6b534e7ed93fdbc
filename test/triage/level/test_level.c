/* Levels are learned from decisions, with a bound that is stated honestly. */
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
#include "triage/level/level.h"

enum { DECISIONS = 600, COLUMNS = LEVEL_FEATURE_COUNT };

static const struct level_past none;

struct lessons {
    float rows[DECISIONS * COLUMNS];
    struct level_decision decisions[DECISIONS];
};

/* Attacks are rare rules; false positives are not; a tenth of either looks like the other. */
static struct lessons *lessons_make(uint64_t seed)
{
    static const struct bytes words = {"suricata ET SCAN 2019 scan", 26};
    struct lessons *lessons = calloc(1, sizeof(*lessons));
    struct random random = {seed};
    assert_non_null(lessons);
    for (uint32_t i = 0; i < DECISIONS; i++) {
        float novelty[NOVELTY_FEATURE_COUNT] = {0};
        bool attack = random_below(&random, 4) == 0, odd = random_below(&random, 10) == 0;
        struct group_facts group = {.id = i, .outcome = -1};
        if (attack)
            group.words = words;
        novelty[NOVELTY_rule_rarity] = (float)(random_unit(&random) + (attack != odd ? 4 : 0));
        novelty[NOVELTY_count] = (float)random_unit(&random);
        level_row(&group, novelty, random_unit(&random), &none,
                  &lessons->rows[(size_t)i * COLUMNS]);
        lessons->decisions[i] =
            (struct level_decision){.level = attack ? 3 : 0, .fold = i % 5, .unit = i};
    }
    return lessons;
}

static const struct level_options options = {.miss = 0.05, .raise = 0.05, .doubt = 0.05, .seed = 1};

static struct level_model *model_make(const struct lessons *lessons, double *scores)
{
    struct level_model *model = NULL;
    assert_int_equal(
        level_fit(&options, lessons->rows, lessons->decisions, DECISIONS, scores, &model), 0);
    return model;
}

static void attacks_are_told_from_false_positives(void **state)
{
    (void)state;
    struct lessons *lessons = lessons_make(1), *unseen = lessons_make(2);
    double scores[DECISIONS];
    struct level_model *model = model_make(lessons, scores);
    size_t right = 0, missed = 0, attacks = 0, filtered = 0;
    for (size_t i = 0; i < DECISIONS; i++) {
        struct level_judgement judgement;
        bool attack = unseen->decisions[i].level > 0;
        level_judge(model, &unseen->rows[i * COLUMNS], &judgement);
        right += (judgement.level > 0) == attack;
        attacks += attack;
        filtered += judgement.side == CONFORMAL_FILTERED;
        missed += attack && judgement.side == CONFORMAL_FILTERED;
        assert_true(!isnan(scores[i]));
    }
    assert_true(right > DECISIONS * 95 / 100);
    assert_true(filtered > DECISIONS / 2);
    assert_true(missed <= attacks / 10);
    level_close(model);
    free(unseen);
    free(lessons);
}

static void too_few_decisions_are_said_to_be(void **state)
{
    (void)state;
    struct lessons *lessons = lessons_make(3);
    struct level_model *model = NULL;
    struct level_options strict = options;
    assert_int_equal(level_fit(&options, lessons->rows, lessons->decisions, 10, NULL, &model),
                     -ENODATA);
    strict.miss = 0.001;
    assert_int_equal(level_fit(&strict, lessons->rows, lessons->decisions, DECISIONS, NULL, &model),
                     0);
    const struct conformal_cut *cut = &level_band(model)->filter;
    assert_int_equal(cut->units + cut->wanted, 2995);
    struct level_judgement judgement;
    for (size_t i = 0; i < DECISIONS; i++) { /* so nothing is filtered */
        level_judge(model, &lessons->rows[i * COLUMNS], &judgement);
        assert_int_not_equal(judgement.side, CONFORMAL_FILTERED);
    }
    level_close(model);
    free(lessons);
}

static void one_side_alone_teaches_nothing(void **state)
{
    (void)state;
    struct lessons *lessons = lessons_make(4);
    struct level_model *model = NULL;
    for (size_t i = 0; i < DECISIONS; i++)
        lessons->decisions[i].level = 2;
    assert_int_equal(
        level_fit(&options, lessons->rows, lessons->decisions, DECISIONS, NULL, &model), -ENODATA);
    lessons->decisions[0].level = LEVEL_COUNT;
    assert_int_equal(
        level_fit(&options, lessons->rows, lessons->decisions, DECISIONS, NULL, &model), -EINVAL);
    free(lessons);
}

static void a_saved_model_says_the_same(void **state)
{
    (void)state;
    struct lessons *lessons = lessons_make(5);
    struct level_model *model = model_make(lessons, NULL), *again = NULL;
    struct buffer saved = {0};
    level_save(model, &saved);
    struct cursor from = cursor_over(buffer_bytes(&saved));
    assert_int_equal(level_load(&from, &again), 0);
    assert_int_equal(cursor_left(&from), 0);
    for (size_t i = 0; i < DECISIONS; i++) {
        struct level_judgement one = {0}, other = {0};
        level_judge(model, &lessons->rows[i * COLUMNS], &one);
        level_judge(again, &lessons->rows[i * COLUMNS], &other);
        assert_true(one.score == other.score && one.level == other.level && one.side == other.side);
    }
    level_close(again);
    for (size_t length = 0; length < saved.len; length += 1 + saved.len / 97) {
        again = NULL;
        from = cursor_over((struct bytes){saved.at, length});
        assert_int_equal(level_load(&from, &again), -EBADMSG);
    }
    buffer_finish(&saved);
    level_close(model);
    free(lessons);
}

static void reasons_name_what_decided(void **state)
{
    (void)state;
    struct lessons *lessons = lessons_make(6);
    struct level_model *model = model_make(lessons, NULL);
    struct level_reason reasons[LEVEL_REASONS];
    size_t attack = 0;
    while (lessons->decisions[attack].level == 0)
        attack++;
    assert_int_equal(level_explain(model, &lessons->rows[attack * COLUMNS], reasons), 0);
    assert_string_equal(level_feature_name(reasons[0].column), "words");
    assert_true(reasons[0].share > 0.3);
    level_close(model);
    free(lessons);
}

static void words_are_hashed_without_numbers_and_case(void **state)
{
    (void)state;
    float novelty[NOVELTY_FEATURE_COUNT] = {0}, one[COLUMNS], other[COLUMNS];
    struct group_facts group = {.outcome = OUTCOME_success, .words = bytes_of("ET SCAN Nmap 2019")};
    level_row(&group, novelty, NAN, &none, one);
    group.words = bytes_of("scan: 7 nmap; et");
    level_row(&group, novelty, NAN, &none, other);
    assert_memory_equal(&one[LEVEL_WORD], &other[LEVEL_WORD], LEVEL_WORDS * sizeof(float));
    assert_true(one[LEVEL_VERDICT] == 3 && isnan(one[LEVEL_NOVELTY]));
    assert_true(isnan(one[LEVEL_FINDING_SCORE]) && one[LEVEL_FINDINGS] == 0);
    group.words = bytes_of("web server error");
    level_row(&group, novelty, NAN, &none, other);
    assert_memory_not_equal(&one[LEVEL_WORD], &other[LEVEL_WORD], LEVEL_WORDS * sizeof(float));
}

/* Groups of one rule on two hosts, half a day apart; all but the last are attacks. */
static void only_earlier_decisions_count(void **state)
{
    enum { COUNT = 8 };
    struct group_facts groups[COUNT] = {0};
    struct level_decided decided[COUNT];
    struct level_past past[COUNT], changed[COUNT];
    (void)state;
    for (int i = 0; i < COUNT; i++) {
        groups[i] = (struct group_facts){
            .first = i * TIME_DAY / 2, .rule = 7, .host = (uint64_t)(1 + i % 2)};
        decided[i] = (struct level_decided){i == COUNT - 1 ? 0 : 3, groups[i].first + TIME_HOUR};
    }
    decided[3].level = -1;
    decided[1].time = 5 * TIME_DAY / 2; /* slow: known when group 5 began */
    assert_int_equal(level_past_find(groups, decided, COUNT, past), 0);
    const uint32_t rule[COUNT] = {0, 0, 1, 1, 2, 3, 5, 5}, host[COUNT] = {0, 0, 1, 0, 2, 1, 3, 2};
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(past[i].rule, rule[i]);
        assert_int_equal(past[i].host, host[i]);
        assert_int_equal(past[i].rule_attacks, rule[i]);
    }
    /* What is decided from some day on changes nothing of that day and before. */
    for (int day = 0; day < COUNT / 2; day++) {
        for (int i = 2 * day; i < COUNT; i++)
            decided[i].level = 0;
        assert_int_equal(level_past_find(groups, decided, COUNT, changed), 0);
        assert_memory_equal(past, changed, (size_t)(2 * day + 2) * sizeof(*past));
        for (int i = 2 * day; i < COUNT; i++)
            decided[i].level = i == 3 ? -1 : i == COUNT - 1 ? 0 : 3;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(attacks_are_told_from_false_positives),
        cmocka_unit_test(too_few_decisions_are_said_to_be),
        cmocka_unit_test(one_side_alone_teaches_nothing),
        cmocka_unit_test(a_saved_model_says_the_same),
        cmocka_unit_test(reasons_name_what_decided),
        cmocka_unit_test(words_are_hashed_without_numbers_and_case),
        cmocka_unit_test(only_earlier_decisions_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
