#include "triage/novelty/novelty.h"

#include <errno.h>
#include <stdlib.h>

#include "learn/autoencoder.h"
#include "learn/isolation_forest.h"
#include "learn/surprise.h"

enum { COLUMNS = NOVELTY_FEATURE_COUNT };

struct novelty {
    struct isolation_forest *forest;
    struct autoencoder *encoder;
    struct surprise isolation, error;
};

static int models_fit(struct novelty *model, const float *rows, size_t count, uint64_t seed)
{
    const struct isolation_options forest = {
        .columns = COLUMNS, .trees = 200, .sample = 256, .seed = seed};
    /* Some 40,000 rows are seen, or all of them four times: small networks learn from little. */
    uint32_t epochs = (uint32_t)(count < 10000 ? 40000 / count + 4 : 4);
    const struct autoencoder_options encoder = {.columns = COLUMNS,
                                                .depth = 2,
                                                .widths = {16, 6},
                                                .batch = 64,
                                                .epochs = epochs,
                                                .rate = 0.002,
                                                .noise = 0.1,
                                                .seed = seed};
    int error = isolation_forest_fit(&forest, rows, count, &model->forest);
    return error ? error : autoencoder_fit(&encoder, rows, count, &model->encoder);
}

static void models_close(struct novelty *model)
{
    if (model->forest)
        isolation_forest_close(model->forest);
    if (model->encoder)
        autoencoder_close(model->encoder);
}

/* Rows of one half (by every other one) as a block. */
static void half_take(const float *rows, size_t count, size_t half, float *out)
{
    for (size_t i = half; i < count; i += 2, out += COLUMNS)
        for (size_t c = 0; c < COLUMNS; c++)
            out[c] = rows[i * COLUMNS + c];
}

/* What models of one half make of the other, put behind what is in the lists. */
static int halves_score(const float *rows, size_t count, size_t half, uint64_t seed,
                        double *isolations, double *errors)
{
    struct novelty model = {0};
    size_t learned = (count + 1 - half) / 2, judged = count - learned;
    float *block = malloc(learned * COLUMNS * sizeof(*block));
    float *other = malloc((judged + 1) * COLUMNS * sizeof(*other));
    int error = block && other ? 0 : -ENOMEM;
    if (!error) {
        half_take(rows, count, half, block);
        half_take(rows, count, 1 - half, other);
        error = models_fit(&model, block, learned, seed + half);
    }
    if (!error) {
        isolation_forest_score(model.forest, other, judged, isolations);
        error = autoencoder_score(model.encoder, other, judged, errors, NULL);
    }
    models_close(&model);
    free(block);
    free(other);
    return error;
}

static int surprises_fit(struct novelty *model, const float *rows, size_t count, uint64_t seed)
{
    double *scores = malloc(2 * count * sizeof(*scores)), *errors = scores + count;
    int error = scores ? 0 : -ENOMEM;
    if (!error)
        error = halves_score(rows, count, 0, seed, scores, errors);
    size_t done = count / 2; /* rows that stand in the other half */
    if (!error)
        error = halves_score(rows, count, 1, seed, scores + done, errors + done);
    if (!error)
        error = surprise_fit(scores, count, &model->isolation);
    if (!error)
        error = surprise_fit(errors, count, &model->error);
    free(scores);
    return error;
}

int novelty_fit(const float *rows, size_t count, uint64_t seed, struct novelty **ret_model)
{
    if (count < NOVELTY_LEAST)
        return -ENODATA;
    if (count > NOVELTY_ROWS) {
        rows += (count - NOVELTY_ROWS) * COLUMNS;
        count = NOVELTY_ROWS;
    }
    struct novelty *model = calloc(1, sizeof(*model));
    if (!model)
        return -ENOMEM;
    int error = models_fit(model, rows, count, seed);
    if (!error)
        error = surprises_fit(model, rows, count, seed);
    if (error)
        novelty_close(model);
    else
        *ret_model = model;
    return error;
}

int novelty_score(const struct novelty *model, const float *rows, size_t count, double *ret_scores)
{
    double *errors = malloc((count + 1) * sizeof(*errors));
    int error = errors ? autoencoder_score(model->encoder, rows, count, errors, NULL) : -ENOMEM;
    if (!error) {
        isolation_forest_score(model->forest, rows, count, ret_scores);
        for (size_t i = 0; i < count; i++)
            ret_scores[i] = (surprise_of(&model->isolation, ret_scores[i]) +
                             surprise_of(&model->error, errors[i])) /
                            2;
    }
    free(errors);
    return error;
}

/* Weights that are positive, as shares of `whole`, added to `shares`. */
static void shares_add(const double *weights, double whole, double *shares)
{
    double sum = 0;
    for (int c = 0; c < COLUMNS; c++)
        sum += weights[c] > 0 ? weights[c] : 0;
    for (int c = 0; c < COLUMNS && sum > 0; c++)
        shares[c] += weights[c] > 0 ? weights[c] / sum * whole : 0;
}

int novelty_explain(const struct novelty *model, const float *row,
                    struct novelty_reason ret_reasons[NOVELTY_REASONS])
{
    double isolation, loss, weights[COLUMNS], shares[COLUMNS] = {0};
    float errors[COLUMNS];
    int error = autoencoder_score(model->encoder, row, 1, &loss, errors);
    if (error)
        return error;
    isolation_forest_score(model->forest, row, 1, &isolation);
    double alone = surprise_of(&model->isolation, isolation);
    double untold = surprise_of(&model->error, loss);
    double both = alone + untold > 0 ? alone + untold : 1;
    (void)isolation_forest_explain(model->forest, row, weights);
    shares_add(weights, alone / both, shares);
    for (int c = 0; c < COLUMNS; c++)
        weights[c] = errors[c];
    shares_add(weights, untold / both, shares);
    for (int reason = 0; reason < NOVELTY_REASONS; reason++) {
        int best = 0;
        for (int c = 1; c < COLUMNS; c++)
            if (shares[c] > shares[best])
                best = c;
        ret_reasons[reason] = (struct novelty_reason){(enum novelty_feature)best, shares[best]};
        shares[best] = 0;
    }
    return 0;
}

void novelty_close(struct novelty *model)
{
    if (!model)
        return;
    models_close(model);
    free(model);
}
