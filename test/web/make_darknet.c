/*
 * A week of an invented observatory in a data folder, for the browser tests and for nothing else:
 * every number is made by arithmetic on the row's number, so it is the same everywhere.
 *
 *     make_darknet SCRIPTS DIR             DIR/darknet.db, by SCRIPTS/week.sql and contacts.sql
 *     make_darknet SCRIPTS DIR contacts N  so many contacts in place of its 240
 *     make_darknet SCRIPTS DIR live N      N more contacts and windows, one every 300 ms, while
 *                                          somebody watches
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store/darknet.h"

enum { CONTACTS = 240, LIVE_FIRST = 100000 };

static const int64_t last_day = 1718582400; /* 2024-06-17T00:00:00Z */

static void die(const char *what, const char *why)
{
    fprintf(stderr, "make_darknet: %s: %s\n", what, why);
    exit(1);
}

static void must(int error, const struct darknet_store *store)
{
    if (error < 0)
        die("store", store ? darknet_store_error(store) : "cannot be opened");
}

/* ---- what the scripts call ------------------------------------------------------------ */

/* i and k, scattered over 0 … 9999. */
static int64_t scattered(int64_t i, int64_t k)
{
    return ((i + 1) * 7919 + k * 104729) * 48271 % 2147483647 / 7 % 10000;
}

static void scatter(struct sqlite3_context *context, int count, struct sqlite3_value **values)
{
    (void)count;
    sqlite3_result_int64(context,
                         scattered(sqlite3_value_int64(values[0]), sqlite3_value_int64(values[1])));
}

/* at(s): s seconds into the last day. */
static void at(struct sqlite3_context *context, int count, struct sqlite3_value **values)
{
    (void)count;
    sqlite3_result_int64(context, (last_day + sqlite3_value_int64(values[0])) * 1000000000);
}

/* pick(i, a, b, …): one of them, by turns. */
static void pick(struct sqlite3_context *context, int count, struct sqlite3_value **values)
{
    sqlite3_result_value(context, values[1 + sqlite3_value_int64(values[0]) % (count - 1)]);
}

static void prefix(struct sqlite3_context *context, int count, struct sqlite3_value **values)
{
    int64_t i = sqlite3_value_int64(values[0]);
    char text[32];

    (void)count;
    snprintf(text, sizeof text, "%d.%d.0.0/16", (int)(1 + scattered(i % 60, 3) % 221),
             (int)(scattered(i, 4) % 256));
    sqlite3_result_text(context, text, -1, SQLITE_TRANSIENT);
}

static void address(struct sqlite3_context *context, int count, struct sqlite3_value **values)
{
    int64_t i = sqlite3_value_int64(values[0]);
    char text[32];

    (void)count;
    snprintf(text, sizeof text, "%d.%d.%d.%d", (int)(1 + scattered(i % 60, 3) % 221),
             (int)(scattered(i, 4) % 256), (int)(scattered(i, 5) % 256),
             (int)(scattered(i, 6) % 254 + 1));
    sqlite3_result_text(context, text, -1, SQLITE_TRANSIENT);
}

static void functions_add(struct darknet_store *store)
{
    static const struct {
        const char *name;
        int arguments;
        void (*call)(struct sqlite3_context *, int, struct sqlite3_value **);
    } functions[] = {
        {"scatter", 2, scatter}, {"at", 1, at},           {"pick", -1, pick},
        {"prefix", 1, prefix},   {"address", 1, address},
    };
    struct sqlite3_stmt *statement;

    must(darknet_store_statement(store, "SELECT 1", &statement), store);
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (sqlite3_create_function(sqlite3_db_handle(statement), functions[i].name,
                                    functions[i].arguments, SQLITE_UTF8 | SQLITE_DETERMINISTIC,
                                    NULL, functions[i].call, NULL, NULL) != SQLITE_OK)
            die(functions[i].name, "cannot be added");
}

/* ---- running them ----------------------------------------------------------------------- */

static void script_read(const char *scripts, const char *name, char text[16384])
{
    char path[4096];

    snprintf(path, sizeof path, "%s/%s", scripts, name);
    FILE *file = fopen(path, "r");
    if (!file)
        die(path, "cannot be opened");
    size_t len = fread(text, 1, 16383, file);
    if (!feof(file))
        die(path, "is larger than a script may be");
    fclose(file);
    text[len] = 0;
}

/* Each statement of the script, with ?1 and ?2 where it has them. */
static void script_run(struct darknet_store *store, const char *scripts, const char *name,
                       int64_t first, int64_t last)
{
    char text[16384];
    const char *rest = text;
    struct sqlite3_stmt *statement;

    script_read(scripts, name, text);
    must(darknet_store_statement(store, "SELECT 1", &statement), store);
    struct sqlite3 *db = sqlite3_db_handle(statement);
    while (sqlite3_prepare_v2(db, rest, -1, &statement, &rest) == SQLITE_OK && statement) {
        if (sqlite3_bind_parameter_count(statement) > 0)
            sqlite3_bind_int64(statement, 1, first);
        if (sqlite3_bind_parameter_count(statement) > 1)
            sqlite3_bind_int64(statement, 2, last);
        if (sqlite3_step(statement) != SQLITE_DONE)
            break;
        sqlite3_finalize(statement);
    }
    if (sqlite3_errcode(db) != SQLITE_OK)
        die(name, sqlite3_errmsg(db));
}

static void put_live(struct darknet_store *store, const char *scripts, int64_t count)
{
    const struct timespec pause = {0, 300 * 1000 * 1000};

    for (int64_t i = 0; i < count; i++) {
        must(darknet_store_begin(store), store);
        script_run(store, scripts, "contacts.sql", 4 * i + LIVE_FIRST, 4 * i + LIVE_FIRST + 1);
        script_run(store, scripts, "window.sql", i, 0);
        must(darknet_store_commit(store), store);
        nanosleep(&pause, NULL);
    }
}

int main(int argc, char **argv)
{
    int64_t number = argc == 5 ? atoll(argv[4]) : CONTACTS;
    struct darknet_store *store = NULL;

    if (argc != 3 && argc != 5) {
        fputs("usage: make_darknet SCRIPTS DIR [contacts N | live N]\n", stderr);
        return 2;
    }
    must(darknet_store_open(argv[2], &store), NULL);
    functions_add(store);
    if (argc == 5 && strcmp(argv[3], "live") == 0) {
        put_live(store, argv[1], number);
    } else {
        must(darknet_store_begin(store), store);
        script_run(store, argv[1], "week.sql", 0, 0);
        script_run(store, argv[1], "contacts.sql", 0, number);
        must(darknet_store_commit(store), store);
        darknet_store_close(store);
        must(darknet_store_open(argv[2], &store), NULL);
    }
    darknet_store_close(store);
    return 0;
}
