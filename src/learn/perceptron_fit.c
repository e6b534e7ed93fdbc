/* Learning: a batch of rows goes forward through the layers, and its error back. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "learn/dense.h"
#include "learn/perceptron_inside.h"

struct fit {
    struct perceptron *model;
    const struct perceptron_options *options;
    const struct sparse_row *rows;
    const uint32_t *labels;
    struct random random;
    uint32_t count, batch;
    uint32_t *order;
    float *in;                        /* batch x columns */
    float *values[PERCEPTRON_LAYERS]; /* batch x out of each layer: activations, then errors */
    float *handed, *gradient;
    float *means, *squares; /* Adam's, by weight */
    uint64_t steps, steps_all;
};

static void order_shuffle(struct fit *fit)
{
    for (uint32_t left = fit->count; left > 1; left--) {
        uint32_t drawn = random_below(&fit->random, left), row = fit->order[drawn];
        fit->order[drawn] = fit->order[left - 1];
        fit->order[left - 1] = row;
    }
}

/* Values that are not left out weigh more, so that their sum stays what it is. */
static void batch_take(struct fit *fit, const uint32_t *order)
{
    uint32_t columns = fit->model->columns;
    uint64_t cut = (uint64_t)(fit->options->left_out * 0x1p32);
    float more = (float)(1 / (1 - fit->options->left_out));
    memset(fit->in, 0, (size_t)fit->batch * columns * sizeof(*fit->in));
    for (uint32_t i = 0; i < fit->batch; i++) {
        struct sparse_row row = fit->rows[order[i]];
        for (uint32_t j = 0; j < row.count; j++)
            if (random_next(&fit->random) >> 32 >= cut)
                fit->in[(size_t)i * columns + row.columns[j]] = row.values[j] * more;
    }
}

/* The last layer's products become the gradient of the mean cross entropy, whose sum is returned
 * and goes where the bias's gradient does. */
static double error_take(struct fit *fit, const uint32_t *order)
{
    const struct layer *last = &fit->model->layers[fit->model->layer_count - 1];
    float *values = fit->values[fit->model->layer_count - 1], bias = last->weights[last->in];
    double loss = 0, sum = 0;
    for (uint32_t i = 0; i < fit->batch; i++) {
        double odds = (double)(values[i] + bias), label = fit->labels[order[i]];
        double off = 1 / (1 + exp(-odds)) - label;
        loss += (odds > 0 ? odds + log1p(exp(-odds)) : log1p(exp(odds))) - label * odds;
        values[i] = (float)(off / fit->batch);
        sum += (double)values[i];
    }
    fit->gradient[last->in] = (float)sum;
    return loss;
}

/* The batch's loss. */
static double step_make(struct fit *fit, const uint32_t *order)
{
    struct perceptron *model = fit->model;
    uint32_t last = model->layer_count - 1;
    double part = (double)fit->steps / (double)fit->steps_all;
    double rate = fit->options->rate * (1 + cos(3.14159265358979 * part)) / 2;
    batch_take(fit, order);
    for (uint32_t i = 0; i <= last; i++)
        layer_forward(&model->layers[i], i ? fit->values[i - 1] : fit->in, fit->batch, i < last,
                      fit->values[i]);
    double loss = error_take(fit, order);
    struct layer_step step = {.rows = fit->batch,
                              .rate = layer_rate(rate, ++fit->steps),
                              .shrink = (float)(rate * fit->options->shrink),
                              .gradient = fit->gradient,
                              .handed = fit->handed};
    for (uint32_t i = last + 1; i-- > 0;) {
        size_t first = (size_t)(model->layers[i].weights - model->weights);
        step.means = fit->means + first;
        step.squares = fit->squares + first;
        layer_back(&model->layers[i], i ? fit->values[i - 1] : fit->in, fit->values[i], &step,
                   i ? &model->layers[i - 1] : NULL, i ? fit->values[i - 1] : NULL);
    }
    return loss;
}

static int epochs_run(struct fit *fit)
{
    uint32_t batches = fit->count / fit->batch;
    fit->steps_all = (uint64_t)batches * fit->options->epochs;
    for (uint32_t epoch = 0; epoch < fit->options->epochs; epoch++) {
        double loss = 0;
        order_shuffle(fit);
        for (uint32_t i = 0; i < batches; i++)
            loss += step_make(fit, fit->order + (size_t)i * fit->batch);
        if (!isfinite(loss))
            return -ERANGE;
    }
    return 0;
}

/* Gives everything its place in `memory`, or, where that is NULL, tells how many floats it takes.
 */
static size_t memory_part(struct fit *fit, float *memory)
{
    const struct perceptron *model = fit->model;
    size_t batch = fit->batch, largest = 0, widest = 0, used = 0;
    for (uint32_t i = 0; i < model->layer_count; i++) {
        const struct layer *layer = &model->layers[i];
        largest = layer_size(layer) > largest ? layer_size(layer) : largest;
        widest = layer->out > widest ? layer->out : widest;
        fit->values[i] = layer_floats_part(memory, &used, batch * layer->out);
    }
    fit->means = layer_floats_part(memory, &used, model->weight_count);
    fit->squares = layer_floats_part(memory, &used, model->weight_count);
    fit->in = layer_floats_part(memory, &used, batch * model->columns);
    fit->handed = layer_floats_part(memory, &used, batch * widest);
    fit->gradient = layer_floats_part(memory, &used, largest);
    return used;
}

static int fit_run(struct fit *fit)
{
    size_t floats = memory_part(fit, NULL);
    float *memory = layer_floats_take(floats);
    uint32_t *order = calloc(fit->count, sizeof(*order));
    int error = memory && order ? 0 : -ENOMEM;
    if (!error) {
        memset(memory, 0, floats * sizeof(*memory));
        memory_part(fit, memory);
        for (uint32_t i = 0; i < fit->count; i++)
            order[i] = i;
        fit->order = order;
        for (uint32_t i = 0; i < fit->model->layer_count; i++)
            layer_begin(&fit->model->layers[i], &fit->random);
        error = epochs_run(fit);
    }
    free(memory);
    free(order);
    return error;
}

static bool fit_valid(const struct perceptron_options *options, const struct sparse_row *rows,
                      const uint32_t *labels, size_t count)
{
    if (count == 0 || count > INT32_MAX || options->batch == 0 ||
        options->batch > PERCEPTRON_BATCH || options->epochs == 0 ||
        options->epochs > PERCEPTRON_EPOCHS || !(options->rate > 0) || !(options->rate < 1) ||
        !(options->shrink >= 0) || !(options->shrink < 1) || !(options->left_out >= 0) ||
        !(options->left_out < 1))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (labels[i] > 1)
            return false;
        for (uint32_t j = 0; j < rows[i].count; j++)
            if (rows[i].columns[j] >= options->columns || !isfinite(rows[i].values[j]))
                return false;
    }
    return true;
}

int perceptron_fit(const struct perceptron_options *options, const struct sparse_row *rows,
                   const uint32_t *labels, size_t count, struct perceptron **ret_model)
{
    struct perceptron *model;
    if (!fit_valid(options, rows, labels, count))
        return -EINVAL;
    int error = perceptron_open(options, &model);
    if (error)
        return error;
    struct fit fit = {.model = model,
                      .options = options,
                      .rows = rows,
                      .labels = labels,
                      .random = {options->seed},
                      .count = (uint32_t)count,
                      .batch = options->batch < count ? options->batch : (uint32_t)count};
    error = dense_open();
    if (!error)
        error = fit_run(&fit);
    if (error)
        perceptron_close(model);
    else
        *ret_model = model;
    return error;
}
