/* Scores are what the paper's formula says of the trees, whoever grew them; outliers stand out,
 * and the column that sets them apart is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/random.h"
#include "learn/isolation_forest.h"

enum { ROWS = 3000, COLUMNS = 6 };

static float rows[ROWS * COLUMNS];

/* Around the origin, but for two: far out in columns 1 and 4, and far out in all. */
static void rows_make(void)
{
    struct random random = {11};
    for (int i = 0; i < ROWS * COLUMNS; i++) {
        double sum = -6;
        for (int k = 0; k < 12; k++)
            sum += random_unit(&random);
        rows[i] = (float)sum;
    }
    for (int c = 0; c < COLUMNS; c++) {
        rows[(ROWS - 2) * COLUMNS + c] = c % 3 == 1 ? 12 : 0;
        rows[(ROWS - 1) * COLUMNS + c] = c % 2 ? -12 : 12;
    }
}

static struct isolation_forest *forest_fit(uint32_t sample, uint64_t seed)
{
    struct isolation_forest *forest;
    struct isolation_options options = {COLUMNS, 100, sample, seed};
    assert_int_equal(isolation_forest_fit(&options, rows, ROWS, &forest), 0);
    return forest;
}

static void outlier_stands_out(void **state)
{
    (void)state;
    static double scores[ROWS];
    double columns[COLUMNS];
    for (uint32_t sample = 256; sample <= 4096; sample *= 4) {
        struct isolation_forest *forest = forest_fit(sample, 1);
        isolation_forest_score(forest, rows, ROWS, scores);
        for (int i = 0; i < ROWS - 1; i++)
            assert_true(scores[i] > 0 && scores[i] < scores[ROWS - 1]);
        assert_true(scores[ROWS - 1] < 1 && scores[ROWS - 1] > 0.6);
        isolation_forest_explain(forest, rows + (ROWS - 2) * COLUMNS, columns);
        for (int c = 0; c < COLUMNS; c++)
            assert_true(c % 3 == 1 || columns[c] < fmin(columns[1], columns[4]) / 2);
        isolation_forest_close(forest);
    }
}

/* What two rows are booked differs by what their mean depths, known from the scores, differ. */
static void explanation_adds_up(void **state)
{
    (void)state;
    struct isolation_forest *forest = forest_fit(256, 3);
    const double mean = 2 * (log(255) + 0.57721566490153286061) - 2 * 255 / 256.0;
    double scores[40], base = 0;
    isolation_forest_score(forest, rows, 40, scores);
    for (int i = 0; i < 40; i++) {
        double columns[COLUMNS], all = 0;
        double sum = isolation_forest_explain(forest, rows + i * COLUMNS, columns);
        for (int c = 0; c < COLUMNS; c++)
            all += columns[c];
        assert_true(fabs(sum - all) < 1e-12);
        double root = sum - log2(scores[i]) * mean;
        base = i ? base : root;
        assert_true(fabs(root - base) < 1e-6);
    }
    isolation_forest_close(forest);
}

static void same_seed_same_bits_however_asked(void **state)
{
    (void)state;
    static double first[ROWS], second[ROWS], other[ROWS];
    struct isolation_forest *forest = forest_fit(256, 7), *again = forest_fit(256, 7);
    struct isolation_forest *another = forest_fit(256, 8);
    isolation_forest_score(forest, rows, ROWS, first);
    for (int i = 0; i < ROWS; i++) /* one by one: not abreast */
        isolation_forest_score(again, rows + i * COLUMNS, 1, second + i);
    isolation_forest_score(another, rows, ROWS, other);
    int differ = 0;
    for (int i = 0; i < ROWS; i++) {
        assert_true(first[i] == second[i]);
        differ += first[i] != other[i];
    }
    assert_true(differ > ROWS / 2);
    isolation_forest_close(forest);
    isolation_forest_close(again);
    isolation_forest_close(another);
}

/* Of two rows nothing but their difference can be asked: both end at depth 1, c(2) is 1. */
static void small_forests_are_known(void **state)
{
    (void)state;
    struct isolation_forest *forest;
    struct isolation_options options = {2, 10, 256, 5};
    double scores[2];
    assert_int_equal(isolation_forest_fit(&options, (float[]){1, 2, 1, 3}, 2, &forest), 0);
    isolation_forest_score(forest, (float[]){1, 2, 1, 3}, 2, scores);
    assert_true(scores[0] == 0.5 && scores[1] == 0.5);
    isolation_forest_close(forest);
    /* Equal rows are never set apart: h = c(n) at the root. */
    float equal[64];
    for (int i = 0; i < 64; i++)
        equal[i] = -3;
    assert_int_equal(isolation_forest_fit(&options, equal, 32, &forest), 0);
    isolation_forest_score(forest, (float[]){-3, -3, 99, NAN}, 2, scores);
    assert_true(fabs(scores[0] - 0.5) < 1e-7 && scores[0] == scores[1]);
    isolation_forest_close(forest);
}

/* 10 rows: x0 <= 0.1 sets 7 apart, of the others x1 <= 5 takes one. 0.1 isn't a float. */
static const int64_t left[] = {1, -1, 3, -1, -1}, right[] = {2, -1, 4, -1, -1};
static const int64_t column[] = {0, -2, 1, -2, -2}, samples[] = {10, 7, 3, 1, 2};
static const double threshold[] = {0.1, -2, 5, -2, -2};

