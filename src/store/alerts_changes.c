/* Which groups changed, transaction by transaction: for those who watch. */
#include <errno.h>
#include <stdlib.h>

#include "base/cursor.h"
#include "store/alerts_inside.h"

int alerts_store_change(struct alerts_store *store, uint64_t group)
{
    if (group == 0 || store->changed_count == ALERTS_CHANGE_GROUPS)
        store->changed_all = true;
    if (store->changed_all ||
        (store->changed_count && store->changed[store->changed_count - 1] == group))
        return 0;
    if (store->changed_count == store->changed_capacity) {
        uint32_t capacity = store->changed_capacity ? 2 * store->changed_capacity : 256;
        uint64_t *changed = reallocarray(store->changed, capacity, sizeof(*changed));
        if (!changed)
            return failure_set(&store->failure, -ENOMEM, "out of memory");
        store->changed = changed;
        store->changed_capacity = capacity;
    }
    store->changed[store->changed_count++] = group;
    return 0;
}

static int change_write(struct alerts_store *store, const struct buffer *groups)
{
    sqlite3_stmt *put, *forget;
    int error = alerts_store_statement(store, "INSERT INTO alert_changes(groups) VALUES(?)", &put);
    if (!error)
        error = alerts_store_statement(
            store,
            "DELETE FROM alert_changes WHERE number <= (SELECT max(number) FROM alert_changes) - ?",
            &forget);
    if (error)
        return error;
    if (store->changed_all)
        sqlite3_bind_null(put, 1);
    else
        sqlite3_bind_blob64(put, 1, groups->at, groups->len, SQLITE_STATIC);
    sqlite3_bind_int(forget, 1, ALERTS_CHANGES);
    error = database_do(&store->database, put);
    return error ? error : database_do(&store->database, forget);
}

int alerts_changes_put(struct alerts_store *store)
{
    struct buffer groups = {0};
    if (!store->changed_count && !store->changed_all)
        return 0;
    for (uint32_t i = 0; i < store->changed_count && !store->changed_all; i++)
        buffer_put_varint(&groups, store->changed[i]);
    int error = groups.failed ? failure_set(&store->failure, -ENOMEM, "out of memory")
                              : change_write(store, &groups);
    buffer_finish(&groups);
    store->changed_count = 0;
    store->changed_all = false;
    return error;
}

static int groups_visit(struct bytes groups, int (*visit)(void *context, uint64_t group),
                        void *context)
{
    struct cursor cursor = cursor_over(groups);
    int error = groups.at ? 0 : visit(context, 0);
    while (!error && cursor_left(&cursor)) {
        uint64_t group = cursor_varint(&cursor);
        error = visit(context, cursor_ok(&cursor) ? group : 0);
    }
    return error;
}

int alerts_store_changes(struct alerts_store *store, int64_t *number,
                         int (*visit)(void *context, uint64_t group), void *context)
{
    sqlite3_stmt *row;
    int64_t at = *number;
    int more = 0;
    int error = alerts_store_statement(
        store, "SELECT number, groups FROM alert_changes WHERE number > ? ORDER BY number", &row);
    if (error)
        return error;
    sqlite3_bind_int64(row, 1, at);
    while (!error && (more = database_step(&store->database, row)) > 0) {
        int64_t next = sqlite3_column_int64(row, 0);
        if (next != at + 1)
            error = visit(context, 0);
        at = next;
        if (!error)
            error = groups_visit(
                (struct bytes){sqlite3_column_blob(row, 1), (size_t)sqlite3_column_bytes(row, 1)},
                visit, context);
    }
    sqlite3_reset(row);
    if (!error)
        error = more;
    if (!error)
        *number = at;
    return error;
}
