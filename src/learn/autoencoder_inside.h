/*
 * learn/autoencoder_inside.h -- what learning, scoring and saving of an autoencoder share.
 */
#ifndef LEARN_AUTOENCODER_INSIDE_H
#define LEARN_AUTOENCODER_INSIDE_H

#include "learn/autoencoder.h"
#include "learn/layer.h"

enum { LAYERS = 2 * AUTOENCODER_DEPTH };

struct autoencoder {
    uint32_t columns, layer_count;
    struct layer layers[LAYERS];
    float *means, *scales; /* by column; standardised = (value - mean) * scale */
    float *weights;        /* of all layers, one after the other */
    size_t weight_count;
    double loss;
};

/* A model with zero weights. Only columns, depth and widths of the options count. */
int autoencoder_open(const struct autoencoder_options *options, struct autoencoder **ret_model)
    __attribute__((warn_unused_result));

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
