#include "triage/level/level.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "learn/boosted_trees.h"

enum { MAGIC = 0x316c764c /* "Lvl1" */, COLUMNS = LEVEL_FEATURE_COUNT };

struct level_model {
    struct boosted_trees *trees;
    struct conformal_band band;
};

/* Rows of those decisions whose fold is (or is not) `fold`. */
struct part {
    float *rows;
    uint32_t *labels;
    size_t count;
};

static void part_finish(struct part *part)
{
    free(part->rows);
    free(part->labels);
}

static int part_take(const float *rows, const struct level_decision *decisions, size_t count,
                     uint32_t without, struct part *ret_part)
{
    struct part part = {
        .rows = malloc((count + 1) * COLUMNS * sizeof(*part.rows)),
        .labels = malloc((count + 1) * sizeof(*part.labels)),
    };
    *ret_part = part;
    if (!part.rows || !part.labels)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        if (decisions[i].fold == without)
            continue;
        memcpy(&part.rows[part.count * COLUMNS], &rows[i * COLUMNS], COLUMNS * sizeof(*rows));
        part.labels[part.count++] = decisions[i].level;
    }
    *ret_part = part;
    return 0;
}

/* Whether there is something to tell apart. */
static bool part_is_enough(const struct part *part)
{
    size_t positive = 0;
    for (size_t i = 0; i < part->count; i++)
        positive += part->labels[i] > 0;
    return part->count >= LEVEL_LEAST / 2 && positive >= 2 && part->count - positive >= 2;
}

static int trees_fit(const struct part *part, uint64_t seed, struct boosted_trees **ret_trees)
{
    const struct boosted_options options = {.columns = COLUMNS,
                                            .classes = LEVEL_COUNT,
                                            .rounds = 120,
                                            .depth = 5,
                                            .rate = 0.1,
                                            .row_share = 0.8,
                                            .column_share = 0.5,
                                            .least_weight = 1,
                                            .seed = seed};
    return boosted_trees_fit(&options, part->rows, part->labels, NULL, part->count, ret_trees);
}

/* Log odds of not being level 0. */
static double score_of(const double *shares)
{
    double other = 0;
    for (int level = 1; level < LEVEL_COUNT; level++)
        other += shares[level];
    return log(fmax(other, 1e-12)) - log(fmax(shares[0], 1e-12));
}

/* Judge the decisions of one fold by a model of the others. */
static int fold_score(const struct level_options *options, const float *rows,
                      const struct level_decision *decisions, size_t count, uint32_t fold,
                      double *scores)
{
    struct part part;
    struct boosted_trees *trees = NULL;
    double shares[LEVEL_COUNT];
    int error = part_take(rows, decisions, count, fold, &part);
    bool any = !error && part.count < count;
    if (any && part_is_enough(&part))
        error = trees_fit(&part, options->seed, &trees);
    for (size_t i = 0; i < count && trees; i++) {
        if (decisions[i].fold != fold)
            continue;
        boosted_trees_judge(trees, &rows[i * COLUMNS], 1, shares);
        scores[i] = score_of(shares);
    }
    if (trees)
        boosted_trees_close(trees);
    part_finish(&part);
    return error;
}

static int band_fit(const struct level_options *options, const struct level_decision *decisions,
                    const double *scores, size_t count, struct conformal_band *ret_band)
{
    const struct conformal_options wanted = {.filter_share = options->miss,
                                             .raise_share = options->raise,
                                             .doubt = options->doubt,
                                             .first = true};
    struct conformal_decision *judged = malloc((count + 1) * sizeof(*judged));
    size_t known = 0;
    if (!judged)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        if (!isnan(scores[i]))
            judged[known++] =
                (struct conformal_decision){decisions[i].unit, scores[i], decisions[i].level > 0};
    int error = conformal_calibrate(&wanted, judged, known, ret_band);
    free(judged);
    return error;
}

static int model_fit(const struct level_options *options, const float *rows,
                     const struct level_decision *decisions, size_t count, double *scores,
                     struct level_model *model)
{
    struct part part;
    bool judged = false;
    int error = part_take(rows, decisions, count, UINT32_MAX, &part);
    if (!error && (part.count < LEVEL_LEAST || !part_is_enough(&part)))
        error = -ENODATA;
    if (!error)
        error = trees_fit(&part, options->seed, &model->trees);
    part_finish(&part);
    for (size_t i = 0; i < count; i++)
        scores[i] = NAN;
    for (uint32_t fold = 0; fold < LEVEL_FOLDS && !error; fold++)
        error = fold_score(options, rows, decisions, count, fold, scores);
    for (size_t i = 0; i < count && !error; i++)
        judged |= !isnan(scores[i]);
    if (!error && !judged)
        error = -ENODATA;
    return error ? error : band_fit(options, decisions, scores, count, &model->band);
}

