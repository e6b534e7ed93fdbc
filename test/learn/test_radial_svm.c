/*
 * A curved border tells what a plane does, and XOR, which none does; its scores are the sums they
 * are said to be, and it is given back bit by bit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>

#include "learn/radial_svm.h"
#include "two_classes.h"

static const struct radial_svm_options usual = {TWO_COLUMNS, 10, 2, 0.001};

static double score(const void *model, struct sparse_row row)
{
    return radial_svm_score(model, row);
}

static uint32_t right_of(bool crossed)
{
    static struct two_classes sample;
    struct radial_svm *model;
    two_classes_make(crossed, &sample);
    assert_int_equal(radial_svm_fit(&usual, sample.rows, sample.labels, TWO_ROWS / 2, &model), 0);
    uint32_t right = two_classes_right(&sample, model, score);
    radial_svm_close(model);
    return right;
}

static void tells_halves_and_crosses(void **state)
{
    (void)state;
    assert_true(right_of(false) >= 285);
    assert_true(right_of(true) >= 276);
}

/* Two rows: the border is half way, and each of them where the margin is. */
static void two_rows_are_solved_exactly(void **state)
{
    const struct radial_svm_options options = {2, 100, 0.5, 1e-6};
    uint32_t columns[] = {0, 1}, labels[] = {1, 0};
    float one[] = {1, 0}, other[] = {-1, 0}, middle[] = {0, 3};
    struct sparse_row rows[] = {{columns, one, 2}, {columns, other, 2}};
    struct radial_svm *model;
    (void)state;
    assert_int_equal(radial_svm_fit(&options, rows, labels, 2, &model), 0);
    assert_int_equal(radial_svm_vectors(model), 2);
    assert_true(fabs(radial_svm_score(model, rows[0]) - 1) < 1e-4);
    assert_true(fabs(radial_svm_score(model, rows[1]) + 1) < 1e-4);
    assert_true(fabs(radial_svm_score(model, (struct sparse_row){columns, middle, 2})) < 1e-6);
    radial_svm_close(model);
}

static void saves_and_loads_bit_by_bit(void **state)
{
    static struct two_classes sample;
    struct radial_svm *model, *again;
    struct buffer saved = {0}, twice = {0};
    (void)state;
    two_classes_make(true, &sample);
    assert_int_equal(radial_svm_fit(&usual, sample.rows, sample.labels, 100, &model), 0);
    radial_svm_save(model, &saved);
    struct cursor from = cursor_over(buffer_bytes(&saved));
    assert_int_equal(radial_svm_load(&from, &again), 0);
    radial_svm_save(again, &twice);
    assert_true(bytes_equal(buffer_bytes(&saved), buffer_bytes(&twice)));
    for (uint32_t i = 0; i < TWO_ROWS; i++)
        assert_true(fabs(radial_svm_score(model, sample.rows[i]) -
                         radial_svm_score(again, sample.rows[i])) == 0);
    for (size_t len = 0; len < saved.len; len += 7) {
        from = cursor_over((struct bytes){saved.at, len});
        struct radial_svm *none;
        assert_int_equal(radial_svm_load(&from, &none), -EBADMSG);
    }
    radial_svm_close(model);
    radial_svm_close(again);
    buffer_finish(&saved);
    buffer_finish(&twice);
}

static void refuses_what_it_cannot_learn(void **state)
{
    static struct two_classes sample;
    struct radial_svm_options options = usual;
    struct radial_svm *model;
    uint32_t one[] = {1, 1}, two[] = {0, 2};
    (void)state;
    two_classes_make(false, &sample);
    assert_int_equal(radial_svm_fit(&usual, sample.rows, one, 2, &model), -EINVAL);
    assert_int_equal(radial_svm_fit(&usual, sample.rows, two, 2, &model), -EINVAL);
    assert_int_equal(radial_svm_fit(&usual, sample.rows, one, 0, &model), -EINVAL);
    options.columns = TWO_COLUMNS - 1;
    assert_int_equal(radial_svm_fit(&options, sample.rows, sample.labels, 10, &model), -EINVAL);
    options = usual;
    options.width = 0;
    assert_int_equal(radial_svm_fit(&options, sample.rows, sample.labels, 10, &model), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_halves_and_crosses),
        cmocka_unit_test(two_rows_are_solved_exactly),
        cmocka_unit_test(saves_and_loads_bit_by_bit),
        cmocka_unit_test(refuses_what_it_cannot_learn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
