#include "analyse/family/sketch.h"

#include "base/hash.h"

/* Empty bins take what another holds; which one is tried when depends on the bin alone. */
static void sketch_densify(struct sketch *sketch, const bool *filled)
{
    for (uint32_t bin = 0; bin < SKETCH_BINS; bin++) {
        uint32_t from = bin;
        for (uint64_t attempt = 1; !filled[from]; attempt++)
            from = (uint32_t)(hash_mix(bin, attempt) % SKETCH_BINS);
        sketch->bins[bin] = sketch->bins[from];
    }
}

struct sketch sketch_make(const struct family_features *features)
{
    struct sketch sketch = {.empty = true};
    bool filled[SKETCH_BINS] = {false};
    for (uint32_t i = 0; i < features->count; i++) {
        const struct family_feature *feature = &features->list[i];
        if (feature->kind == FAMILY_PLACE || feature->kind == FAMILY_TRIPLE)
            continue;
        uint64_t hash = hash_mix(feature->key, 0x5ce7c4);
        uint32_t bin = (uint32_t)hash % SKETCH_BINS, value = (uint32_t)(hash >> 32);
        if (!filled[bin] || value < sketch.bins[bin])
            sketch.bins[bin] = value;
        filled[bin] = true;
        sketch.empty = false;
    }
    if (!sketch.empty)
        sketch_densify(&sketch, filled);
    return sketch;
}

double sketch_likeness(const struct sketch *one, const struct sketch *other)
{
    uint32_t same = 0;
    for (uint32_t bin = 0; bin < SKETCH_BINS; bin++)
        same += one->bins[bin] == other->bins[bin];
    return one->empty || other->empty ? 0 : (double)same / SKETCH_BINS;
}
