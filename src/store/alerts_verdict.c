/* What judging said of an alert. */
#include <errno.h>

#include "base/cursor.h"
#include "store/alerts_inside.h"

static bool members_have(struct bytes members, uint64_t place)
{
    struct cursor cursor = cursor_over(members);
    uint64_t at = 0;
    while (cursor_left(&cursor) && cursor_ok(&cursor) && at <= place) {
        at += cursor_varint(&cursor);
        if (at == place && cursor_ok(&cursor))
            return true;
    }
    return false;
}

/* -ENOENT: there is no such alert (any more). */
static int group_of(struct alerts_store *store, uint64_t alert, uint64_t *ret_group)
{
    sqlite3_stmt *statement;
    int error = alerts_store_statement(
        store,
        "SELECT group_id, block, members FROM alert_members"
        " WHERE block = (SELECT max(first) FROM alert_blocks WHERE first <= ?)",
        &statement);
    if (error)
        return error;
    sqlite3_bind_int64(statement, 1, (int64_t)alert);
    int more = 0;
    while ((more = database_step(&store->database, statement)) > 0) {
        uint64_t block = (uint64_t)sqlite3_column_int64(statement, 1);
        const struct bytes members = {sqlite3_column_blob(statement, 2),
                                      (size_t)sqlite3_column_bytes(statement, 2)};
        if (!members_have(members, alert - block))
            continue;
        *ret_group = (uint64_t)sqlite3_column_int64(statement, 0);
        sqlite3_reset(statement);
        return 0;
    }
    return more ? more
                : failure_set(&store->failure, -ENOENT, "there is no alert %llu",
                              (unsigned long long)alert);
}

static int verdict_put(struct alerts_store *store, uint64_t alert,
                       const struct alert_verdict *verdict)
{
    sqlite3_stmt *statement;
    uint64_t group = 0;
    int error = group_of(store, alert, &group);
    if (!error)
        error = alerts_store_statement(
            store, "INSERT OR REPLACE INTO alert_verdicts VALUES(?,?,?,?,?,?)", &statement);
    if (error)
        return error;
    sqlite3_bind_int64(statement, 1, (int64_t)alert);
    sqlite3_bind_int64(statement, 2, (int64_t)group);
    bind_bytes(statement, 3, bytes_of(attack_outcome_name(verdict->outcome)));
    bind_bytes(statement, 4, bytes_of(attack_class_name(verdict->class)));
    sqlite3_bind_double(statement, 5, verdict->confidence);
    bind_bytes(statement, 6, verdict->proof_json);
    error = database_do(&store->database, statement);
    return error ? error : alerts_store_change(store, group);
}

int alerts_store_put_verdict(struct alerts_store *store, uint64_t alert,
                             const struct alert_verdict *verdict)
{
    bool alone;
    int error = alerts_alone_begin(store, &alone);
    if (!error)
        error = verdict_put(store, alert, verdict);
    return alerts_alone_end(store, alone, error);
}

int alerts_store_verdict(struct alerts_store *store, uint64_t alert, struct sqlite3_stmt **ret_row)
{
    int error = alerts_store_statement(
        store, "SELECT outcome, class, confidence, proof_json FROM alert_verdicts WHERE alert=?",
        ret_row);
    if (!error)
        sqlite3_bind_int64(*ret_row, 1, (int64_t)alert);
    return error;
}
