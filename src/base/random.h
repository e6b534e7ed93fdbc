/*
 * base/random.h -- numbers that look drawn by chance and are the same every time.
 *
 * SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): 64 bits of state, all of its
 * period passed through, equally good from any seed. For samples and starting
 * points, never for secrets.
 */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stdint.h>

struct random {
    uint64_t state; /* the seed: any number */
};

static inline uint64_t random_next(struct random *random)
{
    uint64_t mixed = random->state += 0x9e3779b97f4a7c15u;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebu;
    return mixed ^ mixed >> 31;
}

/* In [0, 1), all 53 bits of it. */
static inline double random_unit(struct random *random)
{
    return (double)(random_next(random) >> 11) * 0x1p-53;
}

/* In [0, most), most > 0; the bias is below most / 2^32. */
static inline uint32_t random_below(struct random *random, uint32_t most)
{
    return (uint32_t)((random_next(random) >> 32) * most >> 32);
}

#endif
