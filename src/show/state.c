#include "show/state.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

#include "base/time.h"

enum { BUSY_MILLISECONDS = 5000 };

static const char state_schema[] =
    "CREATE TABLE IF NOT EXISTS findings(seq INTEGER PRIMARY KEY, id TEXT UNIQUE, detector TEXT,"
    " time_start INTEGER, time_end INTEGER, score REAL, level INTEGER, host TEXT,"
    " process_entity_id TEXT, title TEXT, title_ja TEXT, explanation TEXT, explanation_ja TEXT,"
    " observables TEXT, evidence TEXT, attack TEXT, case_id INTEGER);"
    "CREATE TABLE IF NOT EXISTS cases(id INTEGER PRIMARY KEY, level INTEGER, status TEXT,"
    " verdict TEXT, owner TEXT, time_start INTEGER, time_end INTEGER, opened INTEGER, hosts TEXT,"
    " title TEXT, title_ja TEXT, summary TEXT, summary_ja TEXT, score REAL, updated INTEGER);"
    "CREATE TABLE IF NOT EXISTS case_notes(id INTEGER PRIMARY KEY, case_id INTEGER, time INTEGER,"
    " author TEXT, text TEXT);"
    "CREATE TABLE IF NOT EXISTS case_decisions(case_id INTEGER PRIMARY KEY, level INTEGER,"
    " status TEXT, verdict TEXT, owner TEXT, time INTEGER);"
    "CREATE TABLE IF NOT EXISTS relations(kind TEXT, host TEXT, peer TEXT, normal_days INTEGER,"
    " events INTEGER, first_seen INTEGER, last_seen INTEGER, abnormal INTEGER);"
    "CREATE TABLE IF NOT EXISTS hosts(name TEXT PRIMARY KEY, address TEXT, subnet TEXT,"
    " peer_group TEXT, first_seen INTEGER, last_seen INTEGER, days INTEGER, learning INTEGER,"
    " events INTEGER);"
    "CREATE TABLE IF NOT EXISTS sources(id INTEGER PRIMARY KEY, path TEXT, format TEXT,"
    " size INTEGER, offset INTEGER, read INTEGER, kept INTEGER, refused INTEGER, reasons TEXT,"
    " clock_disagreements INTEGER, clock_used TEXT, done INTEGER);"
    "CREATE TABLE IF NOT EXISTS health(name TEXT PRIMARY KEY, value REAL, text TEXT);";

static int state_open_path(const char *path, int flags, bool fresh, struct sqlite3 **ret_db)
{
    struct sqlite3 *db;

    if (sqlite3_open_v2(path, &db, flags, NULL) != SQLITE_OK) {
        sqlite3_close(db);
        return -EIO;
    }
    sqlite3_busy_timeout(db, BUSY_MILLISECONDS);
    if (fresh && sqlite3_exec(db, state_schema, NULL, NULL, NULL) != SQLITE_OK) {
        sqlite3_close(db);
        return -EIO;
    }
    *ret_db = db;
    return 0;
}

static int state_path(const char *data, char *path, size_t size)
{
    return (size_t)snprintf(path, size, "%s/state.db", data) < size ? 0 : -ENAMETOOLONG;
}

int state_open(const char *data, struct sqlite3 **ret_db)
{
    char path[4096];
    int error = state_path(data, path, sizeof path);

    if (error < 0)
        return error;
    if (access(path, F_OK) < 0)
        return state_open_path(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, true,
                               ret_db);
    return state_open_path(path, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, false, ret_db);
}

int state_open_writable(const char *data, struct sqlite3 **ret_db)
{
    char path[4096];
    int error = state_path(data, path, sizeof path);

    if (error < 0)
        return error;
    return state_open_path(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                           true, ret_db);
}

/* ---- rows -------------------------------------------------------------------------- */

static struct bytes column_text(struct sqlite3_stmt *statement, int column)
{
    const char *at = (const char *)sqlite3_column_text(statement, column);
    return (struct bytes){at ? at : "", (size_t)sqlite3_column_bytes(statement, column)};
}

