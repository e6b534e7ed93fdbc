/* hinomi sample FILE|FOLDER…: what files are and hold, told and stored. */
#include <errno.h>
#include <fts.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/progress.h"
#include "base/time.h"
#include "show/options.h"
#include "show/reading.h"
#include "show/samples.h"
#include "show/state.h"
#include "show/verb.h"
#include "show/whole_file.h"

struct sample_run {
    struct sample_desk *desk;
    bool json;
    uint64_t taken, failed;
    struct progress progress;
};

static const char *why_of(int error)
{
    return error == -EFBIG     ? "larger than 64 MiB, which is what is looked at"
           : error == -ENOENT  ? "hinomi-inspect is not beside this program"
           : error == -EPERM   ? "hinomi-inspect could not shut itself in, so nothing is read"
           : error == -EBADMSG ? "what was said of it is no report"
                               : strerror(-error);
}

static void file_take(struct sample_run *run, const char *path)
{
    struct buffer content = {0}, report = {0};
    struct bytes name = bytes_base_name(bytes_of(path));
    int error = whole_file_read(path, false, &content);
    if (!error)
        error = sample_desk_take(run->desk, name, buffer_bytes(&content), time_now(), &report);
    progress_end(&run->progress);
    if (error) {
        fprintf(stderr, "hinomi sample: %s: %s\n", path, why_of(error));
        run->failed++;
    } else if (run->json) {
        fwrite(report.at, 1, report.len, stdout);
        putchar('\n');
    } else {
        if (run->taken)
            putchar('\n');
        sample_print(buffer_bytes(&report));
    }
    run->taken += error == 0;
    progress_step(&run->progress, run->taken, -1);
    buffer_finish(&content);
    buffer_finish(&report);
}

static int names_compare(const FTSENT **one, const FTSENT **other)
{
    return strcmp((*one)->fts_name, (*other)->fts_name);
}

/* Every file below; links are not followed. */
static void path_take(struct sample_run *run, char *path)
{
    char *paths[] = {path, NULL};
    FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, names_compare);
    FTSENT *entry;
    if (!walk) {
        fprintf(stderr, "hinomi sample: %s: %s\n", path, strerror(errno));
        run->failed++;
        return;
    }
    while ((entry = fts_read(walk))) {
        if (entry->fts_info == FTS_F)
            file_take(run, entry->fts_path);
        else if (entry->fts_info == FTS_NS || entry->fts_info == FTS_ERR ||
                 entry->fts_info == FTS_DNR) {
            fprintf(stderr, "hinomi sample: %s: %s\n", entry->fts_path, strerror(entry->fts_errno));
            run->failed++;
        }
    }
    fts_close(walk);
}

/* Which rules are left out, and why, and models that are none: said once, before the first sample.
 */
static void greeting_say(const struct buffer *greeting)
{
    static const char sql[] =
        "SELECT format('rules left out: %s%s: %s', value ->> '$.file',"
        " iif(value ->> '$.line', format(', line %d', value ->> '$.line'), ''),"
        " value ->> '$.why') FROM json_each(?1, '$.rules_left_out') UNION ALL"
        " SELECT format('%s: %s', key, value) FROM json_each(?1, '$.panels')"
        " WHERE value NOT IN ('ready', 'no model')";
    struct sqlite3 *db = NULL;
    struct sqlite3_stmt *row = NULL;
    if (sqlite3_open(":memory:", &db) == SQLITE_OK &&
        sqlite3_prepare_v2(db, sql, -1, &row, NULL) == SQLITE_OK) {
        sqlite3_bind_text64(row, 1, greeting->at, greeting->len, SQLITE_STATIC, SQLITE_UTF8);
        while (sqlite3_step(row) == SQLITE_ROW) {
            fputs("hinomi sample: ", stderr);
            text_print(cell_bytes(row, 0), TONE_PLAIN, stderr);
            fputc('\n', stderr);
        }
    }
    sqlite3_finalize(row);
    sqlite3_close(db);
}

int samples_take(const struct sample_desk_options *options, char **paths, int count, bool json)
{
    struct sample_run run = {.json = json};
    struct buffer greeting = {0};
    int error = sample_desk_open(options, &run.desk);
    if (!error)
        error = sample_desk_greeting(run.desk, &greeting);
    if (error) {
        fprintf(stderr, "hinomi sample: %s\n", why_of(error));
        sample_desk_close(run.desk);
        buffer_finish(&greeting);
        return EXIT_FAILED;
    }
    greeting_say(&greeting);
    progress_begin(&run.progress, "samples");
    for (int i = 0; i < count; i++)
        path_take(&run, paths[i]);
    progress_end(&run.progress);
    sample_desk_close(run.desk);
    buffer_finish(&greeting);
    return run.failed || ferror(stdout) ? EXIT_FAILED : EXIT_OK;
}

/* ---- what is stored ---------------------------------------------------------------- */

