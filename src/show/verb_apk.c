/* hinomi apk FILE…: what an Android application asks for, shows and does. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "show/apk_input.h"
#include "show/apk_report.h"
#include "show/options.h"
#include "show/verb.h"
#include "show/whole_file.h"

struct apk_options {
    bool json, all;
    struct app_model *model; /* NULL: none is given */
};

static void report_say(const struct apk_report *report, const struct apk_options *options)
{
    struct buffer line = {0};
    if (!options->json) {
        apk_report_print(report, options->all);
        return;
    }
    apk_report_json(report, true, &(struct json){.out = &line});
    buffer_put_char(&line, '\n');
    fwrite(line.at, 1, line.len, stdout);
    buffer_finish(&line);
}

/* False after a message on stderr. */
static bool file_say(const char *path, struct apk_report *report, const struct apk_options *options)
{
    struct buffer content;
    struct fault fault = {0};
    int error = whole_file_read(path, false, &content);
    if (!error) {
        error = apk_report_make(options->model, path, buffer_bytes(&content), report, &fault);
        if (!error) {
            report_say(report, options);
            apk_report_finish(report);
        }
        buffer_finish(&content);
    }
    if (error)
        fprintf(stderr, "hinomi apk: %s: %s\n", path, fault.why ? fault.why : strerror(-error));
    return error == 0;
}

static int files_say(char **paths, int count, const struct apk_options *options)
{
    struct apk_report *report = malloc(sizeof(*report));
    int status = EXIT_OK;
    if (!report) {
        fprintf(stderr, "hinomi apk: out of memory\n");
        return EXIT_FAILED;
    }
    for (int i = 0; i < count; i++)
        if (!file_say(paths[i], report, options))
            status = EXIT_FAILED;
    free(report);
    return status;
}

int verb_apk(int argc, char **argv)
{
    struct apk_options chosen = {0};
    const char *model_path = NULL;
    const struct option_entry options[] = {
        {"--model", OPTION_TEXT, &model_path, "MODEL",
         "judge the threat by what hinomi apk train learned"},
        {"--all", OPTION_FLAG, &chosen.all, NULL,
         "also small reasons, and every component, call and text"},
        OPTION_JSON(&chosen.json),
        {NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    const struct command command = {
        .verb = "apk",
        .arguments = "FILE…",
        .does =
            "Reads Android applications (APK, or a DEX or binary XML by itself) and shows two\n"
            "lights, threat and vulnerability, each with its reasons; permissions, components,\n"
            "calls of the platform, texts of note, who signed. Nothing is executed.\n"
            "hinomi apk train makes a model, hinomi apk eval says how good it is; each has its "
            "--help.",
        .example = "hinomi apk --model apk.model game.apk",
        .options = options,
        .least = 1,
        .most = -1,
    };
    int count, status;
    if (argc > 1 && strcmp(argv[1], "train") == 0)
        return apk_train(argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[1], "eval") == 0)
        return apk_eval(argc - 1, argv + 1);
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    if (model_path && !apk_model_open("apk", model_path, &chosen.model))
        return EXIT_FAILED;
    status = files_say(argv + 1, count, &chosen);
    if (chosen.model)
        app_model_close(chosen.model);
    return status;
}
