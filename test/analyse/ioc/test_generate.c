/* Few readable indicators that cover the malware and nothing else; what is proven of the choice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyse/ioc/evaluate.h"
#include "analyse/ioc/match.h"

static uint32_t sample_add(struct corpus *corpus, const char *id, const char *family)
{
    uint32_t sample;
    assert_int_equal(
        corpus_sample_add(corpus, bytes_of(id), bytes_of(family), bytes_of(id), &sample), 0);
    corpus->samples[sample].malicious = family[0] != 0;
    return sample;
}

static void did(struct corpus *corpus, uint32_t sample, enum report_kind kind, const char *text)
{
    assert_int_equal(corpus_deed_add(corpus, sample, kind, bytes_of(text)), 0);
}

static const struct generate_options usual = {.most = 25, .spare = 0.005};

/* Indicators of family "f"; the corpus is sealed. */
static void make(struct corpus *corpus, const struct generate_options *options,
                 struct indicator_set *set, struct generated *told)
{
    uint8_t *parts = calloc(corpus->sample_count + 1, 1);
    uint32_t family;
    assert_int_equal(strings_intern(&corpus->strings, BYTES("f"), &family), 0);
    parts_of_family(corpus, family, false, parts);
    assert_int_equal(indicators_generate(corpus, parts, BYTES("f"), options, set, told), 0);
    free(parts);
}

static void text_book_case(void **state)
{
    struct corpus corpus = {0};
    struct indicator_set set = {.count = 0};
    struct generated told;
    struct matches matches;
    (void)state;
    did(&corpus, sample_add(&corpus, "a", "f"), REPORT_file_write, "C:\\work\\mal_a.txt");
    did(&corpus, sample_add(&corpus, "b", "f"), REPORT_file_write, "C:\\work\\mal_b.txt");
    did(&corpus, sample_add(&corpus, "l", ""), REPORT_file_write, "C:\\work\\leg.txt");
    uint32_t unseen = sample_add(&corpus, "c", "g");
    did(&corpus, unseen, REPORT_file_write, "D:\\other\\mal_c.txt");
    assert_int_equal(corpus_seal(&corpus), 0);
    make(&corpus, &usual, &set, &told);
    assert_int_equal(told.found, 2);
    assert_int_equal(told.spared, 0);
    assert_int_equal(indicators_match(&set, &corpus, &matches), 0);
    assert_true(matches.first[0] != MATCH_NONE && matches.first[1] != MATCH_NONE);
    assert_true(matches.first[2] == MATCH_NONE);
    assert_true(matches.first[unseen] != MATCH_NONE); /* a variant nobody had shown */
    assert_true(bytes_equal(set.items[0].parts[0].mask, BYTES("<path>mal_<letters>.txt")));
    matches_finish(&matches);
    indicator_set_finish(&set);
    corpus_finish(&corpus);
}

/* Only together do two things tell the family from the harmless. */
static void pairs_are_found(void **state)
{
    struct corpus corpus = {0};
    struct indicator_set set = {.count = 0};
    struct generated told;
    char id[16];
    (void)state;
    for (int i = 0; i < 20; i++) {
        snprintf(id, sizeof(id), "m%d", i);
        uint32_t sample = sample_add(&corpus, id, "f");
        did(&corpus, sample, REPORT_api, "one");
        did(&corpus, sample, REPORT_api, "two");
    }
    for (int i = 0; i < 400; i++) {
        snprintf(id, sizeof(id), "h%d", i);
        did(&corpus, sample_add(&corpus, id, ""), REPORT_api, i % 2 ? "one" : "two");
    }
    assert_int_equal(corpus_seal(&corpus), 0);
    make(&corpus, &usual, &set, &told);
    assert_int_equal(told.found, 20);
    assert_int_equal(told.spared, 0);
    assert_int_equal(set.items[0].part_count, 2);
    indicator_set_finish(&set);
    struct generate_options single = usual;
    single.single = true;
    make(&corpus, &single, &set, &told);
    assert_int_equal(told.found, 0);
    indicator_set_finish(&set);
    corpus_finish(&corpus);
}

