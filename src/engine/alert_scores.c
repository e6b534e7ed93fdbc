/* Generations of models, and what they say, in the store. */
#include <errno.h>
#include <math.h>

#include "base/json.h"
#include "engine/alert_models.h"
#include "store/database.h"

/* ---- generations ------------------------------------------------------------------------ */

static int integer_find(struct alerts_store *store, const char *sql, int64_t bound,
                        int64_t *ret_value)
{
    sqlite3_stmt *row;
    int error = alerts_store_statement(store, sql, &row);
    if (error)
        return error;
    sqlite3_reset(row);
    if (sqlite3_bind_parameter_count(row))
        sqlite3_bind_int64(row, 1, bound);
    int step = sqlite3_step(row);
    *ret_value = step == SQLITE_ROW ? sqlite3_column_int64(row, 0) : 0;
    sqlite3_reset(row);
    return step == SQLITE_ROW || step == SQLITE_DONE ? 0 : -EIO;
}

static int statement_do(sqlite3_stmt *statement)
{
    int step = sqlite3_step(statement);
    sqlite3_reset(statement);
    return step == SQLITE_DONE ? 0 : -EIO;
}

int alert_model_in_force(struct alerts_store *store, int64_t *ret_generation)
{
    return integer_find(store,
                        "SELECT CAST(value AS INTEGER) FROM alert_settings WHERE name='level'", 0,
                        ret_generation);
}

static int force_put(struct alerts_store *store, int64_t generation)
{
    sqlite3_stmt *statement;
    int error = alerts_store_statement(
        store, "INSERT OR REPLACE INTO alert_settings VALUES('level', CAST(?1 AS TEXT))",
        &statement);
    if (error)
        return error;
    sqlite3_bind_int64(statement, 1, generation);
    return statement_do(statement);
}

int alert_model_undo(struct alerts_store *store, int64_t *ret_generation)
{
    int64_t now, before;
    int error = alert_model_in_force(store, &now);
    if (!error && now == 0)
        return -ENOENT;
    if (!error)
        error = integer_find(store,
                             "SELECT coalesce(max(generation), 0) FROM alert_models"
                             " WHERE name='level' AND generation < ?1",
                             now, &before);
    if (!error)
        error = force_put(store, before);
    if (!error)
        *ret_generation = before;
    return error;
}

int alert_model_load(struct alerts_store *store, int64_t generation, struct level_model **ret_model)
{
    sqlite3_stmt *row;
    int error = alerts_store_statement(
        store, "SELECT state FROM alert_models WHERE name='level' AND generation=?1", &row);
    if (error)
        return error;
    sqlite3_bind_int64(row, 1, generation);
    error = -ENOENT;
    if (sqlite3_step(row) == SQLITE_ROW) {
        const void *at = sqlite3_column_blob(row, 0);
        struct cursor state = cursor_over((struct bytes){at, (size_t)sqlite3_column_bytes(row, 0)});
        error = level_load(&state, ret_model);
    }
    sqlite3_reset(row);
    return error;
}

int alert_model_put(struct alerts_store *store, const struct level_model *model, struct bytes note,
                    int64_t *ret_generation)
{
    sqlite3_stmt *statement;
    struct buffer state = {0};
    int64_t generation;
    level_save(model, &state);
    int error = state.failed ? -ENOMEM
                             : integer_find(store,
                                            "SELECT coalesce(max(generation), 0) + 1 FROM"
                                            " alert_models WHERE name='level'",
                                            0, &generation);
    if (!error)
        error = alerts_store_statement(
            store, "INSERT INTO alert_models VALUES('level', ?1, ?2, ?3, ?4)", &statement);
    if (!error) {
        sqlite3_bind_int64(statement, 1, generation);
        sqlite3_bind_int64(statement, 2, time_now());
        sqlite3_bind_blob64(statement, 3, state.at, state.len, SQLITE_STATIC);
        bind_bytes(statement, 4, note);
        error = statement_do(statement);
    }
    if (!error)
        error = force_put(store, generation);
    if (!error)
        *ret_generation = generation;
    buffer_finish(&state);
    return error;
}

/* ---- scores ------------------------------------------------------------------------------ */

static void reason_json(struct json *json, const char *name, double share, const char *english,
                        const char *japanese)
{
    json_object(json);
    json_key_text(json, "feature", bytes_of(name));
    json_key(json, "share"), json_number(json, share);
    json_key_text(json, "en", bytes_of(english));
    json_key_text(json, "ja", bytes_of(japanese));
    json_end_object(json);
}

