/*
 * store/database.h -- one SQLite file, with errors as errno and a sentence.
 *
 * The only place that turns SQLite's result codes into -errno: a full disk is
 * -ENOSPC, a file that is none of ours or broken -EBADMSG, somebody else's
 * lock -EBUSY, no right to write -EROFS.
 */
#ifndef STORE_DATABASE_H
#define STORE_DATABASE_H

#include <sqlite3.h>

#include "base/bytes.h"

/* The last thing that went wrong, shared by the databases of a store. */
struct failure {
    char text[512];
};

struct database {
    sqlite3 *handle;
    char *path;
    struct failure *failure;
};

enum database_mode { DATABASE_READ, DATABASE_CHANGE, DATABASE_MAKE };

/* printf into the failure; returns `error` for the caller to return. */
int failure_set(struct failure *failure, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Open a file; DATABASE_MAKE creates it. DATABASE_READ also reads where nothing
 * may be written, as long as no writer left a log behind.
 */
int database_open(struct database *database, const char *path, enum database_mode mode,
                  struct failure *failure) __attribute__((warn_unused_result));
void database_close(struct database *database);

/* -errno of what the handle failed with last, and the sentence for it. */
int database_fail(const struct database *database);

/* Statements without results, one after the other. */
int database_run(const struct database *database, const char *sql)
    __attribute__((warn_unused_result));

int database_prepare(const struct database *database, const char *sql, sqlite3_stmt **ret_statement)
    __attribute__((warn_unused_result));

/* 1: stands on a row; 0: done (and reset); -errno (and reset). */
int database_step(const struct database *database, sqlite3_stmt *statement)
    __attribute__((warn_unused_result));

/* Step a statement that gives no row. */
int database_do(const struct database *database, sqlite3_stmt *statement)
    __attribute__((warn_unused_result));

/* Wait until everything committed is on the disk, as far as the log holds it. */
int database_sync(const struct database *database) __attribute__((warn_unused_result));

/* The integer a query without parameters gives; 0 when it gives none or NULL. */
int database_integer(const struct database *database, const char *sql, int64_t *ret_value)
    __attribute__((warn_unused_result));

/* Make an empty file one of ours (of `version`), or see that it is. */
int database_claim(const struct database *database, int version)
    __attribute__((warn_unused_result));

/* Text as SQLite gave it; valid until the statement moves. */
struct bytes column_bytes(sqlite3_stmt *statement, int column);

/* Bind text that stays where it is until the statement is reset; empty: NULL. */
void bind_bytes(sqlite3_stmt *statement, int parameter, struct bytes text);

#endif
