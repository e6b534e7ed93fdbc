/*
 * store/alerts_table.h -- single alerts as a table for SQL.
 *
 * `alerts` is a virtual table over the blocks of a store of alerts: alert (its
 * number), group_id, time and what the alert says. A time or a number in the
 * WHERE clause keeps it from unpacking the other blocks.
 */
#ifndef STORE_ALERTS_TABLE_H
#define STORE_ALERTS_TABLE_H

#include <sqlite3.h>

/* `schema`: the name, good as long as the handle, under which alerts.db is attached. -EIO. */
int alerts_table_register(struct sqlite3 *handle, const char *schema)
    __attribute__((warn_unused_result));

#endif
