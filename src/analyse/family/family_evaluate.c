#include "analyse/family/family_evaluate.h"

#include <errno.h>
#include <stdlib.h>

#include "base/hash_table.h"
#include "learn/ranking.h"

static uint32_t fold_of(const struct family_row *row)
{
    return (uint32_t)(row->group >> 40) % FAMILY_FOLDS;
}

static bool model_knows(const struct family_model *model, struct bytes family)
{
    for (uint32_t class = 0; class < model->classes; class ++)
        if (bytes_equal(bytes_of(model->names[class]), family))
            return true;
    return false;
}

static int row_judge(const struct family_table *table, const struct family_features *features,
                     const struct family_model *model, uint32_t row, struct arena *arena,
                     struct family_judged *judged)
{
    struct family_verdict verdict;
    int error = family_judge(model, features, &verdict);
    if (error)
        return error;
    struct bytes family = table->rows[row].family;
    struct bytes answer = bytes_of(family_answer_name(model, &verdict));
    *judged = (struct family_judged){.row = row,
                                     .answer = arena_copy(arena, answer).at,
                                     .nearest =
                                         arena_copy(arena, bytes_of(model->names[verdict.best])).at,
                                     .confidence = verdict.confidence,
                                     .unknown = verdict.unknown,
                                     .positive = verdict.confidence,
                                     .known = model_knows(model, family)};
    if (model->classes == 2)
        judged->positive = verdict.shares[1];
    judged->right =
        judged->known ? !verdict.is_unknown && bytes_equal(answer, family) : verdict.is_unknown;
    return judged->answer && judged->nearest ? 0 : -ENOMEM;
}

/* A family's name with how many rows it has and how many are right. */
struct tally {
    struct bytes name;
    uint32_t rows, right;
};

static int tally_compare(const void *one, const void *other)
{
    return bytes_compare(((const struct tally *)one)->name, ((const struct tally *)other)->name);
}

static double families_mean(const struct family_table *table,
                            const struct family_evaluation *evaluation, struct tally *room)
{
    uint32_t count = 0, families = 0;
    double sum = 0;
    for (uint32_t i = 0; i < evaluation->count; i++)
        if (evaluation->rows[i].known)
            room[count++] = (struct tally){table->rows[evaluation->rows[i].row].family, 1,
                                           evaluation->rows[i].right};
    if (count)
        qsort(room, count, sizeof(*room), tally_compare);
    for (uint32_t i = 0; i < count;) {
        struct tally family = room[i++];
        for (; i < count && bytes_equal(room[i].name, family.name); i++) {
            family.rows++;
            family.right += room[i].right;
        }
        sum += (double)family.right / family.rows;
        families++;
    }
    return families ? sum / families : 0;
}

/* The second family by name where there are just two; empty where there are not. */
static struct bytes second_of(const struct family_table *table)
{
    struct bytes least = table->rows[0].family, most = least;
    for (uint32_t i = 0; i < table->count; i++) {
        struct bytes family = table->rows[i].family;
        least = bytes_compare(family, least) < 0 ? family : least;
        most = bytes_compare(family, most) > 0 ? family : most;
    }
    for (uint32_t i = 0; i < table->count; i++)
        if (!bytes_equal(table->rows[i].family, least) && !bytes_equal(table->rows[i].family, most))
            return (struct bytes){"", 0};
    return bytes_equal(least, most) ? (struct bytes){"", 0} : most;
}

static void rankings_count(const struct family_table *table, struct ranked_score *room,
                           struct family_evaluation *evaluation)
{
    struct bytes second = second_of(table);
    evaluation->two = second.len > 0;
    for (uint32_t i = 0; i < evaluation->count; i++)
        room[i] = (struct ranked_score){evaluation->rows[i].unknown, !evaluation->rows[i].known};
    evaluation->unknown_area = ranking_area(room, evaluation->count);
    if (!evaluation->two)
        return;
    for (uint32_t i = 0; i < evaluation->count; i++)
        room[i] =
            (struct ranked_score){evaluation->rows[i].positive,
                                  bytes_equal(table->rows[evaluation->rows[i].row].family, second)};
    evaluation->area = ranking_area(room, evaluation->count);
    evaluation->rate_100 = ranking_rate_at(room, evaluation->count, 0.01);
    evaluation->rate_1000 = ranking_rate_at(room, evaluation->count, 0.001);
}

static int groups_count(const struct family_table *table, uint32_t *ret_groups)
{
    struct hash_table groups = {0};
    int error = 0;
    for (uint32_t i = 0; i < table->count && !error; i++)
        error = hash_table_put(&groups, table->rows[i].group, i);
    *ret_groups = groups.used;
    hash_table_finish(&groups);
    return error;
}

