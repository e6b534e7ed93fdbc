/* SQL from outside: read-only, bounded in time. */
#include <errno.h>
#include <stdio.h>

#include "store/events_table.h"

/* Instructions of SQLite between two looks at the clock; bytes of the longest value and query. */
enum { PROGRESS_STEPS = 2000, VALUE_BYTES = 64 << 20, QUERY_BYTES = 256 << 10 };

#define ONLY_READING "only reading is allowed: SELECT and WITH"

/* What a query may do: read, call functions, recurse. */
static int query_allow(void *context, int action, const char *first, const char *second,
                       const char *database, const char *trigger)
{
    (void)first, (void)database, (void)trigger;
    if (((const struct store *)context)->declaring)
        return SQLITE_OK;
    switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE:
        return SQLITE_OK;
    case SQLITE_FUNCTION:
        return second && sqlite3_stricmp(second, "load_extension") == 0 ? SQLITE_DENY : SQLITE_OK;
    default:
        return SQLITE_DENY;
    }
}

static int query_late(void *context)
{
    const struct store *store = context;
    return store->deadline && time_ticks() > store->deadline;
}

static void function_time_text(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    (void)argc;
    char text[TIME_TEXT_SIZE];
    if (sqlite3_value_type(argv[0]) == SQLITE_NULL)
        return;
    struct bytes shown = time_format(sqlite3_value_int64(argv[0]), text);
    sqlite3_result_text(context, shown.at, (int)shown.len, SQLITE_TRANSIENT);
}

static void function_time_of(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    (void)argc;
    const unsigned char *text = sqlite3_value_text(argv[0]);
    int64_t time;
    if (!text)
        return;
    if (time_of_text((struct bytes){(const char *)text, (size_t)sqlite3_value_bytes(argv[0])},
                     &time) == 0)
        sqlite3_result_int64(context, time);
    else
        sqlite3_result_error(context, "time_of: no time; write it as 2024-05-07T19:05:07Z", -1);
}

int query_prepare(struct store *store)
{
    sqlite3 *handle = store->state.handle;
    int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
    int result = sqlite3_create_function_v2(handle, "time_text", 1, flags, NULL, function_time_text,
                                            NULL, NULL, NULL);
    if (result == SQLITE_OK)
        result = sqlite3_create_function_v2(handle, "time_of", 1, flags, NULL, function_time_of,
                                            NULL, NULL, NULL);
    if (result != SQLITE_OK)
        return database_fail(&store->state);
    /* Tables of functions declare themselves at first use, which the authorizer would refuse. */
    static const char declare[] = "SELECT 1 FROM json_each('[]'), json_tree('[]')";
    if (sqlite3_exec(handle, declare, NULL, NULL, NULL) != SQLITE_OK)
        return database_fail(&store->state);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_limit(handle, SQLITE_LIMIT_SQL_LENGTH, QUERY_BYTES);
    sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_limit(handle, SQLITE_LIMIT_EXPR_DEPTH, 200);
    sqlite3_progress_handler(handle, PROGRESS_STEPS, query_late, store);
    return events_table_register(store);
}

static bool only_blanks(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r' || *at == ';'))
        at++;
    return at == end;
}

static int statement_read(struct store *store, struct bytes sql, sqlite3_stmt **ret_statement)
{
    const char *rest = NULL;
    if (sql.len > QUERY_BYTES)
        return failure_set(&store->failure, -E2BIG, "the query is longer than 256 KiB");
    sqlite3_set_authorizer(store->state.handle, query_allow, store);
    int result =
        sqlite3_prepare_v2(store->state.handle, sql.at, (int)sql.len, ret_statement, &rest);
    sqlite3_set_authorizer(store->state.handle, NULL, NULL);
    if (result == SQLITE_AUTH)
        return failure_set(&store->failure, -EPERM, ONLY_READING);
    if (result != SQLITE_OK)
        return failure_set(&store->failure, result == SQLITE_NOMEM ? -ENOMEM : -EINVAL, "%s",
                           sqlite3_errmsg(store->state.handle));
    if (!*ret_statement)
        return failure_set(&store->failure, -EINVAL, "there is no query");
    if (!sqlite3_stmt_readonly(*ret_statement)) {
        sqlite3_finalize(*ret_statement);
        return failure_set(&store->failure, -EPERM, ONLY_READING);
    }
    if (!only_blanks(rest, sql.at + sql.len)) {
        sqlite3_finalize(*ret_statement);
        return failure_set(&store->failure, -EINVAL, "one query at a time");
    }
    return 0;
}

static int query_fail(struct store *store, double seconds)
{
    int code = sqlite3_errcode(store->state.handle) & 0xff;
    if (store->walk_error)
        return store->walk_error;
    if (code == SQLITE_INTERRUPT)
        return failure_set(&store->failure, -ETIME, "the query took longer than %g s", seconds);
    if (code == SQLITE_ERROR)
        return failure_set(&store->failure, -EINVAL, "%s", sqlite3_errmsg(store->state.handle));
    return database_fail(&store->state);
}

int store_query_with(struct store *store, struct bytes sql, const struct bytes *values,
                     int value_count, double seconds,
                     int (*row)(void *context, struct sqlite3_stmt *statement), void *context)
{
    sqlite3_stmt *statement = NULL;
    store->walk_error = 0;
    int error = statement_read(store, sql, &statement);
    if (error)
        return error;
    for (int i = 0; i < value_count; i++)
        sqlite3_bind_text64(statement, i + 1, values[i].len ? values[i].at : "", values[i].len,
                            SQLITE_STATIC, SQLITE_UTF8);
    int64_t outer = store->deadline;
    int length = sqlite3_limit(store->state.handle, SQLITE_LIMIT_LENGTH, VALUE_BYTES);
    if (seconds > 0)
        store->deadline = time_ticks() + (int64_t)(seconds * (double)TIME_SECOND);
    int result;
    while ((result = sqlite3_step(statement)) == SQLITE_ROW)
        if (row(context, statement) != 0)
            break;
    if (result != SQLITE_ROW && result != SQLITE_DONE)
        error = query_fail(store, seconds);
    sqlite3_finalize(statement);
    store->deadline = outer;
    sqlite3_limit(store->state.handle, SQLITE_LIMIT_LENGTH, length);
    return error;
}

int store_query(struct store *store, struct bytes sql, double seconds,
                int (*row)(void *context, struct sqlite3_stmt *statement), void *context)
{
    return store_query_with(store, sql, NULL, 0, seconds, row, context);
}