static int sample_list(int argc, char **argv)
{
    const char *data = OPTION_DATA_DEFAULT;
    bool json = false;
    uint32_t limit = SAMPLES_ASKED;
    const struct option_entry options[] = {
        OPTION_DATA(&data),
        OPTION_JSON(&json),
        {"--limit", OPTION_COUNT, &limit, "N", "at most so many (default 1000)"},
        {NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    const struct command command = {
        .verb = "sample list",
        .arguments = "[TEXT]",
        .does = "Lists the samples that are stored, those that came last first; of those whose "
                "name or\n"
                "type has TEXT in it, or that are or hold a file of that digest.",
        .example = "hinomi sample list upx",
        .options = options,
        .most = 1,
    };
    int count, status;
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    return samples_list(data, bytes_of(count ? argv[1] : ""), limit, json) == 0 ? EXIT_OK
                                                                                : EXIT_FAILED;
}

static int sample_show(int argc, char **argv)
{
    const char *data = OPTION_DATA_DEFAULT;
    const struct option_entry options[] = {
        OPTION_DATA(&data),
        {NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    const struct command command = {
        .verb = "sample show",
        .arguments = "SHA256",
        .does = "Prints what is stored of a sample, with where else it was seen: one JSON object.",
        .example = "hinomi sample show 0e7b… | jq .links",
        .options = options,
        .least = 1,
        .most = 1,
    };
    struct buffer out = {0};
    struct sqlite3 *db = NULL;
    int count, status;
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    int error = samples_open(data, &db);
    if (!error)
        error = sample_json(data, db, bytes_of(argv[1]), &(struct json){.out = &out});
    sqlite3_close(db);
    if (error)
        fprintf(stderr, "hinomi sample: %s: %s\n", argv[1],
                error == -ENOENT   ? "no such sample is stored"
                : error == -EINVAL ? "that is no SHA-256"
                                   : strerror(-error));
    else
        printf("%.*s\n", (int)out.len, out.at);
    buffer_finish(&out);
    return error ? EXIT_FAILED : EXIT_OK;
}

static int content_write(const char *path, struct bytes content)
{
    FILE *to = fopen(path, "wbxe"); /* never over something that is there */
    if (!to)
        return -errno;
    size_t put = content.len ? fwrite(content.at, 1, content.len, to) : 0;
    return fclose(to) != 0 || put != content.len ? -EIO : 0;
}

static int sample_fetch(int argc, char **argv)
{
    struct sample_desk_options where = {.folder = OPTION_DATA_DEFAULT};
    const char *path = NULL;
    const struct option_entry options[] = {
        OPTION_DATA(&where.folder),
        {"-o", OPTION_TEXT, &path, "FILE", "where to; must not be there yet"},
        {NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    const struct command command = {
        .verb = "sample fetch",
        .arguments = "SHA256 -o FILE",
        .does = "Gives back a sample that was kept (--keep), as it came. It may be malware.",
        .example = "hinomi sample fetch 0e7b… -o sample.bin",
        .options = options,
        .least = 1,
        .most = 1,
    };
    struct sample_desk *desk = NULL;
    struct buffer content = {0};
    int count, status;
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    if (!path) {
        fprintf(stderr, "hinomi sample fetch: -o FILE says where to\n");
        return EXIT_USAGE;
    }
    int error = sample_desk_open(&where, &desk);
    if (!error)
        error = sample_desk_fetch(desk, bytes_of(argv[1]), &content);
    if (!error)
        error = content_write(path, buffer_bytes(&content));
    sample_desk_close(desk);
    buffer_finish(&content);
    if (error)
        fprintf(stderr, "hinomi sample: %s: %s\n", argv[1],
                error == -ENOENT    ? "that sample was not kept"
                : error == -EPERM   ? "others may read samples.key; chmod 600 it"
                : error == -EBADMSG ? "it was changed, or sealed under another key"
                                    : strerror(-error));
    return error ? EXIT_FAILED : EXIT_OK;
}

static const char does[] =
    "Looks at files: what they are (digests, type), what archives hold, who packed them, whose\n"
    "YARA rules they match, and what else there is a model for. What is found is stored; the "
    "files\n"
    "are kept only with --keep, encrypted. Nothing is ever executed, and all reading happens in a\n"
    "program of its own that can reach nothing. hinomi sample list, hinomi sample show SHA256 and\n"
    "hinomi sample fetch SHA256 tell and give back what is stored; each has its --help.\n"
    "Exit status: 0, 1 when a file or the store failed, 2 for a wrong command line.";

int verb_sample(int argc, char **argv)
{
    struct sample_desk_options desk = {.folder = OPTION_DATA_DEFAULT};
    bool json = false;
    const struct option_entry options[] = {
        OPTION_DATA(&desk.folder),
        OPTION_JSON(&json),
        {"--models", OPTION_TEXT, &desk.models, "DIR",
         "models: packer.model, … (default DATA/models)"},
        {"--rules", OPTION_TEXT, &desk.rules, "PATH", "YARA rules (default DATA/rules)"},
        {"--keep", OPTION_FLAG, &desk.keep, NULL,
         "keep the files, too, encrypted under DATA/samples.key"},
        {NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    const struct command command = {
        .verb = "sample",
        .arguments = "FILE|FOLDER…",
        .does = does,
        .example = "hinomi sample --rules rules/ suspicious.zip\n"
                   "hinomi sample --json mail-attachments/ | jq '.files[].packer.packer'",
        .options = options,
        .least = 1,
        .most = -1,
    };
    static const struct verb verbs[] = {
        {"list", NULL, sample_list}, {"show", NULL, sample_show}, {"fetch", NULL, sample_fetch}};
    int count, status;
    for (size_t i = 0; argc > 1 && i < sizeof(verbs) / sizeof(*verbs); i++)
        if (strcmp(argv[1], verbs[i].name) == 0)
            return verbs[i].run(argc - 1, argv + 1);
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    return samples_take(&desk, argv + 1, count, json);
}
