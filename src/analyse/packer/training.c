/* Rows of the table as features, each with its changed copies. */
#include "analyse/packer/training.h"

#include <errno.h>
#include <stdlib.h>

#include "analyse/packer/mutate.h"
#include "base/hash.h"
#include "base/hash_table.h"

static int class_of(struct training *training, struct bytes name, uint32_t *ret_class)
{
    if (name.len == 0)
        return -EINVAL;
    if (name.len >= PACKER_NAME)
        name.len = PACKER_NAME - 1;
    for (uint32_t i = 0; i < training->classes; i++)
        if (bytes_equal(bytes_of(training->names[i]), name)) {
            *ret_class = i;
            return 0;
        }
    if (training->classes == PACKER_CLASSES)
        return -E2BIG;
    memcpy(training->names[training->classes], name.at, name.len);
    *ret_class = training->classes++;
    return 0;
}

/* Sorted, so that the order of a table's rows does not decide which class is which. */
static int names_compare(const void *one, const void *other)
{
    return strcmp(one, other);
}

static int classes_find(const struct packer_table *table, enum packer_world world,
                        struct training *training)
{
    uint32_t class;
    for (uint32_t i = 0; i < table->count; i++) {
        if (world_of(&table->rows[i].specimen) != world)
            continue;
        int error = class_of(training, table->rows[i].packer, &class);
        if (error)
            return error;
    }
    qsort(training->names, training->classes, PACKER_NAME, names_compare);
    training->none = training->classes;
    for (uint32_t i = 0; i < training->classes; i++)
        if (strcmp(training->names[i], "none") == 0)
            training->none = i;
    return 0;
}

/* What runs first and how the file is laid out: equal of two, they are packed alike or not at all.
 */
static uint64_t likeness_of(const struct specimen *specimen)
{
    uint64_t hash =
        hash_bytes((struct bytes){(const char *)specimen->entry_bytes, specimen->entry_size});
    for (uint32_t i = 0; i < specimen->section_count; i++) {
        const struct specimen_section *section = &specimen->section[i];
        hash = hash_mix(hash, hash_bytes((struct bytes){section->name, SPECIMEN_NAME}));
        hash = hash_mix(hash, section->declared << 32 ^ section->memory);
    }
    return hash_mix(hash, specimen->size);
}

/* The likenesses of what is not packed. */
static int unpacked_note(const struct packer_table *table, struct hash_table *unpacked)
{
    for (uint32_t i = 0; i < table->count; i++)
        if (bytes_equal(table->rows[i].packer, BYTES("none"))) {
            int error = hash_table_put(unpacked, likeness_of(&table->rows[i].specimen), i);
            if (error)
                return error;
        }
    return 0;
}

static int row_add(const struct extractor *extractor, const struct specimen *specimen,
                   struct training_row row, struct arena *arena, struct training *training)
{
    struct features features;
    features_extract(extractor, specimen, &features);
    uint32_t *columns = arena_take_array(arena, features.count, sizeof(*columns));
    float *values = arena_take_array(arena, features.count, sizeof(*values));
    if (!columns || !values)
        return -ENOMEM;
    memcpy(columns, features.columns, features.count * sizeof(*columns));
    memcpy(values, features.values, features.count * sizeof(*values));
    row.features = features_row(&features);
    row.features.columns = columns;
    row.features.values = values;
    training->rows[training->count++] = row;
    return 0;
}

/* The first copy has junk in front, the second bytes overwritten, the third both. */
static void copy_change(uint32_t copy, struct specimen *specimen, struct random *random)
{
    if (copy != 1)
        specimen_junk(specimen, 1 + random_below(random, 24), random);
    if (copy != 0)
        specimen_mutate(specimen, 0.1 + 0.25 * random_unit(random), random);
    if (random_below(random, 4) == 0)
        specimen_rename(specimen, random);
}

static int row_make(const struct packer_table *table, uint32_t index, uint64_t seed,
                    const struct extractor *extractor, struct arena *arena,
                    struct training *training)
{
    const struct table_row *row = &table->rows[index];
    struct training_row made = {.row = index, .group = hash_bytes(row->group)};
    int error = class_of(training, row->packer, &made.class);
    if (!error)
        error = row_add(extractor, &row->specimen, made, arena, training);
    made.copy = true;
    for (uint32_t copy = 0; copy < TRAINING_COPIES && !error; copy++) {
        struct specimen changed = row->specimen;
        struct random random = {hash_mix(hash_mix(seed, made.group), copy)};
        copy_change(copy, &changed, &random);
        error = row_add(extractor, &changed, made, arena, training);
    }
    return error;
}

int training_make(const struct packer_table *table, enum packer_world world, uint64_t seed,
                  const struct extractor *extractor, struct arena *arena,
                  struct training *ret_training)
{
    struct hash_table unpacked = {0};
    struct training *training = ret_training;
    *training = (struct training){.classes = 0};
    int error = classes_find(table, world, training);
    if (!error)
        error = unpacked_note(table, &unpacked);
    training->rows = arena_take_array(arena, (size_t)table->count * (1 + TRAINING_COPIES) + 1,
                                      sizeof(*training->rows));
    if (!error && !training->rows)
        error = -ENOMEM;
    for (uint32_t i = 0; i < table->count && !error; i++) {
        const struct table_row *row = &table->rows[i];
        if (world_of(&row->specimen) != world)
            continue;
        if (!bytes_equal(row->packer, BYTES("none")) &&
            hash_table_get(&unpacked, likeness_of(&row->specimen)) != HASH_TABLE_NONE) {
            training->contradictions++;
            continue;
        }
        error = row_make(table, i, seed, extractor, arena, training);
    }
    hash_table_finish(&unpacked);
    return error;
}
