/* Learning: equal rows made one, their places found, each learner shown them. */
#include <errno.h>
#include <stdlib.h>

#include "analyse/android/app_learners.h"

/* The different rows, in the space. */
struct lesson {
    const struct app_table *table;
    uint32_t *rows, *labels;
    uint32_t count;
    struct app_place *places, *compacts;
    struct sparse_row *views; /* of whatever a learner wants */
    struct arena arena;
};

/* Of equal rows how many are malicious, and which is the first of each label. */
struct likeness {
    uint32_t bad, good, first[2];
};

/* One of each, with the label that most of its like have. */
static int rows_distinct(struct lesson *lesson, const uint32_t *rows, uint32_t count)
{
    struct hash_table index = {0};
    struct likeness *seen = calloc((size_t)count + 1, sizeof(*seen));
    uint32_t kinds = 0;
    int error = seen ? 0 : -ENOMEM;
    for (uint32_t i = 0; i < count && !error; i++) {
        const struct app_row *row = &lesson->table->rows[rows[i]];
        uint32_t at = hash_table_get(&index, row->likeness);
        if (at == HASH_TABLE_NONE) {
            at = kinds++;
            error = hash_table_put(&index, row->likeness, at);
        }
        if ((row->malicious ? seen[at].bad++ : seen[at].good++) == 0)
            seen[at].first[row->malicious] = rows[i];
    }
    for (uint32_t i = 0; i < kinds && !error; i++) {
        uint32_t label = seen[i].bad > seen[i].good;
        lesson->rows[i] = seen[i].first[label];
        lesson->labels[i] = label;
    }
    lesson->count = kinds;
    hash_table_finish(&index);
    free(seen);
    return error;
}

static int place_open(struct lesson *lesson, struct app_place *place, size_t room)
{
    place->columns = arena_take_array(&lesson->arena, room, sizeof(*place->columns));
    place->values = arena_take_array(&lesson->arena, room, sizeof(*place->values));
    return place->columns && place->values ? 0 : -ENOMEM;
}

static int places_make(struct lesson *lesson, const struct app_space *space)
{
    struct app_space_map map;
    int error = app_space_map_make(space, lesson->table, &map);
    if (error)
        return error;
    for (uint32_t i = 0; i < lesson->count && !error; i++) {
        const struct app_row *row = &lesson->table->rows[lesson->rows[i]];
        error = place_open(lesson, &lesson->places[i], (size_t)row->count + row->word_count + 1);
        if (error)
            break;
        app_space_place(space, &map, row, &lesson->places[i]);
        error = place_open(lesson, &lesson->compacts[i],
                           (size_t)lesson->places[i].names + APP_SPACE_TOPICS + 2);
        if (!error)
            app_space_compact(space, &lesson->places[i], &lesson->compacts[i]);
    }
    app_space_map_finish(&map);
    return error;
}

static int lesson_open(struct lesson *lesson, const uint32_t *rows, uint32_t count)
{
    struct arena *arena = &lesson->arena;
    uint32_t bad = 0;
    lesson->rows = arena_take_array(arena, (size_t)count + 1, sizeof(*lesson->rows));
    lesson->labels = arena_take_array(arena, (size_t)count + 1, sizeof(*lesson->labels));
    lesson->places = arena_take_array(arena, (size_t)count + 1, sizeof(*lesson->places));
    lesson->compacts = arena_take_array(arena, (size_t)count + 1, sizeof(*lesson->compacts));
    lesson->views = arena_take_array(arena, (size_t)count + 1, sizeof(*lesson->views));
    if (!lesson->rows || !lesson->labels || !lesson->places || !lesson->compacts || !lesson->views)
        return -ENOMEM;
    int error = rows_distinct(lesson, rows, count);
    for (uint32_t i = 0; i < lesson->count; i++)
        bad += lesson->labels[i];
    return error ? error : bad < 2 || lesson->count - bad < 2 ? -ENODATA : 0;
}

/* A cost of a tenth lets single words say little, which holds for signers not seen. */
static const double plane_cost = 0.1, plane_tolerance = 0.1;

static int plane_fit(struct lesson *lesson, struct app_learners *learners)
{
    const struct linear_svm_options options = {app_space_columns(&learners->space), 2, plane_cost,
                                               NULL, plane_tolerance};
    for (uint32_t i = 0; i < lesson->count; i++)
        lesson->views[i] = app_place_row(&lesson->places[i]);
    return linear_svm_fit(&options, lesson->views, lesson->labels, lesson->count, &learners->plane);
}

static int trees_fit(const struct lesson *lesson, uint64_t seed, struct app_learners *learners)
{
    uint32_t width = app_space_width(&learners->space);
    const struct boosted_options options = {.columns = width,
                                            .classes = 2,
                                            .rounds = 200,
                                            .depth = 7,
                                            .rate = 0.1,
                                            .row_share = 1,
                                            .column_share = 0.3,
                                            .least_weight = 1,
                                            .seed = seed};
    float *rows = calloc((size_t)lesson->count * width + 1, sizeof(*rows));
    if (!rows)
        return -ENOMEM;
    for (uint32_t i = 0; i < lesson->count; i++)
        app_space_spread(&learners->space, &lesson->compacts[i], rows + (size_t)i * width);
    int error =
        boosted_trees_fit(&options, rows, lesson->labels, NULL, lesson->count, &learners->trees);
    free(rows);
    return error;
}

int app_learners_fit(const struct app_table *table, const uint32_t *rows, uint32_t count,
                     uint64_t seed, struct app_learners *ret_learners)
{
    struct lesson lesson = {.table = table, .arena = {.chunk = 1 << 20}};
    struct app_learners learners = {0};
    int error = lesson_open(&lesson, rows, count);
    if (!error)
        error = app_space_learn(table, lesson.rows, lesson.count, &learners.space);
    if (!error)
        error = places_make(&lesson, &learners.space);
    if (!error)
        error = plane_fit(&lesson, &learners);
    if (!error)
        error = trees_fit(&lesson, seed, &learners);
    arena_finish(&lesson.arena);
    if (error)
        app_learners_finish(&learners);
    else
        *ret_learners = learners;
    return error;
}
