#include "store/darknet.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store/darknet_counts.h"
#include "store/statements.h"
#include "store/store.h"

struct darknet_store {
    struct database database;
    struct failure failure;
    struct statements statements;
    bool begun;
};

static const char schema[] =
#define X(table, definition) "CREATE TABLE IF NOT EXISTS " #table " " definition ";\n"
    DARKNET_TABLES(X)
#undef X
    ;

/* Columns that tables made by an older version lack. */
static int columns_add(const struct database *database)
{
    int64_t there = 0;
    int error = database_integer(
        database,
        "SELECT count(*) FROM pragma_table_info('darknet_contacts') WHERE name = 'reason'", &there);
    if (error || there)
        return error;
    return database_run(database, "ALTER TABLE darknet_contacts ADD COLUMN destination_ip TEXT;"
                                  "ALTER TABLE darknet_contacts ADD COLUMN reason INTEGER");
}

static int tables_make(struct darknet_store *store, const char *folder)
{
    char path[4096];
    if (mkdir(folder, 0700) < 0 && errno != EEXIST)
        return failure_set(&store->failure, -errno, "%s: %s", folder, strerror(errno));
    int length = snprintf(path, sizeof(path), "%s/darknet.db", folder);
    if (length < 0 || (size_t)length >= sizeof(path))
        return failure_set(&store->failure, -ENAMETOOLONG, "%s: the name is too long", folder);
    int status = database_open(&store->database, path, DATABASE_MAKE, &store->failure);
    if (!status)
        status = database_run(&store->database, "PRAGMA page_size=16384; PRAGMA journal_mode=WAL;"
                                                "PRAGMA synchronous=FULL; PRAGMA cache_size=-16384;"
                                                "PRAGMA journal_size_limit=33554432");
    if (!status)
        status = database_run(&store->database, schema);
    if (!status)
        status = columns_add(&store->database);
    return status ? status : darknet_counts_convert(&store->database);
}

int darknet_store_open(const char *folder, struct darknet_store **ret_store)
{
    struct darknet_store *store = calloc(1, sizeof(*store));
    if (!store)
        return -ENOMEM;
    int status = tables_make(store, folder);
    if (!status)
        status = store_state_make(folder);
    if (status) {
        darknet_store_close(store);
        return status;
    }
    *ret_store = store;
    return 0;
}

int darknet_store_statement(struct darknet_store *store, const char *sql,
                            struct sqlite3_stmt **ret_statement)
{
    return statements_get(&store->statements, &store->database, sql, ret_statement);
}

int darknet_store_begin(struct darknet_store *store)
{
    int status = database_run(&store->database, "BEGIN IMMEDIATE");
    store->begun = store->begun || status == 0;
    return status;
}

int darknet_store_commit(struct darknet_store *store)
{
    int status = database_run(&store->database, "COMMIT");
    if (status == 0)
        store->begun = false;
    return status;
}

int darknet_store_relax(struct darknet_store *store)
{
    return database_run(&store->database, "PRAGMA synchronous=NORMAL");
}

const char *darknet_store_error(const struct darknet_store *store)
{
    return store->failure.text;
}

void darknet_store_close(struct darknet_store *store)
{
    if (!store)
        return;
    statements_finish(&store->statements);
    if (store->begun)
        (void)!database_run(&store->database, "ROLLBACK");
    if (store->database.handle)
        database_close(&store->database);
    free(store);
}
