/*
 * base/hash.h -- 64-bit hashes (XXH3). Stable across runs and machines, so they may be stored.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/bytes.h"

static inline uint64_t hash_bytes(struct bytes bytes)
{
    return XXH3_64bits(bytes.len ? bytes.at : "", bytes.len);
}

/* Mix two hashes into one, order kept: mix(a, b) != mix(b, a). */
static inline uint64_t hash_mix(uint64_t a, uint64_t b)
{
    uint64_t h = (a ^ (b + 0x9e3779b97f4a7c15u + (a << 6) + (a >> 2))) * 0xff51afd7ed558ccdu;
    return h ^ (h >> 32);
}

#endif
