#include "engine/telescope_synchrony.h"

#include <errno.h>

static const char row_sql[] =
    "INSERT OR REPLACE INTO darknet_synchrony (start, hosts, density, densities_json, alert, ratio,"
    " ports_json, groups_json, explanation_json) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
static const char late_sql[] = "UPDATE darknet_synchrony SET alert = 1 WHERE start = ?1";
static const char save_sql[] =
    "INSERT OR REPLACE INTO darknet_states (name, state) VALUES ('synchrony', ?1)";
static const char load_sql[] = "SELECT state FROM darknet_states WHERE name = 'synchrony'";

int telescope_synchrony_resume(struct darknet_store *store, struct synchrony *synchrony)
{
    struct sqlite3_stmt *statement;
    int error = darknet_store_statement(store, load_sql, &statement);
    if (error)
        return error;
    if (sqlite3_step(statement) == SQLITE_ROW) {
        struct bytes state = {sqlite3_column_blob(statement, 0),
                              (size_t)sqlite3_column_bytes(statement, 0)};
        struct cursor in = cursor_over(state);
        error = synchrony_load(synchrony, &in);
    }
    sqlite3_reset(statement);
    return error == -EINVAL ? 0 : error; /* of another version: it begins anew */
}

static int step(struct sqlite3_stmt *statement)
{
    int result = sqlite3_step(statement);
    sqlite3_reset(statement);
    return result == SQLITE_DONE ? 0 : -EIO;
}

/* `put` as text into the column; the text must outlive the step. */
static void text_bind(struct sqlite3_stmt *statement, int column, struct buffer *text,
                      void (*put)(const struct synchrony_window *, struct buffer *),
                      const struct synchrony_window *window)
{
    put(window, text);
    sqlite3_bind_text(statement, column, text->at, (int)text->len, SQLITE_STATIC);
}

static int row_store(struct darknet_store *store, const struct synchrony_window *window)
{
    struct buffer densities = {0}, ports = {0}, graph = {0}, explanation = {0};
    struct sqlite3_stmt *statement;
    int error = darknet_store_statement(store, row_sql, &statement);
    if (error)
        return error;
    sqlite3_bind_int64(statement, 1, window->start);
    sqlite3_bind_int64(statement, 2, window->hosts);
    sqlite3_bind_double(statement, 3, synchrony_density(window));
    text_bind(statement, 4, &densities, synchrony_put_densities, window);
    sqlite3_bind_int64(statement, 5, window->alert);
    sqlite3_bind_double(statement, 6, synchrony_ratio(window));
    text_bind(statement, 7, &ports, synchrony_put_ports, window);
    text_bind(statement, 8, &graph, synchrony_put_graph, window);
    text_bind(statement, 9, &explanation, synchrony_put_explanation, window);
    bool failed = densities.failed || ports.failed || graph.failed || explanation.failed;
    error = failed ? -ENOMEM : step(statement);
    sqlite3_clear_bindings(statement);
    buffer_finish(&densities);
    buffer_finish(&ports);
    buffer_finish(&graph);
    buffer_finish(&explanation);
    return error;
}

static int late_store(struct darknet_store *store, const struct synchrony_window *window)
{
    struct sqlite3_stmt *statement;
    int error = darknet_store_statement(store, late_sql, &statement);
    for (uint32_t i = 0; i < window->late_count && !error; i++) {
        sqlite3_bind_int64(statement, 1, window->late[i]);
        error = step(statement);
    }
    return error;
}

static int state_store(struct darknet_store *store, const struct synchrony *synchrony)
{
    struct buffer state = {0};
    struct sqlite3_stmt *statement;
    int error = darknet_store_statement(store, save_sql, &statement);
    if (error)
        return error;
    synchrony_save(synchrony, &state);
    sqlite3_bind_blob(statement, 1, state.at, (int)state.len, SQLITE_STATIC);
    error = state.failed ? -ENOMEM : step(statement);
    sqlite3_clear_bindings(statement);
    buffer_finish(&state);
    return error;
}

int telescope_synchrony_store(struct darknet_store *store, const struct synchrony *synchrony,
                              const struct synchrony_window *window)
{
    int error = darknet_store_begin(store);
    if (!error)
        error = row_store(store, window);
    if (!error)
        error = late_store(store, window);
    if (!error)
        error = state_store(store, synchrony);
    return error ? error : darknet_store_commit(store);
}
