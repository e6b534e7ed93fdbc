#include "show/cases.h"

#include <errno.h>
#include <sqlite3.h>

#include "show/advice.h"
#include "store/store.h"

#ifndef HINOMI_VERSION
#define HINOMI_VERSION "0"
#endif

#define STATUS_NOW "coalesce(d.status, c.status)"
#define FROM_CASES " FROM cases c LEFT JOIN case_decisions d ON d.case_id = c.id"

static const char summary_sql[] =
    "SELECT coalesce((SELECT value FROM health WHERE name = 'events_total'),"
    "  (SELECT sum(kept) FROM sources), 0) AS events,"
    " (SELECT count(*) FROM findings) AS findings,"
    " (SELECT count(*)" FROM_CASES " WHERE " STATUS_NOW " = 'open') AS cases_open,"
    " (SELECT count(*)" FROM_CASES " WHERE " STATUS_NOW " <> 'open') AS cases_closed,"
    " (SELECT count(*) FROM hosts) AS hosts,"
    " (SELECT count(*) FROM hosts WHERE learning <> 0) AS learning_hosts,"
    " (SELECT max(days) FROM hosts) AS learned_days,"
    " (SELECT cast(value AS INTEGER) * 1000000000 FROM health WHERE name = 'learned_until'"
    "   AND value > 0) AS \"learned_until:time\","
    " (SELECT max(last_seen) FROM hosts) AS \"newest:time\","
    " (SELECT value FROM health WHERE name = 'lag_seconds') AS lag_seconds,"
    " '" HINOMI_VERSION "' AS version";

static const char findings_sql[] =
    "SELECT id, detector, time_start AS \"time_start:time\", time_end AS \"time_end:time\", score,"
    " level, host, process_entity_id, title, title_ja,"
    " iif(json_valid(explanation), explanation, '[]') AS \"explanation:json\","
    " iif(json_valid(explanation_ja), explanation_ja, '[]') AS \"explanation_ja:json\","
    " iif(json_valid(observables), observables, '[]') AS \"observables:json\","
    " iif(json_valid(evidence), evidence, '[]') AS \"evidence:json\","
    " iif(json_valid(attack), attack, '[]') AS \"attack:json\""
    " FROM findings WHERE case_id = ?1 ORDER BY score DESC, seq LIMIT 500";

int summary_json(struct sqlite3 *db, struct json *json)
{
    return first_row_json(db, json, summary_sql, NULL, 0);
}

int cases_json(struct sqlite3 *db, const char *status, int64_t limit, int64_t offset,
               struct json *json)
{
    struct argument arguments[] = {
        {.text = bytes_of(status)}, {.number = limit}, {.number = offset}};
    int error;

    json_object(json);
    json_key(json, "cases");
    error = rows_json(db, json,
                      CASES_SELECT " WHERE ?1 = 'all' OR " STATUS_NOW " = ?1"
                                   " ORDER BY coalesce(d.level, c.level) DESC, c.score DESC,"
                                   " c.time_start DESC, c.id LIMIT ?2 OFFSET ?3",
                      arguments, 3);
    json_key(json, "total");
    json_integer(
        json, number_of(db, "SELECT count(*)" FROM_CASES " WHERE ?1 = 'all' OR " STATUS_NOW " = ?1",
                        arguments, 1, 0));
    json_end_object(json);
    return error;
}

/* An object whose rows of `sql` stand under `key`, without closing it. */
static int part_json(struct sqlite3 *db, struct json *json, const char *key, const char *sql,
                     int64_t id)
{
    struct argument argument = {.number = id};

    json_key(json, key);
    return rows_json(db, json, sql, &argument, 1);
}

int case_json(struct sqlite3 *db, int64_t id, struct json *json)
{
    struct argument argument = {.number = id};
    int error;

    if (number_of(db, "SELECT 1 FROM cases WHERE id = ?1", &argument, 1, 0) != 1)
        return -ENOENT;
    json_object(json);
    json_key(json, "case");
    error = first_row_json(db, json, CASES_SELECT " WHERE c.id = ?1", &argument, 1);
    if (!error)
        error = part_json(db, json, "findings", findings_sql, id);
    if (!error)
        error = part_json(db, json, "timeline",
                          "SELECT time_start AS \"time:time\", host, level, title AS text,"
                          " title_ja AS text_ja, id AS finding_id FROM findings"
                          " WHERE case_id = ?1 ORDER BY time_start, seq LIMIT 500",
                          id);
    if (!error)
        error = part_json(db, json, "notes",
                          "SELECT id, time AS \"time:time\", author, text FROM case_notes"
                          " WHERE case_id = ?1 ORDER BY time, id LIMIT 500",
                          id);
    json_key(json, "next");
    if (!error)
        error = advice_json(db, id, json);
    json_end_object(json);
    return error;
}