static void imported_tree_scores_as_written(void **state)
{
    (void)state;
    struct isolation_forest *forest;
    struct isolation_tree tree = {5, left, right, column, samples, threshold};
    struct isolation_options options = {2, 1, 10, 0};
    assert_int_equal(isolation_forest_import(&options, &tree, &forest), 0);
    const double euler = 0.57721566490153286061;
    double c7 = 2 * (log(6) + euler) - 12 / 7.0, c10 = 2 * (log(9) + euler) - 1.8;
    /* 0.1f is above 0.1, the float before it is below: both decide as doubles would. */
    const float asked[] = {0, 9, 1, 5, 1, 5.0001F, 0.1F, 0, nextafterf(0.1F, 0), 0, NAN, 9};
    const double depth[] = {1 + c7, 2, 2 + 1, 2, 1 + c7, 1 + c7};
    double scores[6], columns[2];
    isolation_forest_score(forest, asked, 6, scores);
    for (int i = 0; i < 6; i++)
        assert_true(fabs(scores[i] - exp2(-depth[i] / c10)) < 1e-7);
    double inner = (2 + 2 * 3) / 3.0, root = (7 * (1 + c7) + 3 * inner) / 10;
    assert_true(fabs(isolation_forest_explain(forest, asked + 2, columns) - (root - 2)) < 1e-6);
    assert_true(fabs(columns[0] - (root - inner)) < 1e-6 && fabs(columns[1] - (inner - 2)) < 1e-6);
    isolation_forest_close(forest);
}

static void broken_trees_are_refused(void **state)
{
    (void)state;
    struct isolation_forest *forest = NULL;
    struct isolation_options options = {2, 1, 10, 0};
    static const int64_t loop[] = {1, -1, 0, -1, -1}, beyond[] = {1, -1, 5, -1, -1};
    static const int64_t wide[] = {2, -2, 1, -2, -2}, more[] = {10, 7, 4, 1, 2};
    static const double endless[] = {INFINITY, 0, 0, 0, 0};
    const struct isolation_tree trees[] = {{5, loop, right, column, samples, threshold},
                                           {5, beyond, right, column, samples, threshold},
                                           {5, left, right, wide, samples, threshold},
                                           {5, left, right, column, more, threshold},
                                           {5, left, right, column, samples, endless},
                                           {0, left, right, column, samples, threshold}};
    for (size_t i = 0; i < sizeof(trees) / sizeof(*trees); i++)
        assert_int_equal(isolation_forest_import(&options, &trees[i], &forest), -EINVAL);
    options.sample = 2; /* one level only */
    struct isolation_tree tree = {5, left, right, column, samples, threshold};
    assert_int_equal(isolation_forest_import(&options, &tree, &forest), -EINVAL);
    assert_null(forest);
}

static void survives_saving(void **state)
{
    (void)state;
    struct isolation_forest *forest = forest_fit(200, 2), *loaded = NULL;
    struct buffer saved = {0}, again = {0};
    isolation_forest_save(forest, &saved);
    struct cursor cursor = cursor_over(buffer_bytes(&saved));
    assert_int_equal(isolation_forest_load(&cursor, &loaded), 0);
    assert_int_equal(cursor_left(&cursor), 0);
    assert_int_equal(isolation_forest_columns(loaded), COLUMNS);
    isolation_forest_save(loaded, &again);
    assert_false(saved.failed || again.failed);
    assert_true(bytes_equal(buffer_bytes(&saved), buffer_bytes(&again)));
    static double first[ROWS], second[ROWS];
    isolation_forest_score(forest, rows, ROWS, first);
    isolation_forest_score(loaded, rows, ROWS, second);
    assert_memory_equal(first, second, sizeof(first));
    isolation_forest_close(loaded);
    for (size_t len = 0; len < saved.len; len += 1 + len / 20) {
        cursor = cursor_over((struct bytes){saved.at, len});
        assert_int_equal(isolation_forest_load(&cursor, &loaded), -EBADMSG);
    }
    isolation_forest_close(forest);
    buffer_finish(&saved);
    buffer_finish(&again);
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    struct isolation_forest *forest = NULL;
    const struct isolation_options wrong[] = {{0, 10, 16, 1}, {ISOLATION_COLUMNS + 1, 10, 16, 1},
                                              {2, 0, 16, 1},  {2, ISOLATION_TREES + 1, 16, 1},
                                              {2, 10, 1, 1},  {2, 10, ISOLATION_SAMPLE + 1, 1}};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        assert_int_equal(isolation_forest_fit(&wrong[i], rows, 20, &forest), -EINVAL);
    struct isolation_options options = {2, 10, 16, 1};
    assert_int_equal(isolation_forest_fit(&options, rows, 1, &forest), -EINVAL);
    assert_int_equal(isolation_forest_fit(&options, (float[]){0, 1, 2, NAN}, 2, &forest), -EINVAL);
    /* The widest of floats are no trouble. */
    const float wide[] = {-3e38F, 0, 3e38F, 0};
    double scores[2];
    assert_int_equal(isolation_forest_fit(&options, wide, 2, &forest), 0);
    isolation_forest_score(forest, wide, 2, scores);
    assert_true(scores[0] == 0.5 && scores[1] == 0.5);
    isolation_forest_close(forest);
}

int main(void)
{
    rows_make();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outlier_stands_out),
        cmocka_unit_test(explanation_adds_up),
        cmocka_unit_test(same_seed_same_bits_however_asked),
        cmocka_unit_test(small_forests_are_known),
        cmocka_unit_test(imported_tree_scores_as_written),
        cmocka_unit_test(broken_trees_are_refused),
        cmocka_unit_test(survives_saving),
        cmocka_unit_test(nonsense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
