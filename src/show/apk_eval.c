/* hinomi apk eval: how well malicious applications are told, on rows that were not learned from. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyse/android/app_evaluate.h"
#include "base/json.h"
#include "show/apk_input.h"
#include "show/learning.h"
#include "show/table.h"
#include "show/verb.h"

static const char *learner_name(int learner)
{
    return learner == LEARNERS ? "together" : app_learner_name((enum app_learner)learner);
}

static void figures_row(const struct app_figures *figures, int learner, struct table *table)
{
    const double values[] = {(double)figures->right / figures->rows, figures->rate_100,
                             figures->rate_1000, figures->area, figures->brier};
    table_cell(table, bytes_of(learner_name(learner)), TONE_PLAIN);
    for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
        char text[32];
        snprintf(text, sizeof(text), "%.4f", values[i]);
        table_cell(table, bytes_of(text), TONE_PLAIN);
    }
}

static void figures_json(const struct app_figures *figures, int learner, const char *path)
{
    struct buffer line = {0};
    struct json json = {.out = &line};
    json_object(&json);
    json_key_text(&json, "table", bytes_of(path));
    json_key_text(&json, "learner", bytes_of(learner_name(learner)));
    json_key(&json, "rows"), json_unsigned(&json, figures->rows);
    json_key(&json, "malicious"), json_unsigned(&json, figures->malicious);
    json_key(&json, "groups"), json_unsigned(&json, figures->groups);
    json_key(&json, "accuracy"), json_number(&json, (double)figures->right / figures->rows);
    json_key(&json, "tpr_at_1_percent"), json_number(&json, figures->rate_100);
    json_key(&json, "tpr_at_0.1_percent"), json_number(&json, figures->rate_1000);
    json_key(&json, "auc"), json_number(&json, figures->area);
    json_key(&json, "brier"), json_number(&json, figures->brier);
    json_end_object(&json);
    learning_line(&line);
}

/* All that are heard together, then each learner by itself. */
static int kind_tell(const struct app_table *rows, const struct app_judged *judged, uint32_t kind,
                     const char *path, bool json)
{
    struct table table = {0};
    int error = 0;
    table_column(&table, "learner", false);
    table_column(&table, "accuracy", true);
    table_column(&table, "found at 1 % false", true);
    table_column(&table, "at 0.1 %", true);
    table_column(&table, "AUROC", true);
    table_column(&table, "Brier", true);
    for (int learner = LEARNERS; learner >= 0 && !error; learner--) {
        struct app_figures figures;
        error = app_evaluate_figures(rows, judged, kind, (enum app_learner)learner, &figures);
        if (error || figures.rows == 0)
            break;
        if (json) {
            figures_json(&figures, learner, path);
            continue;
        }
        if (learner == LEARNERS)
            printf("%s: %" PRIu32 " rows, %" PRIu32 " malicious, %" PRIu32 " groups\n", path,
                   figures.rows, figures.malicious, figures.groups);
        figures_row(&figures, learner, &table);
    }
    if (!json && !error)
        table_print(&table, stdout);
    table_finish(&table);
    return error;
}

static void prediction_write(const struct app_row *row, const struct app_judged *judged,
                             uint32_t index, struct buffer *out)
{
    double probability = 1 / (1 + exp(-judged->odds));
    struct json json = {.out = out};
    json_object(&json);
    json_key(&json, "row"), json_unsigned(&json, index);
    json_key_text(&json, "truth", row->malicious ? BYTES("malware") : BYTES("benign"));
    json_key_text(&json, "predicted", judged->odds > 0 ? BYTES("malware") : BYTES("benign"));
    json_key(&json, "score"), json_number(&json, probability);
    json_key(&json, "log_odds"), json_number(&json, judged->odds);
    json_key(&json, "unknown"), json_number(&json, 0);
    json_end_object(&json);
    buffer_put_char(out, '\n');
}

/* In the tables' order. */
static bool predictions_write(const struct learning *asked, const struct app_table *table,
                              const struct app_judged *judged)
{
    struct buffer out = {0};
    for (uint32_t i = 0; i < table->count; i++)
        prediction_write(&table->rows[i], &judged[i], i, &out);
    return learning_predictions(asked->verb, asked->predictions, &out);
}

/* Of each row, by the model asked for, or where that is none by the other folds. */
static int rows_judge(const struct app_table *table, const struct learning *asked,
                      struct app_judged *judged)
{
    struct apk_pace pace = {.of = table->kind_count * APP_FOLDS * (APP_TRAINING_PARTS + 1)};
    const struct app_watch watch = {apk_fitted, &pace};
    struct app_model *model;
    int error;
    if (asked->model) {
        if (!apk_model_open(asked->verb, asked->model, &model))
            return -EBADMSG;
        error = app_evaluate_model(table, model, judged);
        app_model_close(model);
    } else {
        progress_begin(&pace.progress, "learnings");
        error = app_evaluate_folds(table, asked->seed, &watch, judged);
        progress_end(&pace.progress);
    }
    if (error)
        fprintf(stderr, "hinomi %s: %s\n", asked->verb,
                error == -ENODATA   ? "too few rows or groups of one label"
                : error == -ELIBACC ? "a library that learns is not there"
                                    : strerror(-error));
    return error;
}

static int eval_run(char **paths, int count, const struct learning *asked)
{
    const char *tables[APP_TABLE_KINDS] = {NULL};
    struct app_table table = {0};
    struct app_judged *judged = NULL;
    bool good = apk_rows_read(asked->verb, paths, count, &table, tables);
    if (good) {
        judged = calloc((size_t)table.count + 1, sizeof(*judged));
        good = judged && rows_judge(&table, asked, judged) == 0;
    }
    for (uint32_t kind = 0; kind < table.kind_count && good; kind++)
        good = kind_tell(&table, judged, kind, tables[kind], asked->json) == 0;
    if (good && asked->predictions)
        good = predictions_write(asked, &table, judged);
    free(judged);
    app_table_finish(&table);
    return good ? EXIT_OK : EXIT_FAILED;
}

int apk_eval(int argc, char **argv)
{
    const struct learning_verb verb = {
        .verb = "apk eval",
        .arguments = "TABLE|FOLDER…",
        .does =
            "Says how many malicious applications are found and how many others are called so:\n"
            "all learners together, and each by itself. Rows of one signer, or, where none is\n"
            "named, equal rows stay together.",
        .example = "hinomi apk eval features.csv.gz --predictions rows.jsonl",
        .seed = "what is drawn by chance",
        .run = eval_run,
    };
    return learning_eval(&verb, argc, argv);
}
