#include "analyse/android/app_evaluate.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "analyse/android/app_folds.h"
#include "learn/ranking.h"

/* Judge the rows and put what comes out where they stand. */
static int rows_judge(const struct app_classifier *classifier, const struct app_table *table,
                      const uint32_t *rows, uint32_t count, struct app_judged *ret_judged)
{
    double *scores = malloc(((size_t)count + 1) * LEARNERS * sizeof(*scores));
    int error =
        scores ? app_learners_judge(&classifier->learners, table, rows, count, scores) : -ENOMEM;
    for (uint32_t i = 0; i < count && !error; i++) {
        struct app_judged *judged = &ret_judged[rows[i]];
        const double *own = scores + (size_t)i * LEARNERS;
        judged->odds = app_blend_odds(&classifier->blend, own);
        for (uint32_t learner = 0; learner < LEARNERS; learner++)
            judged->alone[learner] =
                app_blend_alone(&classifier->blend, own, (enum app_learner)learner);
    }
    free(scores);
    return error;
}

/* The rows of one kind. */
struct course {
    const struct app_table *table;
    uint64_t seed;
    const struct app_watch *watch;
    uint32_t *rows, count;
    uint8_t *folds;        /* of each */
    uint32_t *kept, *left; /* rows of the fold at hand */
    struct app_judged *judged;
};

static void course_finish(struct course *course)
{
    free(course->rows);
    free(course->folds);
    free(course->kept);
    free(course->left);
}

static int course_open(const struct app_table *table, struct course *course)
{
    size_t room = (size_t)table->count + 1;
    course->table = table;
    course->rows = malloc(room * sizeof(*course->rows));
    course->folds = malloc(room);
    course->kept = malloc(room * sizeof(*course->kept));
    course->left = malloc(room * sizeof(*course->left));
    return course->rows && course->folds && course->kept && course->left ? 0 : -ENOMEM;
}

static int fold_run(const struct course *course, uint32_t fold)
{
    struct app_classifier classifier;
    uint32_t kept = 0, left = 0;
    for (uint32_t i = 0; i < course->count; i++)
        if (course->folds[i] == fold)
            course->left[left++] = course->rows[i];
        else
            course->kept[kept++] = course->rows[i];
    if (left == 0 || kept == 0)
        return -ENODATA;
    int error = app_classifier_fit(course->table, course->kept, kept, course->seed, course->watch,
                                   &classifier);
    if (error)
        return error;
    error = rows_judge(&classifier, course->table, course->left, left, course->judged);
    app_classifier_finish(&classifier);
    return error;
}

static int kind_run(struct course *course, uint32_t kind)
{
    course->count = 0;
    for (uint32_t i = 0; i < course->table->count; i++)
        if (course->table->rows[i].kind == kind)
            course->rows[course->count++] = i;
    int error =
        app_folds_deal(course->table, course->rows, course->count, APP_FOLDS, course->folds);
    for (uint32_t fold = 0; fold < APP_FOLDS && !error; fold++)
        error = fold_run(course, fold);
    return error;
}

int app_evaluate_folds(const struct app_table *table, uint64_t seed, const struct app_watch *watch,
                       struct app_judged *ret_judged)
{
    struct course course = {.seed = seed, .watch = watch, .judged = ret_judged};
    int error = course_open(table, &course);
    if (!error && table->count == 0)
        error = -ENODATA;
    for (uint32_t kind = 0; kind < table->kind_count && !error; kind++)
        error = kind_run(&course, kind);
    course_finish(&course);
    return error;
}

/* What was learned of the kind, or of one that knows the most of the table's names. */
static const struct app_classifier *classifier_for(const struct app_model *model,
                                                   const struct app_table *table, uint32_t kind)
{
    const struct app_classifier *best = &model->kinds[0];
    uint32_t most = 0;
    for (uint32_t i = 0; i < model->count; i++) {
        uint32_t known = 0;
        if (model->kinds[i].kind == table->kinds[kind])
            return &model->kinds[i];
        for (uint32_t id = 1; id < table->names.count; id++)
            known += strings_find(&model->kinds[i].learners.space.names,
                                  strings_at(&table->names, id)) != 0;
        if (known > most) {
            most = known;
            best = &model->kinds[i];
        }
    }
    return best;
}

int app_evaluate_model(const struct app_table *table, const struct app_model *model,
                       struct app_judged *ret_judged)
{
    uint32_t *rows = malloc(((size_t)table->count + 1) * sizeof(*rows));
    int error = rows ? 0 : -ENOMEM;
    for (uint32_t kind = 0; kind < table->kind_count && !error; kind++) {
        uint32_t count = 0;
        for (uint32_t i = 0; i < table->count; i++)
            if (table->rows[i].kind == kind)
                rows[count++] = i;
        error = rows_judge(classifier_for(model, table, kind), table, rows, count, ret_judged);
    }
    free(rows);
    return error;
}

static int hashes_compare(const void *one, const void *other)
{
    uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;
    return (a > b) - (a < b);
}

static uint32_t groups_count(uint64_t *groups, uint32_t count)
{
    uint32_t distinct = 0;
    qsort(groups, count, sizeof(*groups), hashes_compare);
    for (uint32_t i = 0; i < count; i++)
        distinct += i == 0 || groups[i] != groups[i - 1];
    return distinct;
}

static void figures_take(struct ranked_score *ranked, uint32_t count, struct app_figures *figures)
{
    figures->area = ranking_area(ranked, count);
    figures->rate_100 = ranking_rate_at(ranked, count, 0.01);
    figures->rate_1000 = ranking_rate_at(ranked, count, 0.001);
}

int app_evaluate_figures(const struct app_table *table, const struct app_judged *judged,
                         uint32_t kind, enum app_learner learner, struct app_figures *ret_figures)
{
    struct ranked_score *ranked = malloc(((size_t)table->count + 1) * sizeof(*ranked));
    uint64_t *groups = malloc(((size_t)table->count + 1) * sizeof(*groups));
    struct app_figures figures = {.rows = 0};
    for (uint32_t i = 0; i < table->count && ranked && groups; i++) {
        const struct app_row *row = &table->rows[i];
        double odds = learner < LEARNERS ? judged[i].alone[learner] : judged[i].odds;
        if (row->kind != kind)
            continue;
        double off = 1 / (1 + exp(-odds)) - row->malicious;
        ranked[figures.rows] = (struct ranked_score){odds, row->malicious};
        groups[figures.rows++] = row->group;
        figures.malicious += row->malicious;
        figures.right += (odds > 0) == row->malicious;
        figures.brier += off * off;
    }
    if (ranked && groups && figures.rows) {
        figures.brier /= figures.rows;
        figures.groups = groups_count(groups, figures.rows);
        figures_take(ranked, figures.rows, &figures);
    }
    *ret_figures = figures;
    bool good = ranked && groups;
    free(ranked);
    free(groups);
    return good ? 0 : -ENOMEM;
}
