/* Reading what was gathered, and forgetting what is old. */
#include <errno.h>

#include "base/cursor.h"
#include "store/alerts_inside.h"

int alerts_store_open_groups(struct alerts_store *store,
                             int (*visit)(void *context, const struct alert_group *group),
                             void *context)
{
    sqlite3_stmt *statement;
    int error = alerts_store_statement(store,
                                       "SELECT id, key, first, last, count, severity, burst, "
                                       "burst_key FROM alert_groups WHERE NOT closed"
                                       " ORDER BY id",
                                       &statement);
    int more = 0;
    while (!error && (more = database_step(&store->database, statement)) > 0) {
        const struct alert_group group = {
            .id = (uint64_t)sqlite3_column_int64(statement, 0),
            .key = (uint64_t)sqlite3_column_int64(statement, 1),
            .first = sqlite3_column_int64(statement, 2),
            .last = sqlite3_column_int64(statement, 3),
            .count = (uint64_t)sqlite3_column_int64(statement, 4),
            .severity = (uint8_t)sqlite3_column_int(statement, 5),
            .burst = (uint64_t)sqlite3_column_int64(statement, 6),
            .burst_key = (uint64_t)sqlite3_column_int64(statement, 7),
        };
        error = visit(context, &group);
    }
    if (error && more > 0)
        sqlite3_reset(statement);
    return error ? error : more;
}

/* The alerts of the block a statement's column holds. */
static int block_take(struct alerts_store *store, sqlite3_stmt *statement, int column,
                      struct arena *arena, struct alert **ret_alerts, uint32_t *ret_count)
{
    const void *at = sqlite3_column_blob(statement, column);
    size_t len = (size_t)sqlite3_column_bytes(statement, column);
    arena_reset(arena);
    int error =
        at ? alert_block_unpack((struct bytes){at, len}, arena, ret_alerts, ret_count) : -EBADMSG;
    return error ? failure_set(&store->failure, error, "%s: a block of alerts is damaged",
                               store->database.path)
                 : 0;
}

struct members_walk {
    uint64_t skip;
    int (*visit)(void *context, uint64_t number, const struct alert *alert);
    void *context;
};

/* Visit the members a row (block, members, body) names. */
static int members_visit(struct alerts_store *store, sqlite3_stmt *statement, struct arena *arena,
                         struct members_walk *walk)
{
    uint64_t first = (uint64_t)sqlite3_column_int64(statement, 0), at = 0;
    struct cursor members = cursor_over((struct bytes){sqlite3_column_blob(statement, 1),
                                                       (size_t)sqlite3_column_bytes(statement, 1)});
    struct alert *alerts = NULL;
    uint32_t count = 0;
    int error = block_take(store, statement, 2, arena, &alerts, &count);
    while (!error && cursor_left(&members)) {
        at += cursor_varint(&members);
        if (!cursor_ok(&members) || at >= count)
            return failure_set(&store->failure, -EBADMSG, "%s: the members of a group are damaged",
                               store->database.path);
        if (walk->skip)
            walk->skip--;
        else
            error = walk->visit(walk->context, first + at, &alerts[at]);
    }
    return error;
}

int alerts_store_members(struct alerts_store *store, uint64_t group, uint64_t skip,
                         int (*visit)(void *context, uint64_t number, const struct alert *alert),
                         void *context)
{
    sqlite3_stmt *statement;
    struct arena arena = {0};
    struct members_walk walk = {skip, visit, context};
    int error = alerts_store_statement(
        store,
        "SELECT m.block, m.members, b.body, m.count FROM alert_members m"
        " JOIN alert_blocks b ON b.first = m.block WHERE m.group_id=? ORDER BY m.block",
        &statement);
    if (error)
        return error;
    sqlite3_bind_int64(statement, 1, (int64_t)group);
    int more = 0;
    while (!error && (more = database_step(&store->database, statement)) > 0) {
        uint64_t count = (uint64_t)sqlite3_column_int64(statement, 3);
        if (walk.skip >= count)
            walk.skip -= count;
        else
            error = members_visit(store, statement, &arena, &walk);
    }
    sqlite3_reset(statement);
    arena_finish(&arena);
    return error ? error : more;
}

