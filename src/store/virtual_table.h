/*
 * store/virtual_table.h -- tables that SQL sees and no file holds as such.
 *
 * A table's file has the methods under these names: table_connect, table_plan,
 * cursor_open, cursor_close, cursor_filter, cursor_next, cursor_end,
 * cursor_column, cursor_rowid. Without an xCreate the table is there by itself
 * in every connection it is registered with.
 */
#ifndef STORE_VIRTUAL_TABLE_H
#define STORE_VIRTUAL_TABLE_H

#include <sqlite3.h>

#define VIRTUAL_TABLE(name)                                                                        \
    static const sqlite3_module name = {                                                           \
        .xConnect = table_connect,                                                                 \
        .xBestIndex = table_plan,                                                                  \
        .xDisconnect = virtual_table_disconnect,                                                   \
        .xOpen = cursor_open,                                                                      \
        .xClose = cursor_close,                                                                    \
        .xFilter = cursor_filter,                                                                  \
        .xNext = cursor_next,                                                                      \
        .xEof = cursor_end,                                                                        \
        .xColumn = cursor_column,                                                                  \
        .xRowid = cursor_rowid,                                                                    \
    }

/* Frees what table_connect took by sqlite3_malloc. */
int virtual_table_disconnect(sqlite3_vtab *table);

/* With `context` for table_connect. The table declares itself at once, which an authorizer may
 * refuse later on. -EIO. */
int virtual_table_register(sqlite3 *handle, const char *name, const sqlite3_module *module,
                           const void *context) __attribute__((warn_unused_result));

#endif
