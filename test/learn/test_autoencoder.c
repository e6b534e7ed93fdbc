/* What lies on the surface learned comes back, what lies off it doesn't and says in which columns;
 * gradients are those of the loss; scores do not depend on neighbours; models survive saving. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "learn/autoencoder.h"

enum { ROWS = 4000, COLUMNS = 10 };

static float rows[ROWS * COLUMNS];

/* Ten columns of which all follow from two; far from zero and of very different widths. */
static void row_make(struct random *random, float *row)
{
    double one = 2 * random_unit(random) - 1, two = 2 * random_unit(random) - 1;
    for (int c = 0; c < COLUMNS; c++) {
        double value = cos(c) * one + sin(c) * two + 0.3 * one * two * (c % 3);
        row[c] = (float)(100 * c + pow(4, c - 5) * (value + 0.02 * random_unit(random)));
    }
}

static void rows_make(void)
{
    struct random random = {5};
    for (int i = 0; i < ROWS; i++)
        row_make(&random, rows + i * COLUMNS);
}

static struct autoencoder_options usual(void)
{
    return (struct autoencoder_options){.columns = COLUMNS,
                                        .depth = 2,
                                        .widths = {24, 3},
                                        .batch = 100,
                                        .epochs = 40,
                                        .rate = 0.005,
                                        .noise = 0,
                                        .seed = 1};
}

static struct autoencoder *model_fit(const struct autoencoder_options *options)
{
    struct autoencoder *model;
    assert_int_equal(autoencoder_fit(options, rows, ROWS, &model), 0);
    assert_int_equal(autoencoder_columns(model), COLUMNS);
    return model;
}

static void what_is_off_the_surface_is_new(void **state)
{
    (void)state;
    struct autoencoder_options options = usual();
    struct autoencoder *model = model_fit(&options);
    assert_true(autoencoder_loss(model) < 0.02); /* a tenth of that of the mean is 0.1 */
    struct random random = {77};
    float row[COLUMNS], errors[COLUMNS];
    double known = 0, worst = 1e9, score;
    int named = 0;
    for (int i = 0; i < 300; i++) {
        row_make(&random, row);
        assert_int_equal(autoencoder_score(model, row, 1, &score, NULL), 0);
        known = fmax(known, score);
        /* Each column is still one that occurs, but not together with the others. */
        float other[COLUMNS];
        row_make(&random, other);
        int off = i % COLUMNS;
        double deviation = pow(4, off - 5) * 0.6;
        row[off] = row[off] + (float)(row[off] > 100 * (float)off ? -3 * deviation : 3 * deviation);
        assert_int_equal(autoencoder_score(model, row, 1, &score, errors), 0);
        worst = fmin(worst, score);
        int most = 0;
        double sum = 0;
        for (int c = 0; c < COLUMNS; c++) {
            most = errors[c] > errors[most] ? c : most;
            sum += (double)errors[c];
        }
        assert_true(fabs(sum / COLUMNS - score) < 1e-6 * score);
        named += most == off;
    }
    assert_true(known < worst);
    assert_true(named > 200); /* of 300; the columns hang together, so error spreads */
    autoencoder_close(model);
}

/* Blotted out values are guessed from the others: where half the columns are unknown, who learned
 * with noise is nearer. */
static void noise_teaches_to_fill_in(void **state)
{
    (void)state;
    struct autoencoder_options options = usual();
    double known[2] = {0, 0};
    for (int noisy = 0; noisy < 2; noisy++) {
        options.noise = noisy ? 0.3 : 0;
        options.widths[1] = 6;
        struct autoencoder *model = model_fit(&options);
        struct random random = {9};
        float row[COLUMNS], errors[COLUMNS];
        double score;
        for (int i = 0; i < 500; i++) {
            row_make(&random, row);
            for (int c = i % 2; c < COLUMNS; c += 4)
                row[c] = NAN;
            assert_int_equal(autoencoder_score(model, row, 1, &score, errors), 0);
            for (int c = 1 - i % 2; c < COLUMNS; c += 2)
                known[noisy] += (double)errors[c];
        }
        autoencoder_close(model);
    }
    assert_true(known[1] < known[0] * 0.7);
}

