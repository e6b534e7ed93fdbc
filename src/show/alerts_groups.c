#include "show/alerts_groups.h"

#include <stdio.h>

#include "show/state.h"

/* Columns of the query below that are told as they are. */
static const struct told_column told[] = {
    {"group", .number = true},
    {"first", .time = true},
    {"last", .time = true},
    {"count", .number = true},
    {"severity", .number = true},
    {"sensor", .number = false},
    {"rule_id", .number = false},
    {"rule_name", .number = false},
    {"category", .number = false},
    {"host_name", .number = false},
    {"host_ip", .number = false},
    {"source_ip", .number = false},
    {"destination_ip", .number = false},
    {"destination_port", .number = true},
    {"level", .number = true},
    {"analyst", .number = false},
    {"verdict", .number = false},
    {"class", .number = false},
    {"novelty", .real = true},
    {"novelty_cut", .real = true},
    {"novelty_reasons", .raw = true},
    {"predicted_level", .number = true},
    {"predicted_share", .real = true},
    {"predicted_score", .real = true},
    {"predicted_side", .number = false}, /* filtered, kept or raised */
    {"predicted_reasons", .raw = true},
    {"burst", .number = true},
};

enum { TOLD = sizeof(told) / sizeof(*told) };

/* The verdict of a group is the gravest of its members': success, unknown, failed, benign. */
static const char groups_query[] =
    "SELECT g.id, g.first, g.last, g.count, nullif(g.severity, 0), g.sensor, g.rule_id,"
    " g.rule_name, g.category, g.host, g.host_ip, g.source_ip, g.destination_ip,"
    " nullif(g.destination_port, 0), d.level, d.analyst, v.outcome, v.class,"
    " s.novelty, s.cut, s.reasons, s.level, s.level_share, s.level_score, s.side,"
    " s.level_reasons, coalesce(nullif(g.burst, 0), g.id) FROM alert_groups g LEFT JOIN "
    "alert_scores s ON s.group_id = g.id"
    " LEFT JOIN alert_decisions d ON d.id ="
    " (SELECT max(id) FROM alert_decisions WHERE group_id = g.id)"
    " LEFT JOIN alert_verdicts v ON v.alert = (SELECT alert FROM alert_verdicts"
    " WHERE group_id = g.id ORDER BY CASE outcome WHEN 'success' THEN 0 WHEN 'unknown' THEN 1"
    " WHEN 'failed' THEN 2 ELSE 3 END, alert LIMIT 1)"
    " WHERE (?1 IS NULL OR g.last >= ?1) AND (?2 IS NULL OR g.first < ?2)"
    " AND (?3 IS NULL OR g.id = ?3)"
    " AND (?5 IS NULL OR (g.id >= ?5 AND coalesce(nullif(g.burst, 0), g.id) = ?5)) ORDER BY "
    "g.first, g.id LIMIT ?4";

void group_json(struct sqlite3_stmt *row, struct json *json)
{
    told_json(row, told, TOLD, json);
}

static struct bytes either(struct bytes a, struct bytes b)
{
    return a.len ? a : b;
}

/* Strong where the alert budget shows it. */
static void novelty_cell(struct sqlite3_stmt *row, struct table *table)
{
    char text[32] = "";
    double score = sqlite3_column_double(row, 18);
    bool given = sqlite3_column_type(row, 18) != SQLITE_NULL;
    bool shown = given && score >= sqlite3_column_double(row, 19);
    if (given)
        (void)snprintf(text, sizeof(text), "%.2f", score);
    table_cell(table, bytes_of(text), shown ? TONE_STRONG : TONE_QUIET);
}

void group_row(struct sqlite3_stmt *row, struct table *table)
{
    char text[TIME_TEXT_SIZE];
    struct bytes host = either(cell_bytes(row, 9), cell_bytes(row, 10));
    table_cell(table, cell_bytes(row, 0), TONE_STRONG);
    table_cell(table, time_format(sqlite3_column_int64(row, 1), text), TONE_PLAIN);
    table_cell(table, time_format(sqlite3_column_int64(row, 2), text), TONE_QUIET);
    table_cell(table, cell_bytes(row, 3), TONE_PLAIN);
    table_cell(table, cell_bytes(row, 4), TONE_PLAIN);
    table_cell(table, cell_bytes(row, 7), TONE_PLAIN);
    table_cell(table, cell_bytes(row, 11), TONE_PLAIN);
    table_cell(table, either(cell_bytes(row, 12), host), TONE_PLAIN);
    table_cell(table, cell_bytes(row, 16), TONE_PLAIN);
    novelty_cell(row, table);
    table_cell(table, cell_bytes(row, 24), TONE_QUIET);
    table_cell(table, cell_bytes(row, 14), tone_of_level(sqlite3_column_int64(row, 14)));
}

void groups_table(struct table *table)
{
    static const char *const titles[] = {"group",    "first", "last",   "alerts",
                                         "severity", "alert", "from",   "to/host",
                                         "verdict",  "new",   "filter", "level"};
    for (size_t i = 0; i < sizeof(titles) / sizeof(*titles); i++)
        table_column(table, titles[i], i == 0 || i == 3 || i == 4);
}

int groups_find(struct alerts_store *store, const struct groups_wanted *wanted,
                struct sqlite3_stmt **ret_rows)
{
    int error = alerts_store_statement(store, groups_query, ret_rows);
    if (error)
        return error;
    if (wanted->since != TIME_NONE)
        sqlite3_bind_int64(*ret_rows, 1, wanted->since);
    if (wanted->until != TIME_NONE)
        sqlite3_bind_int64(*ret_rows, 2, wanted->until);
    if (wanted->group)
        sqlite3_bind_int64(*ret_rows, 3, (int64_t)wanted->group);
    sqlite3_bind_int64(*ret_rows, 4, wanted->limit ? (int64_t)wanted->limit : -1);
    if (wanted->burst)
        sqlite3_bind_int64(*ret_rows, 5, (int64_t)wanted->burst);
    return 0;
}