/* ---- the analyst's word ------------------------------------------------------------ */

/* 1 when every given member is of its type and range and something is given. */
static const char order_check_sql[] =
    "SELECT (json_type(?2, '$.level') IS NULL OR (json_type(?2, '$.level') = 'integer'"
    "   AND json_extract(?2, '$.level') BETWEEN 0 AND 4))"
    " AND (json_extract(?2, '$.status') IS NULL OR json_extract(?2, '$.status')"
    "   IN ('open', 'closed'))"
    " AND (json_extract(?2, '$.verdict') IS NULL OR json_extract(?2, '$.verdict')"
    "   IN ('unknown', 'true_positive', 'false_positive'))"
    " AND (json_type(?2, '$.owner') IS NULL OR (json_type(?2, '$.owner') = 'text'"
    "   AND length(json_extract(?2, '$.owner')) <= 100))"
    " AND (json_type(?2, '$.note') IS NULL OR (json_type(?2, '$.note') = 'text'"
    "   AND length(trim(json_extract(?2, '$.note'))) BETWEEN 1 AND 10000))"
    " AND coalesce(json_type(?2, '$.level'), json_type(?2, '$.status'),"
    "   json_type(?2, '$.verdict'), json_type(?2, '$.owner'), json_type(?2, '$.note')) IS NOT NULL"
    " WHERE ?1 = ?1";

/* The members of an order, one a row, with those that are there. */
static const char order_members_sql[] =
    "SELECT key, trim(value) FROM json_each(?1)"
    " WHERE key IN ('level', 'status', 'verdict', 'owner', 'note') AND value IS NOT NULL";

/* What was decided is a note too, so that the case's history is whole. */
static int member_note(struct store *store, uint32_t id, int64_t now, struct bytes key,
                       struct bytes value)
{
    bool note = bytes_equal(key, BYTES("note"));
    struct buffer text = {0};
    int error;

    if (!note)
        buffer_put_format(&text, "%.*s=", (int)key.len, key.at);
    buffer_put(&text, value);
    error = text.failed
                ? -ENOMEM
                : store_put_note(store, id, now, note ? BYTES("analyst") : BYTES("decision"),
                                 buffer_bytes(&text));
    buffer_finish(&text);
    return error;
}

static int member_decide(struct store *store, uint32_t id, int64_t now, struct bytes key,
                         struct bytes value)
{
    struct store_decision decision = {.level = -1};

    if (bytes_equal(key, BYTES("level")))
        decision.level = value.at[0] - '0';
    else if (bytes_equal(key, BYTES("status")))
        decision.status = value;
    else if (bytes_equal(key, BYTES("verdict")))
        decision.verdict = value;
    else if (bytes_equal(key, BYTES("owner")))
        decision.owner = value;
    else
        return 0;
    return store_put_decision(store, id, now, &decision);
}

static int order_carry_out(struct sqlite3 *db, struct store *store, uint32_t id, struct bytes order,
                           int64_t now)
{
    struct sqlite3_stmt *statement;
    int error = 0;

    if (sqlite3_prepare_v2(db, order_members_sql, -1, &statement, NULL) != SQLITE_OK)
        return -EIO;
    sqlite3_bind_text64(statement, 1, order.at, order.len, SQLITE_STATIC, SQLITE_UTF8);
    while (!error && sqlite3_step(statement) == SQLITE_ROW) {
        struct bytes key = cell_bytes(statement, 0), value = cell_bytes(statement, 1);

        error = member_decide(store, id, now, key, value);
        if (!error)
            error = member_note(store, id, now, key, value);
    }
    sqlite3_finalize(statement);
    return error;
}

int case_decide(const char *data, struct sqlite3 *db, int64_t id, struct bytes order, int64_t now)
{
    struct argument arguments[] = {{.number = id}, {.text = order}};
    struct store *store;
    int error;

    if (!order.len ||
        number_of(db, "SELECT json_valid(?1) AND json_type(?1) = 'object'", arguments + 1, 1, 0) !=
            1 ||
        number_of(db, order_check_sql, arguments, 2, 0) != 1)
        return -EINVAL;
    if (number_of(db, "SELECT 1 FROM cases WHERE id = ?1", arguments, 1, 0) != 1)
        return -ENOENT;
    error = store_open_read(data, &store);
    if (error < 0)
        return error;
    error = order_carry_out(db, store, (uint32_t)id, order, now);
    store_close(store);
    return error;
}
