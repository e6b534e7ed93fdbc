/*
 * learn/layer.h -- a dense layer of a network, and its learning: what the networks here share.
 *
 * Activations are leaky rectifiers (slope 0.1 below zero), initial weights He's (2015), steps
 * Adam's (Kingma and Ba, ICLR 2015). Products are OpenBLAS's (learn/dense.h: dense_open comes
 * first); whatever isn't a product is done in one pass.
 */
#ifndef LEARN_LAYER_H
#define LEARN_LAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/random.h"

static const float rectifier_slope = 0.1F; /* below zero */

/* The loops over all values of a layer, made for what the processor has; each value is computed by
 * itself, in the same way whatever the width. */
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__clang__)
#define WIDE_LOOP __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define WIDE_LOOP
#endif

/* `weights` is (in + 1) x out, row after row; the last row is the bias. */
struct layer {
    uint32_t in, out;
    float *weights;
};

static inline size_t layer_size(const struct layer *layer)
{
    return ((size_t)layer->in + 1) * layer->out;
}

/* What a step of learning has besides the layers. */
struct layer_step {
    uint32_t rows;
    float rate;             /* of Adam, this step's: layer_rate */
    float shrink;           /* of weights, but not of biases, before they move: 0 for none */
    float *gradient;        /* room for the largest layer */
    float *handed;          /* rows x the widest: what a layer tells the one before */
    float *means, *squares; /* Adam's, beside the weights of the layer at hand */
};

/* `count` floats where the widest loads like them; NULL when memory ran out. free() frees. */
float *layer_floats_take(size_t count);

/* The next `count` floats of the memory, where the widest loads like them; counted only, while
 * there is none. */
float *layer_floats_part(float *memory, size_t *used, size_t count);

/* Uniform weights, with the variance that keeps that of the values from layer to layer. */
void layer_begin(struct layer *layer, struct random *random);

/* A rate corrected for the step's number, from 1. */
float layer_rate(double rate, uint64_t step);

/* Products of `rows` rows and the weights; with the bias and rectified where `rectified`, else
 * without. */
void layer_forward(const struct layer *layer, const float *in, uint32_t rows, bool rectified,
                   float *out);

/*
 * One layer on the way back. `error` is the gradient at what it put out, and its sums by column
 * stand in step->gradient as the bias's. The weights move; unless `before` is NULL, `values`, the
 * activations of the layer before, become the gradient there, and step->gradient gets its sums
 * where `before` has its bias.
 */
void layer_back(struct layer *layer, const float *in, const float *error, struct layer_step *step,
                const struct layer *before, float *values);

#endif
