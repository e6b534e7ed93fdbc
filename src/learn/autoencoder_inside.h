/*
 * learn/autoencoder_inside.h -- what learning, scoring and saving of an autoencoder share.
 */
#ifndef LEARN_AUTOENCODER_INSIDE_H
#define LEARN_AUTOENCODER_INSIDE_H

#include "learn/autoencoder.h"

enum { LAYERS = 2 * AUTOENCODER_DEPTH };

static const float rectifier_slope = 0.1F; /* below zero */

/* The loops over all values of a layer, made for what the processor has; each value is computed by
 * itself, in the same way whatever the width. */
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__clang__)
#define WIDE_LOOP __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define WIDE_LOOP
#endif

/* `weights` is (in + 1) x out, row after row; the last row is the bias. */
struct autoencoder_layer {
    uint32_t in, out;
    float *weights;
};

struct autoencoder {
    uint32_t columns, layer_count;
    struct autoencoder_layer layers[LAYERS];
    float *means, *scales; /* by column; standardised = (value - mean) * scale */
    float *weights;        /* of all layers, one after the other */
    size_t weight_count;
    double loss;
};

/* A model with zero weights. Only columns, depth and widths of the options count. */
int autoencoder_open(const struct autoencoder_options *options, struct autoencoder **ret_model)
    __attribute__((warn_unused_result));

/* `count` floats where the widest loads like them; NULL when memory ran out. free() frees. */
float *floats_take(size_t count);

/* A value in deviations from the mean, cut off. */
static inline float autoencoder_standard(float value, float mean, float scale)
{
    const float most = 32;
    float standard = (value - mean) * scale;
    standard = standard > most ? most : standard;
    standard = standard < -most ? -most : standard;
    return standard == standard ? standard : 0;
}

#endif
