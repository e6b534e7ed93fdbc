#include "show/board.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

#include "show/board_inside.h"
#include "show/csv.h"
#include "show/state.h"
#include "store/alerts.h"

enum { BUSY_MILLISECONDS = 5000 };

#define X(table, columns) "CREATE TABLE " #table columns ";\n"
static const char empty_schema[] = ALERT_TABLES(X);
#undef X

static int empty_open(struct sqlite3 **ret_db)
{
    struct sqlite3 *db;

    if (sqlite3_open(":memory:", &db) != SQLITE_OK ||
        sqlite3_exec(db, empty_schema, NULL, NULL, NULL) != SQLITE_OK) {
        sqlite3_close(db);
        return -EIO;
    }
    *ret_db = db;
    return 0;
}

static bool path_make(const char *data, char path[4096])
{
    return (size_t)snprintf(path, 4096, "%s/alerts.db", data) < 4096;
}

bool board_there(const char *data)
{
    char path[4096];

    return path_make(data, path) && access(path, F_OK) == 0;
}

int board_open(const char *data, struct sqlite3 **ret_db)
{
    char path[4096];
    struct sqlite3 *db;

    if (!path_make(data, path))
        return -ENAMETOOLONG;
    if (access(path, F_OK) < 0)
        return empty_open(ret_db);
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
        sqlite3_close(db);
        return -EIO;
    }
    sqlite3_busy_timeout(db, BUSY_MILLISECONDS);
    *ret_db = db;
    return 0;
}

/* ---- the board ----------------------------------------------------------------------- */

static const struct argument least = {.number = BOARD_LEAST};

int board_counts_json(struct sqlite3 *db, struct json *json)
{
    return first_row_json(
        db, json,
        BOARD "SELECT coalesce(sum(count), 0) AS alerts, count(*) AS groups,"
              " coalesce(sum(state = 'shown'), 0) AS shown,"
              " coalesce(sum(state = 'held'), 0) AS held,"
              " coalesce(sum(state = 'decided'), 0) AS decided,"
              " coalesce(sum(iif(state = 'shown', count, 0)), 0) AS alerts_shown,"
              " coalesce(sum(iif(state = 'held', count, 0)), 0) AS alerts_held FROM board",
        &least, 1);
}

#define BOARD_SELECT                                                                               \
    BOARD "SELECT id, first AS \"first:time\", last AS \"last:time\", count, severity, sensor,"    \
          " rule_id, rule_name, category, host, host_ip, source_ip, destination_ip,"               \
          " destination_port, outcome, class, confidence, judged, priority, reason, state, level," \
          " analyst, decided AS \"decided:time\", novelty, cut,"                                   \
          " level_proposed, share, side"                                                           \
          " FROM board "

/* A number below 2^31 of each group and seed; squared, so that another seed is no rotation. */
#define DRAWN "((id * 2654435761 + ?3 * 40503001) % 2147483647)"

/* ?2: how many; ?3: seed of the sample. */
static const struct {
    const char *kind, *sql;
} lists[] = {
    {"shown", BOARD_SELECT "WHERE state = 'shown' AND ?3 = ?3"
                           " ORDER BY priority DESC, last DESC, id DESC LIMIT ?2"},
    {"held", BOARD_SELECT "WHERE state = 'held' AND ?3 = ?3"
                          " ORDER BY priority DESC, last DESC, id DESC LIMIT ?2"},
    {"decided", BOARD_SELECT "WHERE state = 'decided' AND ?3 = ?3"
                             " ORDER BY decided DESC, id DESC LIMIT ?2"},
    {"sample", BOARD_SELECT "WHERE state = 'held'"
                            " ORDER BY " DRAWN " * " DRAWN " % 4294967291, id LIMIT ?2"},
};

int board_json(struct sqlite3 *db, struct bytes kind, int64_t limit, int64_t seed,
               struct json *json)
{
    const struct argument arguments[] = {least, {.number = limit}, {.number = seed}};
    const char *sql = NULL;

    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (bytes_equal(kind, bytes_of(lists[i].kind)))
            sql = lists[i].sql;
    if (!sql)
        return -EINVAL;
    json_object(json);
    json_key(json, "counts");
    int error = board_counts_json(db, json);
    json_key(json, "held");
    if (!error)
        error =
            rows_json(db, json,
                      BOARD "SELECT reason, iif(reason = 'severity', severity, NULL) AS severity,"
                            " count(*) AS groups, sum(count) AS alerts"
                            " FROM board WHERE state = 'held' GROUP BY 1, 2 ORDER BY 3 DESC, 1",
                      arguments, 1);
    json_key(json, "groups");
    if (!error)
        error = rows_json(db, json, sql, arguments, 3);
    json_end_object(json);
    return error;
}

/* ---- one group ------------------------------------------------------------------------ */

static void member_key(struct json *json, const char *key, struct bytes text)
{
    if (text.len > BOARD_TEXT)
        text.len = BOARD_TEXT;
    if (text.len)
        json_key_text(json, key, text);
}

struct members {
    struct json *json;
    int count;
};

