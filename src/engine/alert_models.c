#include "engine/alert_models.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/json.h"
#include "store/database.h"

static const struct {
    const char *name, *sentence;
} learned_texts[] = {
#define X(name, doc) {#name, doc},
    ALERT_LEARNED(X)
#undef X
};

const char *alert_learned_name(enum alert_learned learned)
{
    return learned_texts[learned].name;
}

const char *alert_learned_sentence(enum alert_learned learned)
{
    return learned_texts[learned].sentence;
}

/* Decisions of all stores, as a model learns them. */
struct lessons {
    float *rows;
    struct level_decision *decisions;
    struct bytes *analysts;
    double *scores; /* of the cross-fitting */
    size_t count, capacity, own;
};

static void lessons_finish(struct lessons *lessons)
{
    free(lessons->rows);
    free(lessons->decisions);
    free(lessons->analysts);
    free(lessons->scores);
}

static int lessons_grow(struct lessons *lessons, size_t more)
{
    size_t capacity = lessons->count + more + 1;
    float *rows = reallocarray(lessons->rows, capacity, LEVEL_FEATURE_COUNT * sizeof(*rows));
    if (rows)
        lessons->rows = rows;
    struct level_decision *decisions =
        reallocarray(lessons->decisions, capacity, sizeof(*decisions));
    if (decisions)
        lessons->decisions = decisions;
    struct bytes *analysts = reallocarray(lessons->analysts, capacity, sizeof(*analysts));
    if (analysts)
        lessons->analysts = analysts;
    double *scores = reallocarray(lessons->scores, capacity, sizeof(*scores));
    if (scores)
        lessons->scores = scores;
    return rows && decisions && analysts && scores ? 0 : -ENOMEM;
}

/*
 * Decisions on one rule on one day in one network hang together: one unit. Networks are the folds
 * where there are several; else fifths of the days decided on.
 */
static int lessons_add(struct lessons *lessons, const struct alert_rows *rows, uint32_t store,
                       struct arena *arena)
{
    int error = lessons_grow(lessons, rows->count);
    for (size_t i = 0; i < rows->count && !error; i++) {
        const struct group_facts *group = &rows->groups[i];
        if (rows->decided[i].level < 0)
            continue;
        uint64_t day = (uint64_t)(int64_t)time_day(group->first);
        memcpy(&lessons->rows[lessons->count * LEVEL_FEATURE_COUNT],
               &rows->levels[i * LEVEL_FEATURE_COUNT], LEVEL_FEATURE_COUNT * sizeof(float));
        lessons->analysts[lessons->count] = arena_copy(arena, rows->analysts[i]);
        lessons->decisions[lessons->count++] = (struct level_decision){
            .level = (uint32_t)rows->decided[i].level,
            .fold = store,
            .unit = hash_mix(hash_mix(store, group->rule), day),
            .time = group->first,
        };
    }
    return error;
}

static void folds_by_day(struct lessons *lessons)
{
    int32_t day = INT32_MIN;
    uint32_t days = 0;
    for (size_t i = 0; i < lessons->count; i++) { /* in the order of time: one store */
        days += time_day(lessons->decisions[i].time) != day;
        day = time_day(lessons->decisions[i].time);
        lessons->decisions[i].fold = days - 1;
    }
    for (size_t i = 0; i < lessons->count && days > 5; i++)
        lessons->decisions[i].fold = lessons->decisions[i].fold * 5 / days;
}

static int other_learn(const struct alert_training *training, int at, struct lessons *lessons,
                       struct arena *arena, char *ret_error)
{
    struct alerts_store *store = NULL;
    struct alert_rows rows = {0};
    const char *folder = training->others[at];
    int error = alerts_store_open(folder, ALERTS_READ, &store);
    if (!error)
        error = alert_rows_load(store, folder, &training->novelty, &rows);
    if (!error)
        error = lessons_add(lessons, &rows, (uint32_t)at + 1, arena);
    if (error)
        (void)snprintf(ret_error, 512, "%s: %s", folder,
                       store ? alerts_store_error(store) : strerror(-error));
    alert_rows_finish(&rows);
    alerts_store_close(store);
    return error;
}

/* ---- against the model in force --------------------------------------------------------- */

static int time_compare(const void *a, const void *b)
{
    int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;
    return (one > other) - (one < other);
}

/* The moment from which a fifth of the decisions is held out. */
static int held_from(const struct lessons *lessons, size_t begin, size_t count, int64_t *ret_time)
{
    int64_t *times = malloc((count + 1) * sizeof(*times));
    if (!times)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        times[i] = lessons->decisions[begin + i].time;
    qsort(times, count, sizeof(*times), time_compare);
    *ret_time = (int64_t)time_day(times[count - 1 - count / 5]) * TIME_DAY;
    free(times);
    return 0;
}

