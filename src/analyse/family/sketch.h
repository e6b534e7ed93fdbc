/*
 * analyse/family/sketch.h -- sets of features so small that thousands are compared at once.
 *
 * The share of SKETCH_BINS bins in which two sketches agree estimates the Jaccard index of the two
 * sets, with a standard error below 0.05. One hash a key tells bin and value (one permutation
 * hashing: Li, Owen and Zhang, NIPS 2012); a bin that stays empty borrows from others chosen by its
 * number (Shrivastava, "Optimal densification", ICML 2017), so that small sets are estimated as
 * well as large ones.
 */
#ifndef ANALYSE_FAMILY_SKETCH_H
#define ANALYSE_FAMILY_SKETCH_H

#include "analyse/family/family_features.h"

enum { SKETCH_BINS = 128 };

struct sketch {
    uint32_t bins[SKETCH_BINS];
    bool empty; /* of no set member at all: like nothing */
};

/* Of calls, pairs and tokens: what was done, not how often. */
struct sketch sketch_make(const struct family_features *features);

/* [0,1] */
double sketch_likeness(const struct sketch *one, const struct sketch *other);

#endif
