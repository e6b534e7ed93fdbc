/*
 * Planes separate what can be separated and give their weights back, bit by bit; sigmoids give the
 * chances that scores were drawn with.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>

#include "base/random.h"
#include "learn/linear_svm.h"

enum { ROWS = 600, COLUMNS = 1000, CLASSES = 3, WIDTH = 6 };

/* Of six columns of each row, four belong to its class's own third of them. */
static struct sample {
    uint32_t columns[ROWS][WIDTH], labels[ROWS];
    float values[WIDTH];
    struct sparse_row rows[ROWS];
} sample;

static int sample_make(void **state)
{
    struct random random = {7};
    (void)state;
    for (uint32_t i = 0; i < WIDTH; i++)
        sample.values[i] = 0.4F;
    for (uint32_t i = 0; i < ROWS; i++) {
        sample.labels[i] = i % CLASSES;
        for (uint32_t j = 0; j < WIDTH; j++) {
            uint32_t third = j < 4 ? i % CLASSES : random_below(&random, CLASSES);
            sample.columns[i][j] = j * 150 + third * 50 + random_below(&random, 50);
        }
        sample.rows[i] = (struct sparse_row){sample.columns[i], sample.values, WIDTH};
    }
    return 0;
}

static const struct linear_svm_options usual = {COLUMNS, CLASSES, 1, NULL, 0.1};

static uint32_t best_of(const float *scores)
{
    uint32_t best = 0;
    for (uint32_t class = 1; class < CLASSES; class ++)
        best = scores[class] > scores[best] ? class : best;
    return best;
}

static void separates_and_scores_as_it_weighs(void **state)
{
    struct linear_svm *model;
    uint32_t right = 0;
    (void)state;
    assert_int_equal(linear_svm_fit(&usual, sample.rows, sample.labels, ROWS / 2, &model), 0);
    for (uint32_t i = ROWS / 2; i < ROWS; i++) {
        float scores[CLASSES], empty[CLASSES];
        linear_svm_score(model, sample.rows[i], scores);
        linear_svm_score(model, (struct sparse_row){NULL, NULL, 0}, empty);
        right += best_of(scores) == sample.labels[i];
        for (uint32_t class = 0; class < CLASSES; class ++) {
            double sum = (double)empty[class];
            for (uint32_t j = 0; j < WIDTH; j++)
                sum += 0.4 * (double)linear_svm_weight(model, sample.columns[i][j], class);
            assert_true(fabs(sum - (double)scores[class]) < 1e-5);
        }
    }
    assert_true(right > ROWS / 2 * 0.97);
    assert_true(linear_svm_weight(model, COLUMNS, 0) == 0);
    linear_svm_close(model);
}

static void comes_back_bit_by_bit(void **state)
{
    struct linear_svm *model, *again, *back;
    struct buffer one = {0}, other = {0}, third = {0};
    (void)state;
    assert_int_equal(linear_svm_fit(&usual, sample.rows, sample.labels, ROWS, &model), 0);
    assert_int_equal(linear_svm_fit(&usual, sample.rows, sample.labels, ROWS, &again), 0);
    linear_svm_save(model, &one);
    linear_svm_save(again, &other);
    assert_true(bytes_equal(buffer_bytes(&one), buffer_bytes(&other)));
    struct cursor from = cursor_over(buffer_bytes(&one));
    assert_int_equal(linear_svm_load(&from, &back), 0);
    assert_int_equal(cursor_left(&from), 0);
    linear_svm_save(back, &third);
    assert_true(bytes_equal(buffer_bytes(&one), buffer_bytes(&third)));
    linear_svm_close(back);
    for (size_t len = 0; len < one.len; len += 7) {
        from = cursor_over((struct bytes){one.at, len});
        assert_int_equal(linear_svm_load(&from, &back), -EBADMSG);
    }
    linear_svm_close(model);
    linear_svm_close(again);
    buffer_finish(&one), buffer_finish(&other), buffer_finish(&third);
}

static void refuses_what_is_no_sample(void **state)
{
    struct linear_svm *model;
    uint32_t column = COLUMNS, label = 0;
    float value = 1, infinite = INFINITY;
    struct sparse_row outside = {&column, &value, 1}, endless = {&label, &infinite, 1};
    struct linear_svm_options options = usual;
    (void)state;
    assert_int_equal(linear_svm_fit(&usual, &outside, &label, 1, &model), -EINVAL);
    assert_int_equal(linear_svm_fit(&usual, &endless, &label, 1, &model), -EINVAL);
    assert_int_equal(linear_svm_fit(&usual, sample.rows, sample.labels, 0, &model), -EINVAL);
    assert_int_equal(linear_svm_fit(&usual, sample.rows, &column, 1, &model), -EINVAL);
    options.classes = 1;
    assert_int_equal(linear_svm_fit(&options, sample.rows, &label, 1, &model), -EINVAL);
    options = usual, options.columns = LINEAR_SVM_WEIGHTS;
    assert_int_equal(linear_svm_fit(&options, sample.rows, &label, 1, &model), -EINVAL);
    options = usual, options.cost = (double)NAN;
    assert_int_equal(linear_svm_fit(&options, sample.rows, &label, 1, &model), -EINVAL);
}

/* Drawn from a sigmoid that is known, it is found again; without a second kind, the prior is. */
static void sigmoids_are_found_again(void **state)
{
    enum { DRAWS = 20000 };
    static double scores[DRAWS];
    static bool positive[DRAWS];
    const struct sigmoid truth = {-2, 0.7};
    struct random random = {11};
    (void)state;
    for (int i = 0; i < DRAWS; i++) {
        scores[i] = random_unit(&random) * 6 - 3;
        positive[i] = random_unit(&random) < sigmoid_at(truth, scores[i]);
    }
    struct sigmoid found = sigmoid_fit(scores, positive, DRAWS);
    assert_true(fabs(found.slope - truth.slope) < 0.1 && fabs(found.offset - truth.offset) < 0.1);
    for (int i = 0; i < DRAWS; i++)
        positive[i] = true;
    found = sigmoid_fit(scores, positive, 8);
    assert_true(fabs(sigmoid_at(found, 3) - 0.9) < 1e-12);
    assert_true(sigmoid_at(truth, 1e300) == 1 && sigmoid_at(truth, -1e300) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(separates_and_scores_as_it_weighs),
        cmocka_unit_test(comes_back_bit_by_bit),
        cmocka_unit_test(refuses_what_is_no_sample),
        cmocka_unit_test(sigmoids_are_found_again),
    };
    return cmocka_run_group_tests(tests, sample_make, NULL);
}
