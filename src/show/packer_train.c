/* hinomi packer train: learn which packer is which. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "analyse/packer/training.h"
#include "base/json.h"
#include "show/options.h"
#include "show/packer_input.h"
#include "show/verb.h"
#include "show/whole_file.h"

static const char verb[] = "packer train";

static int model_write(const struct packer_model *model, const char *path, size_t *ret_size)
{
    struct buffer out = {0};
    packer_model_save(model, &out);
    int error = whole_file_write(path, &out);
    *ret_size = out.len;
    buffer_finish(&out);
    return error;
}

static void model_tell(const struct packer_model *model, const char *path, uint32_t rows,
                       size_t size, bool as_json)
{
    static const char *const worlds[] = {"PE", "ELF and scripts"};
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
    buffer_put_char(&line, '\n');
    if (as_json)
        fwrite(line.at, 1, line.len, stdout);
    buffer_finish(&line);
    for (int world = 0; world < WORLD_COUNT && !as_json; world++) {
        const struct packer_classifier *classifier = &model->worlds[world];
        printf("%s: %" PRIu32 " classes", worlds[world], classifier->classes);
        for (uint32_t i = 0; i < classifier->classes; i++)
            printf("%s %s", i ? "," : ":", classifier->names[i]);
        putchar('\n');
    }
    if (!as_json)
        printf("learned from %" PRIu32 " rows; %s, %zu bytes\n", rows, path, size);
}

static int train_run(char **paths, int count, const char *path, uint64_t seed, bool json)
{
    struct arena arena = {.chunk = 1 << 22};
    struct packer_table table;
    struct packer_model model;
    size_t size;
    if (!packer_rows_read(verb, paths, count, &arena, &table)) {
        arena_finish(&arena);
        return EXIT_FAILED;
    }
    int error = packer_model_fit(&table, seed, &model);
    if (!error) {
        error = model_write(&model, path, &size);
        if (!error)
            model_tell(&model, path, table.count, size, json);
        packer_model_finish(&model);
    }
    if (error == -ENODATA)
        fprintf(stderr, "hinomi %s: two packers at least, or one and files not packed\n", verb);
    else if (error == -ELIBACC)
        fprintf(stderr, "hinomi %s: LIBLINEAR (liblinear.so.4) is not there\n", verb);
    else if (error)
        fprintf(stderr, "hinomi %s: %s: %s\n", verb, path, strerror(-error));
    arena_finish(&arena);
    return error ? EXIT_FAILED : EXIT_OK;
}

int packer_train(int argc, char **argv)
{
    const char *path = PACKER_MODEL_DEFAULT;
    uint64_t seed = 1;
    bool json = false;
    const struct option_entry options[] = {
        {"-o", OPTION_TEXT, &path, "MODEL", "the file to write (default " PACKER_MODEL_DEFAULT ")"},
        {"--seed", OPTION_WHOLE, &seed, "N", "of the changes copies are made with (default 1)"},
        OPTION_JSON(&json),
        {NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    const struct command command = {
        .verb = verb,
        .arguments = "TABLE|FOLDER…",
        .does = "Learns which packer is which from tables (tab separated, gzip or not; see\n"
                "docs/samples.md) or from folders named for packers that hold files each packed,\n"
                "\"none\" those that nobody did.",
        .example = "hinomi packer train packers_pe.tsv.gz packers_elf.tsv.gz -o packer.model",
        .options = options,
        .least = 1,
        .most = -1,
    };
    int count, status;
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    return train_run(argv + 1, count, path, seed, json);
}