static void novelty_reasons(const struct chain_score *score, struct buffer *out)
{
    struct json json = {.out = out};
    json_array(&json);
    for (int i = 0; i < NOVELTY_REASONS; i++)
        if (score->reasons[i].share > 0)
            reason_json(&json, novelty_feature_name(score->reasons[i].feature),
                        score->reasons[i].share,
                        novelty_feature_text(score->reasons[i].feature, false),
                        novelty_feature_text(score->reasons[i].feature, true));
    json_end_array(&json);
}

static int level_reasons(const struct level_model *model, const float *row, struct buffer *out)
{
    struct level_reason reasons[LEVEL_REASONS];
    struct json json = {.out = out};
    int error = level_explain(model, row, reasons);
    if (error)
        return error;
    json_array(&json);
    for (int i = 0; i < LEVEL_REASONS; i++)
        if (reasons[i].share != 0)
            reason_json(&json, level_feature_name(reasons[i].column), reasons[i].share,
                        level_feature_text(reasons[i].column, false),
                        level_feature_text(reasons[i].column, true));
    json_end_array(&json);
    return 0;
}

static void bind_number(sqlite3_stmt *statement, int at, double value)
{
    if (isnan(value))
        sqlite3_bind_null(statement, at);
    else
        sqlite3_bind_double(statement, at, value);
}

static const char *const side_names[] = {
    [CONFORMAL_FILTERED] = "filtered", [CONFORMAL_KEPT] = "kept", [CONFORMAL_RAISED] = "raised"};

struct scores_writer {
    struct alerts_store *store;
    const struct alert_rows *rows;
    const struct level_model *model;
    sqlite3_stmt *novelty, *level;
    struct buffer text;
};

static int novelty_write(struct scores_writer *writer, size_t at)
{
    const struct chain_score *score = &writer->rows->scores[at];
    sqlite3_stmt *statement = writer->novelty;
    buffer_clear(&writer->text);
    if (!isnan(score->score))
        novelty_reasons(score, &writer->text);
    sqlite3_bind_int64(statement, 1, (int64_t)writer->rows->groups[at].id);
    sqlite3_bind_int64(statement, 2, (int64_t)writer->rows->groups[at].count);
    bind_number(statement, 3, score->score);
    bind_number(statement, 4, score->cut);
    bind_bytes(statement, 5, buffer_bytes(&writer->text));
    return writer->text.failed ? -ENOMEM : statement_do(statement);
}

static int level_write(struct scores_writer *writer, size_t at, size_t sides[3])
{
    sqlite3_stmt *statement = writer->level;
    const float *row = &writer->rows->levels[at * LEVEL_FEATURE_COUNT];
    struct level_judgement judgement;
    sqlite3_clear_bindings(statement);
    sqlite3_bind_int64(statement, 1, (int64_t)writer->rows->groups[at].id);
    if (!writer->model)
        return statement_do(statement);
    level_judge(writer->model, row, &judgement);
    sides[judgement.side]++;
    buffer_clear(&writer->text);
    int error = 0;
    if (at + ALERT_MODELS_EXPLAINED >= writer->rows->count)
        error = level_reasons(writer->model, row, &writer->text);
    sqlite3_bind_int64(statement, 2, judgement.level);
    sqlite3_bind_double(statement, 3, judgement.score);
    sqlite3_bind_double(statement, 4, judgement.share);
    sqlite3_bind_text(statement, 5, side_names[judgement.side], -1, SQLITE_STATIC);
    bind_bytes(statement, 6, buffer_bytes(&writer->text));
    if (!error && writer->text.failed)
        error = -ENOMEM;
    return error ? error : statement_do(statement);
}

int alert_scores_put(struct alerts_store *store, const struct alert_rows *rows,
                     const struct level_model *model, size_t ret_sides[3])
{
    struct scores_writer writer = {.store = store, .rows = rows, .model = model};
    size_t sides[3] = {0};
    int error = alerts_store_statement(
        store,
        "INSERT INTO alert_scores(group_id, count, novelty, cut, reasons) VALUES(?1,?2,?3,?4,?5)"
        " ON CONFLICT(group_id) DO UPDATE SET count=?2, novelty=?3, cut=?4, reasons=?5",
        &writer.novelty);
    if (!error)
        error = alerts_store_statement(
            store,
            "UPDATE alert_scores SET level=?2, level_score=?3, level_share=?4, side=?5,"
            " level_reasons=?6 WHERE group_id=?1",
            &writer.level);
    if (!error)
        error = alerts_store_begin(store);
    for (size_t i = rows->from; i < rows->count && !error; i++)
        error = novelty_write(&writer, i);
    for (size_t i = 0; i < rows->count && !error; i++)
        error = level_write(&writer, i, sides);
    if (!error)
        error = alerts_store_change(store, 0);
    if (!error)
        error = alerts_store_commit(store);
    for (int side = 0; side < 3 && !error; side++)
        ret_sides[side] = sides[side];
    buffer_finish(&writer.text);
    return error;
}
