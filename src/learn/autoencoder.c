#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "learn/autoencoder_inside.h"

enum {
    ABREAST = 4, /* rows that are multiplied together, so that a weight is read once for them */
    STRIP = 32,  /* columns of a product that are summed up in registers */
    BLOCK = 64,  /* rows that go through the layers together */
};

static bool options_valid(const struct autoencoder_options *options)
{
    if (options->columns == 0 || options->columns > AUTOENCODER_COLUMNS || options->depth == 0 ||
        options->depth > AUTOENCODER_DEPTH)
        return false;
    for (uint32_t i = 0; i < options->depth; i++)
        if (options->widths[i] == 0 || options->widths[i] > AUTOENCODER_WIDTH)
            return false;
    return true;
}

/* The decoder is the encoder's mirror image. */
static void layers_shape(struct autoencoder *model, const struct autoencoder_options *options)
{
    uint32_t depth = options->depth;
    model->layer_count = 2 * depth;
    for (uint32_t i = 0; i < depth; i++) {
        uint32_t wide = i ? options->widths[i - 1] : options->columns, narrow = options->widths[i];
        model->layers[i] = (struct layer){.in = wide, .out = narrow};
        model->layers[2 * depth - 1 - i] = (struct layer){.in = narrow, .out = wide};
        model->weight_count += ((size_t)wide + 1) * narrow + ((size_t)narrow + 1) * wide;
    }
}

int autoencoder_open(const struct autoencoder_options *options, struct autoencoder **ret_model)
{
    if (!options_valid(options))
        return -EINVAL;
    struct autoencoder *model = calloc(1, sizeof(*model));
    if (!model)
        return -ENOMEM;
    model->columns = options->columns;
    layers_shape(model, options);
    model->means = calloc(options->columns, sizeof(float));
    model->scales = calloc(options->columns, sizeof(float));
    model->weights = layer_floats_take(model->weight_count);
    if (!model->means || !model->scales || !model->weights) {
        autoencoder_close(model);
        return -ENOMEM;
    }
    memset(model->weights, 0, model->weight_count * sizeof(float));
    float *at = model->weights;
    for (uint32_t i = 0; i < model->layer_count; i++) {
        model->layers[i].weights = at;
        at += ((size_t)model->layers[i].in + 1) * model->layers[i].out;
    }
    *ret_model = model;
    return 0;
}

void autoencoder_close(struct autoencoder *model)
{
    if (!model)
        return;
    free(model->means);
    free(model->scales);
    free(model->weights);
    free(model);
}

double autoencoder_loss(const struct autoencoder *model)
{
    return model->loss;
}

uint32_t autoencoder_columns(const struct autoencoder *model)
{
    return model->columns;
}

double autoencoder_score_work(const struct autoencoder *model, uint32_t batch)
{
    double work = 0;
    for (uint32_t i = 0; i < model->layer_count; i++)
        work += 2.0 * batch * model->layers[i].in * model->layers[i].out;
    return work;
}

double autoencoder_step_work(const struct autoencoder *model, uint32_t batch)
{
    /* Nothing is handed back from the first layer. */
    return 3 * autoencoder_score_work(model, batch) -
           2.0 * batch * model->layers[0].in * model->layers[0].out;
}

WIDE_LOOP static void row_standardise(const struct autoencoder *model, const float *row, float *out)
{
    for (uint32_t c = 0; c < model->columns; c++)
        out[c] = autoencoder_standard(row[c], model->means[c], model->scales[c]);
}

/*
 * `width` columns of the product of ABREAST rows and the weights, from `weights` on, and the bias.
 * dense_multiply would be faster, but what it makes of a row depends, in the last bits, on where
 * in the block the row stands and on the processor.
 */
static inline __attribute__((always_inline)) void strip_multiply(const struct layer *own,
                                                                 const float *in,
                                                                 const float *weights,
                                                                 uint32_t width, float *out)
{
    float sums[ABREAST][STRIP] = {{0}};
    for (uint32_t k = 0; k < own->in; k++, weights += own->out)
        for (uint32_t row = 0; row < ABREAST; row++)
            for (uint32_t i = 0; i < width; i++)
                sums[row][i] += in[(size_t)row * own->in + k] * weights[i];
    for (uint32_t row = 0; row < ABREAST; row++)
        for (uint32_t i = 0; i < width; i++)
            out[(size_t)row * own->out + i] = sums[row][i] + weights[i]; /* now at the bias */
}

WIDE_LOOP static void rows_multiply(const struct layer *own, const float *in, float *out)
{
    uint32_t column = 0;
    for (; column + STRIP <= own->out; column += STRIP)
        strip_multiply(own, in, own->weights + column, STRIP, out + column);
    if (column < own->out)
        strip_multiply(own, in, own->weights + column, own->out - column, out + column);
}

WIDE_LOOP static void values_rectify(float *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        values[i] *= values[i] > 0 ? 1.0F : rectifier_slope;
}

/* What a block needs: its rows, and the layers' values, every second one in the same place. */
struct scratch {
    float *rows, *values[2];
};

static const float *block_forward(const struct autoencoder *model, const struct scratch *scratch,
                                  size_t count)
{
    const float *in = scratch->rows;
    for (uint32_t i = 0; i < model->layer_count; i++) {
        const struct layer *layer = &model->layers[i];
        float *out = scratch->values[i % 2];
        for (size_t row = 0; row < count; row += ABREAST)
            rows_multiply(layer, in + row * layer->in, out + row * layer->out);
        if (i + 1 < model->layer_count)
            values_rectify(out, count * layer->out);
        in = out;
    }
    return in;
}

static void block_score(const struct autoencoder *model, const struct scratch *scratch,
                        const float *rows, size_t count, double *ret_scores, float *ret_errors)
{
    uint32_t columns = model->columns;
    memset(scratch->rows, 0,
           (size_t)BLOCK * columns * sizeof(float)); /* also rows past the count are read */
    for (size_t i = 0; i < count; i++)
        row_standardise(model, rows + i * columns, scratch->rows + i * columns);
    const float *back = block_forward(model, scratch, count);
    for (size_t i = 0; i < count; i++) {
        double sum = 0;
        for (uint32_t c = 0; c < columns; c++) {
            float off = back[i * columns + c] - scratch->rows[i * columns + c];
            sum += (double)(off * off);
            if (ret_errors)
                ret_errors[i * columns + c] = off * off;
        }
        ret_scores[i] = sum / columns;
    }
}

int autoencoder_score(const struct autoencoder *model, const float *rows, size_t count,
                      double *ret_scores, float *ret_errors)
{
    uint32_t widest = 0;
    for (uint32_t i = 0; i < model->layer_count; i++)
        widest = model->layers[i].out > widest ? model->layers[i].out : widest;
    struct scratch scratch = {.rows = layer_floats_take((size_t)BLOCK * model->columns),
                              .values = {layer_floats_take((size_t)BLOCK * widest),
                                         layer_floats_take((size_t)BLOCK * widest)}};
    int status = scratch.rows && scratch.values[0] && scratch.values[1] ? 0 : -ENOMEM;
    for (size_t start = 0; !status && start < count; start += BLOCK) {
        size_t most = count - start < BLOCK ? count - start : BLOCK;
        block_score(model, &scratch, rows + start * model->columns, most, ret_scores + start,
                    ret_errors ? ret_errors + start * model->columns : NULL);
    }
    free(scratch.rows);
    free(scratch.values[0]);
    free(scratch.values[1]);
    return status;
}
