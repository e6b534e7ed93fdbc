#include "learn/layer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "learn/dense.h"

static const float keep_mean = 0.9F, keep_square = 0.999F, least = 1e-8F;

float *layer_floats_take(size_t count)
{
    return aligned_alloc(64, (count * sizeof(float) + 63) / 64 * 64);
}

float *layer_floats_part(float *memory, size_t *used, size_t count)
{
    float *part = memory ? memory + *used : NULL;
    *used += (count + 15) / 16 * 16;
    return part;
}

void layer_begin(struct layer *layer, struct random *random)
{
    double most = sqrt(6 / ((1 + (double)(rectifier_slope * rectifier_slope)) * layer->in));
    for (size_t w = 0; w < (size_t)layer->in * layer->out; w++)
        layer->weights[w] = (float)((2 * random_unit(random) - 1) * most);
}

float layer_rate(double rate, uint64_t step)
{
    double time = (double)step;
    return (float)(rate * sqrt(1 - pow((double)keep_square, time)) /
                   (1 - pow((double)keep_mean, time)));
}

WIDE_LOOP static void rows_rectify(float *values, const float *bias, uint32_t rows, uint32_t width)
{
    for (uint32_t row = 0; row < rows; row++)
        for (uint32_t i = 0; i < width; i++) {
            float value = values[(size_t)row * width + i] + bias[i];
            values[(size_t)row * width + i] = value * (value > 0 ? 1.0F : rectifier_slope);
        }
}

void layer_forward(const struct layer *layer, const float *in, uint32_t rows, bool rectified,
                   float *out)
{
    struct dense_shape shape = {.m = rows, .n = layer->out, .k = layer->in};
    dense_multiply(shape, in, layer->weights, out);
    if (rectified)
        rows_rectify(out, layer->weights + (size_t)layer->in * layer->out, rows, layer->out);
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

WIDE_LOOP static void weights_shrink(float *weights, size_t count, float keep)
{
    for (size_t i = 0; i < count; i++)
        weights[i] *= keep;
}

void layer_back(struct layer *layer, const float *in, const float *error, struct layer_step *step,
                const struct layer *before, float *values)
{
    size_t inner = (size_t)layer->in * layer->out;
    struct dense_shape gradient = {
        .m = layer->in, .n = layer->out, .k = step->rows, .first_turned = true};
    dense_multiply(gradient, in, error, step->gradient);
    if (before) {
        struct dense_shape back = {
            .m = step->rows, .n = layer->in, .k = layer->out, .second_turned = true};
        dense_multiply(back, error, layer->weights, step->handed);
    }
    if (step->shrink > 0)
        weights_shrink(layer->weights, inner, 1 - step->shrink);
    weights_move(layer->weights, step->means, step->squares, step->gradient, inner + layer->out,
                 step->rate);
    if (before)
        rows_hand_back(values, step->handed, step->rows, before->out,
                       step->gradient + (size_t)before->in * before->out);
}
