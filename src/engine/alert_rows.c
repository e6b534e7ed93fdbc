#include "engine/alert_rows.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/hash.h"
#include "store/database.h"

/* ---- groups ------------------------------------------------------------------------------ */

/* The verdict is the gravest of the members', the decision the newest, the score the last. */
static const char rows_query[] =
    "SELECT g.id, g.first, g.last, g.count, g.severity, g.sensor, g.host, g.host_ip, g.rule_id,"
    " g.rule_name, g.category, g.source_ip, g.destination_ip, d.level, d.analyst,"
    " (SELECT min(CASE outcome WHEN 'success' THEN 0 WHEN 'unknown' THEN 1 WHEN 'failed' THEN 2"
    " ELSE 3 END) FROM alert_verdicts WHERE group_id = g.id), s.count, s.novelty, s.cut, d.time"
    " FROM alert_groups g LEFT JOIN alert_decisions d ON d.id ="
    " (SELECT max(id) FROM alert_decisions WHERE group_id = g.id)"
    " LEFT JOIN alert_scores s ON s.group_id = g.id ORDER BY g.first, g.id";

static const enum attack_outcome gravest[] = {OUTCOME_success, OUTCOME_unknown, OUTCOME_failed,
                                              OUTCOME_benign};

static int rows_grow(struct alert_rows *rows)
{
    if (rows->count < rows->capacity)
        return 0;
    size_t capacity = rows->capacity ? 2 * rows->capacity : 1024;
    struct group_facts *groups = reallocarray(rows->groups, capacity, sizeof(*groups));
    if (groups)
        rows->groups = groups;
    struct level_decided *decided = reallocarray(rows->decided, capacity, sizeof(*decided));
    if (decided)
        rows->decided = decided;
    struct bytes *analysts = reallocarray(rows->analysts, capacity, sizeof(*analysts));
    if (analysts)
        rows->analysts = analysts;
    struct chain_score *scores = reallocarray(rows->scores, capacity, sizeof(*scores));
    if (scores)
        rows->scores = scores;
    if (!groups || !decided || !analysts || !scores)
        return -ENOMEM;
    rows->capacity = capacity;
    return 0;
}

/* Sensor, name and category, one behind the other. */
static struct bytes words_of(struct alert_rows *rows, const struct alert *first)
{
    size_t size = first->sensor.len + first->rule_name.len + first->category.len + 3;
    char *text = arena_take(&rows->arena, size);
    if (!text)
        return (struct bytes){NULL, 0};
    int length = snprintf(text, size, "%.*s %.*s %.*s", (int)first->sensor.len,
                          first->sensor.len ? first->sensor.at : "", (int)first->rule_name.len,
                          first->rule_name.len ? first->rule_name.at : "", (int)first->category.len,
                          first->category.len ? first->category.at : "");
    return (struct bytes){text, length > 0 ? (size_t)length : 0};
}

static struct ip column_ip(sqlite3_stmt *row, int column)
{
    struct ip ip = {{0}};
    struct bytes text = column_bytes(row, column);
    if (text.len && !ip_parse(text, &ip))
        ip = (struct ip){{0}};
    return ip;
}

/* Numbers of a score that was given before; NAN where there was none. */
static double column_score(sqlite3_stmt *row, int column)
{
    return sqlite3_column_type(row, column) == SQLITE_NULL ? NAN
                                                           : sqlite3_column_double(row, column);
}

static int row_take(struct alert_rows *rows, sqlite3_stmt *row)
{
    const struct alert_group group = {
        .id = (uint64_t)sqlite3_column_int64(row, 0),
        .first = sqlite3_column_int64(row, 1),
        .last = sqlite3_column_int64(row, 2),
        .count = (uint64_t)sqlite3_column_int64(row, 3),
        .severity = (uint8_t)sqlite3_column_int(row, 4),
    };
    const struct alert first = {
        .sensor = column_bytes(row, 5),
        .host = column_bytes(row, 6),
        .host_ip = column_ip(row, 7),
        .rule_id = column_bytes(row, 8),
        .rule_name = column_bytes(row, 9),
        .category = column_bytes(row, 10),
        .source_ip = column_ip(row, 11),
        .destination_ip = column_ip(row, 12),
    };
    int error = rows_grow(rows);
    if (error)
        return error;
    struct group_facts facts = group_facts_of(&group, &first);
    bool decided = sqlite3_column_type(row, 13) != SQLITE_NULL;
    facts.words = words_of(rows, &first);
    if (sqlite3_column_type(row, 15) != SQLITE_NULL)
        facts.outcome = (int)gravest[sqlite3_column_int(row, 15) & 3];
    rows->groups[rows->count] = facts;
    rows->decided[rows->count] = (struct level_decided){decided ? sqlite3_column_int(row, 13) : -1,
                                                        sqlite3_column_int64(row, 19)};
    rows->analysts[rows->count] = arena_copy(&rows->arena, column_bytes(row, 14));
    rows->scores[rows->count] =
        (struct chain_score){.score = column_score(row, 17), .cut = column_score(row, 18)};
    bool changed = sqlite3_column_type(row, 16) == SQLITE_NULL ||
                   (uint64_t)sqlite3_column_int64(row, 16) != group.count;
    if (changed && rows->from > rows->count)
        rows->from = rows->count;
    rows->count++;
    return facts.words.at ? 0 : -ENOMEM;
}

