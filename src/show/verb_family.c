/* hinomi family FILE…: whose samples are, how sure that is, and why. */
#include <errno.h>
#include <stdio.h>

#include "show/family_input.h"
#include "show/family_report.h"
#include "show/learning.h"
#include "show/options.h"
#include "show/verb.h"

/* What one run needs. */
struct run {
    struct family_model model;
    const char *path;
    bool json, explain;
};

static int row_say(void *context, const struct family_row *row)
{
    const struct run *run = context;
    struct family_report report;
    struct buffer line = {0};
    struct bytes name = bytes_equal(row->name, bytes_of(run->path)) ? BYTES("") : row->name;
    int error = family_report_make(&run->model, &row->behaviour, run->path, name, &report);
    if (error == -ENODATA) {
        fprintf(stderr, "hinomi family: %s: nothing in it to judge by\n", run->path);
        return 0;
    }
    if (error)
        return error;
    if (!run->json) {
        family_report_print(&report, run->explain);
        return 0;
    }
    family_report_json(&report, &(struct json){.out = &line});
    buffer_put_char(&line, '\n');
    fwrite(line.at, 1, line.len, stdout);
    buffer_finish(&line);
    return 0;
}

/* False after a message on stderr. */
static bool path_say(struct run *run)
{
    struct arena arena = {.chunk = 1 << 20};
    struct fault fault = {NULL, 0, 0};
    int error = family_path_read(run->path, NULL, &arena, row_say, run, &fault);
    arena_finish(&arena);
    return learning_read("family", run->path, &fault, error);
}

static int family_say(int argc, char **argv)
{
    static struct run run;
    const char *model = FAMILY_MODEL_DEFAULT;
    const struct option_entry options[] = {
        {"--model", OPTION_TEXT, &model, "MODEL", "(default " FAMILY_MODEL_DEFAULT ")"},
        {"--explain", OPTION_FLAG, &run.explain, NULL, "also what it is like, and why"},
        OPTION_JSON(&run.json),
        {NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    const struct command command = {
        .verb = "family",
        .arguments = "FILE…",
        .does = "Says whose samples are: of sandboxes' reports (CAPE, Cuckoo, Speakeasy; gzip or\n"
                "not) by what was done, of any other file by what it is made of. hinomi family\n"
                "train makes the model, hinomi family eval says how good it is, hinomi family\n"
                "cluster puts together what nobody has named, hinomi family activity says which\n"
                "families become frequent; each has its --help.",
        .example = "hinomi family --model family.model --explain report.json",
        .options = options,
        .least = 1,
        .most = -1,
    };
    int count, status;
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    if (!family_model_open("family", model, &run.model))
        return EXIT_FAILED;
    status = EXIT_OK;
    for (int i = 1; i <= count; i++) {
        run.path = argv[i];
        if (!path_say(&run))
            status = EXIT_FAILED;
    }
    family_model_finish(&run.model);
    return status;
}

int verb_family(int argc, char **argv)
{
    static const struct verb verbs[] = {{"train", "", family_train},
                                        {"eval", "", family_eval},
                                        {"cluster", "", family_cluster},
                                        {"activity", "", family_activity},
                                        {NULL, NULL, NULL}};
    for (const struct verb *verb = verbs; verb->name && argc > 1; verb++)
        if (strcmp(argv[1], verb->name) == 0)
            return verb->run(argc - 1, argv + 1);
    return family_say(argc, argv);
}
