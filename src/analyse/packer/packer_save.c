/*
 * A model as bytes: magic and version; of each world the number of classes, 0 where nothing was
 * learned, else that of "none", the names, planes, traits' plane, sigmoids, the last plane, its
 * sigmoid and threshold. Weights of the last plane are the bits of floats, other numbers of
 * doubles.
 */
#include <errno.h>
#include <math.h>

#include "analyse/packer/packer_model.h"

enum { MAGIC = 0x314b4350 /* "PCK1" */ };

/* Not finite: a short read, so that all that comes after is refused. */
static double take_double(struct cursor *from)
{
    double value = cursor_double(from);
    if (!isfinite(value))
        from->short_read = true;
    return from->short_read ? 0 : value;
}

static void classifier_save(const struct packer_classifier *classifier, struct buffer *out)
{
    buffer_put_u32(out, classifier->classes);
    if (classifier->classes == 0)
        return;
    buffer_put_u32(out, classifier->none);
    for (uint32_t i = 0; i < classifier->classes; i++)
        buffer_put_block(out, bytes_of(classifier->names[i]));
    linear_svm_save(classifier->planes, out);
    linear_svm_save(classifier->traits, out);
    for (uint32_t i = 0; i < classifier->classes; i++) {
        buffer_put_double(out, classifier->sure[i].slope);
        buffer_put_double(out, classifier->sure[i].offset);
    }
    for (int i = 0; i <= PACKER_SIGNS; i++)
        buffer_put_float(out, classifier->strange[i]);
    buffer_put_double(out, classifier->unknown.slope);
    buffer_put_double(out, classifier->unknown.offset);
    buffer_put_double(out, classifier->threshold);
}

void packer_model_save(const struct packer_model *model, struct buffer *out)
{
    buffer_put_u32(out, MAGIC);
    for (int world = 0; world < WORLD_COUNT; world++)
        classifier_save(&model->worlds[world], out);
}

static bool names_load(struct cursor *from, struct packer_classifier *classifier)
{
    for (uint32_t i = 0; i < classifier->classes; i++) {
        struct bytes name = cursor_block(from);
        if (name.len == 0 || name.len >= PACKER_NAME || memchr(name.at, 0, name.len))
            return false;
        memcpy(classifier->names[i], name.at, name.len);
    }
    return cursor_ok(from);
}

static int planes_load(struct cursor *from, struct packer_classifier *classifier)
{
    int error = linear_svm_load(from, &classifier->planes);
    if (!error)
        error = linear_svm_load(from, &classifier->traits);
    if (!error && (linear_svm_classes(classifier->planes) != classifier->classes ||
                   linear_svm_columns(classifier->planes) != FEATURES_COLUMNS ||
                   linear_svm_classes(classifier->traits) != 2 ||
                   linear_svm_columns(classifier->traits) != FEATURES_COLUMNS))
        error = -EBADMSG;
    return error;
}

static int classifier_load(struct cursor *from, struct packer_classifier *classifier)
{
    uint32_t classes = cursor_u32(from);
    if (classes == 0)
        return cursor_ok(from) ? 0 : -EBADMSG;
    classifier->none = cursor_u32(from);
    if (classes < 2 || classes > PACKER_CLASSES || classifier->none > classes)
        return -EBADMSG;
    classifier->classes = classes;
    if (!names_load(from, classifier))
        return -EBADMSG;
    int error = planes_load(from, classifier);
    if (error)
        return error;
    for (uint32_t i = 0; i < classes; i++) {
        classifier->sure[i].slope = take_double(from);
        classifier->sure[i].offset = take_double(from);
    }
    for (int i = 0; i <= PACKER_SIGNS; i++) {
        classifier->strange[i] = cursor_float(from);
        if (!isfinite(classifier->strange[i]))
            return -EBADMSG;
    }
    classifier->unknown.slope = take_double(from);
    classifier->unknown.offset = take_double(from);
    classifier->threshold = take_double(from);
    return cursor_ok(from) ? 0 : -EBADMSG;
}

int packer_model_load(struct cursor *from, struct packer_model *ret_model)
{
    struct packer_model model = {0};
    int error = cursor_u32(from) == MAGIC ? 0 : -EBADMSG;
    for (int world = 0; world < WORLD_COUNT && !error; world++)
        error = classifier_load(from, &model.worlds[world]);
    if (error) {
        packer_model_finish(&model);
        return error;
    }
    *ret_model = model;
    return 0;
}

void packer_classifier_finish(struct packer_classifier *classifier)
{
    if (classifier->planes)
        linear_svm_close(classifier->planes);
    if (classifier->traits)
        linear_svm_close(classifier->traits);
    classifier->planes = classifier->traits = NULL;
}

void packer_model_finish(struct packer_model *model)
{
    for (int world = 0; world < WORLD_COUNT; world++)
        packer_classifier_finish(&model->worlds[world]);
}
