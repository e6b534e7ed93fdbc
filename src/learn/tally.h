/*
 * learn/tally.h -- how often each value came, small where few values came.
 *
 * One value needs no memory but the sixteen bytes of the tally. A second one
 * takes a block of four slots from a pool, and the block doubles as values
 * come, up to TALLY_EXACT different ones: so far every count is exact. Beyond,
 * the tally keeps a sample: the values whose hash ends in `level` zero bits,
 * all of their counts exact, a bit more whenever the sample is full (adaptive
 * sampling: Flajolet, "On adaptive sampling", Computing 43, 1990). The number
 * of different values is then told with a standard error of 1.2 / sqrt(sample),
 * 1.9 to 2.7 % for a sample of 2,048 to 4,096; less where the counts are alike.
 * When the pool has no room the sample is cut early, which only widens the error.
 *
 * A tally is all zeroes to begin with. The order of values does not matter to
 * what it tells but for one thing: the most frequent value of a sampled tally
 * may be the candidate of a majority vote (Boyer and Moore 1981), which is sure
 * only for a value that has more than half of all.
 */
#ifndef LEARN_TALLY_H
#define LEARN_TALLY_H

#include "base/region.h"

enum { TALLY_EXACT = 4096, TALLY_LOG_LEAST = 2, TALLY_LOG_MOST = 13 };

struct tally {
    uint32_t value, votes; /* the only value and its count; of a sample the vote's candidate */
    uint32_t block;        /* in the pool, in units of four slots; 0: none */
    uint16_t used;         /* slots of the block */
    uint8_t log, level;    /* the block has 2^log slots; a value is kept once in 2^level */
};

struct tally_slot {
    uint32_t value, count; /* count 0: empty */
};

struct tally_pool {
    struct region region;
    uint32_t next;                     /* first block never used */
    uint32_t free[TALLY_LOG_MOST + 1]; /* lists by log; 0 ends one */
    size_t limit;                      /* bytes; blocks beyond the least respect it */
    uint64_t cut;                      /* samples cut for want of room */
};

struct tally_result {
    uint64_t values;        /* how many different ones: an estimate when `sampled` */
    double mean, deviation; /* of the count of a value */
    uint32_t most;          /* the value with the highest count; the least of several */
    bool sampled;
};

/* Reserve addresses for `size` bytes of blocks. -ENOMEM. */
int tally_pool_open(struct tally_pool *pool, size_t size) __attribute__((warn_unused_result));
void tally_pool_clear(struct tally_pool *pool);
void tally_pool_close(struct tally_pool *pool);

/* Bytes of blocks taken so far, freed ones with them: they are used again. */
static inline size_t tally_pool_used(const struct tally_pool *pool)
{
    return (size_t)pool->next * 4 * sizeof(struct tally_slot);
}

/* The part of tally_add for more than one value. */
void tally_add_more(struct tally_pool *pool, struct tally *tally, uint32_t value);

static inline void tally_add(struct tally_pool *pool, struct tally *tally, uint32_t value)
{
    if (tally->block == 0 && (tally->votes == 0 || tally->value == value)) {
        tally->value = value;
        tally->votes += tally->votes != UINT32_MAX;
        return;
    }
    tally_add_more(pool, tally, value);
}

static inline uint32_t tally_slot_of(const struct tally *tally, uint32_t value)
{
    return (uint32_t)(value * 0x9e3779b1u) >> (32 - tally->log);
}

/* Fetch what tally_add will look at, where that is far away. */
static inline void tally_prefetch(const struct tally_pool *pool, const struct tally *tally,
                                  uint32_t value)
{
    if (tally->block != 0) {
        const struct tally_slot *slots =
            (const struct tally_slot *)(const void *)pool->region.at + (size_t)tally->block * 4;
        __builtin_prefetch(&slots[tally_slot_of(tally, value)], 1);
    }
}

/* Fetch what tally_tell will look at first; the machine sees by itself how it goes on. */
static inline void tally_prefetch_all(const struct tally_pool *pool, const struct tally *tally)
{
    if (tally->block == 0)
        return;
    const char *slots = (const char *)pool->region.at + (size_t)tally->block * 32;
    size_t size = sizeof(struct tally_slot) << tally->log, most = size < 512 ? size : 512;
    for (size_t line = 0; line < most; line += 64)
        __builtin_prefetch(slots + line);
}

/* What was counted; zeroes for an empty tally. */
struct tally_result tally_tell(const struct tally_pool *pool, const struct tally *tally);

/* Each value with its count; where the tally is sampled, each stands for 2^level. */
void tally_each(const struct tally_pool *pool, const struct tally *tally,
                void (*visit)(void *context, uint32_t value, uint32_t count), void *context);

/* Give its block back. */
void tally_clear(struct tally_pool *pool, struct tally *tally);

#endif
