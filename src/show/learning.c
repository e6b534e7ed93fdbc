#include "show/learning.h"

#include <errno.h>
#include <fts.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/progress.h"
#include "show/options.h"
#include "show/verb.h"
#include "show/whole_file.h"

static int verb_run(const struct learning_verb *verb, const struct option_entry *options,
                    const struct learning *asked, int argc, char **argv)
{
    const struct command command = {
        .verb = verb->verb,
        .arguments = verb->arguments,
        .does = verb->does,
        .example = verb->example,
        .options = options,
        .least = 1,
        .most = -1,
    };
    int count, status;
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    return verb->run(argv + 1, count, asked);
}

int learning_train(const struct learning_verb *verb, int argc, char **argv)
{
    struct learning asked = {.verb = verb->verb, .model = verb->model, .seed = 1};
    char to[128], drawn[128];
    snprintf(to, sizeof(to), "the file to write (default %s)", verb->model);
    snprintf(drawn, sizeof(drawn), "of %s (default 1)", verb->seed);
    const struct option_entry options[] = {
        {"-o", OPTION_TEXT, &asked.model, "MODEL", to},
        {"--seed", OPTION_WHOLE, &asked.seed, "N", drawn},
        OPTION_JSON(&asked.json),
        {NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    return verb_run(verb, options, &asked, argc, argv);
}

int learning_eval(const struct learning_verb *verb, int argc, char **argv)
{
    struct learning asked = {.verb = verb->verb, .seed = 1};
    char drawn[128];
    snprintf(drawn, sizeof(drawn), "of %s (default 1)", verb->seed);
    const struct option_entry options[] = {
        {"--model", OPTION_TEXT, &asked.model, "MODEL",
         "judge by this model; without, five folds by group each by the others"},
        {"--predictions", OPTION_TEXT, &asked.predictions, "FILE", "write one JSON line a row"},
        {"--seed", OPTION_WHOLE, &asked.seed, "N", drawn},
        OPTION_JSON(&asked.json),
        {NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    return verb_run(verb, options, &asked, argc, argv);
}

void learning_step(void *progress, uint32_t done, uint32_t of)
{
    progress_step(progress, done, (double)done / of);
}

void learning_line(struct buffer *line)
{
    buffer_put_char(line, '\n');
    fwrite(line->at, 1, line->len, stdout);
    buffer_finish(line);
}

void learning_measure(const struct learning_scope *scope, const char *name, const char *says,
                      double value, uint64_t part, uint64_t of)
{
    struct buffer line = {0};
    struct json json = {.out = &line};
    if (!scope->json) {
        if (scope->name)
            printf("%-5s ", scope->name);
        printf("%-48s %9.4f", says, value);
        if (of)
            printf("  %" PRIu64 " of %" PRIu64, part, of);
        putchar('\n');
        return;
    }
    json_object(&json);
    if (scope->name)
        json_key_text(&json, scope->key, bytes_of(scope->name));
    json_key_text(&json, "measure", bytes_of(name));
    json_key(&json, "value"), json_number(&json, value);
    if (of) {
        json_key(&json, "part"), json_unsigned(&json, part);
        json_key(&json, "of"), json_unsigned(&json, of);
    }
    json_end_object(&json);
    learning_line(&line);
}

void learning_share(const struct learning_scope *scope, const char *name, const char *says,
                    uint64_t part, uint64_t of)
{
    if (of)
        learning_measure(scope, name, says, (double)part / (double)of, part, of);
}

bool learning_predictions(const char *verb, const char *path, struct buffer *lines)
{
    int error = whole_file_write(path, lines);
    buffer_finish(lines);
    if (error)
        fprintf(stderr, "hinomi %s: %s: %s\n", verb, path, strerror(-error));
    return error == 0;
}

bool learning_opened(const char *verb, const char *path, const char *of, const char *maker,
                     int error)
{
    if (error == -EBADMSG)
        fprintf(stderr, "hinomi %s: %s is no model of %s\n", verb, path, of);
    else if (error)
        fprintf(stderr, "hinomi %s: %s: %s; hinomi %s makes a model\n", verb, path,
                strerror(-error), maker);
    return error == 0;
}

bool learning_read(const char *verb, const char *path, const struct fault *fault, int error)
{
    if (error && fault->why)
        fprintf(stderr, "hinomi %s: %s, line %" PRIu64 ": %s\n", verb, path, fault->line,
                fault->why);
    else if (error)
        fprintf(stderr, "hinomi %s: %s: %s\n", verb, path, strerror(-error));
    return error == 0;
}

static int names_compare(const FTSENT **one, const FTSENT **other)
{
    return strcmp((*one)->fts_name, (*other)->fts_name);
}

int learning_folder(char *path, int (*visit)(void *context, const char *path, const char *folder),
                    void *context, uint32_t *passed)
{
    char *paths[] = {path, NULL};
    FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, names_compare);
    FTSENT *entry;
    int error = walk ? 0 : -errno;
    while (!error && (entry = fts_read(walk))) {
        if (entry->fts_info != FTS_F || entry->fts_level < 2)
            continue;
        error = visit(context, entry->fts_path, entry->fts_parent->fts_name);
        if (error && error != -ENOMEM) { /* one file that can't be read stops nothing */
            ++*passed;
            error = 0;
        }
    }
    if (walk)
        fts_close(walk);
    return error;
}