static int judged_compare(const void *one, const void *other)
{
    uint32_t a = ((const struct family_judged *)one)->row;
    uint32_t b = ((const struct family_judged *)other)->row;
    return (a > b) - (a < b);
}

/* What all rows come to; rows into the table's order. */
static int evaluation_sum(const struct family_table *table, struct arena *arena,
                          struct family_evaluation *evaluation)
{
    struct ranked_score *ranked = arena_take_array(arena, evaluation->count + 1, sizeof(*ranked));
    struct tally *tallies = arena_take_array(arena, evaluation->count + 1, sizeof(*tallies));
    if (!ranked || !tallies)
        return -ENOMEM;
    if (evaluation->count)
        qsort(evaluation->rows, evaluation->count, sizeof(*evaluation->rows), judged_compare);
    for (uint32_t i = 0; i < evaluation->count; i++) {
        const struct family_judged *judged = &evaluation->rows[i];
        bool named = strcmp(judged->answer, "unknown") != 0;
        evaluation->known += judged->known;
        evaluation->known_right += judged->known && judged->right;
        evaluation->likely_right += judged->known && bytes_equal(bytes_of(judged->nearest),
                                                                 table->rows[judged->row].family);
        evaluation->named += judged->known && named;
        evaluation->named_right += judged->known && named && judged->right;
        evaluation->strange += !judged->known;
        evaluation->strange_right += !judged->known && judged->right;
    }
    evaluation->families_right = families_mean(table, evaluation, tallies);
    if (evaluation->count)
        rankings_count(table, ranked, evaluation);
    return groups_count(table, &evaluation->groups);
}

int family_features_all(const struct family_table *table, struct arena *arena,
                        struct family_features **ret_features)
{
    struct family_features *features =
        arena_take_array(arena, (size_t)table->count + 1, sizeof(*features));
    int error = features ? 0 : -ENOMEM;
    for (uint32_t i = 0; i < table->count && !error; i++)
        error = family_features_make(&table->rows[i].behaviour, arena, &features[i]);
    *ret_features = features;
    return error;
}

static int evaluation_open(const struct family_table *table, struct arena *arena,
                           struct family_evaluation *ret_evaluation,
                           struct family_features **ret_features)
{
    *ret_evaluation = (struct family_evaluation){
        .rows = arena_take_array(arena, (size_t)table->count + 1, sizeof(struct family_judged))};
    return ret_evaluation->rows ? family_features_all(table, arena, ret_features) : -ENOMEM;
}

static int fold_run(const struct family_table *table, const struct family_features *features,
                    uint32_t fold, uint64_t seed, bool *chosen, struct arena *arena,
                    struct family_evaluation *evaluation)
{
    struct family_model model;
    uint32_t judged = 0;
    for (uint32_t i = 0; i < table->count; i++) {
        chosen[i] = fold_of(&table->rows[i]) != fold;
        judged += !chosen[i];
    }
    int error = judged ? family_fit(table, features, chosen, seed, &model) : 0;
    if (error || judged == 0)
        return error;
    for (uint32_t i = 0; i < table->count && !error; i++)
        if (!chosen[i])
            error = row_judge(table, &features[i], &model, i, arena,
                              &evaluation->rows[evaluation->count++]);
    family_model_finish(&model);
    return error;
}

int family_validate(const struct family_table *table, uint64_t seed,
                    const struct family_watch *watch, struct arena *arena,
                    struct family_evaluation *ret_evaluation)
{
    struct family_evaluation evaluation;
    struct family_features *features;
    bool *chosen = arena_take_array(arena, (size_t)table->count + 1, sizeof(*chosen));
    int error = chosen ? evaluation_open(table, arena, &evaluation, &features) : -ENOMEM;
    for (uint32_t fold = 0; fold < FAMILY_FOLDS && !error; fold++) {
        error = fold_run(table, features, fold, seed, chosen, arena, &evaluation);
        if (watch && !error)
            watch->fitted(watch->context, fold + 1, FAMILY_FOLDS);
    }
    if (!error)
        error = evaluation_sum(table, arena, &evaluation);
    if (!error)
        *ret_evaluation = evaluation;
    return error;
}

int family_model_validate(const struct family_table *table, const struct family_model *model,
                          struct arena *arena, struct family_evaluation *ret_evaluation)
{
    struct family_evaluation evaluation;
    struct family_features *features;
    int error = evaluation_open(table, arena, &evaluation, &features);
    for (uint32_t i = 0; i < table->count && !error; i++)
        error =
            row_judge(table, &features[i], model, i, arena, &evaluation.rows[evaluation.count++]);
    if (!error)
        error = evaluation_sum(table, arena, &evaluation);
    if (!error)
        *ret_evaluation = evaluation;
    return error;
}
