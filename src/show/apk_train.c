/* hinomi apk train: learn what malicious applications look like. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "analyse/android/app_training.h"
#include "base/json.h"
#include "show/apk_input.h"
#include "show/learning.h"
#include "show/verb.h"
#include "show/whole_file.h"

enum { BEST_TOLD = 10 /* names that tell most */ };

static void classifier_tell(const struct app_classifier *classifier, const char *path)
{
    const struct app_space *space = &classifier->learners.space;
    printf("%s: %" PRIu32 " names, %" PRIu32 " words, %" PRIu32 " topics; heard:", path,
           space->name_count, space->word_count, space->topics);
    for (int learner = 0; learner < LEARNERS; learner++)
        if (classifier->blend.heard >> learner & 1)
            printf(" %s", app_learner_name((enum app_learner)learner));
    printf("\n  tell most:");
    for (uint32_t i = 0; i < BEST_TOLD && i < space->name_count; i++) {
        struct bytes name = strings_at(&space->names, i + 1);
        printf("%s %.*s (%.3f bit)", i ? "," : "", (int)name.len, name.at, (double)space->tells[i]);
    }
    putchar('\n');
}

static void classifier_json(const struct app_classifier *classifier, const char *path,
                            struct json *json)
{
    const struct app_space *space = &classifier->learners.space;
    json_object(json);
    json_key_text(json, "table", bytes_of(path));
    json_key(json, "names"), json_unsigned(json, space->name_count);
    json_key(json, "words"), json_unsigned(json, space->word_count);
    json_key(json, "topics"), json_unsigned(json, space->topics);
    json_key(json, "heard");
    json_array(json);
    for (int learner = 0; learner < LEARNERS; learner++)
        if (classifier->blend.heard >> learner & 1)
            json_text(json, bytes_of(app_learner_name((enum app_learner)learner)));
    json_end_array(json);
    json_key(json, "ranked");
    json_array(json);
    for (uint32_t i = 0; i < space->name_count; i++) {
        json_object(json);
        json_key_text(json, "name", strings_at(&space->names, i + 1));
        json_key(json, "bits"), json_number(json, (double)space->tells[i]);
        json_end_object(json);
    }
    json_end_array(json);
    json_end_object(json);
}

static void model_tell(const struct app_model *model, const char *const *tables, const char *path,
                       uint32_t rows, size_t size, bool as_json)
{
    struct buffer line = {0};
    struct json json = {.out = &line};
    for (uint32_t i = 0; i < model->count && !as_json; i++)
        classifier_tell(&model->kinds[i], tables[i]);
    if (!as_json) {
        printf("learned from %" PRIu32 " rows; %s, %zu bytes\n", rows, path, size);
        return;
    }
    json_object(&json);
    json_key_text(&json, "model", bytes_of(path));
    json_key(&json, "rows"), json_unsigned(&json, rows);
    json_key(&json, "bytes"), json_unsigned(&json, size);
    json_key(&json, "kinds");
    json_array(&json);
    for (uint32_t i = 0; i < model->count; i++)
        classifier_json(&model->kinds[i], tables[i], &json);
    json_end_array(&json);
    json_end_object(&json);
    learning_line(&line);
}

static int model_learn(const struct app_table *table, uint64_t seed, struct app_model **ret_model)
{
    struct apk_pace pace = {.of = table->kind_count * (APP_TRAINING_PARTS + 1)};
    const struct app_watch watch = {apk_fitted, &pace};
    progress_begin(&pace.progress, "learnings");
    int error = app_model_fit(table, seed, &watch, ret_model);
    progress_end(&pace.progress);
    return error;
}

static int train_run(char **paths, int count, const struct learning *asked)
{
    const char *tables[APP_TABLE_KINDS] = {NULL};
    struct app_table table = {0};
    struct app_model *model = NULL;
    struct buffer out = {0};
    if (!apk_rows_read(asked->verb, paths, count, &table, tables)) {
        app_table_finish(&table);
        return EXIT_FAILED;
    }
    int error = model_learn(&table, asked->seed, &model);
    if (!error) {
        app_model_save(model, &out);
        error = whole_file_write(asked->model, &out);
        if (!error)
            model_tell(model, tables, asked->model, table.count, out.len, asked->json);
        buffer_finish(&out);
        app_model_close(model);
    }
    if (error == -ENODATA)
        fprintf(stderr, "hinomi %s: too few rows or groups of one label\n", asked->verb);
    else if (error == -ELIBACC)
        fprintf(stderr, "hinomi %s: a library that learns is not there\n", asked->verb);
    else if (error)
        fprintf(stderr, "hinomi %s: %s: %s\n", asked->verb, asked->model, strerror(-error));
    app_table_finish(&table);
    return error ? EXIT_FAILED : EXIT_OK;
}

int apk_train(int argc, char **argv)
{
    const struct learning_verb verb = {
        .verb = "apk train",
        .arguments = "TABLE|FOLDER…",
        .does =
            "Learns from tables what malicious applications have (gzip or not; columns of 0 and\n"
            "1, or permissions and descriptions from a market; see docs/samples.md), or from a\n"
            "folder of applications in folders called malware and benign.",
        .example = "hinomi apk train features.csv.gz -o apk.model",
        .seed = "what is drawn by chance",
        .model = APK_MODEL_DEFAULT,
        .run = train_run,
    };
    return learning_train(&verb, argc, argv);
}