/* Every sample its own thing: a third of what would cover all is affordable, and the best third is
 * proven to be near the best. */
static void price_is_kept(void **state)
{
    struct corpus corpus = {0};
    struct indicator_set set = {.count = 0};
    struct generated told;
    char text[32];
    (void)state;
    for (int group = 0; group < 6; group++)
        for (int i = 0; i <= group; i++) {
            snprintf(text, sizeof(text), "s%d-%d", group, i);
            uint32_t sample = sample_add(&corpus, text, "f");
            snprintf(text, sizeof(text), "thing number %d", group);
            did(&corpus, sample, REPORT_api, text);
        }
    did(&corpus, sample_add(&corpus, "h", ""), REPORT_api, "else");
    assert_int_equal(corpus_seal(&corpus), 0);
    struct generate_options two = {.most = 2.5, .spare = 0.005};
    make(&corpus, &two, &set, &told);
    assert_int_equal(set.count, 2);
    assert_int_equal(told.found, 6 + 5);
    assert_true(told.at_least > 0.6 && told.at_least <= 1);
    assert_true(bytes_equal(set.items[0].parts[0].mask, BYTES("thing number 5")));
    indicator_set_finish(&set);
    corpus_finish(&corpus);
}

/* Nothing sets the family apart: nothing is said rather than what would be wrong. */
static void nothing_is_said_of_nothing(void **state)
{
    struct corpus corpus = {0};
    struct indicator_set set = {.count = 0};
    struct generated told;
    (void)state;
    did(&corpus, sample_add(&corpus, "a", "f"), REPORT_mutex, "same");
    did(&corpus, sample_add(&corpus, "h", ""), REPORT_mutex, "same");
    assert_int_equal(corpus_seal(&corpus), 0);
    make(&corpus, &usual, &set, &told);
    assert_int_equal(set.count, 0);
    indicator_set_finish(&set);
    corpus_finish(&corpus);
}

/* Folds never share a group, held samples teach nothing, and counts add up. */
static void evaluation_counts(void **state)
{
    struct corpus corpus = {0};
    static const char *const lone[] = {"alpha", "7-zip", "{Quux}", "a.b.c.d", "no such name"};
    struct evaluate_result result;
    char text[32];
    (void)state;
    for (int i = 0; i < 30; i++) {
        snprintf(text, sizeof(text), "m%d", i);
        uint32_t sample = sample_add(&corpus, text, "f");
        did(&corpus, sample, REPORT_mutex, i < 25 ? "family" : lone[i - 25]);
    }
    for (int i = 0; i < 60; i++) {
        snprintf(text, sizeof(text), "h%d", i);
        uint32_t sample = sample_add(&corpus, text, "");
        did(&corpus, sample, REPORT_mutex, i == 59 ? "family" : "office");
        corpus.samples[sample].held = i >= 50;
    }
    assert_int_equal(corpus_seal(&corpus), 0);
    struct evaluate_options options = {.generate = usual, .folds = 5};
    assert_int_equal(indicators_evaluate(&corpus, &options, &result), 0);
    assert_int_equal(result.family_count, 1);
    assert_int_equal(result.samples, 30);
    assert_int_equal(result.found, 25);
    assert_int_equal(result.harmless, 50);
    assert_int_equal(result.harmless_found, 0);
    assert_int_equal(result.held, 10);
    assert_int_equal(result.held_found, 1);
    assert_int_equal(result.families[0].held, 50); /* in each of the folds */
    evaluate_result_finish(&result);
    corpus_finish(&corpus);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_book_case),    cmocka_unit_test(pairs_are_found),
        cmocka_unit_test(price_is_kept),     cmocka_unit_test(nothing_is_said_of_nothing),
        cmocka_unit_test(evaluation_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