int level_fit(const struct level_options *options, const float *rows,
              const struct level_decision *decisions, size_t count, double *ret_scores,
              struct level_model **ret_model)
{
    for (size_t i = 0; i < count; i++)
        if (decisions[i].level >= LEVEL_COUNT || decisions[i].fold >= LEVEL_FOLDS)
            return -EINVAL;
    struct level_model *model = calloc(1, sizeof(*model));
    double *scores = ret_scores ? ret_scores : malloc((count + 1) * sizeof(*scores));
    int error = model && scores ? 0 : -ENOMEM;
    if (!error)
        error = model_fit(options, rows, decisions, count, scores, model);
    if (scores != ret_scores)
        free(scores);
    if (error)
        level_close(model);
    else
        *ret_model = model;
    return error;
}

void level_judge(const struct level_model *model, const float *row, struct level_judgement *ret)
{
    double shares[LEVEL_COUNT];
    boosted_trees_judge(model->trees, row, 1, shares);
    uint32_t best = 0;
    for (uint32_t level = 1; level < LEVEL_COUNT; level++)
        if (shares[level] > shares[best])
            best = level;
    double score = score_of(shares);
    *ret =
        (struct level_judgement){score, best, shares[best], conformal_judge(&model->band, score)};
}

int level_explain(const struct level_model *model, const float *row,
                  struct level_reason ret_reasons[LEVEL_REASONS])
{
    double *values = malloc(LEVEL_COUNT * (COLUMNS + 1) * sizeof(*values));
    double weights[LEVEL_WORD + 1] = {0}, sum = 0;
    struct level_judgement judgement;
    if (!values)
        return -ENOMEM;
    level_judge(model, row, &judgement);
    boosted_trees_explain(model->trees, row, values);
    /* The gravest level that speaks against the false positive; words count as one. */
    uint32_t level = judgement.level ? judgement.level : 1;
    for (uint32_t c = 0; c < COLUMNS; c++)
        weights[c < LEVEL_WORD ? c : LEVEL_WORD] += values[level * (COLUMNS + 1) + c] - values[c];
    for (uint32_t c = 0; c <= LEVEL_WORD; c++)
        sum += fabs(weights[c]);
    for (int reason = 0; reason < LEVEL_REASONS; reason++) {
        uint32_t best = 0;
        for (uint32_t c = 1; c <= LEVEL_WORD; c++)
            if (fabs(weights[c]) > fabs(weights[best]))
                best = c;
        ret_reasons[reason] = (struct level_reason){best, sum > 0 ? weights[best] / sum : 0};
        weights[best] = 0;
    }
    free(values);
    return 0;
}

const struct conformal_band *level_band(const struct level_model *model)
{
    return &model->band;
}

double level_loss(const struct level_model *model, const float *rows,
                  const struct level_decision *decisions, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        struct level_judgement judgement;
        level_judge(model, &rows[i * COLUMNS], &judgement);
        sum += log1p(exp(decisions[i].level ? -judgement.score : judgement.score));
    }
    return count ? sum / (double)count : 0;
}

void level_save(const struct level_model *model, struct buffer *out)
{
    buffer_put_u32(out, MAGIC);
    buffer_put_u32(out, COLUMNS);
    boosted_trees_save(model->trees, out);
    conformal_save(&model->band, out);
}

int level_load(struct cursor *from, struct level_model **ret_model)
{
    if (cursor_u32(from) != MAGIC || cursor_u32(from) != COLUMNS)
        return -EBADMSG;
    struct level_model *model = calloc(1, sizeof(*model));
    if (!model)
        return -ENOMEM;
    int error = boosted_trees_load(from, &model->trees);
    if (!error)
        error = conformal_load(from, &model->band);
    if (!error && (boosted_trees_columns(model->trees) != COLUMNS ||
                   boosted_trees_classes(model->trees) != LEVEL_COUNT))
        error = -EBADMSG;
    if (error)
        level_close(model);
    else
        *ret_model = model;
    return error;
}

void level_close(struct level_model *model)
{
    if (!model)
        return;
    if (model->trees)
        boosted_trees_close(model->trees);
    free(model);
}
