/* state.db: what detectors, triage and the engine put, and what a checkpoint takes back. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/inside.h"

static const char state_schema[] =
    "CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS findings(seq INTEGER PRIMARY KEY, id TEXT UNIQUE, detector TEXT,"
    " time_start INTEGER, time_end INTEGER, score REAL, level INTEGER, host TEXT,"
    " process_entity_id TEXT, title TEXT, title_ja TEXT, explanation TEXT, explanation_ja TEXT,"
    " observables TEXT, evidence TEXT, attack TEXT, case_id INTEGER);"
    "CREATE INDEX IF NOT EXISTS findings_case ON findings(case_id);"
    "CREATE TABLE IF NOT EXISTS cases(id INTEGER PRIMARY KEY, level INTEGER, status TEXT,"
    " verdict TEXT, owner TEXT, time_start INTEGER, time_end INTEGER, opened INTEGER,"
    " hosts TEXT, title TEXT, title_ja TEXT, summary TEXT, summary_ja TEXT, score REAL,"
    " updated INTEGER);"
    /* Cases as they were at the last checkpoint, of those that changed since. */
    "CREATE TABLE IF NOT EXISTS cases_before AS SELECT * FROM cases WHERE 0;"
    "CREATE UNIQUE INDEX IF NOT EXISTS cases_before_id ON cases_before(id);"
    "CREATE TABLE IF NOT EXISTS case_notes(id INTEGER PRIMARY KEY, case_id INTEGER, time INTEGER,"
    " author TEXT, text TEXT);"
    "CREATE INDEX IF NOT EXISTS case_notes_case ON case_notes(case_id);"
    "CREATE TABLE IF NOT EXISTS case_decisions(case_id INTEGER PRIMARY KEY, level INTEGER,"
    " status TEXT, verdict TEXT, owner TEXT, time INTEGER);"
    "CREATE VIEW IF NOT EXISTS cases_decided AS SELECT c.id AS id,"
    " coalesce(d.level, c.level) AS level, coalesce(d.status, c.status) AS status,"
    " coalesce(d.verdict, c.verdict) AS verdict, coalesce(d.owner, c.owner) AS owner,"
    " c.time_start AS time_start, c.time_end AS time_end, c.opened AS opened, c.hosts AS hosts,"
    " c.title AS title, c.title_ja AS title_ja, c.summary AS summary,"
    " c.summary_ja AS summary_ja, c.score AS score, c.updated AS updated, d.time AS decided"
    " FROM cases c LEFT JOIN case_decisions d ON d.case_id = c.id;"
    "CREATE TABLE IF NOT EXISTS sources(id INTEGER PRIMARY KEY, path TEXT, format TEXT,"
    " size INTEGER, offset INTEGER, read INTEGER, kept INTEGER, refused INTEGER, reasons TEXT,"
    " clock_disagreements INTEGER, clock_used TEXT, done INTEGER);"
    "CREATE TABLE IF NOT EXISTS hosts(name TEXT PRIMARY KEY, address TEXT, subnet TEXT,"
    " peer_group TEXT, first_seen INTEGER, last_seen INTEGER, days INTEGER, learning INTEGER,"
    " events INTEGER) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS relations(kind TEXT, host TEXT, peer TEXT, normal_days INTEGER,"
    " events INTEGER, first_seen INTEGER, last_seen INTEGER, abnormal INTEGER,"
    " PRIMARY KEY(kind, host, peer)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS health(name TEXT PRIMARY KEY, value REAL, text TEXT) WITHOUT "
    "ROWID;";

