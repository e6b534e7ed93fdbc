/*
 * lab/random.h -- chance that can be repeated.
 *
 * SplitMix64. A stream is derived from the seed and two keys (a host and a day,
 * say), so that what one host does never depends on how often another one threw
 * the dice. Only integer operations and exact doubles: the same on any machine.
 */
#ifndef LAB_RANDOM_H
#define LAB_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct random {
    uint64_t state;
};

struct random random_stream(uint64_t seed, uint64_t key, uint64_t second_key);

/* A 64-bit hash of two keys: for things that must be the same each time they are named. */
uint64_t random_mix(uint64_t key, uint64_t second_key);

uint64_t random_next(struct random *random);

/* 0 … bound-1; 0 when the bound is 0. */
uint32_t random_below(struct random *random, uint32_t bound);

/* low … high, both possible; low when high <= low. */
int64_t random_between(struct random *random, int64_t low, int64_t high);

double random_unit(struct random *random); /* [0,1) */
bool random_chance(struct random *random, double probability);

/* Nearly normal: mean 0, deviation 1, never beyond 3.5. */
double random_normal(struct random *random);

/* 0 … count-1 with a long tail: half of the throws fall on the first eighth. */
uint32_t random_skewed(struct random *random, uint32_t count);

#endif
