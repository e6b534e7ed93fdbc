#include "store/database.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buffer.h"

/* "Hino" in the file's header tells our databases from others. */
#define APPLICATION_ID "1214869103"
enum { BUSY_MILLISECONDS = 10000 };

int failure_set(struct failure *failure, int error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(failure->text, sizeof(failure->text), format, arguments);
    va_end(arguments);
    return error;
}

static int errno_of(sqlite3 *handle)
{
    int system = sqlite3_system_errno(handle);
    switch (sqlite3_errcode(handle) & 0xff) {
    case SQLITE_NOMEM:
        return -ENOMEM;
    case SQLITE_FULL:
        return -ENOSPC;
    case SQLITE_READONLY:
        return -EROFS;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return -EBUSY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return -EBADMSG;
    case SQLITE_INTERRUPT:
        return -ETIME;
    case SQLITE_AUTH:
        return -EPERM;
    case SQLITE_TOOBIG:
        return -E2BIG;
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
        return system > 0 ? -system : -EACCES;
    case SQLITE_IOERR:
        return system > 0 ? -system : -EIO;
    default:
        return -EINVAL;
    }
}

int database_fail(const struct database *database)
{
    int error = errno_of(database->handle);
    const char *what = error == -ENOSPC    ? "the disk is full"
                       : error == -EBADMSG ? "is not a database of Hinomi, or is damaged"
                                           : sqlite3_errmsg(database->handle);
    return failure_set(database->failure, error, "%s: %s", database->path, what);
}

/* A URI that promises nobody writes: for folders on read-only media. */
static int open_immutable(struct database *database)
{
    struct buffer uri = {0};
    buffer_put(&uri, BYTES("file:"));
    for (const char *from = database->path; *from; from++)
        if (*from == '?' || *from == '#' || *from == '%')
            buffer_put_format(&uri, "%%%02x", *from);
        else
            buffer_put_char(&uri, *from);
    buffer_put(&uri, BYTES("?immutable=1"));
    buffer_put_char(&uri, '\0');
    sqlite3_close(database->handle);
    database->handle = NULL;
    int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX;
    int result =
        uri.failed ? SQLITE_NOMEM : sqlite3_open_v2(uri.at, &database->handle, flags, NULL);
    buffer_finish(&uri);
    return result;
}

/* Whether a database in WAL mode can be read here without writing beside it. */
static bool is_frozen(const char *path)
{
    char log[4096];
    int len = snprintf(log, sizeof(log), "%s-wal", path);
    if (len < 0 || (size_t)len >= sizeof(log) || access(log, F_OK) == 0)
        return false;
    char *slash = strrchr(log, '/');
    if (slash)
        *slash = '\0';
    return access(slash ? log : ".", W_OK) != 0;
}

