/*
 * Boosted trees: learning, judging and explaining, with XGBoost's own predictions by the same
 * trees beside, in CPU time of one thread.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <xgboost/c_api.h>

#include "base/random.h"
#include "learn/boosted_inside.h"

enum { ROWS = 100000, COLUMNS = 40, EXPLAINED = 2000 };

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void rows_make(float *rows, uint32_t *labels, uint32_t classes)
{
    struct random random = {1};
    for (uint32_t i = 0; i < ROWS; i++) {
        float *row = rows + (size_t)i * COLUMNS;
        for (int c = 0; c < COLUMNS; c++)
            row[c] = (float)random_unit(&random);
        float value = (row[0] + row[1] * row[2] + 0.3F * row[3]) / 2.3F;
        labels[i] = (uint32_t)(value * (float)classes);
    }
}

/* CPU seconds of XGBoost's predictions: shares, or Shapley values. */
static double theirs(BoosterHandle booster, const float *rows, uint32_t count, int what)
{
    DMatrixHandle matrix;
    bst_ulong length;
    const float *result;
    double start = seconds();
    if (XGDMatrixCreateFromMat_omp(rows, count, COLUMNS, NAN, &matrix, 1) != 0 ||
        XGBoosterPredict(booster, matrix, what, 0, 0, &length, &result) != 0)
        exit(1);
    double took = seconds() - start;
    XGDMatrixFree(matrix);
    return took;
}

static void classes_measure(float *rows, uint32_t *labels, double *shares, uint32_t classes)
{
    static double values[BOOSTED_CLASSES * (COLUMNS + 1)];
    struct boosted_options options = {.columns = COLUMNS,
                                      .classes = classes,
                                      .rounds = 150,
                                      .depth = 6,
                                      .rate = 0.1,
                                      .row_share = 1,
                                      .column_share = 1,
                                      .least_weight = 1,
                                      .seed = 1};
    struct boosted_trees *model;
    void *booster;
    rows_make(rows, labels, classes);
    double start = seconds();
    if (boosted_booster_fit(&options, rows, labels, NULL, ROWS, &booster) != 0 ||
        boosted_booster_read(booster, &options, &model) != 0)
        exit(1);
    double learned = seconds();
    boosted_trees_judge(model, rows, ROWS, shares);
    double judged = seconds();
    for (uint32_t i = 0; i < EXPLAINED; i++)
        boosted_trees_explain(model, rows + (size_t)i * COLUMNS, values);
    double explained = seconds();
    double their_judging = theirs(booster, rows, ROWS, 0);
    double their_explaining = theirs(booster, rows, EXPLAINED, 4);
    printf("| %u | %.2f | %.0f | %.0f | %.0f | %.0f |\n", classes, learned - start,
           ROWS / (judged - learned), ROWS / their_judging, EXPLAINED / (explained - judged),
           EXPLAINED / their_explaining);
    boosted_booster_close(booster);
    boosted_trees_close(model);
}

int main(void)
{
    float *rows = malloc((size_t)ROWS * COLUMNS * sizeof(*rows));
    uint32_t *labels = malloc(ROWS * sizeof(*labels));
    double *shares = malloc((size_t)ROWS * BOOSTED_CLASSES * sizeof(*shares));
    if (!rows || !labels || !shares)
        return 1;
    printf("| boosted trees, 100,000 x 40, 150 rounds of depth 6: classes | learning CPU-s "
           "| rows judged/CPU-s | XGBoost | rows explained/CPU-s | XGBoost |\n"
           "|---:|---:|---:|---:|---:|---:|\n");
    classes_measure(rows, labels, shares, 2);
    classes_measure(rows, labels, shares, 5);
    free(rows);
    free(labels);
    free(shares);
    return 0;
}
