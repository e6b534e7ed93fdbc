#include "store/virtual_table.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

int virtual_table_disconnect(sqlite3_vtab *table)
{
    sqlite3_free(table);
    return SQLITE_OK;
}

int virtual_table_register(sqlite3 *handle, const char *name, const sqlite3_module *module,
                           const void *context)
{
    char declare[128];
    (void)snprintf(declare, sizeof(declare), "SELECT 1 FROM %s LIMIT 0", name);
    bool made = sqlite3_create_module_v2(handle, name, module, (void *)(uintptr_t)context, NULL) ==
                    SQLITE_OK &&
                sqlite3_exec(handle, declare, NULL, NULL, NULL) == SQLITE_OK;
    return made ? 0 : -EIO;
}
