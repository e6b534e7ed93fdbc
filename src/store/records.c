/* Findings, cases, sources, hosts, relations, health: rows of state.db. */
#include <errno.h>
#include <stdio.h>

#include "base/json.h"
#include "store/inside.h"

/* An error of the writer is for good: nothing may be committed on top of it. */
static int writer_break(struct store *store, int error)
{
    if (error && !store->broken)
        store->broken = error;
    return error;
}

/* Prepare a put: 0, or why nothing is taken any more. */
static int put_begin(struct store *store, enum state_statement which, sqlite3_stmt **ret_statement)
{
    if (store->broken)
        return store->broken;
    return writer_break(store, state_statement(store, which, ret_statement));
}

static int put_end(struct store *store, sqlite3_stmt *statement)
{
    int error = database_do(&store->state, statement);
    sqlite3_clear_bindings(statement); /* texts were bound where they stand */
    return writer_break(store, error);
}

static void bind_time(sqlite3_stmt *statement, int parameter, int64_t time)
{
    if (time == TIME_NONE)
        sqlite3_bind_null(statement, parameter);
    else
        sqlite3_bind_int64(statement, parameter, time);
}

/* Text that is there even when empty: columns of state.db are not NULL where the text is known. */
static void bind_given(sqlite3_stmt *statement, int parameter, struct bytes text)
{
    sqlite3_bind_text64(statement, parameter, text.len ? text.at : "", text.len, SQLITE_STATIC,
                        SQLITE_UTF8);
}

/* Parameters 12 … 16: the JSON arrays of a finding. */
static int bind_finding_json(sqlite3_stmt *statement, const struct finding *finding)
{
    struct buffer out = {0};
    for (int i = 0; i < 5 && !out.failed; i++) {
        struct json json = {.out = &out};
        buffer_clear(&out);
        if (i < 2)
            finding_explanation_json(finding, i == 1, &json);
        else if (i == 2)
            finding_observables_json(finding, &json);
        else if (i == 3)
            finding_evidence_json(finding, &json);
        else
            finding_attack_json(finding, &json);
        if (!out.failed)
            sqlite3_bind_text64(statement, 12 + i, out.at, out.len, SQLITE_TRANSIENT, SQLITE_UTF8);
    }
    int error = out.failed ? -ENOMEM : 0;
    buffer_finish(&out);
    return error;
}

int store_put_finding(struct store *store, const struct finding *finding, uint32_t case_id)
{
    char id[FINDING_ID_SIZE];
    sqlite3_stmt *statement;
    int error = put_begin(store, STATEMENT_FINDING, &statement);
    if (error)
        return error;
    sqlite3_bind_int64(statement, 1, store->finding_count + 1);
    bind_given(statement, 2, finding_id_format(finding->id, id));
    bind_given(statement, 3, bytes_of(finding->detector));
    bind_time(statement, 4, finding->time_start);
    bind_time(statement, 5, finding->time_end);
    sqlite3_bind_double(statement, 6, finding->score);
    sqlite3_bind_int(statement, 7, finding->level);
    bind_given(statement, 8, finding->host);
    bind_given(statement, 9, finding->process_entity_id);
    bind_given(statement, 10, finding->title.english);
    bind_given(statement, 11, finding->title.japanese);
    error = bind_finding_json(statement, finding);
    if (error)
        return writer_break(store, failure_set(&store->failure, error, "out of memory"));
    if (case_id)
        sqlite3_bind_int64(statement, 17, case_id);
    error = put_end(store, statement);
    if (!error && sqlite3_changes(store->state.handle) == 1)
        store->finding_count++;
    return error;
}

static void hosts_json(const struct incident *incident, struct buffer *out)
{
    struct json json = {.out = out};
    json_array(&json);
    for (uint32_t i = 0; i < incident->host_count && i < CASE_HOSTS; i++)
        json_text(&json, incident->hosts[i]);
    json_end_array(&json);
}

int store_put_case(struct store *store, const struct incident *incident)
{
    sqlite3_stmt *keep, *statement;
    int error = put_begin(store, STATEMENT_CASE_KEEP, &keep);
    if (!error)
        error = put_begin(store, STATEMENT_CASE, &statement);
    if (error)
        return error;
    sqlite3_bind_int64(keep, 1, incident->id);
    error = put_end(store, keep);
    struct buffer hosts = {0};
    hosts_json(incident, &hosts);
    if (!error && hosts.failed)
        error = writer_break(store, failure_set(&store->failure, -ENOMEM, "out of memory"));
    if (!error) {
        sqlite3_bind_int64(statement, 1, incident->id);
        sqlite3_bind_int(statement, 2, incident->level);
        bind_time(statement, 3, incident->time_start);
        bind_time(statement, 4, incident->time_end);
        bind_time(statement, 5, incident->opened);
        bind_given(statement, 6, buffer_bytes(&hosts));
        bind_given(statement, 7, incident->title.english);
        bind_given(statement, 8, incident->title.japanese);
        bind_given(statement, 9, incident->summary.english);
        bind_given(statement, 10, incident->summary.japanese);
        sqlite3_bind_double(statement, 11, incident->score);
        sqlite3_bind_int64(statement, 12, ++store->changes);
        error = put_end(store, statement);
    }
    buffer_finish(&hosts);
    return error;
}

