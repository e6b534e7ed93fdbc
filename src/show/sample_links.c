/* Who else names what is in a sample: events, cases, other samples. */
#include <errno.h>
#include <sqlite3.h>

#include "base/time.h"
#include "show/samples.h"
#include "show/state.h"
#include "store/store.h"

enum { HOSTS_TOLD = 16, EVENTS_READ = 2000 /* of a digest, from which hosts and times are told */ };

#define LINKED_FILES                                                                               \
    "SELECT number, path, sha256, sha1, md5 FROM sample_files WHERE sample = lower(?1)"            \
    " AND size > 0 ORDER BY number LIMIT 64"
_Static_assert(SAMPLE_LINKED_FILES == 64, "LINKED_FILES says the same");

static const char samples_sql[] =
    "SELECT DISTINCT there.sample AS sha256, s.name, here.number AS file, there.path"
    " FROM (" LINKED_FILES ") AS here JOIN sample_files AS there USING (sha256)"
    " JOIN samples AS s ON s.sha256 = there.sample WHERE there.sample <> lower(?1)"
    " ORDER BY s.last DESC LIMIT 200";

/* What the events of a digest have in common. */
struct seen {
    uint32_t count;
    int64_t first, last;
    struct buffer hosts[HOSTS_TOLD];
    uint32_t host_count;
};

static void host_see(struct seen *seen, struct bytes host)
{
    for (uint32_t i = 0; i < seen->host_count; i++)
        if (bytes_equal(buffer_bytes(&seen->hosts[i]), host))
            return;
    if (host.len && seen->host_count < HOSTS_TOLD)
        buffer_put(&seen->hosts[seen->host_count++], host);
}

static int event_see(void *context, const struct batch *batch, uint32_t row)
{
    struct seen *seen = context;
    int64_t time = batch->columns.time[row];
    if (seen->count++ == 0)
        seen->first = seen->last = time;
    seen->first = time < seen->first ? time : seen->first;
    seen->last = time > seen->last ? time : seen->last;
    host_see(seen, batch_text(batch, batch->columns.host_name, row));
    return seen->count == EVENTS_READ;
}

static void seen_json(struct seen *seen, int64_t file, struct bytes digest, struct json *json)
{
    json_object(json);
    json_key(json, "file"), json_integer(json, file);
    json_key_text(json, "digest", digest);
    json_key(json, "count"), json_unsigned(json, seen->count);
    json_key(json, "more"), json_bool(json, seen->count == EVENTS_READ);
    json_key(json, "first"), json_time(json, seen->first);
    json_key(json, "last"), json_time(json, seen->last);
    json_key(json, "hosts");
    json_array(json);
    for (uint32_t i = 0; i < seen->host_count; i++)
        json_text(json, buffer_bytes(&seen->hosts[i]));
    json_end_array(json);
    json_end_object(json);
}

static int digest_json(struct store *store, int64_t file, struct bytes digest, struct json *json)
{
    const struct observable observable = {OBSERVABLE_hash, digest};
    const struct store_span whole = {INT64_MIN, INT64_MAX, true};
    struct seen seen = {.count = 0};
    int error = digest.len ? store_pivot(store, &observable, whole, event_see, &seen) : 0;
    if (!error && seen.count)
        seen_json(&seen, file, digest, json);
    for (uint32_t i = 0; i < seen.host_count; i++)
        buffer_finish(&seen.hosts[i]);
    return error;
}

/* Each digest of each file of the sample. */
static int events_json_of(struct sqlite3 *db, struct bytes sha256, struct store *store,
                          struct json *json)
{
    sqlite3_stmt *row;
    int error = 0;
    if (sqlite3_prepare_v2(db, LINKED_FILES, -1, &row, NULL) != SQLITE_OK)
        return -EIO;
    sqlite3_bind_text64(row, 1, sha256.at, sha256.len, SQLITE_STATIC, SQLITE_UTF8);
    while (!error && sqlite3_step(row) == SQLITE_ROW)
        for (int column = 2; !error && column < 5; column++)
            error = digest_json(store, sqlite3_column_int64(row, 0), cell_bytes(row, column), json);
    sqlite3_finalize(row);
    return error;
}

static int case_row(void *context, struct sqlite3_stmt *statement)
{
    row_json(statement, context);
    return 0;
}

/* The digests go over as one JSON array: the findings are in another file. */
static int cases_json_of(struct sqlite3 *db, const struct argument *sha256, struct store *store,
                         struct json *json)
{
    static const char digests_sql[] =
        "WITH files AS (" LINKED_FILES ") SELECT json_group_array(json_object('file', number,"
        " 'digest', digest)) FROM (SELECT number, sha256 AS digest FROM files"
        " UNION ALL SELECT number, sha1 FROM files UNION ALL SELECT number, md5 FROM files)";
    static const char cases_sql[] =
        "SELECT f.case_id AS id, min(f.title) AS title, min(f.title_ja) AS title_ja,"
        " d.value ->> '$.file' AS file, d.value ->> '$.digest' AS digest FROM findings AS f,"
        " json_each(iif(json_valid(f.observables), f.observables, '[]')) AS o, json_each(?1) AS d"
        " WHERE o.value ->> '$.type' = 'hash' AND f.case_id IS NOT NULL"
        " AND lower(o.value ->> '$.value') = d.value ->> '$.digest' GROUP BY 1, 4, 5 LIMIT 50";
    struct buffer digests = {0};
    int error = text_of(db, digests_sql, sha256, 1, &digests);
    struct bytes value = buffer_bytes(&digests);
    if (!error)
        error = store_query_with(store, bytes_of(cases_sql), &value, 1, 5, case_row, json);
    buffer_finish(&digests);
    return error;
}

int sample_links_json(const char *data, struct sqlite3 *db, struct bytes sha256, struct json *json)
{
    const struct argument argument = {.text = sha256};
    struct store *store = NULL;
    int error = store_open_read(data, &store);
    if (error == -ENOENT) /* nothing was ingested: only samples are known */
        error = 0;
    json_object(json);
    json_key(json, "events"), json_array(json);
    if (!error && store)
        error = events_json_of(db, sha256, store, json);
    json_end_array(json);
    json_key(json, "cases"), json_array(json);
    if (!error && store)
        error = cases_json_of(db, &argument, store, json);
    json_end_array(json);
    json_key(json, "samples");
    int other = rows_json(db, json, samples_sql, &argument, 1);
    json_end_object(json);
    store_close(store);
    return error ? error : other;
}
