#include "triage/success/shelves.h"

#include <errno.h>

enum { RUNS = 48 }; /* of what is looked for that are asked about */

static const size_t lengths[] = {6, 4, 3, 2}; /* the most telling first */

enum { LENGTHS = sizeof(lengths) / sizeof(*lengths) };

struct shelf {
    struct shelf *before;
    struct bytes texts[SHELF_TEXTS];
    uint32_t count;
    uint64_t *words; /* NULL: all texts must be looked through */
};

/* Which word stands for the run of `len` bytes at `at`. */
static uint32_t word_of(const char *at, size_t len)
{
    uint64_t run = len << 56;
    memcpy(&run, at, len);
    return (uint32_t)(run * UINT64_C(0x9e3779b97f4a7c15) >> 50);
}

_Static_assert(SHELF_WORDS == 1 << (64 - 50), "a hash is the number of a word");

static void words_set(struct shelf *shelf, uint32_t place)
{
    struct bytes text = shelf->texts[place];
    for (int n = 0; n < LENGTHS; n++)
        for (size_t i = 0; i + lengths[n] <= text.len; i++)
            shelf->words[word_of(text.at + i, lengths[n])] |= UINT64_C(1) << place;
}

int shelves_add(struct shelves *shelves, struct arena *arena, struct bytes text)
{
    struct shelf *shelf = shelves->newest;
    if (!shelf || shelf->count == SHELF_TEXTS) {
        shelf = arena_take(arena, sizeof(*shelf));
        if (!shelf)
            return -ENOMEM;
        shelf->before = shelves->newest;
        shelves->newest = shelf;
    }
    shelf->texts[shelf->count++] = text;
    if (!shelf->words && (shelf->before || shelf->count > SHELF_PLAIN)) {
        shelf->words = arena_take_array(arena, SHELF_WORDS, sizeof(*shelf->words));
        for (uint32_t i = 0; shelf->words && i + 1 < shelf->count; i++)
            words_set(shelf, i);
    }
    if (shelf->words)
        words_set(shelf, shelf->count - 1);
    return 0;
}

/* The texts that have all the runs, a bit each; the newest is the highest bit. */
static uint64_t shelf_candidates(const struct shelf *shelf, const uint32_t *runs, uint32_t count)
{
    uint64_t candidates = UINT64_MAX >> (SHELF_TEXTS - shelf->count);
    for (uint32_t i = 0; i < count && candidates && shelf->words; i++)
        candidates &= shelf->words[runs[i]];
    return candidates;
}

bool shelves_hold(const struct shelves *shelves, struct bytes text)
{
    uint32_t runs[RUNS], count = 0;
    if (text.len == 0)
        return false;
    for (int n = 0; n < LENGTHS; n++)
        for (size_t i = 0; i + lengths[n] <= text.len && count < RUNS; i++)
            runs[count++] = word_of(text.at + i, lengths[n]);
    for (const struct shelf *shelf = shelves->newest; shelf; shelf = shelf->before) {
        uint64_t candidates = shelf_candidates(shelf, runs, count);
        while (candidates) {
            int place = SHELF_TEXTS - 1 - __builtin_clzll(candidates);
            const struct bytes *one = &shelf->texts[place];
            if (memmem(one->at, one->len, text.at, text.len))
                return true;
            candidates ^= UINT64_C(1) << place;
        }
    }
    return false;
}
