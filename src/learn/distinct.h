/*
 * learn/distinct.h -- how many different ones there were, in 16 KiB.
 *
 * HyperLogLog (Flajolet, Fusy, Gandouet, Meunier, 2007) with 16,384 registers
 * of 64-bit hashes: standard error 1.04 / sqrt(16384) = 0.8 %, with linear
 * counting below 40,000. The union of two is the larger of each register, so
 * hours and days are made from minutes.
 */
#ifndef LEARN_DISTINCT_H
#define LEARN_DISTINCT_H

#include "base/bytes.h"

enum { DISTINCT_BITS = 14, DISTINCT_REGISTERS = 1 << DISTINCT_BITS };

struct distinct {
    uint8_t registers[DISTINCT_REGISTERS]; /* all zero: nothing seen */
};

/* `hash`: 64 bits, all of them well mixed. */
static inline void distinct_add(struct distinct *distinct, uint64_t hash)
{
    uint32_t at = (uint32_t)(hash >> (64 - DISTINCT_BITS));
    uint64_t rest = hash << DISTINCT_BITS | (UINT64_C(1) << (DISTINCT_BITS - 1));
    uint8_t rank = (uint8_t)(__builtin_clzll(rest) + 1);
    if (distinct->registers[at] < rank)
        distinct->registers[at] = rank;
}

void distinct_merge(struct distinct *into, const struct distinct *from);

uint64_t distinct_count(const struct distinct *distinct);

#endif
