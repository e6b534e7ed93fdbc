/*
 * learn/perceptron_inside.h -- what learning, scoring and saving of a perceptron share.
 */
#ifndef LEARN_PERCEPTRON_INSIDE_H
#define LEARN_PERCEPTRON_INSIDE_H

#include "learn/layer.h"
#include "learn/multilayer_perceptron.h"

enum { PERCEPTRON_LAYERS = PERCEPTRON_DEPTH + 1 };

struct perceptron {
    uint32_t columns, layer_count;
    struct layer layers[PERCEPTRON_LAYERS];
    float *weights; /* of all layers, one after the other */
    size_t weight_count;
};

/* A model with zero weights. Only columns, depth and widths of the options count. -EINVAL, -ENOMEM.
 */
int perceptron_open(const struct perceptron_options *options, struct perceptron **ret_model)
    __attribute__((warn_unused_result));

#endif
