#include "triage/success/grams.h"

static const size_t lengths[] = {2, 3, 6};

enum { LENGTHS = sizeof(lengths) / sizeof(*lengths) };

/* The bit of the run of `len` bytes at `at`. */
static uint32_t bit_of(const char *at, size_t len)
{
    uint64_t gram = len << 56;
    memcpy(&gram, at, len);
    return (uint32_t)(gram * UINT64_C(0x9e3779b97f4a7c15) >> 44);
}

void grams_add(struct grams *grams, struct bytes text)
{
    for (int n = 0; n < LENGTHS; n++)
        for (size_t i = 0; i + lengths[n] <= text.len; i++) {
            uint32_t bit = bit_of(text.at + i, lengths[n]);
            grams->bits[bit / 64] |= UINT64_C(1) << bit % 64;
        }
}

bool grams_may_hold(const struct grams *grams, struct bytes text)
{
    for (int n = LENGTHS - 1; n >= 0; n--)
        for (size_t i = 0; i + lengths[n] <= text.len; i++) {
            uint32_t bit = bit_of(text.at + i, lengths[n]);
            if (!(grams->bits[bit / 64] & UINT64_C(1) << bit % 64))
                return false;
        }
    return true;
}
