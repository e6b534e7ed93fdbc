#include "store/samples.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "store/database.h"
#include "store/statements.h"

struct samples_store {
    struct failure failure;
    struct database database;
    struct statements statements;
};

static const char schema[] =
#define X(table, columns) "CREATE TABLE IF NOT EXISTS " #table columns ";\n"
    SAMPLE_TABLES(X)
#undef X
        "CREATE INDEX IF NOT EXISTS sample_files_by_sha256 ON sample_files(sha256);\n"
        "CREATE INDEX IF NOT EXISTS sample_files_by_sha1 ON sample_files(sha1);\n"
        "CREATE INDEX IF NOT EXISTS sample_files_by_md5 ON sample_files(md5);\n"
        "CREATE INDEX IF NOT EXISTS sample_rules_by_sample ON sample_rules(sample, number);\n"
        "CREATE INDEX IF NOT EXISTS samples_by_last ON samples(last);\n";

int samples_store_open(const char *folder, struct samples_store **ret_store)
{
    char path[4096];
    int length = snprintf(path, sizeof(path), "%s/samples.db", folder);
    if (length < 0 || (size_t)length >= sizeof(path))
        return -ENAMETOOLONG;
    if (mkdir(folder, 0700) < 0 && errno != EEXIST)
        return -errno;
    struct samples_store *store = calloc(1, sizeof(*store));
    if (!store)
        return -ENOMEM;
    int error = database_open(&store->database, path, DATABASE_MAKE, &store->failure);
    if (!error)
        error =
            database_run(&store->database, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL");
    if (!error)
        error = database_run(&store->database, schema);
    if (error)
        samples_store_close(store);
    else
        *ret_store = store;
    return error;
}

/* ?1 sha256, ?2 report, ?3 time, ?4 kept; in this order. The report is foreign: SQLite's JSON reads
 * it, and where a member is missing or of another kind the column is NULL. */
static const char *const put[] = {
    "INSERT INTO samples SELECT ?1, ?2 ->> '$.name', ?2 ->> '$.size', ?2 ->> '$.files[0].type',"
    " ?2 ->> '$.files[0].mime', ?3, ?3, 1, ?4, json_array_length(?2, '$.files'),"
    " ?2 ->> '$.failed', ?2 WHERE true ON CONFLICT (sha256) DO UPDATE SET name = excluded.name,"
    " type = excluded.type, mime = excluded.mime, last = max(last, excluded.last),"
    " times = times + 1, kept = max(kept, excluded.kept), files = excluded.files,"
    " failed = excluded.failed, report = excluded.report",
    "DELETE FROM sample_files WHERE sample = ?1",
    "DELETE FROM sample_rules WHERE sample = ?1",
    "INSERT OR REPLACE INTO sample_files SELECT ?1, value ->> '$.number', value ->> '$.parent',"
    " value ->> '$.path', value ->> '$.size', value ->> '$.sha256', value ->> '$.sha1',"
    " value ->> '$.md5', value ->> '$.type', value ->> '$.packer.packer',"
    " value ->> '$.apk.threat.light'"
    " FROM json_each(?2, '$.files') WHERE value ->> '$.number' IS NOT NULL",
    "INSERT INTO sample_rules SELECT ?1, part.value ->> '$.number', hit.value ->> '$.rule',"
    " hit.value ->> '$.file', hit.value ->> '$.description', hit.value ->> '$.tags'"
    " FROM json_each(?2, '$.files') AS part, json_each(part.value, '$.yara.matches') AS hit",
};

static int statement_run(struct samples_store *store, const char *sql, struct bytes sha256,
                         struct bytes report, int64_t time, bool kept)
{
    sqlite3_stmt *statement;
    int error = statements_get(&store->statements, &store->database, sql, &statement);
    if (error)
        return error;
    bind_bytes(statement, 1, sha256);
    if (sqlite3_bind_parameter_count(statement) > 1)
        bind_bytes(statement, 2, report);
    if (sqlite3_bind_parameter_count(statement) > 2) {
        sqlite3_bind_int64(statement, 3, time);
        sqlite3_bind_int(statement, 4, kept);
    }
    return database_do(&store->database, statement);
}

/* Whether the report is one, and of that sample: who made it read hostile bytes. */
static int report_check(struct samples_store *store, struct bytes sha256, struct bytes report)
{
    static const char sql[] =
        "SELECT CASE WHEN json_valid(?2) THEN json_type(?2, '$.files') = 'array'"
        " AND ?2 ->> '$.sha256' = ?1 END";
    sqlite3_stmt *statement;
    int error = statements_get(&store->statements, &store->database, sql, &statement);
    if (error)
        return error;
    bind_bytes(statement, 1, sha256);
    bind_bytes(statement, 2, report);
    int step = database_step(&store->database, statement);
    bool well = step == 1 && sqlite3_column_int(statement, 0) == 1;
    sqlite3_reset(statement);
    return well       ? 0
           : step < 0 ? step
                      : failure_set(&store->failure, -EBADMSG, "that is no report of the sample");
}

int samples_store_put(struct samples_store *store, struct bytes sha256, struct bytes report,
                      int64_t time, bool kept)
{
    int error = report_check(store, sha256, report);
    if (!error)
        error = database_run(&store->database, "BEGIN IMMEDIATE");
    if (error)
        return error;
    for (size_t i = 0; !error && i < sizeof(put) / sizeof(*put); i++)
        error = statement_run(store, put[i], sha256, report, time, kept);
    if (!error)
        error = database_run(&store->database, "COMMIT");
    if (error)
        (void)!database_run(&store->database, "ROLLBACK");
    return error;
}

const char *samples_store_error(const struct samples_store *store)
{
    return store && store->failure.text[0] ? store->failure.text : "out of memory";
}

void samples_store_close(struct samples_store *store)
{
    if (!store)
        return;
    statements_finish(&store->statements);
    if (store->database.handle)
        database_close(&store->database);
    free(store);
}
