/* store/statements.h -- a store's statements, each prepared once. */
#ifndef STORE_STATEMENTS_H
#define STORE_STATEMENTS_H

#include "store/database.h"

enum { STATEMENTS = 64 };

struct statements {
    struct {
        const char *sql;
        sqlite3_stmt *statement;
    } items[STATEMENTS];
    uint32_t count;
};

/* The one of that text, which has to live as long; still the store's. -ENOSPC: too many. */
int statements_get(struct statements *statements, const struct database *database, const char *sql,
                   sqlite3_stmt **ret_statement) __attribute__((warn_unused_result));

void statements_finish(struct statements *statements);

#endif
