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

static const float keep_mean = 0.9F, keep_square = 0.999F, least = 1e-8F;

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

/* Uniform, with the variance that keeps that of the values from layer to layer (He et al. 2015). */
static void weights_begin(struct autoencoder *model, struct random *random)
{
    for (uint32_t i = 0; i < model->layer_count; i++) {
        struct autoencoder_layer *layer = &model->layers[i];
        double most = sqrt(6 / ((1 + (double)(rectifier_slope * rectifier_slope)) * layer->in));
        for (size_t w = 0; w < (size_t)layer->in * layer->out; w++)
            layer->weights[w] = (float)((2 * random_unit(random) - 1) * most);
    }
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

WIDE_LOOP static void rows_rectify(float *values, const float *bias, uint32_t rows, uint32_t width)
{
    for (uint32_t row = 0; row < rows; row++)
        for (uint32_t i = 0; i < width; i++) {
            float value = values[(size_t)row * width + i] + bias[i];
            values[(size_t)row * width + i] = value * (value > 0 ? 1.0F : rectifier_slope);
        }
}

/* The layer's activations of what is before it; the last one's products are left without bias. */
static void layer_forward(struct fit *fit, uint32_t index)
{
    const struct autoencoder_layer *layer = &fit->model->layers[index];
    const float *in = index ? fit->values[index - 1] : fit->noisy;
    struct dense_shape shape = {.m = fit->batch, .n = layer->out, .k = layer->in};
    dense_multiply(shape, in, layer->weights, fit->values[index]);
    if (index + 1 < fit->model->layer_count)
        rows_rectify(fit->values[index], layer->weights + (size_t)layer->in * layer->out,
                     fit->batch, layer->out);
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

/* values, activations, become what was handed back to them times their slope; its sums by column.
 */
WIDE_LOOP static void rows_hand_back(float *values, const float *handed, uint32_t rows,
                                     uint32_t width, float *sums)
{
    memset(sums, 0, width * sizeof(*sums));
    for (uint32_t row = 0; row < rows; row++)
        for (uint32_t i = 0; i < width; i++) {
            size_t at = (size_t)row * width + i;
            float error = handed[at] * (values[at] > 0 ? 1.0F : rectifier_slope);
            sums[i] += error;
            values[at] = error;
        }
}

WIDE_LOOP static void weights_move(float *weights, float *means, float *squares,
                                   const float *gradient, size_t count, float step)
{
    for (size_t i = 0; i < count; i++) {
        float mean = keep_mean * means[i] + (1 - keep_mean) * gradient[i];
        float square = keep_square * squares[i] + (1 - keep_square) * gradient[i] * gradient[i];
        means[i] = mean;
        squares[i] = square;
        weights[i] -= step * mean / (sqrtf(square) + least);
    }
}

/* One layer on the way back: fit->values of it are its errors, whose sums are the bias's gradient.
 */
static void layer_back(struct fit *fit, uint32_t index, float step)
{
    const struct autoencoder_layer *layer = &fit->model->layers[index];
    const float *in = index ? fit->values[index - 1] : fit->noisy, *error = fit->values[index];
    size_t inner = (size_t)layer->in * layer->out,
           first = (size_t)(layer->weights - fit->model->weights);
    struct dense_shape gradient = {
        .m = layer->in, .n = layer->out, .k = fit->batch, .first_turned = true};
    dense_multiply(gradient, in, error, fit->gradient);
    if (index) {
        struct dense_shape back = {
            .m = fit->batch, .n = layer->in, .k = layer->out, .second_turned = true};
        dense_multiply(back, error, layer->weights, fit->handed);
    }
    weights_move(layer->weights, fit->means + first, fit->squares + first, fit->gradient,
                 inner + layer->out, step);
    if (index) {
        const struct autoencoder_layer *before = &fit->model->layers[index - 1];
        rows_hand_back(fit->values[index - 1], fit->handed, fit->batch, before->out,
                       fit->gradient + (size_t)before->in * before->out);
    }
}

/* The batch's mean score. */
static double step_make(struct fit *fit)
{
    struct autoencoder *model = fit->model;
    uint32_t last = model->layer_count - 1;
    for (uint32_t i = 0; i <= last; i++)
        layer_forward(fit, i);
    const struct autoencoder_layer *layer = &model->layers[last];
    size_t bias = (size_t)layer->in * layer->out;
    error_take(fit->values[last], layer->weights + bias, fit->clean, fit->batch, model->columns,
               2 / (float)fit->batch, fit->gradient + bias, fit->losses);
    double time = (double)++fit->steps;
    float step = (float)(fit->options->rate * sqrt(1 - pow((double)keep_square, time)) /
                         (1 - pow((double)keep_mean, time)));
    for (uint32_t i = last + 1; i-- > 0;)
        layer_back(fit, i, step);
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

/* The next `count` floats of the memory, where the widest loads like them; counted only, while
 * there is none. */
static float *floats_part(float *memory, size_t *used, size_t count)
{
    float *part = memory ? memory + *used : NULL;
    *used += (count + 15) / 16 * 16;
    return part;
}

/* Gives everything its place in `memory`, or, where that is NULL, tells how many floats it takes.
 */
static size_t memory_part(struct fit *fit, float *memory)
{
    const struct autoencoder *model = fit->model;
    size_t batch = fit->batch, largest = 0, widest = 0, used = 0;
    for (uint32_t i = 0; i < model->layer_count; i++) {
        const struct autoencoder_layer *layer = &model->layers[i];
        size_t size = ((size_t)layer->in + 1) * layer->out;
        largest = size > largest ? size : largest;
        widest = layer->out > widest ? layer->out : widest;
        fit->values[i] = floats_part(memory, &used, batch * layer->out);
    }
    fit->means = floats_part(memory, &used, model->weight_count);
    fit->squares = floats_part(memory, &used, model->weight_count);
    fit->clean = floats_part(memory, &used, batch * model->columns);
    fit->noisy = floats_part(memory, &used, batch * model->columns);
    fit->handed = floats_part(memory, &used, batch * widest);
    fit->gradient = floats_part(memory, &used, largest);
    fit->losses = floats_part(memory, &used, model->columns);
    return used;
}

static int fit_run(struct fit *fit)
{
    size_t floats = memory_part(fit, NULL);
    float *memory = floats_take(floats);
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
    weights_begin(model, &fit.random);
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
