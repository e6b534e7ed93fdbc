#include "show/alerts_bursts.h"

#include <errno.h>

#include "base/time.h"
#include "show/state.h"

/* What a burst is told by: of its groups all together, and of the first. */
static const struct told_column told[] = {
    {"burst", "burst", .number = true},     {"first", "first", .time = true},
    {"last", "last", .time = true},         {"groups", "groups", .number = true},
    {"count", "alerts", .number = true},    {"severity", "severity", .number = true},
    {"rules", "different", .number = true}, {"destinations", "targets", .number = true},
    {"source_ip", "from", .number = false}, {"host_name", "host", .number = false},
    {"class", "class", .number = false},    {"rule_name", "such as", .number = false},
};

enum { TOLD = sizeof(told) / sizeof(*told) };

/* A group from before there were bursts is one by itself. */
const char bursts_query[] =
    "SELECT b.burst, b.first, b.last, b.groups, b.count, b.severity, b.rules, b.destinations,"
    " g.source_ip, coalesce(g.host, g.host_ip), coalesce(g.category, g.sensor), g.rule_name FROM"
    " (SELECT coalesce(nullif(burst, 0), id) AS burst, min(first) AS first, max(last) AS last,"
    "  count(*) AS groups, sum(count) AS count, min(nullif(severity, 0)) AS severity,"
    "  count(DISTINCT rule_name) AS rules, count(DISTINCT destination_ip) AS destinations"
    "  FROM alert_groups GROUP BY 1) b LEFT JOIN alert_groups g ON g.id = b.burst"
    " WHERE (?1 IS NULL OR b.last >= ?1) AND (?2 IS NULL OR b.first < ?2)"
    " ORDER BY b.first DESC, b.burst DESC LIMIT ?3";

void bursts_bind(struct sqlite3_stmt *rows, int64_t since, int64_t until, uint64_t limit)
{
    if (since != TIME_NONE)
        sqlite3_bind_int64(rows, 1, since);
    if (until != TIME_NONE)
        sqlite3_bind_int64(rows, 2, until);
    sqlite3_bind_int64(rows, 3, limit ? (int64_t)limit : -1);
}

void burst_json(struct sqlite3_stmt *row, struct json *json)
{
    told_json(row, told, TOLD, json);
}

void burst_row(struct sqlite3_stmt *row, struct table *table)
{
    char text[TIME_TEXT_SIZE];
    for (int i = 0; i < TOLD; i++)
        table_cell(table,
                   told[i].time ? time_format(sqlite3_column_int64(row, i), text)
                                : cell_bytes(row, i),
                   i == 0 ? TONE_STRONG : TONE_PLAIN);
}

void bursts_table(struct table *table)
{
    for (int i = 0; i < TOLD; i++)
        table_column(table, told[i].title, told[i].number);
}

int bursts_json(struct sqlite3 *db, int64_t limit, struct json *json)
{
    struct sqlite3_stmt *row;
    int step;
    if (sqlite3_prepare_v2(db, bursts_query, -1, &row, NULL) != SQLITE_OK)
        return -EIO;
    bursts_bind(row, TIME_NONE, TIME_NONE, (uint64_t)limit);
    json_object(json);
    json_key(json, "bursts");
    json_array(json);
    while ((step = sqlite3_step(row)) == SQLITE_ROW) {
        json_object(json);
        burst_json(row, json);
        json_end_object(json);
    }
    json_end_array(json);
    json_end_object(json);
    sqlite3_finalize(row);
    return step == SQLITE_DONE ? 0 : -EIO;
}

int burst_groups_json(struct sqlite3 *db, int64_t burst, struct json *json)
{
    const struct argument of[] = {{.number = burst}};
    if (!number_of(db,
                   "SELECT 1 FROM alert_groups WHERE id >= ?1"
                   " AND coalesce(nullif(burst, 0), id) = ?1 LIMIT 1",
                   of, 1, 0))
        return -ENOENT;
    json_object(json);
    json_key(json, "groups");
    int error = rows_json(db, json,
                          "SELECT id AS \"group\", first AS \"first:time\","
                          " last AS \"last:time\", count, severity, rule_name, destination_ip,"
                          " destination_port FROM alert_groups WHERE id >= ?1"
                          " AND coalesce(nullif(burst, 0), id) = ?1 ORDER BY id LIMIT 1000",
                          of, 1);
    json_end_object(json);
    return error;
}
