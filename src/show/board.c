#include "show/board.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "base/hash.h"
#include "show/state.h"
#include "store/alerts.h"

#define X(table, columns) "CREATE TABLE " #table columns ";\n"
static const struct state_file alerts_file = {"alerts.db", ALERT_TABLES(X), NULL};
#undef X

bool board_there(const char *data)
{
    return state_file_there(data, &alerts_file);
}

int board_open(const char *data, struct alert_board *standings, struct board *ret_board)
{
    *ret_board = (struct board){data, standings, NULL};
    return state_file_open(data, &alerts_file, &ret_board->db);
}

void board_close(struct board *board)
{
    sqlite3_close(board->db);
}

/* ---- counts ---------------------------------------------------------------------------- */

struct tally {
    uint64_t groups, alerts;
};

struct tallies {
    struct tally states[ALERT_DECIDED + 1];
    struct tally held[STANDING_REASON_COUNT][256]; /* by severity, where that is the reason */
};

static void tally_add(struct tally *tally, const struct alert_standing *group)
{
    tally->groups++;
    tally->alerts += group->count;
}

static void tallies_make(const struct alert_standing *rows, size_t count, struct tallies *tallies)
{
    for (size_t i = 0; i < count; i++) {
        bool severity = rows[i].reason == STANDING_severity;
        tally_add(&tallies->states[rows[i].state], &rows[i]);
        if (rows[i].state == ALERT_HELD)
            tally_add(&tallies->held[rows[i].reason][severity ? rows[i].severity : 0], &rows[i]);
    }
}

static void counts_json(const struct tally *states, struct json *json)
{
    const struct tally *shown = &states[ALERT_SHOWN], *held = &states[ALERT_HELD],
                       *decided = &states[ALERT_DECIDED];
    const struct {
        const char *name;
        uint64_t value;
    } counts[] = {
        {"alerts", shown->alerts + held->alerts + decided->alerts},
        {"groups", shown->groups + held->groups + decided->groups},
        {"shown", shown->groups},
        {"held", held->groups},
        {"decided", decided->groups},
        {"alerts_shown", shown->alerts},
        {"alerts_held", held->alerts},
    };

    json_object(json);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        json_key(json, counts[i].name), json_unsigned(json, counts[i].value);
    json_end_object(json);
}

static void held_json(const struct tallies *tallies, struct json *json)
{
    json_array(json);
    for (int reason = 0; reason < STANDING_REASON_COUNT; reason++)
        for (int severity = 0; severity < 256; severity++) {
            const struct tally *held = &tallies->held[reason][severity];
            if (!held->groups)
                continue;
            json_object(json);
            json_key_text(json, "reason",
                          bytes_of(standing_reason_name((enum standing_reason)reason)));
            json_key(json, "severity");
            if (severity)
                json_integer(json, severity);
            else
                json_null(json);
            json_key(json, "groups"), json_unsigned(json, held->groups);
            json_key(json, "alerts"), json_unsigned(json, held->alerts);
            json_end_object(json);
        }
    json_end_array(json);
}

int board_counts_json(const struct board *board, struct json *json)
{
    const struct alert_standing *rows;
    struct tally states[ALERT_DECIDED + 1] = {{0}};
    size_t count;
    int error = alert_board_take(board->standings, &rows, &count);

    if (error)
        return error;
    for (size_t i = 0; i < count; i++)
        tally_add(&states[rows[i].state], &rows[i]);
    alert_board_give(board->standings);
    counts_json(states, json);
    return 0;
}

/* ---- lists ------------------------------------------------------------------------------- */

static const char *const state_names[] = {
    [ALERT_SHOWN] = "shown", [ALERT_HELD] = "held", [ALERT_DECIDED] = "decided"};

/* What stands where in a list: the greater first. */
struct place {
    int64_t major, minor;
    struct alert_standing group;
};

static struct place place_urgent(const struct alert_standing *group, int64_t seed)
{
    (void)seed;
    return (struct place){group->priority, group->last, *group};
}

static struct place place_decided(const struct alert_standing *group, int64_t seed)
{
    (void)seed;
    return (struct place){group->decided, 0, *group};
}

static struct place place_drawn(const struct alert_standing *group, int64_t seed)
{
    uint64_t drawn = hash_mix(hash_mix((uint64_t)seed, group->id), group->id);
    return (struct place){(int64_t)(drawn >> 1), 0, *group};
}

