/* Learning the four judges, and having each part of the rows judged by what the others teach. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "analyse/family/family_lesson.h"
#include "analyse/family/vocabulary.h"
#include "base/hash_table.h"

static const double plane_cost = 1, plane_tolerance = 0.1;

static int lesson_open(const struct family_table *table, struct lesson *ret_lesson)
{
    struct lesson lesson = {table, malloc(((size_t)table->count + 1) * sizeof(*lesson.features)),
                            malloc(((size_t)table->count + 1) * sizeof(*lesson.rows)),
                            malloc(((size_t)table->count + 1) * sizeof(*lesson.labels)), 0};
    if (!lesson.features || !lesson.rows || !lesson.labels) {
        free(lesson.features);
        free(lesson.rows);
        free(lesson.labels);
        return -ENOMEM;
    }
    *ret_lesson = lesson;
    return 0;
}

static void lesson_finish(struct lesson *lesson)
{
    free(lesson->features);
    free(lesson->rows);
    free(lesson->labels);
}

static void lesson_add(struct lesson *lesson, const struct lesson *from, uint32_t i, uint32_t label)
{
    lesson->features[lesson->count] = from->features[i];
    lesson->rows[lesson->count] = from->rows[i];
    lesson->labels[lesson->count++] = label;
}

static int planes_fit(const struct lesson *lesson, struct family_model *model)
{
    const struct linear_svm_options options = {FAMILY_COLUMNS, model->classes, plane_cost, NULL,
                                               plane_tolerance};
    struct arena arena = {.chunk = 1 << 20};
    struct sparse_row *rows = arena_take_array(&arena, (size_t)lesson->count + 1, sizeof(*rows));
    int error = rows ? 0 : -ENOMEM;
    for (uint32_t i = 0; i < lesson->count && !error; i++) {
        struct family_plane_row row;
        error = family_plane_row_make(lesson->features[i], &arena, &row);
        if (!error)
            rows[i] = (struct sparse_row){row.columns, row.values, row.count};
    }
    if (!error)
        error = linear_svm_fit(&options, rows, lesson->labels, lesson->count, &model->planes);
    arena_finish(&arena);
    return error;
}

static int trees_fit(const struct lesson *lesson, uint64_t seed, struct family_model *model)
{
    struct boosted_options options = {.classes = model->classes,
                                      .rounds = 500,
                                      .depth = 6,
                                      .rate = 0.05,
                                      .row_share = 0.8,
                                      .column_share = 0.2,
                                      .least_weight = 1,
                                      .seed = seed};
    if (model->classes > BOOSTED_CLASSES)
        return 0;
    int error = vocabulary_choose(lesson->features, lesson->labels, lesson->count, model->classes,
                                  FAMILY_VOCABULARY, &model->vocabulary, &model->vocabulary_count);
    uint32_t columns = options.columns = model->vocabulary_count;
    if (error || columns == 0 || lesson->count == 0)
        return error;
    float *rows = malloc((size_t)lesson->count * columns * sizeof(*rows));
    if (!rows)
        return -ENOMEM;
    for (uint32_t i = 0; i < lesson->count; i++)
        vocabulary_row(model->vocabulary, columns, lesson->features[i], rows + (size_t)i * columns);
    error = boosted_trees_fit(&options, rows, lesson->labels, NULL, lesson->count, &model->trees);
    free(rows);
    return error;
}

static const double radial_cost = 10, radial_width = 2;

/* A border has rows on both sides: in a part of the rows a small family may have none. */
static bool all_classes_there(const struct lesson *lesson, uint32_t classes)
{
    uint64_t there = 0; /* a bit a class */
    for (uint32_t i = 0; i < lesson->count; i++)
        there |= UINT64_C(1) << lesson->labels[i];
    return there == UINT64_MAX >> (FAMILY_CLASSES - classes);
}