int store_put_health(struct store *store, const char *name, double value, struct bytes text)
{
    sqlite3_stmt *statement;
    int error = put_begin(store, STATEMENT_HEALTH, &statement);
    if (error)
        return error;
    bind_given(statement, 1, bytes_of(name));
    sqlite3_bind_double(statement, 2, value);
    bind_bytes(statement, 3, text);
    return put_end(store, statement);
}

int store_put_source(struct store *store, const struct store_source *source)
{
    sqlite3_stmt *statement;
    int error = put_begin(store, STATEMENT_SOURCE, &statement);
    if (error)
        return error;
    sqlite3_bind_int64(statement, 1, source->id);
    bind_given(statement, 2, source->path);
    bind_given(statement, 3, source->format);
    sqlite3_bind_int64(statement, 4, (int64_t)source->size);
    sqlite3_bind_int64(statement, 5, (int64_t)source->offset);
    sqlite3_bind_int64(statement, 6, (int64_t)source->read);
    sqlite3_bind_int64(statement, 7, (int64_t)source->kept);
    sqlite3_bind_int64(statement, 8, (int64_t)source->refused);
    bind_given(statement, 9, source->reasons.len ? source->reasons : BYTES("{}"));
    sqlite3_bind_int64(statement, 10, (int64_t)source->clock_disagreements);
    bind_given(statement, 11, source->clock_used);
    sqlite3_bind_int(statement, 12, source->done);
    return put_end(store, statement);
}

int store_put_host(struct store *store, const struct store_host *host)
{
    sqlite3_stmt *statement;
    int error = put_begin(store, STATEMENT_HOST, &statement);
    if (error)
        return error;
    bind_given(statement, 1, host->name);
    bind_given(statement, 2, host->address);
    bind_given(statement, 3, host->subnet);
    bind_given(statement, 4, host->peer_group);
    bind_time(statement, 5, host->first_seen);
    bind_time(statement, 6, host->last_seen);
    sqlite3_bind_int64(statement, 7, (int64_t)host->days);
    sqlite3_bind_int(statement, 8, host->learning);
    sqlite3_bind_int64(statement, 9, (int64_t)host->events);
    return put_end(store, statement);
}

int store_put_relation(struct store *store, const struct store_relation *relation)
{
    sqlite3_stmt *statement;
    int error = put_begin(store, STATEMENT_RELATION, &statement);
    if (error)
        return error;
    bind_given(statement, 1, relation->kind);
    bind_given(statement, 2, relation->host);
    bind_given(statement, 3, relation->peer);
    sqlite3_bind_int64(statement, 4, (int64_t)relation->normal_days);
    sqlite3_bind_int64(statement, 5, (int64_t)relation->events);
    bind_time(statement, 6, relation->first_seen);
    bind_time(statement, 7, relation->last_seen);
    sqlite3_bind_int(statement, 8, relation->abnormal);
    return put_end(store, statement);
}

int store_put_checkpoint(struct store *store, struct bytes checkpoint)
{
    sqlite3_stmt *statement;
    int error = put_begin(store, STATEMENT_META, &statement);
    if (error)
        return error;
    bind_given(statement, 1, BYTES("checkpoint"));
    sqlite3_bind_blob64(statement, 2, checkpoint.len ? checkpoint.at : "", checkpoint.len,
                        SQLITE_STATIC);
    error = put_end(store, statement);
    if (!error)
        store->checkpoint_put = true;
    return error;
}

int store_checkpoint(struct store *store, struct arena *arena, struct bytes *ret_checkpoint)
{
    sqlite3_stmt *statement;
    int error = database_prepare(&store->state, "SELECT value FROM meta WHERE name='checkpoint'",
                                 &statement);
    if (error)
        return error;
    struct bytes checkpoint = {"", 0};
    int result = database_step(&store->state, statement);
    if (result == 1)
        checkpoint = arena_copy(arena, column_bytes(statement, 0));
    sqlite3_finalize(statement);
    if (result < 0 || !checkpoint.at)
        return result < 0 ? result : failure_set(&store->failure, -ENOMEM, "out of memory");
    *ret_checkpoint = checkpoint;
    return 0;
}
