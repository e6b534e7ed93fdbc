/*
 * lab/permutation.h -- every number below `count` once, in an order that looks random.
 *
 * As ZMap walks addresses (Durumeric et al., USENIX Security 2013, section 4.1):
 * the multiplicative group modulo a prime above `count` is cyclic, so the powers
 * of a generator visit every member once; those above `count` are skipped. A
 * walk needs two words: where it stands, and its generator.
 */
#ifndef LAB_PERMUTATION_H
#define LAB_PERMUTATION_H

#include "lab/random.h"

enum { PERMUTATION_COUNT_MAX = 1 << 24 };

struct permutation {
    uint32_t count, prime, root;        /* root: the smallest generator */
    uint32_t factors[10], factor_count; /* of prime - 1 */
};

struct walk {
    uint32_t at, generator;
};

/* 1 <= count <= PERMUTATION_COUNT_MAX; takes about a millisecond. */
void permutation_begin(struct permutation *permutation, uint32_t count);

/* Another order and another start for each throw of the dice. */
struct walk permutation_walk(const struct permutation *permutation, struct random *random);

/* The next number; after `count` of them it begins again, in the same order. */
uint32_t permutation_next(const struct permutation *permutation, struct walk *walk);

#endif
