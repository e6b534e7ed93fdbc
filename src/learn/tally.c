#include "learn/tally.h"

#include <math.h>

enum { BLOCK_SLOTS = 4, SCRATCH_BLOCKS = (1 << TALLY_LOG_MOST) / BLOCK_SLOTS };

/* Blocks are counted in 32 bits. */
static const size_t pool_most = (size_t)UINT32_MAX * BLOCK_SLOTS * sizeof(struct tally_slot);

static struct tally_slot *slots_at(const struct tally_pool *pool, uint32_t block)
{
    return (struct tally_slot *)(void *)pool->region.at + (size_t)block * BLOCK_SLOTS;
}

/* Is the value in a sample of this level? Independent of where its slot is. */
static bool value_sampled(uint32_t value, uint8_t level)
{
    if (level == 0)
        return true;
    value = (value ^ value >> 16) * 0x85ebca6bu;
    value = (value ^ value >> 13) * 0xc2b2ae35u;
    value ^= value >> 16;
    return (value & ((1u << level) - 1)) == 0;
}

int tally_pool_open(struct tally_pool *pool, size_t size)
{
    size_t scratch = (size_t)SCRATCH_BLOCKS * BLOCK_SLOTS * sizeof(struct tally_slot);
    if (size > pool_most - scratch)
        size = pool_most - scratch;
    *pool = (struct tally_pool){.next = SCRATCH_BLOCKS, .limit = size + scratch};
    return region_open(&pool->region, size + scratch, REGION_DENSE);
}

void tally_pool_clear(struct tally_pool *pool)
{
    pool->next = SCRATCH_BLOCKS;
    memset(pool->free, 0, sizeof(pool->free));
}

void tally_pool_close(struct tally_pool *pool)
{
    region_close(&pool->region);
}

/* An empty block of 2^log slots, or 0. The least size may use what the limit keeps back. */
static uint32_t block_take(struct tally_pool *pool, uint8_t log)
{
    uint32_t blocks = (1u << log) / BLOCK_SLOTS, block = pool->free[log];
    if (block != 0) {
        pool->free[log] = slots_at(pool, block)->value;
    } else {
        size_t end = ((size_t)pool->next + blocks) * BLOCK_SLOTS * sizeof(struct tally_slot);
        size_t limit = log == TALLY_LOG_LEAST ? pool->region.size : pool->limit;
        if (end > limit || end > pool->region.size)
            return 0;
        block = pool->next;
        pool->next += blocks;
    }
    memset(slots_at(pool, block), 0, sizeof(struct tally_slot) << log);
    return block;
}

static void block_give(struct tally_pool *pool, uint32_t block, uint8_t log)
{
    slots_at(pool, block)->value = pool->free[log];
    pool->free[log] = block;
}

/* Where the value is, or the empty slot where it would be. */
static struct tally_slot *slot_find(struct tally_slot *slots, const struct tally *tally,
                                    uint32_t value)
{
    uint32_t mask = (1u << tally->log) - 1, at = tally_slot_of(tally, value);
    while (slots[at].count != 0 && slots[at].value != value)
        at = (at + 1) & mask;
    return &slots[at];
}

/*
 * Slots are gathered before any is put in: whether one is used is as good as chance, and
 * with nothing else in the loop that costs no wrong guess.
 */
static void slots_move(struct tally *tally, struct tally_slot *to, const struct tally_slot *from,
                       uint32_t count)
{
    enum { AT_ONCE = 64 };
    tally->used = 0;
    for (uint32_t begin = 0; begin < count; begin += AT_ONCE) {
        struct tally_slot found[AT_ONCE];
        uint32_t end = count - begin < AT_ONCE ? count : begin + AT_ONCE, kept = 0;
        for (uint32_t i = begin; i < end; i++) {
            found[kept] = from[i];
            kept += (from[i].count != 0) & value_sampled(from[i].value, tally->level);
        }
        for (uint32_t i = 0; i < kept; i++)
            *slot_find(to, tally, found[i].value) = found[i];
        tally->used = (uint16_t)(tally->used + kept);
    }
}

/*
 * The first cut: from now on there is a vote. Had it gone on from the start, its
 * candidate could be the most frequent value, ahead by what it has more than all others.
 */
static void vote_begin(struct tally *tally, const struct tally_slot *slots, uint32_t count)
{
    struct tally_slot best = {0, 0};
    uint64_t sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        sum += slots[i].count;
        if (slots[i].count > best.count ||
            (slots[i].count == best.count && best.count != 0 && slots[i].value < best.value))
            best = slots[i];
    }
    tally->value = best.value;
    tally->votes = 2 * (uint64_t)best.count > sum ? (uint32_t)(2 * (uint64_t)best.count - sum) : 0;
}

/* Keep only every other value. The scratch lies in front of the first block. */
static void sample_cut(struct tally_pool *pool, struct tally *tally)
{
    struct tally_slot *slots = slots_at(pool, tally->block), *scratch = slots_at(pool, 0);
    uint32_t count = 1u << tally->log;
    if (tally->level == 0)
        vote_begin(tally, slots, count);
    memcpy(scratch, slots, count * sizeof(*slots));
    memset(slots, 0, count * sizeof(*slots));
    tally->level++;
    slots_move(tally, slots, scratch, count);
}

