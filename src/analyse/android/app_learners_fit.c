/* Learning: the rows' places found, each learner shown them. */
#include <errno.h>
#include <stdlib.h>

#include "analyse/android/app_learners.h"
#include "base/hash.h"

/* The rows, in the space. */
struct lesson {
    const struct app_table *table;
    const uint32_t *rows;
    uint32_t *labels;
    uint32_t count;
    struct app_place *places, *compacts;
    struct sparse_row *views; /* of whatever a learner wants */
    uint32_t *few, few_count; /* of equal rows some */
    struct arena arena;
};

/* Of equal rows with the same label the first, and again each time they are twice as many. */
static int rows_thin(struct lesson *lesson)
{
    struct hash_table seen = {0};
    int error = 0;
    for (uint32_t i = 0; i < lesson->count && !error; i++) {
        const struct app_row *row = &lesson->table->rows[lesson->rows[i]];
        uint64_t key = hash_mix(row->likeness, row->malicious);
        uint32_t before = hash_table_get(&seen, key),
                 now = before == HASH_TABLE_NONE ? 1 : before + 1;
        if ((now & (now - 1)) == 0)
            lesson->few[lesson->few_count++] = i;
        error = hash_table_put(&seen, key, now);
    }
    hash_table_finish(&seen);
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

static int lesson_open(struct lesson *lesson)
{
    struct arena *arena = &lesson->arena;
    size_t room = (size_t)lesson->count + 1;
    uint32_t bad = 0;
    lesson->labels = arena_take_array(arena, room, sizeof(*lesson->labels));
    lesson->places = arena_take_array(arena, room, sizeof(*lesson->places));
    lesson->compacts = arena_take_array(arena, room, sizeof(*lesson->compacts));
    lesson->views = arena_take_array(arena, room, sizeof(*lesson->views));
    lesson->few = arena_take_array(arena, room, sizeof(*lesson->few));
    if (!lesson->labels || !lesson->places || !lesson->compacts || !lesson->views || !lesson->few)
        return -ENOMEM;
    for (uint32_t i = 0; i < lesson->count; i++)
        bad += lesson->labels[i] = lesson->table->rows[lesson->rows[i]].malicious;
    return bad < 2 || lesson->count - bad < 2 ? -ENODATA : rows_thin(lesson);
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

static int radial_fit(struct lesson *lesson, struct app_learners *learners)
{
    const struct radial_svm_options options = {app_space_width(&learners->space), 3, 2, 0.01};
    uint32_t *labels = calloc((size_t)lesson->few_count + 1, sizeof(*labels));
    if (!labels)
        return -ENOMEM;
    for (uint32_t i = 0; i < lesson->few_count; i++) {
        lesson->views[i] = app_place_row(&lesson->compacts[lesson->few[i]]);
        labels[i] = lesson->labels[lesson->few[i]];
    }
    int error =
        radial_svm_fit(&options, lesson->views, labels, lesson->few_count, &learners->radial);
    free(labels);
    return error;
}

static int perceptron_learn(struct lesson *lesson, uint64_t seed, struct app_learners *learners)
{
    const struct perceptron_options options = {.columns = app_space_width(&learners->space),
                                               .depth = 2,
                                               .widths = {128, 16},
                                               .batch = 64,
                                               .epochs = 30,
                                               .rate = 0.003,
                                               .shrink = 0.01,
                                               .left_out = 0.1,
                                               .seed = seed};
    for (uint32_t i = 0; i < lesson->count; i++)
        lesson->views[i] = app_place_row(&lesson->compacts[i]);
    return perceptron_fit(&options, lesson->views, lesson->labels, lesson->count,
                          &learners->perceptron);
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
    struct lesson lesson = {
        .table = table, .rows = rows, .count = count, .arena = {.chunk = 1 << 20}};
    struct app_learners learners = {0};
    int error = lesson_open(&lesson);
    if (!error)
        error = app_space_learn(table, rows, count, &learners.space);
    if (!error)
        error = places_make(&lesson, &learners.space);
    if (!error)
        error = plane_fit(&lesson, &learners);
    if (!error)
        error = radial_fit(&lesson, &learners);
    if (!error)
        error = perceptron_learn(&lesson, seed, &learners);
    if (!error)
        error = trees_fit(&lesson, seed, &learners);
    arena_finish(&lesson.arena);
    if (error)
        app_learners_finish(&learners);
    else
        *ret_learners = learners;
    return error;
}
