#include "analyse/family/vocabulary.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/hash_table.h"

enum { LEVELS = 4 };

static const float level_from[LEVELS] = {0, 2, 4, 7};

/* A feature that enough rows have: how many of each class reach each level. */
struct candidate {
    uint64_t key;
    double information;
    bool call; /* by itself */
};

struct census {
    struct hash_table places; /* key → rows that have it; then its candidate */
    struct candidate *candidates;
    uint32_t *counts; /* [candidate][level][class] */
    uint32_t candidate_count, classes;
};

static void census_finish(struct census *census)
{
    hash_table_finish(&census->places);
    free(census->candidates);
    free(census->counts);
}

static int rows_count(const struct family_features *const *rows, uint32_t count,
                      struct census *census)
{
    int error = 0;
    for (uint32_t i = 0; i < count && !error; i++)
        for (uint32_t j = 0; j < rows[i]->count && !error; j++) {
            uint32_t before = hash_table_get(&census->places, rows[i]->list[j].key);
            error = hash_table_put(&census->places, rows[i]->list[j].key,
                                   before == HASH_TABLE_NONE ? 1 : before + 1);
            census->candidate_count += before == VOCABULARY_ROWS - 1;
        }
    return error;
}

/* Number those that enough rows have; the others are forgotten. */
static int candidates_name(const struct family_features *const *rows, uint32_t count,
                           struct census *census)
{
    struct hash_table numbers = {0};
    uint32_t next = 0;
    int error = 0;
    for (uint32_t i = 0; i < count && !error; i++)
        for (uint32_t j = 0; j < rows[i]->count && !error; j++) {
            uint64_t key = rows[i]->list[j].key;
            if (hash_table_get(&census->places, key) < VOCABULARY_ROWS ||
                hash_table_get(&numbers, key) != HASH_TABLE_NONE)
                continue;
            census->candidates[next] =
                (struct candidate){.key = key, .call = rows[i]->list[j].kind == FAMILY_CALL};
            error = hash_table_put(&numbers, key, next++);
        }
    hash_table_finish(&census->places);
    census->places = numbers;
    return error;
}

static int census_take(const struct family_features *const *rows, const uint32_t *labels,
                       uint32_t count, struct census *census)
{
    int error = rows_count(rows, count, census);
    size_t cells = (size_t)LEVELS * census->classes;
    census->candidates = calloc((size_t)census->candidate_count + 1, sizeof(*census->candidates));
    census->counts = calloc((census->candidate_count + 1) * cells, sizeof(*census->counts));
    if (!error && (!census->candidates || !census->counts))
        error = -ENOMEM;
    if (!error)
        error = candidates_name(rows, count, census);
    for (uint32_t i = 0; i < count && !error; i++)
        for (uint32_t j = 0; j < rows[i]->count; j++) {
            const struct family_feature *feature = &rows[i]->list[j];
            uint32_t at = hash_table_get(&census->places, feature->key);
            for (uint32_t level = 0; at != HASH_TABLE_NONE && level < LEVELS; level++)
                if (feature->value > 0 && feature->value >= level_from[level])
                    census->counts[at * cells + level * census->classes + labels[i]]++;
        }
    return error;
}

static double term(double joint, double one, double other, double all)
{
    return joint > 0 ? joint / all * log(joint * all / (one * other)) : 0;
}

/* Between the class and having it, in nats. */
static double information_of(const uint32_t *having, const uint32_t *totals, uint32_t classes)
{
    double have = 0, all = 0, sum = 0;
    for (uint32_t class = 0; class < classes; class ++) {
        have += having[class];
        all += totals[class];
    }
    for (uint32_t class = 0; class < classes; class ++) {
        sum += term(having[class], have, totals[class], all);
        sum += term(totals[class] - having[class], all - have, totals[class], all);
    }
    return sum;
}

/* Calls, then the most telling first; by key where they tell as much, so that the order of rows
 * does not matter. */
static int candidate_compare(const void *one, const void *other)
{
    const struct candidate *a = one, *b = other;
    if (a->call != b->call)
        return a->call ? -1 : 1;
    if (a->information < b->information || a->information > b->information)
        return a->information > b->information ? -1 : 1;
    return (a->key > b->key) - (a->key < b->key);
}

static int key_compare(const void *one, const void *other)
{
    uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;
    return (a > b) - (a < b);
}

static int best_take(struct census *census, const uint32_t *totals, uint32_t most,
                     uint64_t **ret_keys, uint32_t *ret_count)
{
    uint32_t taken = census->candidate_count < most ? census->candidate_count : most;
    uint64_t *keys = malloc(((size_t)taken + 1) * sizeof(*keys));
    if (!keys)
        return -ENOMEM;
    for (uint32_t i = 0; i < census->candidate_count; i++)
        for (uint32_t level = 0; level < LEVELS; level++) {
            size_t at = ((size_t)i * LEVELS + level) * census->classes;
            double information = information_of(&census->counts[at], totals, census->classes);
            if (information > census->candidates[i].information)
                census->candidates[i].information = information;
        }
    if (taken) {
        qsort(census->candidates, census->candidate_count, sizeof(*census->candidates),
              candidate_compare);
        for (uint32_t i = 0; i < taken; i++)
            keys[i] = census->candidates[i].key;
        qsort(keys, taken, sizeof(*keys), key_compare);
    }
    *ret_keys = keys;
    *ret_count = taken;
    return 0;
}

int vocabulary_choose(const struct family_features *const *rows, const uint32_t *labels,
                      uint32_t count, uint32_t classes, uint32_t most, uint64_t **ret_keys,
                      uint32_t *ret_count)
{
    struct census census = {.classes = classes};
    uint32_t *totals = calloc(classes + 1, sizeof(*totals));
    int error = totals ? census_take(rows, labels, count, &census) : -ENOMEM;
    for (uint32_t i = 0; i < count && !error; i++)
        totals[labels[i]]++;
    if (!error)
        error = best_take(&census, totals, most, ret_keys, ret_count);
    census_finish(&census);
    free(totals);
    return error;
}

void vocabulary_row(const uint64_t *keys, uint32_t count, const struct family_features *features,
                    float *ret_row)
{
    memset(ret_row, 0, count * sizeof(*ret_row));
    for (uint32_t i = 0; i < features->count && count; i++) {
        const uint64_t *key =
            bsearch(&features->list[i].key, keys, count, sizeof(*keys), key_compare);
        if (key)
            ret_row[key - keys] = features->list[i].value;
    }
}
