#include "store/statements.h"

#include <errno.h>
#include <string.h>

int statements_get(struct statements *statements, const struct database *database, const char *sql,
                   sqlite3_stmt **ret_statement)
{
    for (uint32_t i = 0; i < statements->count; i++)
        if (statements->items[i].sql == sql || strcmp(statements->items[i].sql, sql) == 0) {
            *ret_statement = statements->items[i].statement;
            return 0;
        }
    if (statements->count == STATEMENTS)
        return failure_set(database->failure, -ENOSPC, "too many statements");
    sqlite3_stmt *statement;
    int error = database_prepare(database, sql, &statement);
    if (error)
        return error;
    statements->items[statements->count].sql = sql;
    statements->items[statements->count++].statement = statement;
    *ret_statement = statement;
    return 0;
}

void statements_finish(struct statements *statements)
{
    for (uint32_t i = 0; i < statements->count; i++)
        sqlite3_finalize(statements->items[i].statement);
    statements->count = 0;
}
