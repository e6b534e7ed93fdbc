/* hinomi apk FILE…: what an Android application asks for, shows and does. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "show/apk_report.h"
#include "show/options.h"
#include "show/verb.h"
#include "show/whole_file.h"

struct apk_options {
    bool json, all;
};

static void file_report(const struct app *app, const char *path, const struct apk_options *options)
{
    struct buffer line = {0};
    if (!options->json) {
        apk_report_print(app, path, options->all);
        return;
    }
    apk_report_json(app, path, &(struct json){.out = &line});
    buffer_put_char(&line, '\n');
    fwrite(line.at, 1, line.len, stdout);
    buffer_finish(&line);
}

/* False after a message on stderr. */
static bool file_say(const char *path, struct app *app, const struct apk_options *options)
{
    struct buffer content;
    struct fault fault = {0};
    int error = whole_file_read(path, false, &content);
    if (!error) {
        error = app_read(buffer_bytes(&content), app, &fault);
        if (!error) {
            file_report(app, path, options);
            app_finish(app);
        }
        buffer_finish(&content);
    }
    if (error)
        fprintf(stderr, "hinomi apk: %s: %s\n", path, fault.why ? fault.why : strerror(-error));
    return error == 0;
}

int verb_apk(int argc, char **argv)
{
    struct apk_options chosen = {0};
    const struct option_entry options[] = {
        {"--all", OPTION_FLAG, &chosen.all, NULL, "also every component, call and text"},
        OPTION_JSON(&chosen.json),
        {NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    const struct command command = {
        .verb = "apk",
        .arguments = "FILE…",
        .does =
            "Reads Android applications (APK, or a DEX or binary XML by itself): permissions,\n"
            "components, calls of the platform, texts of note, who signed. Nothing is executed.",
        .example = "hinomi apk game.apk",
        .options = options,
        .least = 1,
        .most = -1,
    };
    int count, status;
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    struct app *app = malloc(sizeof(*app));
    if (!app) {
        fprintf(stderr, "hinomi apk: out of memory\n");
        return EXIT_FAILED;
    }
    status = EXIT_OK;
    for (int i = 1; i <= count; i++)
        if (!file_say(argv[i], app, &chosen))
            status = EXIT_FAILED;
    free(app);
    return status;
}