/* One border a family against all others; of two families one says it all. */
static int radials_fit(const struct lesson *lesson, struct family_model *model)
{
    const struct radial_svm_options options = {model->vocabulary_count, radial_cost, radial_width,
                                               0.001};
    struct arena arena = {.chunk = 1 << 20};
    uint32_t borders = model->classes == 2 ? 1 : model->classes, count = lesson->count;
    if (!model->trees || count > FAMILY_RADIAL_ROWS || !all_classes_there(lesson, model->classes))
        return 0;
    struct sparse_row *rows = arena_take_array(&arena, (size_t)count + 1, sizeof(*rows));
    uint32_t *sides = arena_take_array(&arena, (size_t)count + 1, sizeof(*sides));
    int error = rows && sides ? 0 : -ENOMEM;
    for (uint32_t i = 0; i < count && !error; i++) {
        uint32_t *columns = arena_take_array(&arena, FAMILY_VOCABULARY, sizeof(*columns));
        float *values = arena_take_array(&arena, FAMILY_VOCABULARY, sizeof(*values));
        if (columns && values)
            rows[i] = family_radial_row(model, lesson->features[i], columns, values);
        else
            error = -ENOMEM;
    }
    for (uint32_t class = 0; class < borders && !error; class ++) {
        for (uint32_t i = 0; i < count; i++)
            sides[i] = lesson->labels[i] == class;
        error = radial_svm_fit(&options, rows, sides, count, &model->radials[class]);
        model->radial_count += !error;
    }
    arena_finish(&arena);
    return error;
}

static void name_cut(struct bytes text, char *name, size_t room)
{
    size_t len = text.len < room ? text.len : room - 1;
    for (size_t i = 0; i < len; i++)
        name[i] = text.at[i] ? text.at[i] : '?';
    name[len] = 0;
}

/* One of each group, since copies say nothing new; of too many every so many. */
static int neighbours_keep(const struct lesson *lesson, struct family_model *model)
{
    struct hash_table groups = {0};
    uint32_t step = 1 + lesson->count / FAMILY_NEIGHBOURS;
    int error = 0;
    model->neighbours = calloc((size_t)lesson->count / step + 2, sizeof(*model->neighbours));
    if (!model->neighbours)
        return -ENOMEM;
    for (uint32_t i = 0; i < lesson->count && !error; i += step) {
        const struct family_row *row = &lesson->table->rows[lesson->rows[i]];
        struct family_neighbour neighbour = {.sketch = sketch_make(lesson->features[i]),
                                             .class = lesson->labels[i]};
        if (neighbour.sketch.empty || hash_table_get(&groups, row->group) != HASH_TABLE_NONE)
            continue;
        name_cut(row->name, neighbour.name, FAMILY_NAME);
        name_cut(row->behaviour.likeness, neighbour.likeness, TLSH_TEXT);
        model->neighbours[model->neighbour_count++] = neighbour;
        error = hash_table_put(&groups, row->group, i);
    }
    hash_table_finish(&groups);
    return error;
}

int lesson_fit(const struct lesson *lesson, uint64_t seed, struct family_model *model)
{
    int error = planes_fit(lesson, model);
    if (!error)
        error = trees_fit(lesson, seed, model);
    if (!error)
        error = radials_fit(lesson, model);
    if (!error)
        error = neighbours_keep(lesson, model);
    return error;
}

/* With two or three families none can be spared. */
static bool class_is_left(uint32_t classes, uint32_t class, uint32_t part)
{
    return classes >= LESSON_PARTS && class % LESSON_PARTS == part;
}

static bool row_is_left(const struct lesson *lesson, uint32_t i, uint32_t part)
{
    return (lesson->table->rows[lesson->rows[i]].group >> 24) % LESSON_PARTS == part;
}

/* Voices of judges that know fewer families, under the numbers of all. */
static void voices_spread(const struct family_voices *heard, const uint32_t *where,
                          uint32_t classes, uint32_t part, struct family_voices *spread)
{
    spread->nearest = heard->nearest;
    spread->likeness = heard->likeness;
    for (uint32_t class = 0; class < classes; class ++) {
        bool left = class_is_left(classes, class, part);
        spread->planes[class] = left ? NAN : heard->planes[where[class]];
        spread->radials[class] = left ? NAN : heard->radials[where[class]];
        spread->trees[class] = left ? 0 : heard->trees[where[class]];
        spread->neighbours[class] = left ? 0 : heard->neighbours[where[class]];
    }
}

/* Judges without this part's rows and families hear both. */
static int part_hear(const struct lesson *lesson, uint32_t classes, uint32_t part, uint64_t seed,
                     struct hearing *hearings, uint32_t *count)
{
    struct family_model partial = {0};
    uint32_t where[FAMILY_CLASSES] = {0};
    struct lesson kept;
    int error = lesson_open(lesson->table, &kept);
    if (error)
        return error;
    for (uint32_t class = 0; class < classes; class ++)
        if (!class_is_left(classes, class, part))
            where[class] = partial.classes++;
    for (uint32_t i = 0; i < lesson->count; i++)
        if (lesson->labels[i] != LESSON_UNKNOWN && !row_is_left(lesson, i, part) &&
            !class_is_left(classes, lesson->labels[i], part))
            lesson_add(&kept, lesson, i, where[lesson->labels[i]]);
    if (kept.count)
        error = lesson_fit(&kept, seed, &partial);
    for (uint32_t i = 0; i < lesson->count && !error && kept.count; i++) {
        struct family_voices voices;
        uint32_t label = lesson->labels[i];
        bool left = label == LESSON_UNKNOWN || class_is_left(classes, label, part);
        if (!row_is_left(lesson, i, part) && !(left && label != LESSON_UNKNOWN))
            continue;
        error = family_voices_hear(&partial, lesson->features[i], &voices);
        hearings[*count].label = label;
        hearings[*count].left_out = left;
        voices_spread(&voices, where, classes, part, &hearings[(*count)++].voices);
    }
    family_model_finish(&partial);
    lesson_finish(&kept);
    return error;
}