/* Slots that may be used: one is always empty. */
static uint32_t tally_room(const struct tally *tally)
{
    return tally->log == TALLY_LOG_MOST ? TALLY_EXACT : 3u << (tally->log - 2);
}

/* Make room for another value: a block twice as large, or half the sample. */
static void tally_grow(struct tally_pool *pool, struct tally *tally)
{
    uint32_t block = 0;
    if (tally->log < TALLY_LOG_MOST) {
        block = block_take(pool, (uint8_t)(tally->log + 1));
        pool->cut += block == 0;
    }
    if (block == 0) {
        sample_cut(pool, tally);
        return;
    }
    uint32_t old = tally->block, count = 1u << tally->log;
    tally->log++;
    slots_move(tally, slots_at(pool, block), slots_at(pool, old), count);
    block_give(pool, old, (uint8_t)(tally->log - 1));
    tally->block = block;
}

/* The second value has come: from the tally itself into a block. */
static bool tally_spill(struct tally_pool *pool, struct tally *tally)
{
    uint32_t block = block_take(pool, TALLY_LOG_LEAST);
    if (block == 0) {
        pool->cut++;
        return false;
    }
    tally->block = block;
    tally->log = TALLY_LOG_LEAST;
    *slot_find(slots_at(pool, block), tally, tally->value) =
        (struct tally_slot){tally->value, tally->votes};
    tally->used = 1;
    return true;
}

static void majority_vote(struct tally *tally, uint32_t value)
{
    if (tally->value == value) {
        tally->votes += tally->votes != UINT32_MAX;
    } else if (tally->votes == 0) {
        tally->value = value;
        tally->votes = 1;
    } else {
        tally->votes--;
    }
}

void tally_add_more(struct tally_pool *pool, struct tally *tally, uint32_t value)
{
    if (tally->block == 0 && !tally_spill(pool, tally))
        return;
    if (tally->level != 0) {
        majority_vote(tally, value);
        if (!value_sampled(value, tally->level))
            return;
    }
    struct tally_slot *slot = slot_find(slots_at(pool, tally->block), tally, value);
    if (slot->count != 0) {
        slot->count += slot->count != UINT32_MAX;
        return;
    }
    slot->value = value;
    slot->count = 1;
    tally->used++;
    while (tally->used > tally_room(tally))
        tally_grow(pool, tally);
}

/* The most frequent value of a sample, unless the vote's candidate must be ahead of it. */
static uint32_t value_most(const struct tally *tally, struct tally_slot best)
{
    bool candidate = tally->level != 0 && tally->votes > best.count;
    return candidate ? tally->value : best.value;
}

/* Sums of counts and of their squares, and the value that came most: the least of several. */
struct tally_sums {
    double sum, squares;
    struct tally_slot best;
};

static void sums_exact(const struct tally_slot *slots, uint32_t count, struct tally_sums *sums)
{
    uint64_t sum = 0, squares = 0, best = UINT32_MAX;
    for (uint32_t i = 0; i < count; i++) {
        /* One number to compare: the count, and below it the value from the other end. */
        uint64_t key = (uint64_t)slots[i].count << 32 | (UINT32_MAX - slots[i].value);
        best = key > best ? key : best;
        sum += slots[i].count;
        squares += (uint64_t)slots[i].count * slots[i].count;
    }
    sums->sum = (double)sum;
    sums->squares = (double)squares;
    sums->best.count = (uint32_t)(best >> 32);
    sums->best.value = sums->best.count ? UINT32_MAX - (uint32_t)best : 0;
}

/* The squares again, where they may be more than 64 bits hold. */
static void squares_again(const struct tally_slot *slots, uint32_t count, struct tally_sums *sums)
{
    sums->squares = 0;
    for (uint32_t i = 0; i < count; i++)
        sums->squares += (double)slots[i].count * (double)slots[i].count;
}

struct tally_result tally_tell(const struct tally_pool *pool, const struct tally *tally)
{
    if (tally->block == 0)
        return (struct tally_result){
            .values = tally->votes != 0, .mean = tally->votes, .most = tally->value};
    const struct tally_slot *slots = slots_at(pool, tally->block);
    struct tally_sums sums;
    sums_exact(slots, 1u << tally->log, &sums);
    if (sums.sum > UINT32_MAX)
        squares_again(slots, 1u << tally->log, &sums);
    double used = tally->used ? tally->used : 1, mean = sums.sum / used;
    double variance = sums.squares / used - mean * mean;
    return (struct tally_result){
        .values = (uint64_t)(tally->used ? tally->used : 1) << tally->level,
        .mean = mean,
        .deviation = variance > 0 ? sqrt(variance) : 0,
        .most = value_most(tally, sums.best),
        .sampled = tally->level != 0,
    };
}

void tally_each(const struct tally_pool *pool, const struct tally *tally,
                void (*visit)(void *context, uint32_t value, uint32_t count), void *context)
{
    if (tally->block == 0) {
        if (tally->votes != 0)
            visit(context, tally->value, tally->votes);
        return;
    }
    const struct tally_slot *slots = slots_at(pool, tally->block);
    for (uint32_t i = 0; i < 1u << tally->log; i++)
        if (slots[i].count != 0)
            visit(context, slots[i].value, slots[i].count);
}

void tally_clear(struct tally_pool *pool, struct tally *tally)
{
    if (tally->block != 0)
        block_give(pool, tally->block, tally->log);
    *tally = (struct tally){0};
}
