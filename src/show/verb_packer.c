/* hinomi packer FILE…: packed by what, how sure that is, and why. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyse/image/image.h"
#include "show/learning.h"
#include "show/options.h"
#include "show/packer_apk.h"
#include "show/packer_input.h"
#include "show/packer_report.h"
#include "show/verb.h"
#include "show/whole_file.h"

struct asked {
    const char *model_path;
    bool json, explain;
};

/* What answers for executables; an application needs none of it. */
struct judge {
    struct extractor extractor;
    struct packer_model model;
    struct packed_file file;
};

static void report_say(const struct packed_file *file, const struct asked *asked)
{
    struct buffer line = {0};
    if (!asked->json) {
        packer_report_print(file, asked->explain);
        return;
    }
    packer_report_json(file, &(struct json){.out = &line});
    learning_line(&line);
}

/* NULL after a message on stderr. */
static struct judge *judge_open(const char *model_path)
{
    struct judge *judge = malloc(sizeof(*judge));
    if (!judge || extractor_open(&judge->extractor) != 0) {
        free(judge);
        fprintf(stderr, "hinomi packer: out of memory\n");
        return NULL;
    }
    if (!packer_model_open("packer", model_path, &judge->model)) {
        extractor_close(&judge->extractor);
        free(judge);
        return NULL;
    }
    return judge;
}

static void judge_close(struct judge *judge)
{
    if (!judge)
        return;
    packer_model_finish(&judge->model);
    extractor_close(&judge->extractor);
    free(judge);
}

/* False after a message on stderr. `judge` is opened for the first executable. */
static bool executable_say(struct judge **judge, const char *path, struct bytes content,
                           const struct asked *asked)
{
    if (!*judge && !(*judge = judge_open(asked->model_path)))
        return false;
    int error = packer_report_make(&(*judge)->model, &(*judge)->extractor, path, content,
                                   asked->json || asked->explain, &(*judge)->file);
    if (!error)
        report_say(&(*judge)->file, asked);
    else
        fprintf(stderr, "hinomi packer: %s: %s\n", path,
                error == -ENOTSUP   ? "neither PE nor ELF nor a script nor an Android application"
                : error == -ENODATA ? "the model has learned nothing of such files"
                                    : strerror(-error));
    return error == 0;
}

static bool is_executable(struct bytes content)
{
    struct image image;
    image_read(content, &image);
    return image.format != IMAGE_OTHER;
}

static int files_say(char **paths, int count, const struct asked *asked)
{
    struct judge *judge = NULL;
    int status = EXIT_OK;
    for (int i = 0; i < count; i++) {
        struct buffer content;
        int error = whole_file_read(paths[i], false, &content);
        if (error) {
            fprintf(stderr, "hinomi packer: %s: %s\n", paths[i], strerror(-error));
            status = EXIT_FAILED;
            continue;
        }
        struct bytes bytes = buffer_bytes(&content);
        bool application = !is_executable(bytes) && packer_apk_say(paths[i], bytes, asked->json);
        if (!application && !executable_say(&judge, paths[i], bytes, asked))
            status = EXIT_FAILED;
        buffer_finish(&content);
    }
    judge_close(judge);
    return status;
}

int verb_packer(int argc, char **argv)
{
    struct asked asked = {.model_path = PACKER_MODEL_DEFAULT};
    const struct option_entry options[] = {
        {"--model", OPTION_TEXT, &asked.model_path, "MODEL", "(default " PACKER_MODEL_DEFAULT ")"},
        {"--explain", OPTION_FLAG, &asked.explain, NULL,
         "also what decided, the sections, and the routine that runs first"},
        OPTION_JSON(&asked.json),
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
    return files_say(argv + 1, count, &asked);
}