static void same_seed_same_bits_whoever_is_beside(void **state)
{
    (void)state;
    static double first[ROWS], second[ROWS], third[ROWS];
    struct autoencoder_options options = usual();
    options.epochs = 2;
    options.noise = 0.1;
    struct autoencoder *model = model_fit(&options), *again = model_fit(&options);
    options.seed = 2;
    struct autoencoder *other = model_fit(&options);
    assert_int_equal(autoencoder_score(model, rows, ROWS, first, NULL), 0);
    assert_int_equal(autoencoder_score(other, rows, ROWS, third, NULL), 0);
    for (int i = 0; i < ROWS; i++)
        assert_int_equal(autoencoder_score(again, rows + i * COLUMNS, 1, second + i, NULL), 0);
    assert_memory_equal(first, second, sizeof(first));
    assert_true(memcmp(first, third, sizeof(first)) != 0);
    autoencoder_close(model);
    autoencoder_close(again);
    autoencoder_close(other);
}

enum { FEW = 200 };

static struct buffer model_bytes(double rate)
{
    struct autoencoder_options options = usual();
    struct autoencoder *model;
    struct buffer bytes = {0};
    options.widths[0] = 5;
    options.batch = FEW;
    options.epochs = 1;
    options.rate = rate;
    assert_int_equal(autoencoder_fit(&options, rows, FEW, &model), 0);
    autoencoder_save(model, &bytes);
    assert_false(bytes.failed);
    autoencoder_close(model);
    return bytes;
}

static double mean_score(const struct buffer *bytes, double *ret_loss)
{
    struct cursor cursor = cursor_over(buffer_bytes(bytes));
    struct autoencoder *model;
    double scores[FEW], sum = 0;
    assert_int_equal(autoencoder_load(&cursor, &model), 0);
    assert_int_equal(autoencoder_score(model, rows, FEW, scores, NULL), 0);
    for (int i = 0; i < FEW; i++)
        sum += scores[i] / FEW;
    if (ret_loss)
        *ret_loss = autoencoder_loss(model);
    autoencoder_close(model);
    return sum;
}

static float float_at(const struct buffer *bytes, size_t at)
{
    float value;
    memcpy(&value, bytes->at + at, sizeof(value));
    return value;
}

/*
 * The first step of Adam moves every weight by the rate against its gradient's sign; the gradient
 * is also what the scores of a model change by when one of its weights is changed.
 */
static void gradients_are_those_of_the_scores(void **state)
{
    (void)state;
    struct buffer still = model_bytes(1e-30), moved = model_bytes(1e-3);
    double loss, height = 0.01;
    assert_true(fabs(mean_score(&still, &loss) - loss) < 1e-5 * loss);
    size_t weights = 11 * 5 + 6 * 3 + 4 * 5 + 6 * 10;
    int told = 0;
    for (size_t at = still.len - 4 * weights; at < still.len; at += 4) {
        float value = float_at(&still, at), step = float_at(&moved, at) - value;
        float up = value + (float)height, down = value - (float)height;
        memcpy(still.at + at, &up, sizeof(up));
        double above = mean_score(&still, NULL);
        memcpy(still.at + at, &down, sizeof(down));
        double gradient = (above - mean_score(&still, NULL)) / (2 * height);
        memcpy(still.at + at, &value, sizeof(value));
        if (fabs(gradient) < 1e-3)
            continue;
        told++;
        assert_true(fabs(fabs((double)step) - 1e-3) < 1e-5);
        assert_true((gradient > 0) == (step < 0));
    }
    assert_true(told > 120);
    buffer_finish(&still);
    buffer_finish(&moved);
}

