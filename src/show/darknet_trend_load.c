#include <errno.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "base/time.h"
#include "observe/list/series_file.h"
#include "show/darknet_trend.h"
#include "show/observatory.h"
#include "show/state.h"
#include "show/verb.h"
#include "store/darknet.h"

static int lay(struct series_set *set, const char *verb, int error, const char *where)
{
    if (!error)
        error = series_lay(set);
    if (!error)
        return EXIT_OK;
    fprintf(stderr, "hinomi %s: %s: %s\n", verb, where,
            error == -ENODATA ? "not one whole step of time in it" : strerror(-error));
    return EXIT_FAILED;
}

/* Rows of (start, name, packets) of windows of `length`. */
static int rows_add(struct series_set *set, struct sqlite3 *db, const char *sql, int64_t length)
{
    struct sqlite3_stmt *statement;
    int error = 0, status;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        return -EIO;
    sqlite3_bind_int64(statement, 1, length);
    while (!error && (status = sqlite3_step(statement)) == SQLITE_ROW)
        error = series_add(set, sqlite3_column_int64(statement, 0), cell_bytes(statement, 1),
                           sqlite3_column_double(statement, 2));
    sqlite3_finalize(statement);
    return error ? error : status == SQLITE_DONE ? 0 : -EIO;
}

int trend_load_store(struct series_set *set, const char *verb, const char *data)
{
    struct sqlite3 *db;
    struct argument step = {.number = set->step};
    if (!observatory_there(data) || observatory_open(data, &db) != 0) {
        fprintf(stderr,
                "hinomi %s: no %s/darknet.db; fill it with hinomi darknet report FILE --data %s\n",
                verb, data, data);
        return EXIT_FAILED;
    }
    int64_t length = number_of(db,
                               "SELECT max(length) FROM darknet_windows"
                               " WHERE length <= ?1 AND ?1 % length = 0",
                               &step, 1, 0);
    int64_t first = number_of(db, "SELECT min(start) FROM darknet_windows", NULL, 0, 0);
    int64_t last = number_of(db,
                             "SELECT max(start + length) FROM darknet_windows WHERE length ="
                             " (SELECT min(length) FROM darknet_windows)",
                             NULL, 0, 0);
    int error = rows_add(
        set, db, "SELECT start, 'all', packets FROM darknet_windows WHERE length = ?1", length);
    if (!error)
        error = rows_add(set, db,
                         "SELECT start, iif(kind = 'port', name, kind || '/' || name), packets"
                         " FROM darknet_counts WHERE length = ?1"
                         " AND kind IN ('port', 'class', 'mark')",
                         length);
    sqlite3_close(db);
    if (length > 0) /* the last window has an end that no point has */
        series_span(set, first, last);
    return lay(set, verb, error, data);
}

static int point_add(void *context, int64_t time, struct bytes name, double value)
{
    int error = series_add(context, time, name, value);
    return error ? error : series_add(context, time, BYTES("all"), value);
}

int trend_load_file(struct series_set *set, const char *verb, const char *path)
{
    struct series_file_counts counts = {0};
    struct fault fault;
    int error = series_file_read(path, point_add, set, &counts, &fault);
    if (counts.refused)
        fprintf(stderr,
                "hinomi %s: %s: %" PRIu64 " of %" PRIu64
                " lines are not time,name,value; the first is line %" PRIu64 "\n",
                verb, path, counts.refused, counts.lines, counts.first_refused);
    if (error) {
        fprintf(stderr, "hinomi %s: %s: %s\n", verb, path,
                error == -ENOMEM ? "out of memory" : fault.why);
        return EXIT_FAILED;
    }
    return lay(set, verb, 0, path);
}

static int row_put(struct darknet_store *store, const struct trend_named *named, const char *kind,
                   int64_t time, const double values[4])
{
    struct sqlite3_stmt *statement;
    int error = darknet_store_statement(
        store, "INSERT OR REPLACE INTO darknet_trends VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        &statement);
    if (error)
        return error;
    sqlite3_bind_text(statement, 1, named->name.at, (int)named->name.len, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 2, time);
    sqlite3_bind_text(statement, 3, kind, -1, SQLITE_STATIC);
    for (int i = 0; i < 4; i++)
        sqlite3_bind_double(statement, 4 + i, values[i]);
    error = sqlite3_step(statement) == SQLITE_DONE ? 0 : -EIO;
    sqlite3_reset(statement);
    return error;
}

static int trend_put(struct darknet_store *store, const struct trend_named *named)
{
    const struct trend *trend = &named->trend;
    struct sqlite3_stmt *statement;
    int error =
        darknet_store_statement(store, "DELETE FROM darknet_trends WHERE name = ?1", &statement);
    if (error)
        return error;
    sqlite3_bind_text(statement, 1, named->name.at, (int)named->name.len, SQLITE_STATIC);
    error = sqlite3_step(statement) == SQLITE_DONE ? 0 : -EIO;
    sqlite3_reset(statement);
    for (uint32_t i = 0; !error && i < trend->step_count; i++) {
        const struct forecast_point *point = &trend->steps[i];
        error = row_put(store, named, "expected", named->end + (int64_t)i * named->step,
                        (const double[]){point->value, point->low, point->high, 0});
    }
    for (uint32_t i = 0; !error && i < trend->change_count; i++) {
        const struct trend_change *change = &trend->changes[i];
        error = row_put(
            store, named, "change", change->time,
            (const double[]){change->after, change->before, change->after, change->probability});
    }
    return error;
}

int trend_store(const struct trend_named *trends, uint32_t count, const char *verb,
                const char *data)
{
    struct darknet_store *store;
    int error = darknet_store_open(data, &store);
    if (error) {
        fprintf(stderr, "hinomi %s: %s: the trends are not stored: %s\n", verb, data,
                strerror(-error));
        return EXIT_FAILED;
    }
    error = darknet_store_begin(store);
    for (uint32_t i = 0; !error && i < count; i++)
        error = trend_put(store, &trends[i]);
    if (!error)
        error = darknet_store_commit(store);
    if (error)
        fprintf(stderr, "hinomi %s: the trends are not stored: %s\n", verb,
                darknet_store_error(store));
    darknet_store_close(store);
    return error ? EXIT_FAILED : EXIT_OK;
}
