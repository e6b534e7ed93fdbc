#include "show/state.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

#include "base/time.h"

enum { BUSY_MILLISECONDS = 5000 };

static bool path_make(const char *data, const char *name, char path[4096])
{
    return (size_t)snprintf(path, 4096, "%s/%s", data, name) < 4096;
}

static int read_open(const char *path, struct sqlite3 **ret_db)
{
    struct sqlite3 *db;

    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
        sqlite3_close(db);
        return -EIO;
    }
    sqlite3_busy_timeout(db, BUSY_MILLISECONDS);
    *ret_db = db;
    return 0;
}

int state_open(const char *data, struct sqlite3 **ret_db)
{
    char path[4096];

    return path_make(data, "state.db", path) ? read_open(path, ret_db) : -ENAMETOOLONG;
}

bool state_file_there(const char *data, const struct state_file *file)
{
    char path[4096];

    return path_make(data, file->name, path) && access(path, F_OK) == 0;
}

static int empty_open(const struct state_file *file, struct sqlite3 **ret_db)
{
    struct sqlite3 *db;

    if (sqlite3_open(":memory:", &db) != SQLITE_OK ||
        sqlite3_exec(db, file->empty_schema, NULL, NULL, NULL) != SQLITE_OK) {
        sqlite3_close(db);
        return -EIO;
    }
    *ret_db = db;
    return 0;
}

int state_file_open(const char *data, const struct state_file *file, struct sqlite3 **ret_db)
{
    char path[4096];
    struct sqlite3 *db;

    if (!path_make(data, file->name, path))
        return -ENAMETOOLONG;
    int error = access(path, F_OK) < 0 ? empty_open(file, &db) : read_open(path, &db);
    if (error)
        return error;
    if (file->ready && file->ready(db, "main") != 0) {
        sqlite3_close(db);
        return -EIO;
    }
    *ret_db = db;
    return 0;
}

/* ---- rows -------------------------------------------------------------------------- */

struct bytes cell_bytes(struct sqlite3_stmt *statement, int column)
{
    const char *at = (const char *)sqlite3_column_text(statement, column);
    return (struct bytes){at ? at : "", (size_t)sqlite3_column_bytes(statement, column)};
}

void told_json(struct sqlite3_stmt *row, const struct told_column *columns, int count,
               struct json *json)
{
    for (int i = 0; i < count; i++) {
        if (sqlite3_column_type(row, i) == SQLITE_NULL)
            continue;
        json_key(json, columns[i].name);
        if (columns[i].time)
            json_time(json, sqlite3_column_int64(row, i));
        else if (columns[i].number)
            json_integer(json, sqlite3_column_int64(row, i));
        else if (columns[i].real)
            json_number(json, sqlite3_column_double(row, i));
        else if (columns[i].raw)
            json_raw(json, cell_bytes(row, i));
        else
            json_text(json, cell_bytes(row, i));
    }
}

void json_double(struct json *json, double value)
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
        json_raw(json, cell_bytes(statement, column));
    else if (strcmp(kind, ":bool") == 0)
        json_bool(json, sqlite3_column_int64(statement, column) != 0);
    else if (type == SQLITE_INTEGER)
        json_integer(json, sqlite3_column_int64(statement, column));
    else if (type == SQLITE_FLOAT)
        json_double(json, sqlite3_column_double(statement, column));
    else
        json_text(json, cell_bytes(statement, column));
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

int text_of(struct sqlite3 *db, const char *sql, const struct argument *arguments, int count,
            struct buffer *out)
{
    struct sqlite3_stmt *statement;
    int error = state_prepare(db, sql, arguments, count, &statement);
    int step;

    if (error < 0)
        return error;
    step = sqlite3_step(statement);
    if (step == SQLITE_ROW && sqlite3_column_type(statement, 0) != SQLITE_NULL)
        buffer_put(out, cell_bytes(statement, 0));
    else
        error = step == SQLITE_ROW || step == SQLITE_DONE ? -ENOENT : -EIO;
    sqlite3_finalize(statement);
    return error;
}