/* Sums and gauges are kept as real numbers; a whole one is written with all its digits. */
static void number_json(double value, struct json *json)
{
    if (value >= -9e15 && value <= 9e15 && value == (double)(int64_t)value)
        json_integer(json, (int64_t)value);
    else
        json_number(json, value);
}

static void value_json(struct sqlite3_stmt *statement, int column, const char *kind,
                       struct json *json)
{
    int type = sqlite3_column_type(statement, column);

    if (type == SQLITE_NULL)
        json_null(json);
    else if (strcmp(kind, ":time") == 0)
        json_time(json, sqlite3_column_int64(statement, column));
    else if (strcmp(kind, ":json") == 0)
        json_raw(json, column_text(statement, column));
    else if (strcmp(kind, ":bool") == 0)
        json_bool(json, sqlite3_column_int64(statement, column) != 0);
    else if (type == SQLITE_INTEGER)
        json_integer(json, sqlite3_column_int64(statement, column));
    else if (type == SQLITE_FLOAT)
        number_json(sqlite3_column_double(statement, column), json);
    else
        json_text(json, column_text(statement, column));
}

void row_json(struct sqlite3_stmt *statement, struct json *json)
{
    char key[64];

    json_object(json);
    for (int i = 0; i < sqlite3_column_count(statement); i++) {
        const char *name = sqlite3_column_name(statement, i);
        size_t len = strcspn(name, ":");

        snprintf(key, sizeof key, "%.*s", (int)len, name);
        json_key(json, key);
        value_json(statement, i, name + len, json);
    }
    json_end_object(json);
}

static int state_prepare(struct sqlite3 *db, const char *sql, const struct argument *arguments,
                         int count, struct sqlite3_stmt **ret_statement)
{
    struct sqlite3_stmt *statement;

    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        return -EIO;
    for (int i = 0; i < count; i++) {
        struct bytes text = arguments[i].text;
        int status = text.at ? sqlite3_bind_text64(statement, i + 1, text.at, text.len,
                                                   SQLITE_STATIC, SQLITE_UTF8)
                             : sqlite3_bind_int64(statement, i + 1, arguments[i].number);
        if (status != SQLITE_OK) {
            sqlite3_finalize(statement);
            return -EIO;
        }
    }
    *ret_statement = statement;
    return 0;
}

int rows_json(struct sqlite3 *db, struct json *json, const char *sql,
              const struct argument *arguments, int count)
{
    struct sqlite3_stmt *statement = NULL;
    int error = state_prepare(db, sql, arguments, count, &statement);
    int step = SQLITE_DONE;

    json_array(json);
    while (!error && (step = sqlite3_step(statement)) == SQLITE_ROW)
        row_json(statement, json);
    json_end_array(json);
    sqlite3_finalize(statement);
    return error ? error : step == SQLITE_DONE ? 0 : -EIO;
}

int first_row_json(struct sqlite3 *db, struct json *json, const char *sql,
                   const struct argument *arguments, int count)
{
    struct sqlite3_stmt *statement;
    int error = state_prepare(db, sql, arguments, count, &statement);
    int step;

    if (error < 0)
        return error;
    step = sqlite3_step(statement);
    if (step == SQLITE_ROW)
        row_json(statement, json);
    sqlite3_finalize(statement);
    return step == SQLITE_ROW ? 0 : step == SQLITE_DONE ? -ENOENT : -EIO;
}

int64_t number_of(struct sqlite3 *db, const char *sql, const struct argument *arguments, int count,
                  int64_t otherwise)
{
    struct sqlite3_stmt *statement;

    if (state_prepare(db, sql, arguments, count, &statement) < 0)
        return otherwise;
    if (sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_type(statement, 0) != SQLITE_NULL)
        otherwise = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return otherwise;
}

int state_change(struct sqlite3 *db, const char *sql, const struct argument *arguments, int count)
{
    struct sqlite3_stmt *statement;
    int error = state_prepare(db, sql, arguments, count, &statement);
    int step;

    if (error < 0)
        return error;
    step = sqlite3_step(statement);
    sqlite3_finalize(statement);
    return step == SQLITE_DONE ? 0 : -EIO;
}
