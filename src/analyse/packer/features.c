#include "analyse/packer/features.h"

#include <errno.h>
#include <math.h>

#include "analyse/packer/traits.h"

/* How long a block is: its share in what the planes see. */
static const float lengths[] = {1.0F, 0.7F, 0.7F, 0.5F};

/* Columns that this row has already. */
struct seen {
    uint64_t bits[(FEATURES_TRAITS_AT + 63) / 64];
};

static uint32_t scatter(uint64_t key, unsigned bits)
{
    key *= 0x9e3779b97f4a7c15u;
    key ^= key >> 32;
    key *= 0xd6e8feb86659fd93u;
    return (uint32_t)(key >> (64 - bits));
}

static void put(struct features *features, struct seen *seen, uint32_t column,
                struct feature_source source)
{
    uint64_t bit = 1ULL << column % 64;
    if (seen->bits[column / 64] & bit || features->count == FEATURES_MOST)
        return;
    seen->bits[column / 64] |= bit;
    features->columns[features->count] = column;
    features->sources[features->count++] = source;
}

/* A block of fewer columns is shorter: what little there is must not count for more. */
static const uint32_t least[] = {128, 24, 1, 1};

/* All of a block alike, together as long as the block is to be. */
static void block_end(struct features *features, uint32_t from, enum feature_block block)
{
    uint32_t count = features->count - from;
    float value = lengths[block] / sqrtf((float)(count > least[block] ? count : least[block]));
    for (uint32_t i = from; i < features->count; i++)
        features->values[i] = value;
}

static void bytes_put(const struct specimen *specimen, struct features *features, struct seen *seen)
{
    const uint8_t *at = specimen->entry_bytes;
    uint32_t from = features->count;
    uint32_t size = specimen->entry_size < FEATURES_WINDOW ? specimen->entry_size : FEATURES_WINDOW;
    for (uint32_t i = 0; i + 3 <= size; i++) {
        if (at[i] == at[i + 1] && at[i] == at[i + 2])
            continue; /* padding says nothing */
        uint64_t three = at[i] | (uint64_t)at[i + 1] << 8 | (uint64_t)at[i + 2] << 16;
        put(features, seen, scatter(three, 14),
            (struct feature_source){(uint16_t)i, BLOCK_BYTES, 0});
        if (i + 4 > size)
            continue;
        uint64_t hole = at[i] | (uint64_t)at[i + 1] << 8 | (uint64_t)at[i + 3] << 16 | 1ULL << 32;
        put(features, seen, scatter(hole, 14),
            (struct feature_source){(uint16_t)i, BLOCK_BYTES, 1});
    }
    block_end(features, from, BLOCK_BYTES);
}

struct walker *extractor_walker(const struct extractor *extractor, const struct specimen *specimen)
{
    bool x86 = specimen->format == IMAGE_PE
                   ? specimen->machine == 0x14c || specimen->machine == 0x8664
                   : specimen->machine == 3 || specimen->machine == 62;
    if (specimen->format == IMAGE_SCRIPT || !x86)
        return NULL;
    return specimen->bits == 64 ? extractor->wide : extractor->narrow;
}

static void code_put(const struct extractor *extractor, const struct specimen *specimen,
                     struct features *features, struct seen *seen)
{
    struct walk_step steps[FEATURES_STEPS];
    struct walker *walker = extractor_walker(extractor, specimen);
    uint32_t from = features->count, count = 0;
    struct bytes code = {(const char *)specimen->entry_bytes, specimen->entry_size};
    if (walker)
        count = walker_walk(walker, code, FEATURES_STEPS, steps);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t key = 0;
        for (uint32_t n = 0; n < 3 && i + n < count; n++) {
            key = (key + steps[i + n].token) * 0xff51afd7ed558ccdu + n;
            put(features, seen, FEATURES_CODE_AT + scatter(key, 12),
                (struct feature_source){steps[i].offset, BLOCK_CODE, (uint8_t)(n + 1)});
        }
    }
    block_end(features, from, BLOCK_CODE);
}

static void layout_put(const struct specimen *specimen, struct features *features,
                       struct seen *seen)
{
    struct layout_token tokens[LAYOUT_TOKENS];
    uint32_t count = layout_tokens(specimen, tokens), from = features->count;
    for (uint32_t i = 0; i < count; i++)
        put(features, seen, FEATURES_LAYOUT_AT + scatter(tokens[i].key, 11),
            (struct feature_source){tokens[i].kind, BLOCK_LAYOUT, tokens[i].section});
    block_end(features, from, BLOCK_LAYOUT);
}

static void traits_put(const struct specimen *specimen, struct features *features)
{
    float traits[FEATURES_TRAITS] = {0};
    uint32_t count = traits_of(specimen, traits);
    float step = lengths[BLOCK_TRAITS] / sqrtf((float)count);
    for (uint32_t i = 0; i < count && features->count < FEATURES_MOST; i++) {
        if (traits[i] == 0)
            continue;
        features->columns[features->count] = FEATURES_TRAITS_AT + i;
        features->values[features->count] = traits[i] * step;
        features->sources[features->count++] =
            (struct feature_source){(uint16_t)i, BLOCK_TRAITS, 0};
    }
}

void features_extract(const struct extractor *extractor, const struct specimen *specimen,
                      struct features *ret_features)
{
    struct seen seen = {{0}};
    ret_features->count = 0;
    for (int block = 0; block < BLOCK_COUNT; block++) {
        ret_features->starts[block] = ret_features->count;
        switch ((enum feature_block)block) {
        case BLOCK_BYTES:
            bytes_put(specimen, ret_features, &seen);
            break;
        case BLOCK_CODE:
            code_put(extractor, specimen, ret_features, &seen);
            break;
        case BLOCK_LAYOUT:
            layout_put(specimen, ret_features, &seen);
            break;
        default:
            traits_put(specimen, ret_features);
        }
    }
    ret_features->starts[BLOCK_COUNT] = ret_features->count;
}

int extractor_open(struct extractor *ret_extractor)
{
    struct extractor extractor = {NULL, NULL};
    int error = walker_open(32, &extractor.narrow);
    if (!error)
        error = walker_open(64, &extractor.wide);
    if (error) {
        extractor_close(&extractor);
        return error;
    }
    *ret_extractor = extractor;
    return 0;
}

void extractor_close(struct extractor *extractor)
{
    walker_close(extractor->narrow);
    walker_close(extractor->wide);
}
