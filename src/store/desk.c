/* The analyst's word: written beside the engine's writer, in transactions of its own. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/inside.h"

static int desk_open(struct store *store)
{
    char *path;
    if (store->desk.handle)
        return 0;
    if (asprintf(&path, "%s/state.db", store->folder) < 0)
        return failure_set(&store->failure, -ENOMEM, "out of memory");
    int error = database_open(&store->desk, path, DATABASE_CHANGE, &store->failure);
    free(path);
    /* Notes are few and by hand: each is on the disk when it is said to be. */
    return error ? error : database_run(&store->desk, "PRAGMA synchronous=FULL");
}

static int case_find(struct store *store, uint32_t case_id)
{
    char sql[80];
    int64_t found = 0;
    snprintf(sql, sizeof(sql), "SELECT count(*) FROM cases WHERE id=%u", case_id);
    int error = desk_open(store);
    if (!error)
        error = database_integer(&store->desk, sql, &found);
    if (error || found)
        return error;
    return failure_set(&store->failure, -ENOENT, "there is no case %u", case_id);
}

int store_put_note(struct store *store, uint32_t case_id, int64_t time, struct bytes author,
                   struct bytes text)
{
    sqlite3_stmt *statement;
    int error = case_find(store, case_id);
    if (!error)
        error = database_prepare(&store->desk,
                                 "INSERT INTO case_notes(case_id, time, author, text)"
                                 " VALUES(?,?,?,?)",
                                 &statement);
    if (error)
        return error;
    sqlite3_bind_int64(statement, 1, case_id);
    sqlite3_bind_int64(statement, 2, time);
    bind_bytes(statement, 3, author);
    bind_bytes(statement, 4, text);
    error = database_do(&store->desk, statement);
    sqlite3_finalize(statement);
    return error;
}

int store_put_decision(struct store *store, uint32_t case_id, int64_t time,
                       const struct store_decision *decision)
{
    sqlite3_stmt *statement;
    int error = case_find(store, case_id);
    if (!error)
        error = database_prepare(&store->desk,
                                 "INSERT INTO case_decisions VALUES(?1,?2,?3,?4,?5,?6)"
                                 " ON CONFLICT(case_id) DO UPDATE SET level=coalesce(?2, level),"
                                 " status=coalesce(?3, status), verdict=coalesce(?4, verdict),"
                                 " owner=coalesce(?5, owner), time=?6",
                                 &statement);
    if (error)
        return error;
    sqlite3_bind_int64(statement, 1, case_id);
    if (decision->level >= 0)
        sqlite3_bind_int(statement, 2, decision->level);
    bind_bytes(statement, 3, decision->status);
    bind_bytes(statement, 4, decision->verdict);
    bind_bytes(statement, 5, decision->owner);
    sqlite3_bind_int64(statement, 6, time);
    error = database_do(&store->desk, statement);
    sqlite3_finalize(statement);
    return error;
}
