#include "store/alerts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/alerts_inside.h"

static const char schema[] =
#define X(table, columns) "CREATE TABLE IF NOT EXISTS " #table columns ";\n"
    ALERT_TABLES(X)
#undef X
        "CREATE INDEX IF NOT EXISTS alert_decisions_by_group ON alert_decisions(group_id);\n"
        "CREATE INDEX IF NOT EXISTS alert_verdicts_by_group ON alert_verdicts(group_id,"
        " outcome);\n"
        "CREATE INDEX IF NOT EXISTS alert_members_by_block ON alert_members(block);\n"
        "CREATE INDEX IF NOT EXISTS alert_groups_open ON alert_groups(id) WHERE NOT closed;\n";

/* Only one gathers: whoever holds the lock on DATA/alerts.lock, until it ends. */
static int lock_take(struct alerts_store *store, const char *folder)
{
    char path[4096];
    int length = snprintf(path, sizeof(path), "%s/alerts.lock", folder);
    if (length < 0 || (size_t)length >= sizeof(path))
        return failure_set(&store->failure, -ENAMETOOLONG, "%s: the name is too long", folder);
    store->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (store->lock < 0)
        return failure_set(&store->failure, -errno, "%s: %s", path, strerror(errno));
    if (flock(store->lock, LOCK_EX | LOCK_NB) == 0)
        return 0;
    return failure_set(&store->failure, -EBUSY, "%s: another process gathers alerts there", folder);
}

static int next_find(struct alerts_store *store)
{
    int64_t next = 1;
    int error = database_integer(
        &store->database,
        "SELECT max(coalesce((SELECT max(first + count) FROM alert_blocks), 1),"
        " coalesce((SELECT CAST(value AS INTEGER) FROM alert_settings WHERE name='next'), 1))",
        &next);
    store->next = (uint64_t)next;
    return error;
}

static int store_make(struct alerts_store *store, const char *folder)
{
    if (mkdir(folder, 0700) < 0 && errno != EEXIST)
        return failure_set(&store->failure, -errno, "%s: %s", folder, strerror(errno));
    return lock_take(store, folder);
}

/* Whether a store has all it has today; one of an earlier version lacks tables and columns. */
static int schema_look(const struct database *database, bool *ret_tables, bool *ret_columns)
{
#define X(table, columns) "'" #table "',"
    static const char *const tables[] = {ALERT_TABLES(X)};
    static const char there[] =
        "SELECT count(*) FROM sqlite_master WHERE type='table' AND name IN (" ALERT_TABLES(X) "'')";
#undef X
    int64_t count = 0, columns = 0;
    int error = database_integer(database, there, &count);
    if (!error)
        error = database_integer(database,
                                 "SELECT count(*) FROM pragma_table_info('alert_groups')"
                                 " WHERE name = 'burst_key'",
                                 &columns);
    *ret_tables = count == sizeof(tables) / sizeof(*tables);
    *ret_columns = columns;
    return error;
}

/* Make what is missing, empty. */
static int schema_make(const struct database *database)
{
    bool tables, columns;
    int error = database_run(database, "BEGIN IMMEDIATE"), undone = 0;
    if (error)
        return error;
    error = database_run(database, schema);
    if (!error)
        error = schema_look(database, &tables, &columns);
    if (!error && !columns)
        error = database_run(database, "ALTER TABLE alert_groups ADD COLUMN burst INTEGER;"
                                       "ALTER TABLE alert_groups ADD COLUMN burst_key INTEGER");
    if (error)
        undone = database_run(database, "ROLLBACK");
    return error ? error : undone ? undone : database_run(database, "COMMIT");
}

/* Who only reads has it made by a connection of its own; where nothing may be written it stays as
 * it is, and only what needs the rest fails. */
static int schema_complete(struct alerts_store *store, const char *path, enum alerts_mode mode)
{
    bool tables, columns;
    struct database writer;
    int error = 0;
    if (mode == ALERTS_GATHER)
        return schema_make(&store->database);
    error = schema_look(&store->database, &tables, &columns);
    if (error || (tables && columns))
        return error;
    if (mode == ALERTS_DECIDE)
        return schema_make(&store->database);
    error = database_open(&writer, path, DATABASE_CHANGE, &store->failure);
    if (!error) {
        error = schema_make(&writer);
        database_close(&writer);
    }
    return error == -EROFS || error == -EACCES ? 0 : error;
}

