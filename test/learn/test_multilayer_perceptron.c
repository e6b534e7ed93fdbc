/*
 * The network tells what a plane does, and XOR, which none does; the same rows and seed give the
 * same one, and it is given back bit by bit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>

#include "learn/multilayer_perceptron.h"
#include "two_classes.h"

static const struct perceptron_options usual = {.columns = TWO_COLUMNS,
                                                .depth = 2,
                                                .widths = {32, 4},
                                                .batch = 32,
                                                .epochs = 60,
                                                .rate = 0.01,
                                                .shrink = 0.01,
                                                .left_out = 0,
                                                .seed = 3};

static double score(const void *model, struct sparse_row row)
{
    return perceptron_score(model, row);
}

static uint32_t right_of(bool crossed)
{
    static struct two_classes sample;
    struct perceptron *model;
    two_classes_make(crossed, &sample);
    assert_int_equal(perceptron_fit(&usual, sample.rows, sample.labels, TWO_ROWS / 2, &model), 0);
    uint32_t right = two_classes_right(&sample, model, score);
    perceptron_close(model);
    return right;
}

static void tells_halves_and_crosses(void **state)
{
    (void)state;
    assert_true(right_of(false) >= 285);
    assert_true(right_of(true) >= 276);
}

static void model_bytes(uint64_t seed, struct buffer *ret_bytes)
{
    static struct two_classes sample;
    struct perceptron_options options = usual;
    struct perceptron *model;
    options.seed = seed;
    options.epochs = 2;
    options.left_out = 0.2;
    two_classes_make(true, &sample);
    assert_int_equal(perceptron_fit(&options, sample.rows, sample.labels, 100, &model), 0);
    perceptron_save(model, ret_bytes);
    perceptron_close(model);
}

static void same_seed_same_model(void **state)
{
    struct buffer one = {0}, same = {0}, other = {0};
    (void)state;
    model_bytes(1, &one);
    model_bytes(1, &same);
    model_bytes(2, &other);
    assert_true(bytes_equal(buffer_bytes(&one), buffer_bytes(&same)));
    assert_false(bytes_equal(buffer_bytes(&one), buffer_bytes(&other)));
    buffer_finish(&one);
    buffer_finish(&same);
    buffer_finish(&other);
}

static void saves_and_loads_bit_by_bit(void **state)
{
    static struct two_classes sample;
    struct perceptron *model, *none;
    struct buffer saved = {0}, twice = {0};
    float code[4];
    (void)state;
    two_classes_make(true, &sample);
    model_bytes(1, &saved);
    struct cursor from = cursor_over(buffer_bytes(&saved));
    assert_int_equal(perceptron_load(&from, &model), 0);
    perceptron_save(model, &twice);
    assert_true(bytes_equal(buffer_bytes(&saved), buffer_bytes(&twice)));
    assert_int_equal(perceptron_code_width(model), 4);
    perceptron_code(model, sample.rows[0], code);
    assert_true(isfinite(code[3]));
    for (size_t len = 0; len < saved.len; len += 7) {
        from = cursor_over((struct bytes){saved.at, len});
        assert_int_equal(perceptron_load(&from, &none), -EBADMSG);
    }
    perceptron_close(model);
    buffer_finish(&saved);
    buffer_finish(&twice);
}

static void refuses_options_out_of_range(void **state)
{
    static struct two_classes sample;
    struct perceptron_options options = usual;
    struct perceptron *model;
    (void)state;
    two_classes_make(false, &sample);
    options.depth = 0;
    assert_int_equal(perceptron_fit(&options, sample.rows, sample.labels, 10, &model), -EINVAL);
    options = usual;
    options.columns = TWO_COLUMNS - 1;
    assert_int_equal(perceptron_fit(&options, sample.rows, sample.labels, 10, &model), -EINVAL);
    options = usual;
    options.left_out = 1;
    assert_int_equal(perceptron_fit(&options, sample.rows, sample.labels, 10, &model), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_halves_and_crosses),
        cmocka_unit_test(same_seed_same_model),
        cmocka_unit_test(saves_and_loads_bit_by_bit),
        cmocka_unit_test(refuses_options_out_of_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