/* A model for all rows of the lesson; its classes are set. */
static int model_fit(const struct lesson *lesson, uint64_t seed, struct family_model *model)
{
    struct lesson known;
    uint32_t heard = 0;
    struct hearing *hearings = malloc((2 * (size_t)lesson->count + 1) * sizeof(*hearings));
    int error = hearings ? lesson_open(lesson->table, &known) : -ENOMEM;
    if (error) {
        free(hearings);
        return error;
    }
    for (uint32_t i = 0; i < lesson->count; i++)
        if (lesson->labels[i] != LESSON_UNKNOWN)
            lesson_add(&known, lesson, i, lesson->labels[i]);
    error = lesson_fit(&known, seed, model);
    for (uint32_t part = 0; part < LESSON_PARTS && !error; part++)
        error = part_hear(lesson, model->classes, part, seed, hearings, &heard);
    if (!error)
        error = lesson_settle(hearings, heard, model);
    free(hearings);
    lesson_finish(&known);
    return error;
}

/* A family, how many rows are of it, and its class. */
struct kind {
    struct bytes name;
    uint32_t rows;
};

static int kind_compare(const void *one, const void *other)
{
    return bytes_compare(((const struct kind *)one)->name, ((const struct kind *)other)->name);
}

/* The chosen rows' families by name, each once. Rows of kinds[] hold one entry a row at first. */
static uint32_t kinds_count(struct kind *kinds, uint32_t count)
{
    uint32_t kept = 0;
    if (count)
        qsort(kinds, count, sizeof(*kinds), kind_compare);
    for (uint32_t i = 0; i < count; i++)
        if (kept && bytes_equal(kinds[kept - 1].name, kinds[i].name))
            kinds[kept - 1].rows++;
        else
            kinds[kept++] = kinds[i];
    return kept;
}

static int classes_name(const struct kind *kinds, uint32_t count, struct family_model *model)
{
    for (uint32_t i = 0; i < count; i++) {
        if (kinds[i].rows < FAMILY_LEAST)
            continue;
        if (model->classes == FAMILY_CLASSES)
            return -E2BIG;
        name_cut(kinds[i].name, model->names[model->classes++], FAMILY_NAME);
    }
    return model->classes < 2 ? -ENODATA : 0;
}

static uint32_t label_of(struct bytes family, const struct kind *kinds, uint32_t count)
{
    uint32_t label = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (bytes_equal(kinds[i].name, family))
            return kinds[i].rows < FAMILY_LEAST ? (uint32_t)LESSON_UNKNOWN : label;
        label += kinds[i].rows >= FAMILY_LEAST;
    }
    return LESSON_UNKNOWN;
}

int family_fit(const struct family_table *table, const struct family_features *features,
               const bool *chosen, uint64_t seed, struct family_model *ret_model)
{
    struct family_model model = {0};
    struct lesson lesson;
    struct kind *kinds = malloc(((size_t)table->count + 1) * sizeof(*kinds));
    int error = kinds ? lesson_open(table, &lesson) : -ENOMEM;
    if (error) {
        free(kinds);
        return error;
    }
    for (uint32_t i = 0; i < table->count; i++) {
        if (chosen && !chosen[i])
            continue;
        kinds[lesson.count] = (struct kind){table->rows[i].family, 1};
        lesson.features[lesson.count] = &features[i];
        lesson.rows[lesson.count++] = i;
    }
    uint32_t count = kinds_count(kinds, lesson.count);
    for (uint32_t i = 0; i < lesson.count; i++)
        lesson.labels[i] = label_of(table->rows[lesson.rows[i]].family, kinds, count);
    error = classes_name(kinds, count, &model);
    if (!error)
        error = model_fit(&lesson, seed, &model);
    free(kinds);
    lesson_finish(&lesson);
    if (error)
        family_model_finish(&model);
    else
        *ret_model = model;
    return error;
}