static int database_ready(struct alerts_store *store, const char *folder, enum alerts_mode mode)
{
    static const enum database_mode modes[] = {
        [ALERTS_READ] = DATABASE_READ,
        [ALERTS_DECIDE] = DATABASE_CHANGE,
        [ALERTS_GATHER] = DATABASE_MAKE,
    };
    char path[4096];
    int length = snprintf(path, sizeof(path), "%s/alerts.db", folder);
    if (length < 0 || (size_t)length >= sizeof(path))
        return failure_set(&store->failure, -ENAMETOOLONG, "%s: the name is too long", folder);
    if (mode != ALERTS_GATHER && access(path, F_OK) != 0)
        return failure_set(&store->failure, -errno, "%s: no alerts were gathered there: %s", folder,
                           strerror(errno));
    int error = database_open(&store->database, path, modes[mode], &store->failure);
    if (!error && mode == ALERTS_GATHER)
        error = database_run(&store->database,
                             "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
                             " PRAGMA wal_autocheckpoint=8192; PRAGMA cache_size=-65536");
    if (!error && mode == ALERTS_DECIDE)
        error = database_run(&store->database, "PRAGMA synchronous=FULL");
    return error ? error : schema_complete(store, path, mode);
}

int alerts_store_open(const char *folder, enum alerts_mode mode, struct alerts_store **ret_store)
{
    struct alerts_store *store = calloc(1, sizeof(*store));
    if (!store)
        return -ENOMEM;
    store->lock = -1;
    *ret_store = store;
    int error = mode == ALERTS_GATHER ? store_make(store, folder) : 0;
    if (!error)
        error = database_ready(store, folder, mode);
    if (!error && mode == ALERTS_GATHER)
        error = next_find(store);
    if (!error && mode == ALERTS_GATHER && !(store->packer = alert_packer_new()))
        error = failure_set(&store->failure, -ENOMEM, "out of memory");
    return error;
}

void alerts_store_close(struct alerts_store *store)
{
    if (!store)
        return;
    statements_finish(&store->statements);
    if (store->begun)
        (void)!database_run(&store->database, "ROLLBACK");
    if (store->database.handle)
        database_close(&store->database);
    alert_packer_free(store->packer);
    buffer_finish(&store->members);
    free(store->changed);
    free(store->order);
    if (store->lock >= 0)
        close(store->lock);
    free(store);
}

const char *alerts_store_error(const struct alerts_store *store)
{
    return store->failure.text[0] ? store->failure.text : "out of memory";
}

int alerts_store_statement(struct alerts_store *store, const char *sql,
                           struct sqlite3_stmt **ret_statement)
{
    return statements_get(&store->statements, &store->database, sql, ret_statement);
}

int alerts_store_begin(struct alerts_store *store)
{
    int error = database_run(&store->database, "BEGIN IMMEDIATE");
    store->begun = store->begun || error == 0;
    return error;
}

int alerts_store_commit(struct alerts_store *store)
{
    int error = alerts_changes_put(store);
    if (!error)
        error = database_run(&store->database, "COMMIT");
    if (error == 0)
        store->begun = false;
    return error;
}

int alerts_alone_begin(struct alerts_store *store, bool *ret_alone)
{
    *ret_alone = !store->begun;
    return store->begun ? 0 : alerts_store_begin(store);
}

int alerts_alone_end(struct alerts_store *store, bool alone, int error)
{
    if (!alone || !store->begun)
        return error;
    if (!error)
        error = alerts_store_commit(store);
    if (error) {
        store->begun = database_run(&store->database, "ROLLBACK") != 0;
        store->changed_count = 0;
        store->changed_all = false;
    }
    return error;
}

static int group_there(struct alerts_store *store, uint64_t group)
{
    sqlite3_stmt *statement;
    int error = alerts_store_statement(store, "SELECT 1 FROM alert_groups WHERE id=?", &statement);
    if (error)
        return error;
    sqlite3_bind_int64(statement, 1, (int64_t)group);
    int found = database_step(&store->database, statement);
    sqlite3_reset(statement);
    if (found < 0)
        return found;
    return found ? 0
                 : failure_set(&store->failure, -ENOENT, "there is no group %llu",
                               (unsigned long long)group);
}

static int decision_put(struct alerts_store *store, uint64_t group, unsigned level,
                        struct bytes analyst, int64_t time, struct bytes note)
{
    sqlite3_stmt *statement;
    if (level > ALERT_UNDECIDED)
        return failure_set(&store->failure, -EINVAL, "a level is 0 to 4");
    int error = group_there(store, group);
    if (!error)
        error = alerts_store_statement(
            store,
            "INSERT INTO alert_decisions(group_id, level, analyst, time, note) VALUES(?,?,?,?,?)",
            &statement);
    if (error)
        return error;
    sqlite3_bind_int64(statement, 1, (int64_t)group);
    if (level < ALERT_LEVELS)
        sqlite3_bind_int(statement, 2, (int)level);
    else
        sqlite3_bind_null(statement, 2);
    bind_bytes(statement, 3, analyst);
    sqlite3_bind_int64(statement, 4, time);
    bind_bytes(statement, 5, note);
    error = database_do(&store->database, statement);
    return error ? error : alerts_store_change(store, group);
}

int alerts_store_decide(struct alerts_store *store, uint64_t group, unsigned level,
                        struct bytes analyst, int64_t time, struct bytes note)
{
    bool alone;
    int error = alerts_alone_begin(store, &alone);
    if (!error)
        error = decision_put(store, group, level, analyst, time, note);
    return alerts_alone_end(store, alone, error);
}
