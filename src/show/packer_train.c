/* hinomi packer train: learn which packer is which. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "analyse/packer/training.h"
#include "base/json.h"
#include "show/learning.h"
#include "show/packer_input.h"
#include "show/verb.h"
#include "show/whole_file.h"

static void model_json(const struct packer_model *model, const char *path, uint32_t rows,
                       size_t size)
{
    struct buffer line = {0};
    struct json json = {.out = &line};
    json_object(&json);
    json_key_text(&json, "model", bytes_of(path));
    json_key(&json, "rows"), json_unsigned(&json, rows);
    json_key(&json, "bytes"), json_unsigned(&json, size);
    json_key(&json, "classes");
    json_array(&json);
    for (int world = 0; world < WORLD_COUNT; world++)
        for (uint32_t i = 0; i < model->worlds[world].classes; i++)
            json_text(&json, bytes_of(model->worlds[world].names[i]));
    json_end_array(&json);
    json_end_object(&json);
    learning_line(&line);
}

static void model_print(const struct packer_model *model, const char *path, uint32_t rows,
                        size_t size)
{
    static const char *const worlds[] = {"PE", "ELF and scripts"};
    for (int world = 0; world < WORLD_COUNT; world++) {
        const struct packer_classifier *classifier = &model->worlds[world];
        printf("%s: %" PRIu32 " classes", worlds[world], classifier->classes);
        for (uint32_t i = 0; i < classifier->classes; i++)
            printf("%s %s", i ? "," : ":", classifier->names[i]);
        putchar('\n');
    }
    printf("learned from %" PRIu32 " rows; %s, %zu bytes\n", rows, path, size);
}

static int model_write(const struct packer_model *model, uint32_t rows,
                       const struct learning *asked)
{
    struct buffer out = {0};
    packer_model_save(model, &out);
    int error = whole_file_write(asked->model, &out);
    if (!error && asked->json)
        model_json(model, asked->model, rows, out.len);
    else if (!error)
        model_print(model, asked->model, rows, out.len);
    buffer_finish(&out);
    return error;
}

static int train_run(char **paths, int count, const struct learning *asked)
{
    struct arena arena = {.chunk = 1 << 22};
    struct packer_table table;
    struct packer_model model;
    if (!packer_rows_read(asked->verb, paths, count, &arena, &table)) {
        arena_finish(&arena);
        return EXIT_FAILED;
    }
    int error = packer_model_fit(&table, asked->seed, &model);
    if (!error) {
        error = model_write(&model, table.count, asked);
        packer_model_finish(&model);
    }
    if (error == -ENODATA)
        fprintf(stderr, "hinomi %s: two packers at least, or one and files not packed\n",
                asked->verb);
    else if (error == -ELIBACC)
        fprintf(stderr, "hinomi %s: LIBLINEAR (liblinear.so.4) is not there\n", asked->verb);
    else if (error)
        fprintf(stderr, "hinomi %s: %s: %s\n", asked->verb, asked->model, strerror(-error));
    arena_finish(&arena);
    return error ? EXIT_FAILED : EXIT_OK;
}

int packer_train(int argc, char **argv)
{
    const struct learning_verb verb = {
        .verb = "packer train",
        .arguments = "TABLE|FOLDER…",
        .does = "Learns which packer is which from tables (tab separated, gzip or not; see\n"
                "docs/samples.md) or from folders named for packers that hold files each packed,\n"
                "\"none\" those that nobody did.",
        .example = "hinomi packer train packers_pe.tsv.gz packers_elf.tsv.gz -o packer.model",
        .seed = "the changes copies are made with",
        .model = PACKER_MODEL_DEFAULT,
        .run = train_run,
    };
    return learning_train(&verb, argc, argv);
}
