#include "show/hosts.h"

#include <errno.h>
#include <sqlite3.h>

#include "show/cases.h"

#define HOST_SELECT                                                                                \
    "SELECT h.name, h.address, h.subnet, h.peer_group, h.first_seen AS \"first_seen:time\","       \
    " h.last_seen AS \"last_seen:time\", h.days, h.learning <> 0 AS \"learning:bool\", h.events,"  \
    " (SELECT count(*) FROM cases c LEFT JOIN case_decisions d ON d.case_id = c.id,"               \
    "   json_each(iif(json_valid(c.hosts), c.hosts, '[]')) j"                                      \
    "   WHERE j.value = h.name AND coalesce(d.status, c.status) = 'open') AS cases_open"           \
    " FROM hosts h"

/* A peer seen only by its address is the host that has this address, where one does. */
#define PEER "coalesce((SELECT a.name FROM hosts a WHERE a.address = r.peer), r.peer)"

static const char links_sql[] =
    "SELECT r.host AS \"from\", " PEER " AS \"to\", r.events, r.normal_days AS days,"
    " r.abnormal <> 0 AS \"abnormal:bool\", r.first_seen AS \"first_seen:time\","
    " r.last_seen AS \"last_seen:time\" FROM relations r WHERE r.kind = 'host'"
    " ORDER BY r.abnormal DESC, r.events DESC, r.host, r.peer LIMIT ?1";

static const char normal_sql[] =
    "SELECT r.kind AS relation, r.host AS subject, " PEER " AS object,"
    " r.normal_days AS days, h.days AS host_days, r.events,"
    " r.abnormal <> 0 AS \"abnormal:bool\", r.first_seen AS \"first_seen:time\","
    " r.last_seen AS \"last_seen:time\""
    " FROM relations r LEFT JOIN hosts h ON h.name = r.host"
    " WHERE r.host = ?1 OR (r.kind = 'host' AND (r.peer = ?1"
    "   OR r.peer = (SELECT address FROM hosts WHERE name = ?1)))"
    " ORDER BY r.abnormal DESC, r.kind, r.normal_days DESC, r.events DESC LIMIT 300";

static const char host_cases_sql[] =
    CASES_SELECT " WHERE EXISTS (SELECT 1 FROM json_each(iif(json_valid(c.hosts), c.hosts, '[]')) j"
                 " WHERE j.value = ?1) ORDER BY coalesce(d.level, c.level) DESC, c.score DESC"
                 " LIMIT 50";

int hosts_json(struct sqlite3 *db, struct json *json)
{
    struct argument most[] = {{.number = HOSTS_SHOWN}, {.number = LINKS_SHOWN}};
    int error;

    json_object(json);
    json_key(json, "hosts");
    error = rows_json(db, json, HOST_SELECT " ORDER BY h.subnet, h.name LIMIT ?1", most, 1);
    json_key(json, "links");
    if (!error)
        error = rows_json(db, json, links_sql, most + 1, 1);
    json_key(json, "links_total");
    json_integer(json,
                 number_of(db, "SELECT count(*) FROM relations WHERE kind = 'host'", NULL, 0, 0));
    json_end_object(json);
    return error;
}

int host_json(struct sqlite3 *db, struct bytes name, struct json *json)
{
    struct argument argument = {.text = name};
    int error;

    if (number_of(db, "SELECT 1 FROM hosts WHERE name = ?1", &argument, 1, 0) != 1)
        return -ENOENT;
    json_object(json);
    json_key(json, "host");
    error = first_row_json(db, json, HOST_SELECT " WHERE h.name = ?1", &argument, 1);
    json_key(json, "normal");
    if (!error)
        error = rows_json(db, json, normal_sql, &argument, 1);
    json_key(json, "cases");
    if (!error)
        error = rows_json(db, json, host_cases_sql, &argument, 1);
    json_end_object(json);
    return error;
}

/* Each stage as a row: what comes in, what goes out, how fast, how late, what it had to drop. */
static const char stages_sql[] =
    "WITH v(name, value) AS (SELECT name, value FROM health),"
    " s(total, kept, refused, clocks) AS (SELECT count(*), coalesce(sum(kept), 0),"
    "  coalesce(sum(refused), 0), coalesce(sum(clock_disagreements), 0) FROM sources)"
    " SELECT 'observe' AS name, (SELECT value FROM v WHERE v.name = 'events_per_second') AS rate,"
    "  (SELECT value FROM v WHERE v.name = 'lag_seconds') AS lag, s.refused AS dropped,"
    "  s.kept + s.refused AS \"in\", s.kept AS \"out\" FROM s"
    " UNION ALL SELECT 'detect', NULL, NULL,"
    "  coalesce((SELECT value FROM v WHERE v.name = 'relations_evicted'), 0),"
    "  s.kept, (SELECT count(*) FROM findings) FROM s"
    " UNION ALL SELECT 'triage', NULL, NULL, 0, (SELECT count(*) FROM findings),"
    "  (SELECT count(*) FROM cases)"
    " UNION ALL SELECT 'store', NULL, NULL, 0, s.kept,"
    "  coalesce((SELECT value FROM v WHERE v.name = 'events_total'), s.kept) FROM s";

static int values_json(struct sqlite3 *db, struct json *json)
{
    struct sqlite3_stmt *statement;
    int step;

    if (sqlite3_prepare_v2(db, "SELECT name, value, text FROM health ORDER BY name", -1, &statement,
                           NULL) != SQLITE_OK)
        return -EIO;
    json_object(json);
    while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(statement, 2);

        json_key(json, (const char *)sqlite3_column_text(statement, 0));
        if (text && *text)
            json_text(json, bytes_of(text));
        else
            json_double(json, sqlite3_column_double(statement, 1));
    }
    json_end_object(json);
    sqlite3_finalize(statement);
    return step == SQLITE_DONE ? 0 : -EIO;
}

int health_json(struct sqlite3 *db, struct json *json)
{
    int error;

    json_object(json);
    json_key(json, "stages");
    error = rows_json(db, json, stages_sql, NULL, 0);
    json_key(json, "values");
    if (!error)
        error = values_json(db, json);
    json_key(json, "sources");
    if (!error)
        error = rows_json(db, json,
                          "SELECT id, path, format, size, offset, read, kept, refused,"
                          " iif(json_valid(reasons), reasons, '{}') AS \"reasons:json\","
                          " clock_disagreements, clock_used, done <> 0 AS \"done:bool\""
                          " FROM sources ORDER BY done, refused DESC, id LIMIT 500",
                          NULL, 0);
    json_key(json, "learning");
    if (!error)
        error = rows_json(db, json,
                          "SELECT name, days FROM hosts WHERE learning <> 0"
                          " ORDER BY days, name LIMIT 200",
                          NULL, 0);
    json_end_object(json);
    return error;
}