static void survives_saving(void **state)
{
    (void)state;
    static double first[ROWS], second[ROWS];
    struct autoencoder_options options = usual();
    options.epochs = 2;
    struct autoencoder *model = model_fit(&options), *loaded = NULL;
    struct buffer saved = {0}, again = {0};
    autoencoder_save(model, &saved);
    struct cursor cursor = cursor_over(buffer_bytes(&saved));
    assert_int_equal(autoencoder_load(&cursor, &loaded), 0);
    assert_int_equal(cursor_left(&cursor), 0);
    autoencoder_save(loaded, &again);
    assert_true(bytes_equal(buffer_bytes(&saved), buffer_bytes(&again)));
    assert_int_equal(autoencoder_score(model, rows, ROWS, first, NULL), 0);
    assert_int_equal(autoencoder_score(loaded, rows, ROWS, second, NULL), 0);
    assert_memory_equal(first, second, sizeof(first));
    autoencoder_close(loaded);
    for (size_t len = 0; len < saved.len; len += 1 + len / 50) {
        cursor = cursor_over((struct bytes){saved.at, len});
        assert_int_equal(autoencoder_load(&cursor, &loaded), -EBADMSG);
    }
    memset(saved.at + saved.len - 4, 0xff, 4); /* a weight that is not a number */
    cursor = cursor_over(buffer_bytes(&saved));
    assert_int_equal(autoencoder_load(&cursor, &loaded), -EBADMSG);
    autoencoder_close(model);
    buffer_finish(&saved);
    buffer_finish(&again);
}

static void extremes_are_survived(void **state)
{
    (void)state;
    struct autoencoder_options options = usual();
    options.epochs = 2;
    struct autoencoder *model = model_fit(&options);
    float row[COLUMNS], errors[COLUMNS];
    for (int c = 0; c < COLUMNS; c++)
        row[c] = c % 3 == 0 ? INFINITY : c % 3 == 1 ? -3e38F : NAN;
    double score, usual_score;
    assert_int_equal(autoencoder_score(model, rows, 1, &usual_score, NULL), 0);
    assert_int_equal(autoencoder_score(model, row, 1, &score, errors), 0);
    assert_true(isfinite(score) && score > 10 * usual_score);
    autoencoder_close(model);
    /* A constant column has no deviation to be measured by. */
    static float constant[200 * 2];
    for (int i = 0; i < 200; i++) {
        constant[2 * i] = 7e8F;
        constant[2 * i + 1] = (float)i;
    }
    options.columns = 2;
    options.epochs = 200;
    assert_int_equal(autoencoder_fit(&options, constant, 200, &model), 0);
    assert_true(isfinite(autoencoder_loss(model)));
    assert_int_equal(autoencoder_score(model, (float[]){7e8F, 100}, 1, &usual_score, NULL), 0);
    assert_int_equal(autoencoder_score(model, (float[]){7.1e8F, 100}, 1, &score, NULL), 0);
    assert_true(score > 100 * usual_score);
    autoencoder_close(model);
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    struct autoencoder *model = NULL;
    struct autoencoder_options wrong[9];
    for (int i = 0; i < 9; i++)
        wrong[i] = usual();
    wrong[0].columns = 0;
    wrong[1].depth = 0;
    wrong[2].depth = AUTOENCODER_DEPTH + 1;
    wrong[3].widths[1] = 0;
    wrong[4].batch = 0;
    wrong[5].epochs = 0;
    wrong[6].rate = NAN;
    wrong[7].noise = 1;
    wrong[8].widths[0] = AUTOENCODER_WIDTH + 1;
    for (int i = 0; i < 9; i++)
        assert_int_equal(autoencoder_fit(&wrong[i], rows, ROWS, &model), -EINVAL);
    struct autoencoder_options options = usual();
    assert_int_equal(autoencoder_fit(&options, rows, 1, &model), -EINVAL);
    options.columns = 2;
    assert_int_equal(autoencoder_fit(&options, (float[]){0, 1, INFINITY, 1}, 2, &model), -EINVAL);
    assert_null(model);
}

int main(void)
{
    rows_make();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_off_the_surface_is_new),
        cmocka_unit_test(noise_teaches_to_fill_in),
        cmocka_unit_test(same_seed_same_bits_whoever_is_beside),
        cmocka_unit_test(gradients_are_those_of_the_scores),
        cmocka_unit_test(survives_saving),
        cmocka_unit_test(extremes_are_survived),
        cmocka_unit_test(nonsense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
