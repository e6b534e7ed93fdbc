#include "analyse/android/app_training.h"

#include <errno.h>
#include <stdlib.h>

#include "analyse/android/app_folds.h"

int app_learners_judge(const struct app_learners *learners, const struct app_table *table,
                       const uint32_t *rows, uint32_t count, double *ret_scores)
{
    struct app_space_map map;
    uint32_t most = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct app_row *row = &table->rows[rows[i]];
        most = row->count + row->word_count > most ? row->count + row->word_count : most;
    }
    int error = app_space_map_make(&learners->space, table, &map);
    if (error)
        return error;
    struct app_place place = {.columns = calloc((size_t)most + 1, sizeof(*place.columns)),
                              .values = calloc((size_t)most + 1, sizeof(*place.values))};
    if (!place.columns || !place.values)
        error = -ENOMEM;
    for (uint32_t i = 0; i < count && !error; i++) {
        app_space_place(&learners->space, &map, &table->rows[rows[i]], &place);
        app_learners_score(learners, &place, ret_scores + (size_t)i * LEARNERS);
    }
    app_space_map_finish(&map);
    free(place.columns);
    free(place.values);
    return error;
}

/* Scores of rows by learners that saw none of their part; the rows put in the parts' order. */
struct judged {
    double *scores;
    bool *malicious;
    uint32_t *kept, *left; /* rows of the part at hand */
    uint8_t *parts;        /* by row */
    uint32_t count;
};

static void judged_finish(struct judged *judged)
{
    free(judged->scores);
    free(judged->malicious);
    free(judged->kept);
    free(judged->left);
    free(judged->parts);
}

static int judged_open(uint32_t most, struct judged *judged)
{
    size_t room = (size_t)most + 1;
    *judged = (struct judged){malloc(room * LEARNERS * sizeof(*judged->scores)),
                              malloc(room * sizeof(*judged->malicious)),
                              malloc(room * sizeof(*judged->kept)),
                              malloc(room * sizeof(*judged->left)),
                              malloc(room),
                              0};
    return judged->scores && judged->malicious && judged->kept && judged->left && judged->parts
               ? 0
               : -ENOMEM;
}

static int part_judge(const struct app_table *table, const uint32_t *rows, uint32_t count,
                      uint32_t part, uint64_t seed, struct judged *judged)
{
    struct app_learners learners;
    uint32_t kept = 0, left = 0;
    for (uint32_t i = 0; i < count; i++)
        if (judged->parts[i] == part)
            judged->left[left++] = rows[i];
        else
            judged->kept[kept++] = rows[i];
    if (left == 0)
        return 0;
    int error = app_learners_fit(table, judged->kept, kept, seed, &learners);
    if (error)
        return error;
    error = app_learners_judge(&learners, table, judged->left, left,
                               judged->scores + (size_t)judged->count * LEARNERS);
    app_learners_finish(&learners);
    for (uint32_t i = 0; i < left; i++)
        judged->malicious[judged->count++] = table->rows[judged->left[i]].malicious;
    return error;
}

static void tell(const struct app_watch *watch)
{
    if (watch)
        watch->fitted(watch->context);
}

int app_classifier_fit(const struct app_table *table, const uint32_t *rows, uint32_t count,
                       uint64_t seed, const struct app_watch *watch,
                       struct app_classifier *ret_classifier)
{
    struct app_classifier classifier = {0};
    struct judged judged;
    int error = judged_open(count, &judged);
    if (!error)
        error = app_folds_deal(table, rows, count, APP_TRAINING_PARTS, judged.parts);
    for (uint32_t part = 0; part < APP_TRAINING_PARTS && !error; part++) {
        error = part_judge(table, rows, count, part, seed, &judged);
        tell(watch);
    }
    if (!error)
        error = app_blend_fit(judged.scores, judged.malicious, judged.count, &classifier.blend);
    if (!error)
        error = app_learners_fit(table, rows, count, seed, &classifier.learners);
    tell(watch);
    judged_finish(&judged);
    if (error)
        return error;
    classifier.kind = table->kinds[table->rows[rows[0]].kind];
    *ret_classifier = classifier;
    return 0;
}

void app_classifier_finish(struct app_classifier *classifier)
{
    app_learners_finish(&classifier->learners);
}

int app_model_fit(const struct app_table *table, uint64_t seed, const struct app_watch *watch,
                  struct app_model **ret_model)
{
    struct app_model *model = calloc(1, sizeof(*model));
    uint32_t *rows = malloc(((size_t)table->count + 1) * sizeof(*rows));
    int error = model && rows ? (table->kind_count ? 0 : -ENODATA) : -ENOMEM;
    for (uint32_t kind = 0; kind < table->kind_count && !error; kind++) {
        uint32_t count = 0;
        for (uint32_t i = 0; i < table->count; i++)
            if (table->rows[i].kind == kind)
                rows[count++] = i;
        error =
            count ? app_classifier_fit(table, rows, count, seed, watch, &model->kinds[model->count])
                  : -ENODATA;
        model->count += !error;
    }
    free(rows);
    if (error)
        app_model_close(model);
    else
        *ret_model = model;
    return error;
}