static int member_json(void *context, uint64_t number, const struct alert *alert)
{
    struct members *members = context;
    struct json *json = members->json;

    json_object(json);
    json_key(json, "alert"), json_unsigned(json, number);
    json_key(json, "time"), json_time(json, alert->time);
    json_key(json, "source_port"), json_unsigned(json, alert->source_port);
    json_key(json, "destination_port"), json_unsigned(json, alert->destination_port);
    member_key(json, "http_method", alert->http_method);
    member_key(json, "http_host", alert->http_host);
    member_key(json, "url", alert->url);
    member_key(json, "user_agent", alert->user_agent);
    member_key(json, "user_name", alert->user_name);
    member_key(json, "message", alert->message);
    member_key(json, "payload", alert->payload);
    json_end_object(json);
    return ++members->count == BOARD_MEMBERS ? 1 : 0;
}

static int members_json(const char *data, int64_t id, struct json *json)
{
    struct alerts_store *store = NULL;
    struct members members = {.json = json};
    int error = alerts_store_open(data, ALERTS_READ, &store);

    json_array(json);
    if (!error)
        error = alerts_store_members(store, (uint64_t)id, 0, member_json, &members);
    json_end_array(json);
    alerts_store_close(store);
    return error < 0 ? error : 0;
}

int board_group_json(const char *data, struct sqlite3 *db, int64_t id, struct json *json)
{
    const struct argument arguments[] = {least, {.number = id}};
    const struct argument of[] = {{.number = id}};

    if (number_of(db, "SELECT 1 FROM alert_groups WHERE id = ?1", of, 1, 0) != 1)
        return -ENOENT;
    json_object(json);
    json_key(json, "group");
    int error = first_row_json(db, json, BOARD_SELECT "WHERE id = ?2", arguments, 2);
    json_key(json, "models");
    if (!error)
        error = rows_json(db, json,
                          "SELECT iif(json_valid(reasons), reasons, '[]') AS \"novelty:json\","
                          " iif(json_valid(level_reasons), level_reasons, '[]') AS \"level:json\""
                          " FROM alert_scores WHERE group_id = ?1",
                          of, 1);
    json_key(json, "verdicts");
    if (!error)
        error = rows_json(db, json,
                          "SELECT alert, outcome, class, confidence,"
                          " iif(json_valid(proof_json), proof_json, 'null') AS \"proof:json\""
                          " FROM alert_verdicts WHERE group_id = ?1 ORDER BY " GRAVEST
                          ", confidence DESC, alert LIMIT 20",
                          of, 1);
    json_key(json, "decisions");
    if (!error)
        error = rows_json(db, json,
                          "SELECT level, analyst, time AS \"time:time\", note FROM alert_decisions"
                          " WHERE group_id = ?1 ORDER BY id DESC LIMIT 100",
                          of, 1);
    json_key(json, "members");
    if (!error)
        error = members_json(data, id, json);
    json_end_object(json);
    return error;
}

/* ---- reports --------------------------------------------------------------------------- */

/* ?2: minutes. A week is named after its Monday. */
#define REPORT(period)                                                                             \
    BOARD "SELECT " period " AS period, count(*) AS groups, sum(count) AS alerts,"                 \
          " sum(outcome IS 'success') AS succeeded, sum(level IS 4) AS level_4,"                   \
          " sum(level IS 3) AS level_3, sum(level IS 2) AS level_2, sum(level IS 1) AS level_1,"   \
          " sum(level IS 0) AS false_positives, sum(level IS NULL) AS undecided"                   \
          " FROM board GROUP BY 1 ORDER BY 1 DESC LIMIT 400"
#define SECONDS "first / 1000000000 + ?2 * 60, 'unixepoch'"

static const char *report_sql(struct bytes by)
{
    return bytes_equal(by, BYTES("day"))     ? REPORT("date(" SECONDS ")")
           : bytes_equal(by, BYTES("week"))  ? REPORT("date(" SECONDS ", 'weekday 0', '-6 days')")
           : bytes_equal(by, BYTES("month")) ? REPORT("strftime('%Y-%m', " SECONDS ")")
                                             : NULL;
}

int board_report_json(struct sqlite3 *db, struct bytes by, int64_t offset, struct json *json)
{
    const struct argument arguments[] = {least, {.number = offset}};
    const char *sql = report_sql(by);

    if (!sql)
        return -EINVAL;
    json_object(json);
    json_key(json, "periods");
    int error = rows_json(db, json, sql, arguments, 2);
    json_end_object(json);
    return error;
}

int board_report_csv(struct sqlite3 *db, struct bytes by, int64_t offset, struct buffer *out)
{
    const char *sql = report_sql(by);
    struct sqlite3_stmt *statement;
    int step;

    if (!sql)
        return -EINVAL;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        return -EIO;
    sqlite3_bind_int64(statement, 1, BOARD_LEAST);
    sqlite3_bind_int64(statement, 2, offset);
    csv_row(statement, true, out);
    while ((step = sqlite3_step(statement)) == SQLITE_ROW)
        csv_row(statement, false, out);
    sqlite3_finalize(statement);
    return step != SQLITE_DONE ? -EIO : out->failed ? -ENOMEM : 0;
}
