/* What we judge and explain with the trees read out of XGBoost is what it says itself; classes are
 * learned, weights count, models survive saving, and broken ones are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <xgboost/c_api.h>

#include "base/random.h"
#include "learn/boosted_inside.h"

enum { ROWS = 1500, COLUMNS = 7, CLASSES = 4, MOST = (COLUMNS + 1) * CLASSES };

static float rows[ROWS * COLUMNS], weights[ROWS];
static uint32_t labels[ROWS], halves[ROWS];

static uint32_t class_of(const float *row)
{
    return (row[2] > 0.5F ? 2U : 0U) + (row[5] > 0.3F ? 1U : 0U);
}

/* A class by two columns, the others without meaning; in one of ten a value is missing. */
static void rows_make(void)
{
    struct random random = {21};
    for (int i = 0; i < ROWS; i++) {
        float *row = rows + i * COLUMNS;
        for (int c = 0; c < COLUMNS; c++)
            row[c] = (float)random_unit(&random);
        labels[i] = class_of(row);
        halves[i] = row[2] + row[5] * row[5] > 0.9F;
        weights[i] = (float)(0.5 + random_unit(&random));
        if (random_unit(&random) < 0.1)
            row[random_below(&random, COLUMNS)] = NAN;
    }
}

static const struct boosted_options usual = {.columns = COLUMNS,
                                             .classes = CLASSES,
                                             .rounds = 25,
                                             .depth = 5,
                                             .rate = 0.3,
                                             .row_share = 0.7,
                                             .column_share = 0.8,
                                             .least_weight = 0.5,
                                             .seed = 3};

static struct boosted_trees *model_fit(const struct boosted_options *options)
{
    struct boosted_trees *model;
    const uint32_t *wanted = options->classes == 2 ? halves : labels;
    assert_int_equal(boosted_trees_fit(options, rows, wanted, NULL, ROWS, &model), 0);
    assert_int_equal(boosted_trees_columns(model), COLUMNS);
    assert_int_equal(boosted_trees_classes(model), options->classes);
    return model;
}

/* What XGBoost predicts: 0 shares, 4 contributions (2 + 2 as its flags have it). */
static const float *theirs(BoosterHandle booster, DMatrixHandle matrix, int what)
{
    bst_ulong length;
    const float *result;
    assert_int_equal(XGBoosterPredict(booster, matrix, what, 0, 0, &length, &result), 0);
    return result;
}

static void same_as_xgboost(void **state)
{
    (void)state;
    static double shares[ROWS * CLASSES];
    for (uint32_t classes = 2; classes <= CLASSES; classes += 2) {
        struct boosted_options options = usual;
        options.classes = classes;
        DMatrixHandle matrix;
        void *booster;
        struct boosted_trees *model;
        const uint32_t *wanted = classes == 2 ? halves : labels;
        assert_int_equal(boosted_booster_fit(&options, rows, wanted, weights, ROWS, &booster), 0);
        assert_int_equal(boosted_booster_read(booster, &options, &model), 0);
        assert_int_equal(XGDMatrixCreateFromMat_omp(rows, ROWS, COLUMNS, NAN, &matrix, 1), 0);
        boosted_trees_judge(model, rows, ROWS, shares);
        const float *share = theirs(booster, matrix, 0);
        for (uint32_t i = 0; i < ROWS; i++)
            for (uint32_t c = classes == 2 ? 1 : 0; c < classes; c++)
                assert_true(fabs(shares[i * classes + c] - (double)*share++) < 1e-5);
        uint32_t width = boosted_trees_outputs(model) * (COLUMNS + 1);
        const float *value = theirs(booster, matrix, 4);
        for (uint32_t i = 0; i < ROWS; i++) {
            double values[MOST];
            boosted_trees_explain(model, rows + i * COLUMNS, values);
            for (uint32_t k = 0; k < width; k++)
                assert_true(fabs(values[k] - (double)*value++) < 1e-4);
        }
        XGDMatrixFree(matrix);
        boosted_booster_close(booster);
        boosted_trees_close(model);
    }
}

/* Of rows that are new: all values known, classes as they were made. */
static void classes_are_learned_and_explained(void **state)
{
    (void)state;
    struct boosted_trees *model = model_fit(&usual);
    struct random random = {5};
    int right = 0, named = 0;
    for (int i = 0; i < 1000; i++) {
        float row[COLUMNS];
        double shares[CLASSES], values[MOST], sum = 0, output = 0;
        for (int c = 0; c < COLUMNS; c++)
            row[c] = (float)random_unit(&random);
        uint32_t class = class_of(row), found = 0;
        boosted_trees_judge(model, row, 1, shares);
        for (uint32_t c = 0; c < CLASSES; c++) {
            found = shares[c] > shares[found] ? c : found;
            sum += shares[c];
        }
        right += found == class;
        boosted_trees_explain(model, row, values);
        int more = 0;
        for (int c = 0; c <= COLUMNS; c++) {
            double value = values[found * (COLUMNS + 1) + (uint32_t)c];
            output += value - values[c];
            more += c < COLUMNS && c != 2 && c != 5 && value > 0.3;
        }
        named += more == 0;
        assert_true(fabs(sum - 1) < 1e-12);
        /* outputs differ by the logarithm of the shares' ratio */
        assert_true(fabs(output - log(shares[found] / shares[0])) < 1e-6);
    }
    assert_true(right > 970 && named > 900);
    boosted_trees_close(model);
}

