/* What came of a training, as JSON, and when the next one is due. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/alert_models.h"
#include "store/database.h"

static void cut_json(struct json *json, const char *name, const struct conformal_cut *cut)
{
    json_key(json, name);
    json_object(json);
    json_key(json, "threshold"), json_number(json, cut->threshold);
    json_key(json, "bound"), json_number(json, cut->bound);
    json_key(json, "units"), json_unsigned(json, cut->units);
    json_key(json, "misses"), json_unsigned(json, cut->misses);
    json_key(json, "wanted"), json_unsigned(json, cut->wanted);
    json_end_object(json);
}

static void analysts_json(struct json *json, const struct alert_training_result *result)
{
    json_key(json, "analysts");
    json_array(json);
    for (uint32_t i = 0; i < result->analyst_count; i++) {
        const struct analyst_audit *audit = &result->analysts[i];
        json_object(json);
        json_key_text(json, "analyst", audit->name);
        json_key(json, "levels");
        json_array(json);
        for (int level = 0; level < LEVEL_COUNT; level++)
            json_unsigned(json, audit->levels[level]);
        json_end_array(json);
        json_key(json, "judged"), json_unsigned(json, audit->judged);
        json_key(json, "agreed"), json_unsigned(json, audit->agreed);
        json_key(json, "shared"), json_unsigned(json, audit->shared);
        json_key(json, "same"), json_unsigned(json, audit->same);
        json_end_object(json);
    }
    json_end_array(json);
}

void alert_training_json(const struct alert_training_result *result, struct buffer *out)
{
    struct json json = {.out = out};
    json_object(&json);
    json_key(&json, "time"), json_time(&json, result->time);
    json_key(&json, "budget"), json_number(&json, result->budget);
    json_key(&json, "groups"), json_unsigned(&json, result->groups);
    json_key(&json, "scored"), json_unsigned(&json, result->scored);
    json_key(&json, "shown"), json_unsigned(&json, result->shown);
    json_key_text(&json, "learned", bytes_of(alert_learned_name(result->learned)));
    json_key(&json, "decisions"), json_unsigned(&json, result->decisions);
    json_key(&json, "positives"), json_unsigned(&json, result->positives);
    json_key(&json, "wanted"), json_unsigned(&json, result->wanted);
    if (result->compared) {
        json_key(&json, "held_out"), json_unsigned(&json, result->held_out);
        json_key(&json, "loss_before"), json_number(&json, result->loss_old);
        json_key(&json, "loss"), json_number(&json, result->loss_new);
    }
    json_key(&json, "generation"), json_integer(&json, result->generation);
    if (result->has_band) {
        json_key(&json, "confidence"), json_number(&json, result->confidence);
        cut_json(&json, "filter", &result->band.filter);
        cut_json(&json, "raise", &result->band.raise);
        json_key(&json, "filtered"), json_unsigned(&json, result->sides[CONFORMAL_FILTERED]);
        json_key(&json, "kept"), json_unsigned(&json, result->sides[CONFORMAL_KEPT]);
        json_key(&json, "raised"), json_unsigned(&json, result->sides[CONFORMAL_RAISED]);
    }
    analysts_json(&json, result);
    json_end_object(&json);
}

static int setting_put(struct alerts_store *store, const char *name, struct bytes value)
{
    sqlite3_stmt *statement;
    int error = alerts_store_statement(store, "INSERT OR REPLACE INTO alert_settings VALUES(?, ?)",
                                       &statement);
    if (error)
        return error;
    sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
    bind_bytes(statement, 2, value);
    int step = sqlite3_step(statement);
    sqlite3_reset(statement);
    return step == SQLITE_DONE ? 0 : -EIO;
}

int alert_training_keep(struct alerts_store *store, const struct alert_training_result *result)
{
    struct buffer text = {0};
    char number[32];
    (void)snprintf(number, sizeof(number), "%lld", (long long)result->time);
    int error = setting_put(store, "trained", bytes_of(number));
    (void)snprintf(number, sizeof(number), "%.17g", result->budget);
    if (!error)
        error = setting_put(store, "budget", bytes_of(number));
    bool learned = result->learned != LEARNED_kept && result->learned != LEARNED_same;
    if (learned)
        alert_training_json(result, &text);
    if (!error && text.failed)
        error = -ENOMEM;
    if (!error && learned)
        error = setting_put(store, "training", buffer_bytes(&text));
    buffer_finish(&text);
    return error;
}

static int number_find(struct alerts_store *store, const char *sql, double *ret_number)
{
    sqlite3_stmt *row;
    int error = alerts_store_statement(store, sql, &row);
    if (error)
        return error;
    int step = sqlite3_step(row);
    if (step == SQLITE_ROW && sqlite3_column_type(row, 0) != SQLITE_NULL)
        *ret_number = sqlite3_column_double(row, 0);
    sqlite3_reset(row);
    return step == SQLITE_ROW || step == SQLITE_DONE ? 0 : -EIO;
}

int alert_training_last(const char *folder, int64_t *ret_time, double *budget)
{
    struct alerts_store *store = NULL;
    double time = 0, last = 0;
    int error = alerts_store_open(folder, ALERTS_READ, &store);
    if (!error)
        error = number_find(
            store, "SELECT CAST(value AS INTEGER) FROM alert_settings WHERE name='trained'", &time);
    if (!error)
        error = number_find(
            store, "SELECT CAST(value AS REAL) FROM alert_settings WHERE name='budget'", &last);
    alerts_store_close(store);
    if (error)
        return error;
    *ret_time = (int64_t)time;
    if (last > 0)
        *budget = last;
    return 0;
}

int alert_decisions_since(struct alerts_store *store, bool *ret_any)
{
    double any = 0;
    int error = number_find(store,
                            "SELECT EXISTS(SELECT 1 FROM alert_decisions WHERE time >"
                            " (SELECT coalesce(max(time), -1) FROM alert_models WHERE"
                            " name='level'))",
                            &any);
    *ret_any = any > 0;
    return error;
}
