/* hinomi family train: learn which family is which. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/json.h"
#include "show/family_input.h"
#include "show/learning.h"
#include "show/verb.h"
#include "show/whole_file.h"

static void model_tell(const struct family_model *model, const char *path, uint32_t rows,
                       size_t size, bool as_json)
{
    struct buffer line = {0};
    struct json json = {.out = &line};
    if (!as_json) {
        printf("%" PRIu32 " families", model->classes);
        for (uint32_t i = 0; i < model->classes; i++)
            printf("%s %s", i ? "," : ":", model->names[i]);
        printf("\nlearned from %" PRIu32 " rows; planes count %.0f %%, trees %.0f %%, borders "
               "%.0f %%, neighbours %.0f %%\n%s, %zu bytes\n",
               rows, 100 * model->weights[VOICE_PLANES], 100 * model->weights[VOICE_TREES],
               100 * model->weights[VOICE_RADIALS], 100 * model->weights[VOICE_NEIGHBOURS], path,
               size);
        return;
    }
    json_object(&json);
    json_key_text(&json, "model", bytes_of(path));
    json_key(&json, "rows"), json_unsigned(&json, rows);
    json_key(&json, "bytes"), json_unsigned(&json, size);
    json_key(&json, "planes"), json_number(&json, model->weights[VOICE_PLANES]);
    json_key(&json, "trees"), json_number(&json, model->weights[VOICE_TREES]);
    json_key(&json, "borders"), json_number(&json, model->weights[VOICE_RADIALS]);
    json_key(&json, "neighbours"), json_number(&json, model->weights[VOICE_NEIGHBOURS]);
    json_key(&json, "families");
    json_array(&json);
    for (uint32_t i = 0; i < model->classes; i++)
        json_text(&json, bytes_of(model->names[i]));
    json_end_array(&json);
    json_end_object(&json);
    learning_line(&line);
}

static int table_learn(const struct family_table *table, uint64_t seed, struct arena *arena,
                       struct family_model *ret_model)
{
    struct family_features *features;
    int error = family_features_all(table, arena, &features);
    return error ? error : family_fit(table, features, NULL, seed, ret_model);
}

static int model_write(const struct family_model *model, uint32_t rows,
                       const struct learning *asked)
{
    struct buffer out = {0};
    family_model_save(model, &out);
    int error = whole_file_write(asked->model, &out);
    if (!error)
        model_tell(model, asked->model, rows, out.len, asked->json);
    buffer_finish(&out);
    return error;
}

static int train_run(char **paths, int count, const struct learning *asked)
{
    struct arena arena = {.chunk = 1 << 22};
    struct family_table table;
    struct family_model model;
    if (!family_rows_read(asked->verb, paths, count, &arena, &table)) {
        arena_finish(&arena);
        return EXIT_FAILED;
    }
    int error = table_learn(&table, asked->seed, &arena, &model);
    if (!error) {
        error = model_write(&model, table.count, asked);
        family_model_finish(&model);
    }
    if (error == -ENODATA)
        fprintf(stderr, "hinomi %s: two families of %d rows at least\n", asked->verb, FAMILY_LEAST);
    else if (error == -E2BIG)
        fprintf(stderr, "hinomi %s: more than %d families\n", asked->verb, FAMILY_CLASSES);
    else if (error == -ELIBACC)
        fprintf(stderr, "hinomi %s: LIBLINEAR or XGBoost is not there\n", asked->verb);
    else if (error)
        fprintf(stderr, "hinomi %s: %s: %s\n", asked->verb, asked->model, strerror(-error));
    arena_finish(&arena);
    return error ? EXIT_FAILED : EXIT_OK;
}

int family_train(int argc, char **argv)
{
    const struct learning_verb verb = {
        .verb = "family train",
        .arguments = "TABLE|REPORTS|FOLDER…",
        .does =
            "Learns which family is which from tables of behaviours, from reports that name their\n"
            "family, or from folders named for families that hold reports or samples (gzip or\n"
            "not; docs/samples.md has the form of tables).",
        .example = "hinomi family train behaviours.tsv.gz -o family.model",
        .seed = "the trees' draws",
        .model = FAMILY_MODEL_DEFAULT,
        .run = train_run,
    };
    return learning_train(&verb, argc, argv);
}
