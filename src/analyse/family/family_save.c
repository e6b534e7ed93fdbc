/*
 * A model as bytes: magic and version; families with their names and sigmoids; the planes; the
 * vocabulary and, where it is not empty, the trees and the borders; the neighbours; weights of the
 * voices; signs of the unknown. Sketches and signs are 32 bits a number, all other numbers doubles.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "analyse/family/family_model.h"

enum { MAGIC = 0x334d4146 /* "FAM3" */ };

static void sigmoid_save(struct sigmoid sigmoid, struct buffer *out)
{
    buffer_put_double(out, sigmoid.slope);
    buffer_put_double(out, sigmoid.offset);
}

static void radials_save(const struct family_model *model, struct buffer *out)
{
    buffer_put_u32(out, model->radial_count);
    for (uint32_t class = 0; class < model->radial_count; class ++)
        radial_svm_save(model->radials[class], out);
    for (uint32_t class = 0; class < model->classes && model->radial_count; class ++)
        sigmoid_save(model->radial_sure[class], out);
}

void family_model_save(const struct family_model *model, struct buffer *out)
{
    buffer_put_u32(out, MAGIC);
    buffer_put_u32(out, model->classes);
    for (uint32_t class = 0; class < model->classes; class ++) {
        buffer_put_block(out, bytes_of(model->names[class]));
        sigmoid_save(model->plane_sure[class], out);
        sigmoid_save(model->sure[class], out);
    }
    linear_svm_save(model->planes, out);
    buffer_put_u32(out, model->trees ? model->vocabulary_count : 0);
    for (uint32_t i = 0; i < model->vocabulary_count && model->trees; i++)
        buffer_put_u64(out, model->vocabulary[i]);
    if (model->trees) {
        boosted_trees_save(model->trees, out);
        radials_save(model, out);
    }
    buffer_put_u32(out, model->neighbour_count);
    for (uint32_t i = 0; i < model->neighbour_count; i++) {
        const struct family_neighbour *neighbour = &model->neighbours[i];
        buffer_put_u32(out, neighbour->class);
        buffer_put_block(out, bytes_of(neighbour->name));
        buffer_put_block(out, bytes_of(neighbour->likeness));
        for (int bin = 0; bin < SKETCH_BINS; bin++)
            buffer_put_u32(out, neighbour->sketch.bins[bin]);
    }
    for (int voice = 0; voice < VOICE_COUNT; voice++)
        buffer_put_double(out, model->weights[voice]);
    for (int sign = 0; sign <= FAMILY_SIGNS; sign++)
        buffer_put_float(out, model->strange[sign]);
    sigmoid_save(model->unknown, out);
    buffer_put_double(out, model->threshold);
}

/* Not finite: a short read, so that all that comes after is refused. */
static double finite_load(struct cursor *from)
{
    double value = cursor_double(from);
    if (!isfinite(value))
        from->short_read = true;
    return from->short_read ? 0 : value;
}

static struct sigmoid sigmoid_load(struct cursor *from)
{
    double slope = finite_load(from), offset = finite_load(from);
    return (struct sigmoid){slope, offset};
}

static bool name_load(struct cursor *from, char *name, size_t room)
{
    struct bytes text = cursor_block(from);
    if (text.len >= room || (text.len && memchr(text.at, 0, text.len)))
        return false;
    memcpy(name, text.at, text.len);
    return cursor_ok(from);
}

static int classes_load(struct cursor *from, struct family_model *model)
{
    model->classes = cursor_u32(from);
    if (!cursor_ok(from) || model->classes < 2 || model->classes > FAMILY_CLASSES)
        return -EBADMSG;
    for (uint32_t class = 0; class < model->classes; class ++) {
        if (!name_load(from, model->names[class], FAMILY_NAME))
            return -EBADMSG;
        model->plane_sure[class] = sigmoid_load(from);
        model->sure[class] = sigmoid_load(from);
    }
    int error = linear_svm_load(from, &model->planes);
    if (!error && (linear_svm_classes(model->planes) != model->classes ||
                   linear_svm_columns(model->planes) != FAMILY_COLUMNS))
        error = -EBADMSG;
    return error;
}