static const struct {
    const char *kind;
    enum alert_state state;
    struct place (*place)(const struct alert_standing *group, int64_t seed);
} lists[] = {
    {"shown", ALERT_SHOWN, place_urgent},
    {"held", ALERT_HELD, place_urgent},
    {"decided", ALERT_DECIDED, place_decided},
    {"sample", ALERT_HELD, place_drawn},
};

enum { LISTS = sizeof lists / sizeof *lists };

static bool place_before(const struct place *a, const struct place *b)
{
    if (a->major != b->major)
        return a->major > b->major;
    if (a->minor != b->minor)
        return a->minor > b->minor;
    return a->group.id > b->group.id;
}

static int place_compare(const void *a, const void *b)
{
    return place_before(a, b) ? -1 : place_before(b, a);
}

static int place_compare_back(const void *a, const void *b)
{
    return place_compare(b, a);
}

/* Restore the heap whose top, the last in the order, was replaced. */
static void heap_sink(struct place *places, size_t count, const struct place *fresh)
{
    size_t at = 0, child;

    while ((child = 2 * at + 1) < count) {
        if (child + 1 < count && place_before(&places[child], &places[child + 1]))
            child++;
        if (!place_before(fresh, &places[child]))
            break;
        places[at] = places[child];
        at = child;
    }
    places[at] = *fresh;
}

/* The first `limit` in the order, sorted. The newest are looked at first: few others get in. */
static size_t places_pick(const struct alert_standing *rows, size_t count, size_t list,
                          size_t limit, int64_t seed, struct place *places)
{
    size_t picked = 0;

    for (size_t i = count; i-- > 0;) {
        if (rows[i].state != lists[list].state)
            continue;
        struct place place = lists[list].place(&rows[i], seed);
        if (picked < limit) {
            places[picked++] = place;
            if (picked == limit) /* descending by place_compare is a heap with the last on top */
                qsort(places, picked, sizeof *places, place_compare_back);
        } else if (place_before(&place, &places[0])) {
            heap_sink(places, picked, &place);
        }
    }
    if (picked)
        qsort(places, picked, sizeof *places, place_compare);
    return picked;
}

/* A group as it is told; what the board says of it is bound. */
static const char group_sql[] =
    "SELECT g.id, g.first AS \"first:time\", g.last AS \"last:time\", g.count,"
    " nullif(g.severity, 0) AS severity, g.sensor, g.rule_id, g.rule_name, g.category, g.host,"
    " g.host_ip, g.source_ip, g.destination_ip, nullif(g.destination_port, 0) AS destination_port,"
    " v.outcome, v.class, v.confidence, ?3 AS judged, ?4 AS priority, ?5 AS reason, ?6 AS state,"
    " d.level, iif(d.level IS NULL, NULL, d.analyst) AS analyst,"
    " iif(d.level IS NULL, NULL, d.time) AS \"decided:time\", s.novelty, s.cut,"
    " s.level AS level_proposed, s.level_share AS share, s.side FROM alert_groups g"
    " LEFT JOIN alert_scores s ON s.group_id = g.id LEFT JOIN alert_decisions d ON d.id ="
    " (SELECT max(id) FROM alert_decisions WHERE group_id = g.id)"
    " LEFT JOIN alert_verdicts v ON v.alert = ?2 WHERE g.id = ?1";

static int group_write(struct sqlite3_stmt *row, const struct alert_standing *group,
                       struct json *json)
{
    sqlite3_reset(row);
    sqlite3_bind_int64(row, 1, (int64_t)group->id);
    sqlite3_bind_int64(row, 2, (int64_t)group->gravest);
    sqlite3_bind_int64(row, 3, (int64_t)group->judged);
    sqlite3_bind_int(row, 4, group->priority);
    sqlite3_bind_text(row, 5, standing_reason_name((enum standing_reason)group->reason), -1,
                      SQLITE_STATIC);
    sqlite3_bind_text(row, 6, state_names[group->state], -1, SQLITE_STATIC);
    int step = sqlite3_step(row);
    if (step == SQLITE_ROW)
        row_json(row, json);
    return step == SQLITE_ROW || step == SQLITE_DONE ? 0 : -EIO; /* it may just have gone */
}

static int places_json(struct sqlite3 *db, const struct place *places, size_t count,
                       struct json *json)
{
    struct sqlite3_stmt *row;
    int error = 0;