/* Decisions before (or from) `time` on, in a block of their own. Those of other stores always count
 * as before. */
static int lessons_part(const struct lessons *lessons, int64_t time, bool held,
                        struct lessons *ret_part)
{
    struct lessons part = {0};
    int error = lessons_grow(&part, lessons->count);
    for (size_t i = 0; i < lessons->count && !error; i++) {
        bool own = lessons->own == 0 || i < lessons->own;
        if ((own && lessons->decisions[i].time >= time) != held)
            continue;
        memcpy(&part.rows[part.count * LEVEL_FEATURE_COUNT],
               &lessons->rows[i * LEVEL_FEATURE_COUNT], LEVEL_FEATURE_COUNT * sizeof(float));
        part.decisions[part.count++] = lessons->decisions[i];
    }
    *ret_part = part;
    return error;
}

/* Losses of the old model and of one that learned as the new one did, but for the held-out days. */
static int models_compare(const struct alert_training *training, const struct lessons *lessons,
                          const struct level_model *old, struct alert_training_result *result)
{
    struct lessons learned = {0}, held = {0};
    struct level_model *candidate = NULL;
    int64_t time;
    size_t own = lessons->own ? lessons->own : lessons->count;
    int error = held_from(lessons, 0, own, &time);
    if (!error)
        error = lessons_part(lessons, time, false, &learned);
    if (!error)
        error = lessons_part(lessons, time, true, &held);
    if (!error && held.count)
        error = level_fit(&training->level, learned.rows, learned.decisions, learned.count, NULL,
                          &candidate);
    if (!error && candidate) {
        result->compared = true;
        result->held_out = (uint32_t)held.count;
        result->loss_old = level_loss(old, held.rows, held.decisions, held.count);
        result->loss_new = level_loss(candidate, held.rows, held.decisions, held.count);
    }
    level_close(candidate);
    lessons_finish(&learned);
    lessons_finish(&held);
    return error == -ENODATA ? 0 : error;
}

/* ---- audit ------------------------------------------------------------------------------- */

static struct analyst_audit *audit_of(struct alert_training_result *result, struct bytes name)
{
    for (uint32_t i = 0; i < result->analyst_count; i++)
        if (bytes_equal(result->analysts[i].name, name))
            return &result->analysts[i];
    if (result->analyst_count == ALERT_MODELS_ANALYSTS)
        return NULL;
    struct analyst_audit *audit = &result->analysts[result->analyst_count++];
    *audit = (struct analyst_audit){.name = arena_copy(&result->arena, name)};
    return audit;
}

static void audit_models(const struct lessons *lessons, struct alert_training_result *result)
{
    for (size_t i = 0; i < lessons->count; i++) {
        struct analyst_audit *audit = audit_of(result, lessons->analysts[i]);
        if (!audit)
            continue;
        audit->levels[lessons->decisions[i].level]++;
        if (result->learned == LEARNED_few || isnan(lessons->scores[i]))
            continue;
        audit->judged++;
        audit->agreed += (lessons->scores[i] > 0) == (lessons->decisions[i].level > 0);
    }
}

/* Each analyst's newest word on a group against the newest of every colleague there. */
static int audit_colleagues(struct alerts_store *store, struct alert_training_result *result)
{
    sqlite3_stmt *row;
    int error = alerts_store_statement(
        store,
        "WITH words AS (SELECT group_id, coalesce(analyst, '') AS analyst, level > 0 AS attack,"
        " max(id) FROM alert_decisions WHERE level IS NOT NULL GROUP BY group_id, analyst)"
        " SELECT a.analyst, count(*), sum(a.attack = b.attack) FROM words a JOIN words b"
        " ON a.group_id = b.group_id AND a.analyst <> b.analyst GROUP BY a.analyst",
        &row);
    if (error)
        return error;
    while (sqlite3_step(row) == SQLITE_ROW) {
        struct bytes name = column_bytes(row, 0);
        struct analyst_audit *audit = audit_of(result, name);
        if (!audit)
            continue;
        audit->shared = (uint32_t)sqlite3_column_int64(row, 1);
        audit->same = (uint32_t)sqlite3_column_int64(row, 2);
    }
    sqlite3_reset(row);
    return 0;
}

/* ---- training ------------------------------------------------------------------------------ */

static void note_put(const struct alert_training_result *result, struct buffer *out)
{
    struct json json = {.out = out};
    json_object(&json);
    json_key(&json, "decisions"), json_unsigned(&json, result->decisions);
    json_key(&json, "positives"), json_unsigned(&json, result->positives);
    if (result->compared) {
        json_key(&json, "held_out"), json_unsigned(&json, result->held_out);
        json_key(&json, "loss_before"), json_number(&json, result->loss_old);
        json_key(&json, "loss"), json_number(&json, result->loss_new);
    }
    json_end_object(&json);
}

