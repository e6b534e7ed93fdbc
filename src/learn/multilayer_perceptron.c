#include "learn/multilayer_perceptron.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "learn/perceptron_inside.h"

static bool options_valid(const struct perceptron_options *options)
{
    if (options->columns == 0 || options->columns > PERCEPTRON_COLUMNS || options->depth == 0 ||
        options->depth > PERCEPTRON_DEPTH)
        return false;
    for (uint32_t i = 0; i < options->depth; i++)
        if (options->widths[i] == 0 || options->widths[i] > PERCEPTRON_WIDTH)
            return false;
    return true;
}

int perceptron_open(const struct perceptron_options *options, struct perceptron **ret_model)
{
    if (!options_valid(options))
        return -EINVAL;
    struct perceptron *model = calloc(1, sizeof(*model));
    if (!model)
        return -ENOMEM;
    model->columns = options->columns;
    model->layer_count = options->depth + 1;
    for (uint32_t i = 0; i < model->layer_count; i++) {
        model->layers[i].in = i ? options->widths[i - 1] : options->columns;
        model->layers[i].out = i < options->depth ? options->widths[i] : 1;
        model->weight_count += layer_size(&model->layers[i]);
    }
    model->weights = layer_floats_take(model->weight_count);
    if (!model->weights) {
        free(model);
        return -ENOMEM;
    }
    memset(model->weights, 0, model->weight_count * sizeof(*model->weights));
    float *at = model->weights;
    for (uint32_t i = 0; i < model->layer_count; i++) {
        model->layers[i].weights = at;
        at += layer_size(&model->layers[i]);
    }
    *ret_model = model;
    return 0;
}

void perceptron_close(struct perceptron *model)
{
    if (!model)
        return;
    free(model->weights);
    free(model);
}

uint32_t perceptron_columns(const struct perceptron *model)
{
    return model->columns;
}

uint32_t perceptron_code_width(const struct perceptron *model)
{
    return model->layers[model->layer_count - 1].in;
}

static void values_rectify(float *values, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        values[i] *= values[i] > 0 ? 1.0F : rectifier_slope;
}

static void sum_add(const struct layer *layer, uint32_t from, float value, float *values)
{
    const float *weights = layer->weights + (size_t)from * layer->out;
    for (uint32_t i = 0; i < layer->out; i++)
        values[i] += value * weights[i];
}

static void layer_score(const struct layer *layer, const float *in, float *out)
{
    memcpy(out, layer->weights + (size_t)layer->in * layer->out, layer->out * sizeof(*out));
    for (uint32_t i = 0; i < layer->in; i++)
        sum_add(layer, i, in[i], out);
}

void perceptron_code(const struct perceptron *model, struct sparse_row row, float *ret_code)
{
    const struct layer *first = &model->layers[0];
    float values[2][PERCEPTRON_WIDTH], *at = values[0];
    memcpy(at, first->weights + (size_t)first->in * first->out, first->out * sizeof(*at));
    for (uint32_t i = 0; i < row.count; i++)
        if (row.columns[i] < first->in)
            sum_add(first, row.columns[i], row.values[i], at);
    values_rectify(at, first->out);
    for (uint32_t i = 1; i + 1 < model->layer_count; i++) {
        layer_score(&model->layers[i], at, values[i % 2]);
        at = values[i % 2];
        values_rectify(at, model->layers[i].out);
    }
    memcpy(ret_code, at, perceptron_code_width(model) * sizeof(*ret_code));
}

double perceptron_score(const struct perceptron *model, struct sparse_row row)
{
    float code[PERCEPTRON_WIDTH], score;
    perceptron_code(model, row, code);
    layer_score(&model->layers[model->layer_count - 1], code, &score);
    return (double)score;
}

enum { MAGIC = 0x3150504d /* "MPP1" */ };

/* Magic, columns, depth, widths; then the weights by layer, the bits of floats. */
void perceptron_save(const struct perceptron *model, struct buffer *out)
{
    buffer_put_u32(out, MAGIC);
    buffer_put_u32(out, model->columns);
    buffer_put_u32(out, model->layer_count - 1);
    for (uint32_t i = 0; i + 1 < model->layer_count; i++)
        buffer_put_u32(out, model->layers[i].out);
    for (size_t i = 0; i < model->weight_count; i++)
        buffer_put_float(out, model->weights[i]);
}

/* How many weights a model of that shape has; the shape is checked when it is opened. */
static size_t weights_wanted(const struct perceptron_options *options)
{
    size_t wanted = 0, in = options->columns;
    for (uint32_t i = 0; i < options->depth; i++) {
        wanted += (in + 1) * options->widths[i];
        in = options->widths[i];
    }
    return wanted + in + 1;
}

int perceptron_load(struct cursor *from, struct perceptron **ret_model)
{
    struct perceptron *model;
    struct perceptron_options options = {.columns = 0};
    bool finite = true;
    if (cursor_u32(from) != MAGIC)
        return -EBADMSG;
    options.columns = cursor_u32(from);
    options.depth = cursor_u32(from);
    if (options.depth > PERCEPTRON_DEPTH)
        return -EBADMSG;
    for (uint32_t i = 0; i < options.depth; i++)
        options.widths[i] = cursor_u32(from);
    if (!cursor_ok(from) || weights_wanted(&options) > cursor_left(from) / sizeof(float))
        return -EBADMSG; /* no memory for what can't come */
    int error = perceptron_open(&options, &model);
    if (error)
        return error == -EINVAL ? -EBADMSG : error;
    for (size_t i = 0; i < model->weight_count; i++) {
        model->weights[i] = cursor_float(from);
        finite = finite && isfinite(model->weights[i]);
    }
    if (!finite || !cursor_ok(from)) {
        perceptron_close(model);
        return -EBADMSG;
    }
    *ret_model = model;
    return 0;
}
