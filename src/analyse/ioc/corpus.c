#include "analyse/ioc/corpus.h"

#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"

static bool grow(void **array, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return true;
    size_t more = *capacity ? 2 * *capacity : 256;
    void *grown = realloc(*array, more * size);
    if (!grown)
        return false;
    *array = grown;
    *capacity = more;
    return true;
}

/* The same where the capacity is a 32-bit number. */
static bool grow_small(void **array, uint32_t count, uint32_t *capacity, size_t size)
{
    size_t wide = *capacity;
    bool good = grow(array, count, &wide, size);
    *capacity = (uint32_t)wide;
    return good;
}

int corpus_sample_add(struct corpus *corpus, struct bytes id, struct bytes family,
                      struct bytes group, uint32_t *ret_sample)
{
    struct corpus_sample sample = {0};
    if (corpus->sample_count == CORPUS_SAMPLES)
        return -ENOSPC;
    if (!grow_small((void **)&corpus->samples, corpus->sample_count, &corpus->sample_capacity,
                    sizeof(*corpus->samples)))
        return -ENOMEM;
    int error = strings_intern(&corpus->strings, id, &sample.id);
    if (!error)
        error = strings_intern(&corpus->strings, family, &sample.family);
    if (!error)
        error = strings_intern(&corpus->strings, group, &sample.group);
    if (error)
        return error;
    *ret_sample = corpus->sample_count;
    corpus->samples[corpus->sample_count++] = sample;
    return 0;
}

/* The thing's number; UINT32_MAX: no room for another. */
static int thing_find(struct corpus *corpus, enum report_kind kind, struct bytes text,
                      uint32_t *ret_thing)
{
    struct corpus_thing thing = {kind, 0};
    uint64_t key = hash_mix(hash_bytes(text), kind);
    *ret_thing = hash_table_get(&corpus->index, key);
    if (*ret_thing != HASH_TABLE_NONE || corpus->thing_count == CORPUS_THINGS)
        return 0;
    if (!grow_small((void **)&corpus->things, corpus->thing_count, &corpus->thing_capacity,
                    sizeof(*corpus->things)))
        return -ENOMEM;
    int error = strings_intern(&corpus->strings, text, &thing.text);
    if (!error)
        error = hash_table_put(&corpus->index, key, corpus->thing_count);
    if (error)
        return error;
    *ret_thing = corpus->thing_count;
    corpus->things[corpus->thing_count++] = thing;
    return 0;
}

int corpus_deed_add(struct corpus *corpus, uint32_t sample, enum report_kind kind,
                    struct bytes text)
{
    uint32_t thing;
    if (!pattern_usable(kind) || text.len == 0)
        return 0;
    if (text.len > PATTERN_TEXT)
        text.len = PATTERN_TEXT;
    int error = thing_find(corpus, kind, text, &thing);
    if (error)
        return error;
    if (thing == HASH_TABLE_NONE || corpus->deed_count == CORPUS_DEEDS) {
        corpus->left++;
        return 0;
    }
    if (!grow((void **)&corpus->deeds, corpus->deed_count, &corpus->deed_capacity,
              sizeof(*corpus->deeds)))
        return -ENOMEM;
    corpus->deeds[corpus->deed_count++] = (struct corpus_deed){thing, sample};
    return 0;
}

static int number_compare(const void *one, const void *other)
{
    uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;
    return (a > b) - (a < b);
}

/* Each thing's samples in order, each once; the starts follow. */
static void doers_tidy(struct corpus *corpus)
{
    size_t kept = 0, from = 0;
    for (uint32_t i = 0; i < corpus->thing_count; i++) {
        size_t count = corpus->starts[i + 1] - from;
        uint32_t *doers = corpus->doers + from;
        from += count;
        if (count > 1)
            qsort(doers, count, sizeof(*doers), number_compare);
        corpus->starts[i] = kept;
        for (size_t k = 0; k < count; k++)
            if (k == 0 || doers[k] != doers[k - 1])
                corpus->doers[kept++] = doers[k];
    }
    corpus->starts[corpus->thing_count] = kept;
}

int corpus_seal(struct corpus *corpus)
{
    corpus->starts = calloc((size_t)corpus->thing_count + 2, sizeof(*corpus->starts));
    corpus->doers = calloc(corpus->deed_count + 1, sizeof(*corpus->doers));
    if (!corpus->starts || !corpus->doers)
        return -ENOMEM;
    for (size_t i = 0; i < corpus->deed_count; i++)
        corpus->starts[corpus->deeds[i].thing + 2]++;
    for (uint32_t i = 0; i < corpus->thing_count; i++)
        corpus->starts[i + 2] += corpus->starts[i + 1];
    for (size_t i = 0; i < corpus->deed_count; i++)
        corpus->doers[corpus->starts[corpus->deeds[i].thing + 1]++] = corpus->deeds[i].sample;
    free(corpus->deeds);
    corpus->deeds = NULL;
    corpus->deed_capacity = 0;
    doers_tidy(corpus);
    return 0;
}

void corpus_finish(struct corpus *corpus)
{
    strings_finish(&corpus->strings);
    hash_table_finish(&corpus->index);
    free(corpus->samples);
    free(corpus->things);
    free(corpus->deeds);
    free(corpus->starts);
    free(corpus->doers);
    *corpus = (struct corpus){.left = 0};
}
