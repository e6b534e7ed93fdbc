/* hinomi alerts model list, audit, undo: generations of what was learned from decisions. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "engine/alert_models.h"
#include "show/options.h"
#include "show/table.h"
#include "show/verb.h"
#include "store/database.h"

static int failed(struct alerts_store *store)
{
    fprintf(stderr, "hinomi alerts model: %s\n",
            store ? alerts_store_error(store) : "out of memory");
    alerts_store_close(store);
    return EXIT_FAILED;
}

static void generation_json(sqlite3_stmt *row, bool in_force)
{
    struct buffer line = {0};
    struct json json = {.out = &line};
    struct bytes note = column_bytes(row, 2);
    json_object(&json);
    json_key(&json, "generation"), json_integer(&json, sqlite3_column_int64(row, 0));
    json_key(&json, "time"), json_time(&json, sqlite3_column_int64(row, 1));
    json_key(&json, "in_force"), json_bool(&json, in_force);
    if (note.len)
        json_key(&json, "learned"), json_raw(&json, note);
    json_end_object(&json);
    buffer_put_char(&line, '\n');
    fwrite(line.at, 1, line.len, stdout);
    buffer_finish(&line);
}

static int generations_tell(struct alerts_store *store, bool json)
{
    sqlite3_stmt *row;
    int64_t now;
    int error = alert_model_in_force(store, &now);
    if (!error)
        error = alerts_store_statement(store,
                                       "SELECT generation, time, note FROM alert_models WHERE"
                                       " name='level' ORDER BY generation",
                                       &row);
    while (!error && sqlite3_step(row) == SQLITE_ROW) {
        bool in_force = sqlite3_column_int64(row, 0) == now;
        char time[TIME_TEXT_SIZE];
        if (json) {
            generation_json(row, in_force);
            continue;
        }
        struct bytes when = time_format(sqlite3_column_int64(row, 1), time);
        struct bytes note = column_bytes(row, 2);
        printf("%6" PRId64 "  %.*s  %s  %.*s\n", (int64_t)sqlite3_column_int64(row, 0),
               (int)when.len, when.at, in_force ? "in force" : "        ", (int)note.len,
               note.len ? note.at : "");
    }
    return error;
}

/* What the last training said of each analyst; docs/alerts.md says what it means. */
static int audit_tell(struct alerts_store *store, bool json)
{
    static const char *const titles[] = {"analyst", "decisions",       "attacks", "with the model",
                                         "judged",  "with colleagues", "shared"};
    struct table table = {0};
    sqlite3_stmt *row;
    int error = alerts_store_statement(
        store,
        "SELECT a.value, json_extract(a.value, '$.analyst'), (SELECT sum(value) FROM"
        " json_each(a.value, '$.levels')), (SELECT sum(value) FROM json_each(a.value, '$.levels')"
        " WHERE key > 0), json_extract(a.value, '$.agreed'), json_extract(a.value, '$.judged'),"
        " json_extract(a.value, '$.same'), json_extract(a.value, '$.shared') FROM alert_settings s,"
        " json_each(iif(json_valid(s.value), s.value, '{}'), '$.analysts') a"
        " WHERE s.name = 'training'",
        &row);
    for (size_t i = 0; i < sizeof(titles) / sizeof(*titles); i++)
        table_column(&table, titles[i], i > 0);
    while (!error && sqlite3_step(row) == SQLITE_ROW) {
        if (json)
            printf("%s\n", (const char *)sqlite3_column_text(row, 0));
        for (int i = 1; i <= 7; i++)
            table_cell(&table, column_bytes(row, i), i == 1 ? TONE_STRONG : TONE_PLAIN);
    }
    if (!json && !error)
        table_print(&table, stdout);
    table_finish(&table);
    return error;
}

static int model_undo(struct alerts_store *store, const char *folder, bool json)
{
    struct alert_training training = ALERT_TRAINING_USUAL;
    struct alert_training_result *result;
    int64_t generation, last;
    char why[512] = "the store cannot be read";
    int error = alert_model_undo(store, &generation);
    if (error == -ENOENT) {
        fprintf(stderr, "hinomi alerts model: no generation is in force\n");
        alerts_store_close(store);
        return EXIT_FAILED;
    }
    if (error)
        return failed(store);
    alerts_store_close(store);
    result = malloc(sizeof(*result));
    training.folder = folder;
    training.learn = false;
    error = alert_training_last(folder, &last, &training.novelty.budget);
    if (!error)
        error = result ? alert_models_train(&training, result, why) : -ENOMEM;
    if (error)
        fprintf(stderr, "hinomi alerts model: generation %" PRId64 " is in force, but: %s\n",
                generation, result ? why : "out of memory");
    else if (json)
        printf("{\"generation\":%" PRId64 "}\n", generation);
    else
        printf("generation %" PRId64 " is in force; groups are scored by it\n", generation);
    if (result)
        alert_training_finish(result);
    free(result);
    return error ? EXIT_FAILED : EXIT_OK;
}

int alerts_model(int argc, char **argv)
{
    const char *folder = OPTION_DATA_DEFAULT;
    bool json = false;
    const struct option_entry options[] = {
        OPTION_DATA(&folder),
        OPTION_JSON(&json),
        {NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    const struct command command = {
        .verb = "alerts model",
        .arguments = "list|audit|undo",
        .does =
            "Generations of what was learned from decisions; audit: how often each analyst agreed\n"
            "with models that had not seen the decision, and with colleagues; undo goes back to\n"
            "the generation before and scores all groups by it.",
        .example = "hinomi alerts model undo --data ./hinomi-data",
        .options = options,
        .least = 1,
        .most = 1,
    };
    struct alerts_store *store = NULL;
    int count, status;
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    bool undo = strcmp(argv[1], "undo") == 0, audit = strcmp(argv[1], "audit") == 0;
    if (!undo && !audit && strcmp(argv[1], "list") != 0) {
        fprintf(stderr, "hinomi alerts model: list, audit or undo, not '%s'; see --help\n",
                argv[1]);
        return EXIT_USAGE;
    }
    if (alerts_store_open(folder, undo ? ALERTS_DECIDE : ALERTS_READ, &store))
        return failed(store);
    if (undo)
        return model_undo(store, folder, json);
    if (audit ? audit_tell(store, json) : generations_tell(store, json))
        return failed(store);
    alerts_store_close(store);
    return EXIT_OK;
}