/* Rows of no weight are as if they weren't there. */
static void weights_count(void **state)
{
    (void)state;
    static uint32_t wrong[ROWS];
    static float part[ROWS];
    struct boosted_options options = usual;
    options.row_share = options.column_share = 1;
    int right = 0;
    for (int i = 0; i < ROWS; i++) {
        part[i] = i % 3 == 0;
        wrong[i] = i % 3 == 0 ? labels[i] : 3 - labels[i];
    }
    struct boosted_trees *model;
    assert_int_equal(boosted_trees_fit(&options, rows, wrong, part, ROWS, &model), 0);
    for (int i = 0; i < ROWS; i++) {
        double shares[CLASSES];
        boosted_trees_judge(model, rows + i * COLUMNS, 1, shares);
        right += shares[labels[i]] > 0.5;
    }
    assert_true(right > ROWS * 0.9);
    boosted_trees_close(model);
}

static struct buffer model_save(const struct boosted_trees *model)
{
    struct buffer bytes = {0};
    boosted_trees_save(model, &bytes);
    assert_false(bytes.failed);
    return bytes;
}

static void same_seed_same_bits(void **state)
{
    (void)state;
    struct boosted_options options = usual;
    struct boosted_trees *model = model_fit(&options), *again = model_fit(&options);
    options.seed = 4;
    struct boosted_trees *other = model_fit(&options);
    struct buffer one = model_save(model), two = model_save(again), three = model_save(other);
    assert_true(bytes_equal(buffer_bytes(&one), buffer_bytes(&two)));
    assert_false(bytes_equal(buffer_bytes(&one), buffer_bytes(&three)));
    buffer_finish(&one);
    buffer_finish(&two);
    buffer_finish(&three);
    boosted_trees_close(model);
    boosted_trees_close(again);
    boosted_trees_close(other);
}

static void survives_saving(void **state)
{
    (void)state;
    struct boosted_options options = usual;
    options.classes = 2;
    options.rounds = 9;
    struct boosted_trees *model = model_fit(&options), *loaded;
    struct buffer saved = model_save(model);
    struct cursor cursor = cursor_over(buffer_bytes(&saved));
    assert_int_equal(boosted_trees_load(&cursor, &loaded), 0);
    assert_int_equal(cursor_left(&cursor), 0);
    struct buffer again = model_save(loaded);
    assert_true(bytes_equal(buffer_bytes(&saved), buffer_bytes(&again)));
    for (int i = 0; i < ROWS; i++) {
        double first[2], second[2];
        boosted_trees_judge(model, rows + i * COLUMNS, 1, first);
        boosted_trees_judge(loaded, rows + i * COLUMNS, 1, second);
        assert_true(first[0] == second[0] && first[1] == second[1]);
    }
    boosted_trees_close(loaded);
    for (size_t len = 0; len < saved.len; len++) {
        cursor = cursor_over((struct bytes){saved.at, len});
        assert_int_equal(boosted_trees_load(&cursor, &loaded), -EBADMSG);
    }
    saved.at[24] = 0; /* the first tree's root becomes a leaf: its other nodes hang nowhere */
    cursor = cursor_over(buffer_bytes(&saved));
    assert_int_equal(boosted_trees_load(&cursor, &loaded), -EBADMSG);
    boosted_trees_close(model);
    buffer_finish(&saved);
    buffer_finish(&again);
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    struct boosted_trees *model = NULL;
    struct boosted_options wrong[9];
    for (int i = 0; i < 9; i++)
        wrong[i] = usual;
    wrong[0].columns = 0;
    wrong[1].classes = 1;
    wrong[2].classes = BOOSTED_CLASSES + 1;
    wrong[3].rounds = 0;
    wrong[4].depth = BOOSTED_DEPTH + 1;
    wrong[5].rate = NAN;
    wrong[6].row_share = 0;
    wrong[7].column_share = 1.1;
    wrong[8].least_weight = 0;
    for (int i = 0; i < 9; i++)
        assert_int_equal(boosted_trees_fit(&wrong[i], rows, labels, NULL, ROWS, &model), -EINVAL);
    assert_int_equal(boosted_trees_fit(&usual, rows, labels, NULL, 0, &model), -EINVAL);
    uint32_t label = CLASSES;
    assert_int_equal(boosted_trees_fit(&usual, rows, &label, NULL, 1, &model), -EINVAL);
    float weight = -1, infinite[COLUMNS] = {INFINITY};
    label = 0;
    assert_int_equal(boosted_trees_fit(&usual, rows, &label, &weight, 1, &model), -EINVAL);
    assert_int_equal(boosted_trees_fit(&usual, infinite, &label, NULL, 1, &model), -EINVAL);
    assert_null(model);
    /* A single row can't be split: its class is all there is to say. */
    double shares[CLASSES];
    assert_int_equal(boosted_trees_fit(&usual, rows, labels, NULL, 1, &model), 0);
    boosted_trees_judge(model, rows, 1, shares);
    assert_true(shares[labels[0]] >= 0.25);
    boosted_trees_close(model);
}

int main(void)
{
    rows_make();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_as_xgboost), cmocka_unit_test(classes_are_learned_and_explained),
        cmocka_unit_test(weights_count),   cmocka_unit_test(same_seed_same_bits),
        cmocka_unit_test(survives_saving), cmocka_unit_test(nonsense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