int alerts_store_number_at(struct alerts_store *store, int64_t time, uint64_t *ret_number)
{
    sqlite3_stmt *statement;
    int error = alerts_store_statement(
        store,
        "SELECT coalesce((SELECT min(first) FROM alert_blocks WHERE time_last >= ?),"
        " (SELECT first + count FROM alert_blocks ORDER BY first DESC LIMIT 1), 1)",
        &statement);
    if (error)
        return error;
    sqlite3_bind_int64(statement, 1, time);
    int more = database_step(&store->database, statement);
    if (more > 0)
        *ret_number = (uint64_t)sqlite3_column_int64(statement, 0);
    sqlite3_reset(statement);
    return more < 0 ? more : 0;
}

int alerts_store_each(struct alerts_store *store, uint64_t from,
                      int (*visit)(void *context, uint64_t number, const struct alert *alert),
                      void *context)
{
    sqlite3_stmt *statement;
    struct arena arena = {0};
    int error = alerts_store_statement(
        store,
        "SELECT first, body FROM alert_blocks WHERE first + count > ?1 AND first >="
        " coalesce((SELECT max(first) FROM alert_blocks WHERE first <= ?1), 0) ORDER BY first",
        &statement);
    if (error)
        return error;
    sqlite3_bind_int64(statement, 1, (int64_t)from);
    int more = 0;
    while (!error && (more = database_step(&store->database, statement)) > 0) {
        uint64_t first = (uint64_t)sqlite3_column_int64(statement, 0);
        struct alert *alerts = NULL;
        uint32_t count = 0;
        error = block_take(store, statement, 1, &arena, &alerts, &count);
        for (uint32_t i = 0; i < count && !error; i++)
            if (first + i >= from)
                error = visit(context, first + i, &alerts[i]);
    }
    sqlite3_reset(statement);
    arena_finish(&arena);
    return error ? error : more;
}

int alerts_store_newest(struct alerts_store *store, int64_t *ret_time)
{
    return database_integer(&store->database, "SELECT max(time_last) FROM alert_blocks", ret_time);
}

int alerts_store_forget(struct alerts_store *store, int64_t time, uint64_t *ret_alerts)
{
    /* Numbers are never given again: the next ones are noted before their holders go. */
    static const char *const steps[] = {
        "INSERT OR REPLACE INTO alert_settings SELECT 'next', max(first + count) FROM alert_blocks"
        " HAVING count(*) > 0",
        "INSERT OR REPLACE INTO alert_settings SELECT 'last_group', max(id) FROM alert_groups"
        " HAVING count(*) > 0",
        "DELETE FROM alert_members WHERE block IN"
        " (SELECT first FROM alert_blocks WHERE time_last < ?1)",
        "DELETE FROM alert_blocks WHERE time_last < ?1",
        "DELETE FROM alert_groups WHERE last < ?1 AND id NOT IN (SELECT group_id FROM"
        " alert_members)",
        "DELETE FROM alert_verdicts WHERE group_id NOT IN (SELECT id FROM alert_groups)",
        "DELETE FROM alert_notices WHERE group_id NOT IN (SELECT id FROM alert_groups)",
        "DELETE FROM alert_scores WHERE group_id NOT IN (SELECT id FROM alert_groups)",
    };
    sqlite3_stmt *statement;
    int64_t before = 0, after = 0;
    static const char count[] = "SELECT sum(count) FROM alert_blocks";
    int error = database_integer(&store->database, count, &before);
    for (size_t i = 0; i < sizeof(steps) / sizeof(*steps) && !error; i++) {
        error = alerts_store_statement(store, steps[i], &statement);
        if (!error) {
            sqlite3_bind_int64(statement, 1, time);
            error = database_do(&store->database, statement);
        }
    }
    if (!error)
        error = database_integer(&store->database, count, &after);
    if (!error)
        *ret_alerts = (uint64_t)(before - after);
    return error || before == after ? error : alerts_store_change(store, 0);
}
