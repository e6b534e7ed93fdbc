/* hinomi packer FILE…: packed by what, how sure that is, and why. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "show/options.h"
#include "show/packer_apk.h"
#include "show/packer_input.h"
#include "show/packer_report.h"
#include "show/verb.h"
#include "show/whole_file.h"

static void report_say(const struct packed_file *file, bool json, bool explain)
{
    struct buffer line = {0};
    if (!json) {
        packer_report_print(file, explain);
        return;
    }
    packer_report_json(file, &(struct json){.out = &line});
    buffer_put_char(&line, '\n');
    fwrite(line.at, 1, line.len, stdout);
    buffer_finish(&line);
}

/* False after a message on stderr. */
static bool file_say(const struct packer_model *model, const struct extractor *extractor,
                     const char *path, bool json, bool explain, struct packed_file *file)
{
    struct buffer content;
    int error = whole_file_read(path, false, &content);
    if (!error) {
        error = packer_report_make(model, extractor, path, buffer_bytes(&content), json || explain,
                                   file);
        if (!error)
            report_say(file, json, explain);
        else if (error == -ENOTSUP && packer_apk_say(path, buffer_bytes(&content), json))
            error = 0;
        buffer_finish(&content);
    }
    if (error)
        fprintf(stderr, "hinomi packer: %s: %s\n", path,
                error == -ENOTSUP   ? "neither PE nor ELF nor a script nor an Android application"
                : error == -ENODATA ? "the model has learned nothing of such files"
                                    : strerror(-error));
    return error == 0;
}

static int files_say(char **paths, int count, const char *model_path, bool json, bool explain)
{
    struct packed_file *file = malloc(sizeof(*file));
    struct extractor extractor;
    struct packer_model model;
    int status = EXIT_OK;
    if (!file || extractor_open(&extractor) != 0) {
        free(file);
        fprintf(stderr, "hinomi packer: out of memory\n");
        return EXIT_FAILED;
    }
    if (!packer_model_open("packer", model_path, &model)) {
        extractor_close(&extractor);
        free(file);
        return EXIT_FAILED;
    }
    for (int i = 0; i < count; i++)
        if (!file_say(&model, &extractor, paths[i], json, explain, file))
            status = EXIT_FAILED;
    packer_model_finish(&model);
    extractor_close(&extractor);
    free(file);
    return status;
}

int verb_packer(int argc, char **argv)
{
    const char *model = PACKER_MODEL_DEFAULT;
    bool json = false, explain = false;
    const struct option_entry options[] = {
        {"--model", OPTION_TEXT, &model, "MODEL", "(default " PACKER_MODEL_DEFAULT ")"},
        {"--explain", OPTION_FLAG, &explain, NULL,
         "also what decided, the sections, and the routine that runs first"},
        OPTION_JSON(&json),
        {NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    const struct command command = {
        .verb = "packer",
        .arguments = "FILE…",
        .does =
            "Says of executables (PE, ELF, scripts) whether they are packed, and by what; of "
            "Android\n"
            "applications, too, by the marks of known packers and by what is missing. Nothing is\n"
            "executed. hinomi packer train makes the model, hinomi packer eval says how good it "
            "is;\n"
            "each has its --help.",
        .example = "hinomi packer --model packer.model --explain setup.exe",
        .options = options,
        .least = 1,
        .most = -1,
    };
    int count, status;
    if (argc > 1 && strcmp(argv[1], "train") == 0)
        return packer_train(argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[1], "eval") == 0)
        return packer_eval(argc - 1, argv + 1);
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    return files_say(argv + 1, count, model, json, explain);
}