static const char *const statement_texts[STATEMENT_COUNT] = {
    [STATEMENT_FINDING] =
        "INSERT OR IGNORE INTO findings VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
    [STATEMENT_CASE_KEEP] = "INSERT OR IGNORE INTO cases_before SELECT * FROM cases WHERE id=?",
    [STATEMENT_CASE] = ("INSERT INTO cases VALUES(?1,?2,'open','unknown','',?3,?4,?5,?6,?7,?8,?9,"
                        "?10,?11,?12) ON CONFLICT(id) DO UPDATE SET level=?2, time_start=?3,"
                        " time_end=?4, opened=?5, hosts=?6, title=?7, title_ja=?8, summary=?9,"
                        " summary_ja=?10, score=?11, updated=?12"),
    [STATEMENT_HEALTH] = "INSERT OR REPLACE INTO health VALUES(?,?,?)",
    [STATEMENT_SOURCE] = "INSERT OR REPLACE INTO sources VALUES(?,?,?,?,?,?,?,?,?,?,?,?)",
    [STATEMENT_HOST] = "INSERT OR REPLACE INTO hosts VALUES(?,?,?,?,?,?,?,?,?)",
    [STATEMENT_RELATION] = "INSERT OR REPLACE INTO relations VALUES(?,?,?,?,?,?,?,?)",
    [STATEMENT_META] = "INSERT OR REPLACE INTO meta VALUES(?,?)",
};

int state_create(struct store *store)
{
    int error =
        database_run(&store->state, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
                                    "PRAGMA cache_size=-8192; PRAGMA journal_size_limit=16777216");
    if (!error)
        error = database_claim(&store->state, STATE_FORMAT);
    return error ? error : database_run(&store->state, state_schema);
}

int state_begin(struct store *store)
{
    if (store->in_transaction)
        return 0;
    int error = database_run(&store->state, "BEGIN IMMEDIATE");
    if (!error)
        store->in_transaction = true;
    return error;
}

int state_statement(struct store *store, enum state_statement which, sqlite3_stmt **ret_statement)
{
    int error = state_begin(store);
    if (!error && !store->statements[which])
        error = database_prepare(&store->state, statement_texts[which], &store->statements[which]);
    if (!error)
        *ret_statement = store->statements[which];
    return error;
}

static int meta_get(struct store *store, const char *name, int64_t *ret_value)
{
    char sql[96];
    snprintf(sql, sizeof(sql), "SELECT value FROM meta WHERE name='%s'", name);
    return database_integer(&store->state, sql, ret_value);
}

static int meta_put(struct store *store, const char *name, int64_t value)
{
    sqlite3_stmt *statement;
    int error = state_statement(store, STATEMENT_META, &statement);
    if (error)
        return error;
    bind_bytes(statement, 1, bytes_of(name));
    sqlite3_bind_int64(statement, 2, value);
    return database_do(&store->state, statement);
}

int state_mark(struct store *store)
{
    int64_t cases = 0;
    int error = database_integer(&store->state, "SELECT max(id) FROM cases", &cases);
    if (!error)
        error = meta_put(store, "rows", store->next_row);
    if (!error)
        error = meta_put(store, "findings", store->finding_count);
    if (!error)
        error = meta_put(store, "cases", cases);
    return error ? error : database_run(&store->state, "DELETE FROM cases_before");
}

/*
 * Back to the last checkpoint: findings said since are forgotten, cases get
 * back what they said. `changes` only ever counts up, so that whoever polls for
 * cases changed since sees them change back.
 */
int state_restore(struct store *store)
{
    int64_t cases = 0;
    int error = meta_get(store, "rows", &store->next_row);
    if (!error)
        error = meta_get(store, "findings", &store->finding_count);
    if (!error)
        error = meta_get(store, "cases", &cases);
    if (!error)
        error = database_integer(&store->state, "SELECT max(updated) FROM cases", &store->changes);
    if (error)
        return error;
    store->changes++;
    store->cut_row = store->next_row;
    char sql[512];
    snprintf(sql, sizeof(sql),
             "BEGIN IMMEDIATE; DELETE FROM findings WHERE seq > %lld;"
             "DELETE FROM cases WHERE id > %lld; DELETE FROM cases_before WHERE id > %lld;"
             "UPDATE cases_before SET updated=%lld;"
             "INSERT OR REPLACE INTO cases SELECT * FROM cases_before;"
             "DELETE FROM cases_before; COMMIT",
             (long long)store->finding_count, (long long)cases, (long long)cases,
             (long long)store->changes);
    return database_run(&store->state, sql);
}