static int groups_load(struct alerts_store *store, struct alert_rows *rows)
{
    sqlite3_stmt *row;
    int error = alerts_store_statement(store, rows_query, &row), step = SQLITE_DONE;
    rows->from = SIZE_MAX;
    while (!error && (step = sqlite3_step(row)) == SQLITE_ROW)
        error = row_take(rows, row);
    if (!error && step != SQLITE_DONE)
        error = -EIO;
    return error;
}

/* ---- findings of the endpoint --------------------------------------------------------------- */

struct near_finding {
    uint64_t host;
    int64_t start, end;
    double score;
};

static int finding_compare(const void *a, const void *b)
{
    const struct near_finding *one = a, *other = b;
    if (one->host != other->host)
        return one->host > other->host ? 1 : -1;
    return (one->start > other->start) - (one->start < other->start);
}

static int findings_read(struct database *state, struct arena *arena,
                         struct near_finding **ret_findings, size_t *ret_count)
{
    int64_t limit;
    size_t count = 0;
    sqlite3_stmt *row = NULL;
    int error = database_integer(state, "SELECT count(*) FROM findings", &limit);
    struct near_finding *findings =
        error ? NULL : arena_take_array(arena, (size_t)limit + 1, sizeof(*findings));
    if (!error && !findings)
        error = -ENOMEM;
    if (!error)
        error =
            database_prepare(state, "SELECT host, time_start, time_end, score FROM findings", &row);
    int more = 0;
    while (!error && count < (size_t)limit && (more = database_step(state, row)) > 0)
        findings[count++] =
            (struct near_finding){hash_bytes(column_bytes(row, 0)), sqlite3_column_int64(row, 1),
                                  sqlite3_column_int64(row, 2), sqlite3_column_double(row, 3)};
    sqlite3_finalize(row);
    if (!error && count > 1)
        qsort(findings, count, sizeof(*findings), finding_compare);
    *ret_findings = findings;
    *ret_count = count;
    return error ? error : (more < 0 ? more : 0);
}

static void group_findings(struct group_facts *group, const struct near_finding *findings,
                           size_t count)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (findings[middle].host < group->host)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < count && findings[low].host == group->host; low++)
        if (findings[low].start <= group->last + ALERT_ROWS_NEAR &&
            findings[low].end >= group->first - ALERT_ROWS_NEAR) {
            group->findings++;
            group->finding_score = fmax(group->finding_score, findings[low].score);
        }
}

/* A folder without endpoint events has no findings; that is nothing wrong. */
static int findings_join(const char *folder, struct alert_rows *rows)
{
    struct failure failure = {{0}};
    struct database state;
    struct near_finding *findings;
    size_t count;
    char path[4096];
    int length = snprintf(path, sizeof(path), "%s/state.db", folder);
    if (length < 0 || (size_t)length >= sizeof(path) || access(path, R_OK) != 0)
        return 0;
    int error = database_open(&state, path, DATABASE_READ, &failure);
    if (error)
        return error;
    error = findings_read(&state, &rows->arena, &findings, &count);
    for (size_t i = 0; i < rows->count && !error; i++)
        group_findings(&rows->groups[i], findings, count);
    database_close(&state);
    return error;
}

/* ---- rows ----------------------------------------------------------------------------------- */

static int levels_fill(struct alert_rows *rows)
{
    struct level_past *past = calloc(rows->count + 1, sizeof(*past));
    int error = past ? level_past_find(rows->groups, rows->decided, rows->count, past) : -ENOMEM;
    for (size_t i = 0; i < rows->count && !error; i++)
        level_row(&rows->groups[i], &rows->novelty[i * NOVELTY_FEATURE_COUNT],
                  rows->scores[i].score, &past[i], &rows->levels[i * LEVEL_FEATURE_COUNT]);
    free(past);
    return error;
}

int alert_rows_load(struct alerts_store *store, const char *folder,
                    const struct chain_options *options, struct alert_rows *ret_rows)
{
    struct alert_rows *rows = ret_rows;
    *rows = (struct alert_rows){0};
    int error = groups_load(store, rows);
    if (!error)
        error = findings_join(folder, rows);
    /* The last day may not have been over when it was scored. */
    size_t count = rows->count;
    if (count && rows->from > count - 1)
        rows->from = count - 1;
    while (!error && rows->from > 0 && rows->from < count &&
           time_day(rows->groups[rows->from - 1].first) == time_day(rows->groups[rows->from].first))
        rows->from--;
    rows->novelty = malloc((count + 1) * NOVELTY_FEATURE_COUNT * sizeof(float));
    rows->levels = malloc((count + 1) * LEVEL_FEATURE_COUNT * sizeof(float));
    if (!error && (!rows->novelty || !rows->levels))
        error = -ENOMEM;
    if (!error)
        error = novelty_features(rows->groups, count, rows->novelty);
    if (!error)
        error = chain_score(options, rows->groups, rows->novelty, count, rows->from, rows->scores);
    return error ? error : levels_fill(rows);
}

void alert_rows_finish(struct alert_rows *rows)
{
    free(rows->groups);
    free(rows->decided);
    free(rows->analysts);
    free(rows->scores);
    free(rows->novelty);
    free(rows->levels);
    arena_finish(&rows->arena);
}
