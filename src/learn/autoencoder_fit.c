/*
 * Learning. A step takes a batch forward through the layers and its error back; on the way back a
 * layer's activations are overwritten by what its error is, and its weights move as soon as the
 * layer before has been told. Whatever isn't a product of matrices is done in one pass.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "learn/autoencoder_inside.h"
#include "learn/dense.h"

struct fit {
    struct autoencoder *model;
    const struct autoencoder_options *options;
    const float *rows;
    struct random random;
    uint32_t count, batch;
    uint32_t *order;
    float *clean, *noisy;   /* batch x columns */
    float *values[LAYERS];  /* batch x out of each layer: activations, then errors */
    float *handed;          /* batch x the widest: what a layer tells the one before */
    float *gradient;        /* of the largest layer */
    float *means, *squares; /* Adam's, by weight */
    float *losses;          /* squared errors by column, of a batch */
    uint64_t steps;
};

/* Mean and deviation by column, in doubles; false where a value is not finite. */
static bool columns_measure(struct autoencoder *model, const float *rows, size_t count,
                            double *sums)
{
    uint32_t columns = model->columns;
    memset(sums, 0, 2 * columns * sizeof(*sums));
    double *squares = sums + columns;
    for (size_t i = 0; i < count; i++)
        for (uint32_t c = 0; c < columns; c++)
            sums[c] += (double)rows[i * columns + c];
    for (uint32_t c = 0; c < columns; c++) {
        if (!isfinite(sums[c]))
            return false;
        model->means[c] = (float)(sums[c] / (double)count);
    }
    for (size_t i = 0; i < count; i++)
        for (uint32_t c = 0; c < columns; c++) {
            double off = (double)rows[i * columns + c] - (double)model->means[c];
            squares[c] += off * off;
        }
    for (uint32_t c = 0; c < columns; c++) {
        double deviation = sqrt(squares[c] / (double)count);
        float scale = (float)(1 / deviation);
        model->scales[c] =
            isnormal(scale) && deviation > 1e-6 * fabs((double)model->means[c]) ? scale : 1;
    }
    return true;
}

static void order_shuffle(struct fit *fit)
{
    for (uint32_t left = fit->count; left > 1; left--) {
        uint32_t drawn = random_below(&fit->random, left), row = fit->order[drawn];
        fit->order[drawn] = fit->order[left - 1];
        fit->order[left - 1] = row;
    }
}

/* A row as it is, and with values blotted out where 32 bits drawn for them are below `cut`: those
 * are `key` and the column, well mixed (the finaliser of MurmurHash3), so that all columns can be
 * drawn for at once. */
WIDE_LOOP static void row_take(const struct autoencoder *model, const float *row, uint32_t key,
                               uint32_t cut, float *clean, float *noisy)
{
    for (uint32_t c = 0; c < model->columns; c++) {
        uint32_t drawn = key + c * 0x9e3779b1u;
        drawn = (drawn ^ drawn >> 16) * 0x85ebca6bu;
        drawn = (drawn ^ drawn >> 13) * 0xc2b2ae35u;
        drawn ^= drawn >> 16;
        float standard = autoencoder_standard(row[c], model->means[c], model->scales[c]);
        clean[c] = standard;
        noisy[c] = drawn < cut ? 0 : standard;
    }
}

enum { AHEAD = 8 }; /* rows are far apart: fetch those that come soon */

static void batch_take(struct fit *fit, const uint32_t *order)
{
    uint32_t columns = fit->model->columns, cut = (uint32_t)(fit->options->noise * 0x1p32);
    for (uint32_t i = 0; i < fit->batch; i++) {
        if (i + AHEAD < fit->batch)
            for (uint32_t c = 0; c < columns; c += 16)
                __builtin_prefetch(fit->rows + (size_t)order[i + AHEAD] * columns + c);
        row_take(fit->model, fit->rows + (size_t)order[i] * columns,
                 (uint32_t)random_next(&fit->random), cut, fit->clean + (size_t)i * columns,
                 fit->noisy + (size_t)i * columns);
    }
}

/* values, the last layer's products, become the error's gradient; its sums and squares by column.
 */
WIDE_LOOP static void error_take(float *values, const float *bias, const float *clean,
                                 uint32_t rows, uint32_t columns, float scale, float *sums,
                                 float *losses)
{
    memset(sums, 0, columns * sizeof(*sums));
    memset(losses, 0, columns * sizeof(*losses));
    for (uint32_t row = 0; row < rows; row++)
        for (uint32_t c = 0; c < columns; c++) {
            size_t at = (size_t)row * columns + c;
            float off = values[at] + bias[c] - clean[at];
            losses[c] += off * off;
            off *= scale;
            sums[c] += off;
            values[at] = off;
        }
}

