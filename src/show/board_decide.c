/* What analysts decide on the board. */
#include <errno.h>
#include <sqlite3.h>

#include "show/board.h"
#include "show/state.h"
#include "store/alerts.h"

/* 1 when every member is of its type and range. */
static const char order_check_sql[] =
    "SELECT json_type(?1, '$.groups') = 'array'"
    " AND json_array_length(?1, '$.groups') BETWEEN 1 AND ?2"
    " AND NOT EXISTS (SELECT 1 FROM json_each(?1, '$.groups') WHERE type <> 'integer' OR value < 1)"
    " AND (json_type(?1, '$.level') = 'null' OR (json_type(?1, '$.level') = 'integer'"
    "   AND json_extract(?1, '$.level') BETWEEN 0 AND 4))"
    " AND (json_type(?1, '$.analyst') IS NULL OR (json_type(?1, '$.analyst') = 'text'"
    "   AND length(json_extract(?1, '$.analyst')) <= 100))"
    " AND (json_type(?1, '$.note') IS NULL OR (json_type(?1, '$.note') = 'text'"
    "   AND length(json_extract(?1, '$.note')) <= 10000))";

static int groups_decide(struct alerts_store *store, struct sqlite3 *db, struct bytes order,
                         int64_t now)
{
    struct sqlite3_stmt *statement;
    int error = 0, step = SQLITE_DONE;

    if (sqlite3_prepare_v2(db,
                           "SELECT value, coalesce(json_extract(?1, '$.level'), ?2),"
                           " coalesce(nullif(trim(json_extract(?1, '$.analyst')), ''), 'analyst'),"
                           " coalesce(trim(json_extract(?1, '$.note')), '')"
                           " FROM json_each(?1, '$.groups')",
                           -1, &statement, NULL) != SQLITE_OK)
        return -EIO;
    sqlite3_bind_text64(statement, 1, order.at, order.len, SQLITE_STATIC, SQLITE_UTF8);
    sqlite3_bind_int(statement, 2, ALERT_UNDECIDED);
    while (!error && (step = sqlite3_step(statement)) == SQLITE_ROW)
        error = alerts_store_decide(store, (uint64_t)sqlite3_column_int64(statement, 0),
                                    (unsigned)sqlite3_column_int(statement, 1),
                                    cell_bytes(statement, 2), now, cell_bytes(statement, 3));
    sqlite3_finalize(statement);
    return error ? error : step == SQLITE_DONE ? 0 : -EIO;
}

int board_decide(const struct board *board, struct bytes order, int64_t now)
{
    const struct argument arguments[] = {{.text = order}, {.number = BOARD_GROUPS}};
    struct sqlite3 *db = board->db;
    struct alerts_store *store = NULL;

    if (!order.len ||
        number_of(db, "SELECT json_valid(?1) AND json_type(?1) = 'object'", arguments, 1, 0) != 1 ||
        number_of(db, order_check_sql, arguments, 2, 0) != 1)
        return -EINVAL;
    int error = alerts_store_open(board->data, ALERTS_DECIDE, &store);
    if (!error)
        error = alerts_store_begin(store);
    if (!error)
        error = groups_decide(store, db, order, now);
    if (!error)
        error = alerts_store_commit(store);
    alerts_store_close(store);
    return error;
}
