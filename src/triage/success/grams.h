/*
 * triage/success/grams.h -- which short runs of bytes a body of text holds.
 *
 * A Bloom filter (CACM 13(7), 1970) with one hash over every run of two, three
 * and six bytes: says at once of nearly every text that is not in the body that
 * it is not.
 */
#ifndef TRIAGE_SUCCESS_GRAMS_H
#define TRIAGE_SUCCESS_GRAMS_H

#include "base/bytes.h"

enum { GRAMS_BITS = 1 << 20 };

struct grams {
    uint64_t bits[GRAMS_BITS / 64];
};

void grams_add(struct grams *grams, struct bytes text);

/* False: no text that was added holds this one. A text of one byte may be anywhere. */
bool grams_may_hold(const struct grams *grams, struct bytes text);

#endif