/* Nobody asks SQLite how much memory it has; counting that takes a lock at every allocation. */
static void library_prepare(void)
{
    (void)!sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

int database_open(struct database *database, const char *path, enum database_mode mode,
                  struct failure *failure)
{
    static const int flags[] = {
        [DATABASE_READ] = SQLITE_OPEN_READONLY,
        [DATABASE_CHANGE] = SQLITE_OPEN_READWRITE,
        [DATABASE_MAKE] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
    };
    static pthread_once_t prepared = PTHREAD_ONCE_INIT;
    pthread_once(&prepared, library_prepare);
    *database = (struct database){.path = strdup(path), .failure = failure};
    if (!database->path)
        return failure_set(failure, -ENOMEM, "out of memory");
    if (mode == DATABASE_READ && access(path, F_OK) != 0) {
        int error = failure_set(failure, -errno, "%s: %s", path, strerror(errno));
        database_close(database);
        return error;
    }
    int result = sqlite3_open_v2(path, &database->handle, flags[mode] | SQLITE_OPEN_NOMUTEX, NULL);
    if (result == SQLITE_OK && mode == DATABASE_READ && is_frozen(path))
        result = open_immutable(database);
    if (result != SQLITE_OK || !database->handle) {
        int error = database->handle ? database_fail(database) : -ENOMEM;
        database_close(database);
        return error;
    }
    sqlite3_extended_result_codes(database->handle, 1);
    sqlite3_busy_timeout(database->handle, BUSY_MILLISECONDS);
    return 0;
}

void database_close(struct database *database)
{
    sqlite3_close_v2(database->handle);
    free(database->path);
    database->handle = NULL;
    database->path = NULL;
}

int database_run(const struct database *database, const char *sql)
{
    return sqlite3_exec(database->handle, sql, NULL, NULL, NULL) == SQLITE_OK
               ? 0
               : database_fail(database);
}

int database_prepare(const struct database *database, const char *sql, sqlite3_stmt **ret_statement)
{
    return sqlite3_prepare_v3(database->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, ret_statement,
                              NULL) == SQLITE_OK
               ? 0
               : database_fail(database);
}

int database_step(const struct database *database, sqlite3_stmt *statement)
{
    int result = sqlite3_step(statement);
    if (result == SQLITE_ROW)
        return 1;
    int error = result == SQLITE_DONE ? 0 : database_fail(database);
    sqlite3_reset(statement);
    return error;
}

int database_do(const struct database *database, sqlite3_stmt *statement)
{
    int result = database_step(database, statement);
    if (result == 1)
        sqlite3_reset(statement);
    return result < 0 ? result : 0;
}

/* In mode NORMAL SQLite syncs the log only before a checkpoint; this is the sync of mode FULL. */
int database_sync(const struct database *database)
{
    sqlite3_file *log = NULL;
    sqlite3_file_control(database->handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
    if (!log || !log->pMethods || log->pMethods->xSync(log, SQLITE_SYNC_NORMAL) == SQLITE_OK)
        return 0;
    return failure_set(database->failure, -EIO, "%s: the disk didn't take what was written",
                       database->path);
}

int database_integer(const struct database *database, const char *sql, int64_t *ret_value)
{
    sqlite3_stmt *statement;
    int error = database_prepare(database, sql, &statement);
    if (error)
        return error;
    int result = database_step(database, statement);
    if (result >= 0)
        *ret_value = result ? sqlite3_column_int64(statement, 0) : 0;
    sqlite3_finalize(statement);
    return result < 0 ? result : 0;
}

int database_claim(const struct database *database, int version)
{
    int64_t application = 0, found = 0, tables = 0;
    int error = database_integer(database, "PRAGMA application_id", &application);
    if (!error)
        error = database_integer(database, "PRAGMA user_version", &found);
    if (!error)
        error = database_integer(database, "SELECT count(*) FROM sqlite_schema", &tables);
    if (error)
        return error;
    bool ours = application == atoll(APPLICATION_ID);
    if (ours && found == version)
        return 0;
    if (ours)
        return failure_set(database->failure, -ENOTSUP,
                           "%s: was written by another version of Hinomi (format %lld, not %d)",
                           database->path, (long long)found, version);
    if (tables)
        return failure_set(database->failure, -EBADMSG, "%s: is a database of something else",
                           database->path);
    if (sqlite3_db_readonly(database->handle, "main"))
        return failure_set(database->failure, -ENOENT, "%s: is empty", database->path);
    char sql[128];
    snprintf(sql, sizeof(sql),
             "BEGIN IMMEDIATE; PRAGMA application_id=" APPLICATION_ID ";"
             "PRAGMA user_version=%d; COMMIT",
             version);
    return database_run(database, sql);
}

struct bytes column_bytes(sqlite3_stmt *statement, int column)
{
    const void *text = sqlite3_column_blob(statement, column);
    return (struct bytes){text ? text : "", (size_t)sqlite3_column_bytes(statement, column)};
}

void bind_bytes(sqlite3_stmt *statement, int parameter, struct bytes text)
{
    if (text.len)
        sqlite3_bind_text64(statement, parameter, text.at, text.len, SQLITE_STATIC, SQLITE_UTF8);
    else
        sqlite3_bind_null(statement, parameter);
}