/* Learn, compare, and put a new generation in force where it is no worse. */
static int levels_learn(const struct alert_training *training, struct alerts_store *store,
                        struct lessons *lessons, struct level_model **model,
                        struct alert_training_result *result)
{
    struct level_model *fresh = NULL;
    struct buffer note = {0};
    for (size_t i = 0; i < lessons->count; i++)
        result->positives += lessons->decisions[i].level > 0;
    result->decisions = (uint32_t)lessons->count;
    int error = level_fit(&training->level, lessons->rows, lessons->decisions, lessons->count,
                          lessons->scores, &fresh);
    if (error == -ENODATA) {
        result->learned = LEARNED_few;
        result->wanted = result->decisions < LEVEL_LEAST ? LEVEL_LEAST - result->decisions : 1;
        return 0;
    }
    if (!error && *model)
        error = models_compare(training, lessons, *model, result);
    bool worse = result->compared && result->loss_new > result->loss_old;
    result->learned = worse && !training->force ? LEARNED_worse : LEARNED_taken;
    if (!error && result->learned == LEARNED_taken) {
        note_put(result, &note);
        error = note.failed
                    ? -ENOMEM
                    : alert_model_put(store, fresh, buffer_bytes(&note), &result->generation);
    }
    if (!error && result->learned == LEARNED_taken) {
        level_close(*model);
        *model = fresh;
        fresh = NULL;
    }
    level_close(fresh);
    buffer_finish(&note);
    return error;
}

static int lessons_learn(const struct alert_training *training, struct alerts_store *store,
                         const struct alert_rows *rows, struct level_model **model,
                         struct alert_training_result *result, char *ret_error)
{
    struct lessons lessons = {0};
    int error = lessons_add(&lessons, rows, 0, &result->arena);
    lessons.own = lessons.count;
    if (training->other_count == 0)
        folds_by_day(&lessons);
    for (int i = 0; i < training->other_count && !error; i++)
        error = other_learn(training, i, &lessons, &result->arena, ret_error);
    if (!error)
        error = levels_learn(training, store, &lessons, model, result);
    if (!error) {
        audit_models(&lessons, result);
        error = audit_colleagues(store, result);
    }
    lessons_finish(&lessons);
    return error;
}

static int store_train(const struct alert_training *training, struct alerts_store *store,
                       struct alert_rows *rows, struct alert_training_result *result,
                       char *ret_error)
{
    struct level_model *model = NULL;
    int error = alert_rows_load(store, training->folder, &training->novelty, rows);
    result->groups = rows->count;
    for (size_t i = 0; i < rows->count && !error; i++) {
        result->scored += isnan(rows->scores[i].score) ? 0 : 1;
        result->shown += rows->scores[i].score >= rows->scores[i].cut ? 1 : 0;
    }
    if (!error)
        error = alert_model_in_force(store, &result->generation);
    if (!error && result->generation) {
        error = alert_model_load(store, result->generation, &model);
        if (error == -EBADMSG) { /* of another version's features: learn anew */
            error = 0;
            result->generation = 0;
        }
    }
    bool learn = training->learn;
    if (!error && learn && training->scheduled)
        error = alert_decisions_since(store, &learn);
    if (!error && training->learn && !learn)
        result->learned = LEARNED_same;
    if (!error && learn)
        error = lessons_learn(training, store, rows, &model, result, ret_error);
    if (!error && model) {
        result->band = *level_band(model);
        result->has_band = true;
    }
    if (!error)
        error = alert_scores_put(store, rows, model, result->sides);
    result->time = time_now();
    result->budget = training->novelty.budget;
    result->confidence = 1 - training->level.doubt;
    if (!error)
        error = alert_training_keep(store, result);
    level_close(model);
    return error;
}

int alert_models_train(const struct alert_training *training,
                       struct alert_training_result *ret_result, char *ret_error)
{
    struct alerts_store *store = NULL;
    struct alert_rows rows = {0};
    ret_error[0] = '\0';
    *ret_result = (struct alert_training_result){0};
    if (training->other_count > ALERT_MODELS_STORES)
        return -E2BIG;
    int error = alerts_store_open(training->folder, ALERTS_DECIDE, &store);
    if (!error)
        error = store_train(training, store, &rows, ret_result, ret_error);
    if (error && !ret_error[0])
        (void)snprintf(ret_error, 512, "%s: %s", training->folder,
                       error == -ELIBACC           ? "a library for learning is missing"
                       : store && error != -ENOMEM ? alerts_store_error(store)
                                                   : strerror(-error));
    alert_rows_finish(&rows);
    alerts_store_close(store);
    return error;
}

void alert_training_finish(struct alert_training_result *result)
{
    arena_finish(&result->arena);
}
