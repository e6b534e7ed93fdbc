#include <errno.h>

#include "learn/possibilistic_inside.h"

enum { MAGIC = 0x31434568 /* "hEC1" */ };

void possibilistic_save(const struct possibilistic *model, struct buffer *out)
{
    const struct possibilistic_options *options = &model->options;
    buffer_put_u32(out, MAGIC);
    buffer_put_u32(out, options->features);
    buffer_put_u32(out, options->classes);
    buffer_put_u32(out, options->clusters);
    buffer_put_double(out, options->threshold);
    buffer_put_double(out, options->prior_deviation);
    buffer_put_double(out, options->prior_weight);
    buffer_put_double(out, options->memory);
    buffer_put_u8(out, options->full);
    buffer_put_u64(out, model->samples);
    buffer_put_u64(out, model->merged);
    buffer_put_u64(out, model->evicted);
    buffer_put_u32(out, model->count);
    for (uint32_t i = 0; i < model->count; i++) {
        const struct cluster *cluster = &model->clusters[i];
        buffer_put_u32(out, cluster->class);
        buffer_put_double(out, cluster->members);
        buffer_put_u64(out, cluster->last);
        buffer_put_u64(out, cluster->taken_in);
        for (size_t k = 0; k < options->features + shape_size(options); k++)
            buffer_put_double(out, cluster->mean[k]); /* the shape follows the mean */
    }
}

/* What a broken file could say would make divisions by zero: refused. */
static bool cluster_load(struct possibilistic *model, struct cursor *from, struct cluster *cluster)
{
    const struct possibilistic_options *options = &model->options;
    uint32_t n = options->features;
    cluster->class = cursor_u32(from);
    cluster->members = cursor_double(from);
    cluster->last = cursor_u64(from);
    cluster->taken_in = cursor_u64(from);
    for (size_t k = 0; k < n + shape_size(options); k++)
        cluster->mean[k] = cursor_double(from);
    if (!cursor_ok(from) || cluster->class >= options->classes || cluster->last > model->samples ||
        !isfinite(cluster->members) || cluster->members <= 0 || !sample_finite(cluster->mean, n) ||
        !sample_finite(cluster->shape, (uint32_t)shape_size(options)))
        return false;
    for (uint32_t i = 0; i < n; i++)
        if (options->full ? cluster->shape[(size_t)i * n + i] <= 0 : cluster->shape[i] < 0)
            return false;
    cluster->volume = cluster_volume(model, cluster->shape, cluster->members);
    return true;
}

int possibilistic_load(struct cursor *from, struct possibilistic **ret_model)
{
    if (cursor_u32(from) != MAGIC)
        return -EBADMSG;
    struct possibilistic_options options;
    options.features = cursor_u32(from);
    options.classes = cursor_u32(from);
    options.clusters = cursor_u32(from);
    options.threshold = cursor_double(from);
    options.prior_deviation = cursor_double(from);
    options.prior_weight = cursor_double(from);
    options.memory = cursor_double(from);
    options.full = cursor_u8(from) != 0;
    struct possibilistic *model;
    int status = cursor_ok(from) ? possibilistic_open(&options, &model) : -EBADMSG;
    if (status)
        return status == -EINVAL ? -EBADMSG : status;
    model->samples = cursor_u64(from);
    model->merged = cursor_u64(from);
    model->evicted = cursor_u64(from);
    uint32_t count = cursor_u32(from);
    bool good = cursor_ok(from) && count <= options.clusters;
    for (; good && model->count < count; model->count++)
        good = cluster_load(model, from, &model->clusters[model->count]);
    if (!good) {
        possibilistic_close(model);
        return -EBADMSG;
    }
    *ret_model = model;
    return 0;
}