    if (sqlite3_prepare_v2(db, group_sql, -1, &row, NULL) != SQLITE_OK)
        return -EIO;
    json_array(json);
    for (size_t i = 0; i < count && !error; i++)
        error = group_write(row, &places[i].group, json);
    json_end_array(json);
    sqlite3_finalize(row);
    return error;
}

int board_json(const struct board *board, struct bytes kind, int64_t limit, int64_t seed,
               struct json *json)
{
    const struct alert_standing *rows;
    struct tallies tallies = {0};
    size_t count, list = 0;

    while (list < LISTS && !bytes_equal(kind, bytes_of(lists[list].kind)))
        list++;
    if (list == LISTS || limit < 1 || limit > BOARD_GROUPS)
        return -EINVAL;
    struct place *places = malloc((size_t)limit * sizeof *places);
    if (!places)
        return -ENOMEM;
    int error = alert_board_take(board->standings, &rows, &count);
    if (!error) {
        tallies_make(rows, count, &tallies);
        count = places_pick(rows, count, list, (size_t)limit, seed, places);
        alert_board_give(board->standings);
        json_object(json);
        json_key(json, "counts"), counts_json(tallies.states, json);
        json_key(json, "held"), held_json(&tallies, json);
        json_key(json, "groups");
        error = places_json(board->db, places, count, json);
        json_end_object(json);
    }
    free(places);
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

static int group_standing(const struct board *board, uint64_t id, struct alert_standing *ret_group)
{
    const struct alert_standing *rows, *group;
    size_t count;
    int error = alert_board_take(board->standings, &rows, &count);

    if (error)
        return error;
    if ((group = alert_board_find(board->standings, id)))
        *ret_group = *group;
    alert_board_give(board->standings);
    return group ? 0 : -ENOENT;
}

static int group_one_json(struct sqlite3 *db, const struct alert_standing *group, struct json *json)
{
    struct sqlite3_stmt *row;

    if (sqlite3_prepare_v2(db, group_sql, -1, &row, NULL) != SQLITE_OK)
        return -EIO;
    int error = group_write(row, group, json);
    sqlite3_finalize(row);
    return error;
}

int board_group_json(const struct board *board, int64_t id, struct json *json)
{
    const struct argument of[] = {{.number = id}};
    struct sqlite3 *db = board->db;
    struct alert_standing group;
    int error = group_standing(board, (uint64_t)id, &group);

    if (error)
        return error;
    json_object(json);
    json_key(json, "group");
    error = group_one_json(db, &group, json);
    json_key(json, "models");
    if (!error)
        error = rows_json(db, json,
                          "SELECT iif(json_valid(reasons), reasons, '[]') AS \"novelty:json\","
                          " iif(json_valid(level_reasons), level_reasons, '[]') AS \"level:json\""
                          " FROM alert_scores WHERE group_id = ?1",
                          of, 1);
    json_key(json, "verdicts");
    if (!error)
        error =
            rows_json(db, json,
                      "SELECT alert, outcome, class, confidence,"
                      " iif(json_valid(proof_json), proof_json, 'null') AS \"proof:json\""
                      " FROM alert_verdicts WHERE group_id = ?1 ORDER BY CASE outcome"
                      " WHEN 'success' THEN 0 WHEN 'unknown' THEN 1 WHEN 'failed' THEN 2 ELSE 3 END"
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
        error = members_json(board->data, id, json);
    json_end_object(json);
    return error;
}

int board_models_json(const struct board *board, struct json *json)
{
    struct buffer training = {0};

    json_object(json);
    json_key(json, "generations");
    int error = rows_json(
        board->db, json,
        "SELECT generation, time AS \"time:time\", generation IS (SELECT CAST(value AS INTEGER)"
        " FROM alert_settings WHERE name = 'level') AS \"in_force:bool\","
        " iif(json_valid(note), note, 'null') AS \"learned:json\" FROM alert_models"
        " WHERE name = 'level' ORDER BY generation DESC LIMIT 100",
        NULL, 0);
    if (!error)
        error = text_of(board->db,
                        "SELECT value FROM alert_settings WHERE name = 'training'"
                        " AND json_valid(value)",
                        NULL, 0, &training);
    json_key(json, "training");
    if (error)
        json_null(json);
    else
        json_raw(json, buffer_bytes(&training));
    json_end_object(json);
    buffer_finish(&training);
    return error == -ENOENT ? 0 : error;
}