static int radials_load(struct cursor *from, struct family_model *model)
{
    uint32_t count = cursor_u32(from);
    if (!cursor_ok(from) || (count != 0 && count != (model->classes == 2 ? 1 : model->classes)))
        return -EBADMSG;
    while (model->radial_count < count) {
        struct radial_svm **border = &model->radials[model->radial_count];
        int error = radial_svm_load(from, border);
        if (error)
            return error;
        model->radial_count++;
        if (radial_svm_columns(*border) != model->vocabulary_count)
            return -EBADMSG;
    }
    for (uint32_t class = 0; class < model->classes && count; class ++)
        model->radial_sure[class] = sigmoid_load(from);
    return cursor_ok(from) ? 0 : -EBADMSG;
}

static int trees_load(struct cursor *from, struct family_model *model)
{
    uint32_t count = cursor_u32(from);
    if (!cursor_ok(from) || count > FAMILY_VOCABULARY)
        return -EBADMSG;
    if (count == 0)
        return 0;
    model->vocabulary = malloc(count * sizeof(*model->vocabulary));
    if (!model->vocabulary)
        return -ENOMEM;
    for (uint32_t i = 0; i < count; i++) {
        model->vocabulary[i] = cursor_u64(from);
        if (i > 0 && model->vocabulary[i] <= model->vocabulary[i - 1])
            return -EBADMSG;
    }
    model->vocabulary_count = count;
    int error = boosted_trees_load(from, &model->trees);
    if (!error && (boosted_trees_columns(model->trees) != count ||
                   boosted_trees_classes(model->trees) != model->classes))
        error = -EBADMSG;
    return error ? error : radials_load(from, model);
}

static int neighbours_load(struct cursor *from, struct family_model *model)
{
    uint32_t count = cursor_u32(from);
    if (!cursor_ok(from) || count > FAMILY_NEIGHBOURS ||
        count > cursor_left(from) / (SKETCH_BINS * sizeof(uint32_t)))
        return -EBADMSG;
    model->neighbours = calloc((size_t)count + 1, sizeof(*model->neighbours));
    if (!model->neighbours)
        return -ENOMEM;
    for (uint32_t i = 0; i < count; i++) {
        struct family_neighbour *neighbour = &model->neighbours[i];
        neighbour->class = cursor_u32(from);
        if (!name_load(from, neighbour->name, FAMILY_NAME) ||
            !name_load(from, neighbour->likeness, TLSH_TEXT) || neighbour->class >= model->classes)
            return -EBADMSG;
        for (int bin = 0; bin < SKETCH_BINS; bin++)
            neighbour->sketch.bins[bin] = cursor_u32(from);
    }
    model->neighbour_count = count;
    return cursor_ok(from) ? 0 : -EBADMSG;
}

static int decision_load(struct cursor *from, struct family_model *model)
{
    for (int voice = 0; voice < VOICE_COUNT; voice++) {
        model->weights[voice] = finite_load(from);
        if (model->weights[voice] < 0 || model->weights[voice] > 1)
            return -EBADMSG;
    }
    for (int sign = 0; sign <= FAMILY_SIGNS; sign++) {
        model->strange[sign] = cursor_float(from);
        if (!isfinite(model->strange[sign]))
            return -EBADMSG;
    }
    model->unknown = sigmoid_load(from);
    model->threshold = finite_load(from);
    return cursor_ok(from) ? 0 : -EBADMSG;
}

int family_model_load(struct cursor *from, struct family_model *ret_model)
{
    struct family_model model = {0};
    int error = cursor_u32(from) == MAGIC ? classes_load(from, &model) : -EBADMSG;
    if (!error)
        error = trees_load(from, &model);
    if (!error)
        error = neighbours_load(from, &model);
    if (!error)
        error = decision_load(from, &model);
    if (error)
        family_model_finish(&model);
    else
        *ret_model = model;
    return error;
}

void family_model_finish(struct family_model *model)
{
    if (model->planes)
        linear_svm_close(model->planes);
    if (model->trees)
        boosted_trees_close(model->trees);
    for (uint32_t class = 0; class < model->radial_count; class ++)
        radial_svm_close(model->radials[class]);
    free(model->vocabulary);
    free(model->neighbours);
    *model = (struct family_model){0};
}
