/*
 * The model as bytes: magic and version, columns, depth, the encoder's widths as u32, the loss as
 * the bits of a double; then the bits of floats: means and scales by column, the weights by layer.
 */
#include <errno.h>
#include <math.h>

#include "learn/autoencoder_inside.h"

enum { MAGIC = 0x31454168 /* "hAE1" */ };

static void put_floats(struct buffer *out, const float *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buffer_put_float(out, values[i]);
}

static bool take_floats(struct cursor *from, float *values, size_t count)
{
    bool finite = true;
    for (size_t i = 0; i < count; i++) {
        values[i] = cursor_float(from);
        finite &= isfinite(values[i]) != 0;
    }
    return finite && cursor_ok(from);
}

void autoencoder_save(const struct autoencoder *model, struct buffer *out)
{
    buffer_put_u32(out, MAGIC);
    buffer_put_u32(out, model->columns);
    buffer_put_u32(out, model->layer_count / 2);
    for (uint32_t i = 0; i < model->layer_count / 2; i++)
        buffer_put_u32(out, model->layers[i].out);
    buffer_put_double(out, model->loss);
    put_floats(out, model->means, model->columns);
    put_floats(out, model->scales, model->columns);
    put_floats(out, model->weights, model->weight_count);
}

/* How many floats a model of that shape has; the shape is checked when it is opened. */
static size_t floats_wanted(const struct autoencoder_options *options)
{
    size_t wanted = 2 * (size_t)options->columns, wide = options->columns;
    for (uint32_t i = 0; i < options->depth; i++) {
        size_t narrow = options->widths[i];
        wanted += (wide + 1) * narrow + (narrow + 1) * wide;
        wide = narrow;
    }
    return wanted;
}

int autoencoder_load(struct cursor *from, struct autoencoder **ret_model)
{
    if (cursor_u32(from) != MAGIC)
        return -EBADMSG;
    struct autoencoder_options options = {.columns = cursor_u32(from)};
    options.depth = cursor_u32(from);
    if (options.depth > AUTOENCODER_DEPTH)
        return -EBADMSG;
    for (uint32_t i = 0; i < options.depth; i++)
        options.widths[i] = cursor_u32(from);
    double loss = cursor_double(from);
    struct autoencoder *model;
    if (!cursor_ok(from) || floats_wanted(&options) > cursor_left(from) / sizeof(float))
        return -EBADMSG; /* no memory for what can't come */
    int status = autoencoder_open(&options, &model);
    if (status)
        return status == -EINVAL ? -EBADMSG : status;
    model->loss = loss;
    if (!take_floats(from, model->means, model->columns) ||
        !take_floats(from, model->scales, model->columns) ||
        !take_floats(from, model->weights, model->weight_count)) {
        autoencoder_close(model);
        return -EBADMSG;
    }
    *ret_model = model;
    return 0;
}