/* The batch's mean score. */
static double step_make(struct fit *fit)
{
    struct autoencoder *model = fit->model;
    uint32_t last = model->layer_count - 1;
    for (uint32_t i = 0; i <= last; i++)
        layer_forward(&model->layers[i], i ? fit->values[i - 1] : fit->noisy, fit->batch, i < last,
                      fit->values[i]);
    const struct layer *layer = &model->layers[last];
    size_t bias = (size_t)layer->in * layer->out;
    error_take(fit->values[last], layer->weights + bias, fit->clean, fit->batch, model->columns,
               2 / (float)fit->batch, fit->gradient + bias, fit->losses);
    struct layer_step step = {.rows = fit->batch,
                              .rate = layer_rate(fit->options->rate, ++fit->steps),
                              .gradient = fit->gradient,
                              .handed = fit->handed};
    for (uint32_t i = last + 1; i-- > 0;) {
        size_t first = (size_t)(model->layers[i].weights - model->weights);
        step.means = fit->means + first;
        step.squares = fit->squares + first;
        layer_back(&model->layers[i], i ? fit->values[i - 1] : fit->noisy, fit->values[i], &step,
                   i ? &model->layers[i - 1] : NULL, i ? fit->values[i - 1] : NULL);
    }
    double sum = 0;
    for (uint32_t c = 0; c < model->columns; c++)
        sum += (double)fit->losses[c];
    return sum / fit->batch / model->columns;
}

static int epochs_run(struct fit *fit)
{
    uint32_t batches = fit->count / fit->batch;
    for (uint32_t epoch = 0; epoch < fit->options->epochs; epoch++) {
        double sum = 0;
        order_shuffle(fit);
        for (uint32_t i = 0; i < batches; i++) {
            batch_take(fit, fit->order + (size_t)i * fit->batch);
            sum += step_make(fit);
        }
        fit->model->loss = sum / batches;
        if (!isfinite(sum))
            return -ERANGE;
    }
    return 0;
}

/* Gives everything its place in `memory`, or, where that is NULL, tells how many floats it takes.
 */
static size_t memory_part(struct fit *fit, float *memory)
{
    const struct autoencoder *model = fit->model;
    size_t batch = fit->batch, largest = 0, widest = 0, used = 0;
    for (uint32_t i = 0; i < model->layer_count; i++) {
        const struct layer *layer = &model->layers[i];
        size_t size = ((size_t)layer->in + 1) * layer->out;
        largest = size > largest ? size : largest;
        widest = layer->out > widest ? layer->out : widest;
        fit->values[i] = layer_floats_part(memory, &used, batch * layer->out);
    }
    fit->means = layer_floats_part(memory, &used, model->weight_count);
    fit->squares = layer_floats_part(memory, &used, model->weight_count);
    fit->clean = layer_floats_part(memory, &used, batch * model->columns);
    fit->noisy = layer_floats_part(memory, &used, batch * model->columns);
    fit->handed = layer_floats_part(memory, &used, batch * widest);
    fit->gradient = layer_floats_part(memory, &used, largest);
    fit->losses = layer_floats_part(memory, &used, model->columns);
    return used;
}

static int fit_run(struct fit *fit)
{
    size_t floats = memory_part(fit, NULL);
    float *memory = layer_floats_take(floats);
    uint32_t *order = calloc(fit->count, sizeof(*order));
    int status = memory && order ? 0 : -ENOMEM;
    if (!status) {
        memset(memory, 0, floats * sizeof(*memory));
        memory_part(fit, memory);
        for (uint32_t i = 0; i < fit->count; i++)
            order[i] = i;
        fit->order = order;
        status = epochs_run(fit);
    }
    free(memory);
    free(order);
    return status;
}

static int model_learn(struct autoencoder *model, const struct autoencoder_options *options,
                       const float *rows, uint32_t count)
{
    double *sums = calloc(2 * (size_t)model->columns, sizeof(*sums));
    if (!sums)
        return -ENOMEM;
    bool finite = columns_measure(model, rows, count, sums);
    free(sums);
    if (!finite)
        return -EINVAL;
    struct fit fit = {.model = model,
                      .options = options,
                      .rows = rows,
                      .random = {options->seed},
                      .count = count,
                      .batch = options->batch < count ? options->batch : count};
    for (uint32_t i = 0; i < model->layer_count; i++)
        layer_begin(&model->layers[i], &fit.random);
    return fit_run(&fit);
}

int autoencoder_fit(const struct autoencoder_options *options, const float *rows, size_t count,
                    struct autoencoder **ret_model)
{
    struct autoencoder *model;
    if (count < 2 || count > UINT32_MAX || options->batch == 0 ||
        options->batch > AUTOENCODER_BATCH || options->epochs == 0 ||
        options->epochs > AUTOENCODER_EPOCHS || !(options->rate > 0) || !(options->rate < 1) ||
        !(options->noise >= 0) || !(options->noise < 1))
        return -EINVAL;
    int status = autoencoder_open(options, &model);
    if (status)
        return status;
    status = dense_open();
    if (!status)
        status = model_learn(model, options, rows, (uint32_t)count);
    if (status)
        autoencoder_close(model);
    else
        *ret_model = model;
    return status;
}
