#include "show/hunt.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "show/csv.h"
#include "show/state.h"
#include "store/store.h"

struct hunt {
    struct buffer *out;
    struct json *json; /* NULL: CSV */
    int64_t rows, limit;
    bool truncated;
};

/* Beyond these a JavaScript number loses digits. */
static bool integer_is_safe(int64_t value)
{
    return value <= INT64_C(9007199254740991) && value >= -INT64_C(9007199254740991);
}

static void cell_json(struct sqlite3_stmt *statement, int column, struct json *json)
{
    int type = sqlite3_column_type(statement, column);

    if (type == SQLITE_NULL)
        json_null(json);
    else if (type == SQLITE_INTEGER && integer_is_safe(sqlite3_column_int64(statement, column)))
        json_integer(json, sqlite3_column_int64(statement, column));
    else if (type == SQLITE_FLOAT)
        json_double(json, sqlite3_column_double(statement, column));
    else
        json_text(json, cell_bytes(statement, column));
}

static void names_json(struct sqlite3_stmt *statement, struct json *json)
{
    json_key(json, "columns");
    json_array(json);
    for (int i = 0; i < sqlite3_column_count(statement); i++)
        json_text(json, bytes_of(sqlite3_column_name(statement, i)));
    json_end_array(json);
    json_key(json, "rows");
    json_array(json);
}

static int hunt_row(void *context, struct sqlite3_stmt *statement)
{
    struct hunt *hunt = context;

    if (hunt->rows == 0 && hunt->json)
        names_json(statement, hunt->json);
    else if (hunt->rows == 0)
        csv_row(statement, true, hunt->out);
    if (hunt->rows == hunt->limit || hunt->out->len > HUNT_BYTES || hunt->out->failed) {
        hunt->truncated = true;
        return 1;
    }
    hunt->rows++;
    if (!hunt->json) {
        csv_row(statement, false, hunt->out);
        return 0;
    }
    json_array(hunt->json);
    for (int i = 0; i < sqlite3_column_count(statement); i++)
        cell_json(statement, i, hunt->json);
    json_end_array(hunt->json);
    return 0;
}

static int hunt_run(const char *data, struct bytes sql, struct hunt *hunt, char *why,
                    size_t why_size)
{
    struct store *store;
    int error = store_open_read(data, &store);

    if (error < 0) {
        snprintf(why, why_size, "%s",
                 error == -ENOENT ? "nothing has been read yet" : store_error(NULL));
        return error;
    }
    error = store_query(store, sql, HUNT_SECONDS, hunt_row, hunt);
    if (error == -ETIME)
        snprintf(why, why_size, "stopped after %d s: narrow it down by time or host", HUNT_SECONDS);
    else if (error < 0)
        snprintf(why, why_size, "%s", store_error(store));
    store_close(store);
    return error;
}

int hunt_json(const char *data, struct bytes sql, int64_t limit, struct json *json, char *why,
              size_t why_size)
{
    struct hunt hunt = {.out = json->out, .json = json, .limit = limit};
    int64_t began = time_ticks();
    int error;

    json_object(json);
    error = hunt_run(data, sql, &hunt, why, why_size);
    if (error < 0)
        return error;
    if (hunt.rows == 0 && !hunt.truncated) {
        json_key(json, "columns"), json_array(json), json_end_array(json);
        json_key(json, "rows"), json_array(json);
    }
    json_end_array(json);
    json_key(json, "truncated"), json_bool(json, hunt.truncated);
    json_key(json, "seconds");
    json_number(json, (double)(time_ticks() - began) / TIME_SECOND);
    json_end_object(json);
    return 0;
}

int hunt_csv(const char *data, struct bytes sql, int64_t limit, struct buffer *out, char *why,
             size_t why_size)
{
    struct hunt hunt = {.out = out, .limit = limit};

    return hunt_run(data, sql, &hunt, why, why_size);
}

/* ---- events by id ------------------------------------------------------------------ */

/* "3:118273", and move past the comma behind it. False at the end or at anything else. */
static bool event_id_next(struct bytes *ids, struct event_id *ret_id)
{
    char text[48], *end;
    const char *comma = ids->len ? memchr(ids->at, ',', ids->len) : NULL;
    size_t len = comma ? (size_t)(comma - ids->at) : ids->len;

    if (len == 0 || len >= sizeof text)
        return false;
    memcpy(text, ids->at, len);
    text[len] = 0;
    *ids = bytes_from(*ids, len + (comma != NULL));
    unsigned long source = strtoul(text, &end, 10);
    if (*end != ':' || source > UINT32_MAX)
        return false;
    ret_id->source = (uint32_t)source;
    ret_id->offset = strtoull(end + 1, &end, 10);
    return *end == 0;
}

int events_json(const char *data, struct bytes ids, struct json *json)
{
    struct batch *batch = batch_create();
    struct store *store = NULL;
    struct event_id id;
    int error = batch ? store_open_read(data, &store) : -ENOMEM;

    json_object(json);
    json_key(json, "events");
    json_array(json);
    for (int i = 0; !error && i < EVENTS_ASKED && event_id_next(&ids, &id); i++) {
        error = store_event(store, id, batch);
        if (!error)
            batch_row_json(batch, 0, json);
        if (error == -ENOENT)
            error = 0;
    }
    json_end_array(json);
    json_end_object(json);
    if (store)
        store_close(store);
    if (batch)
        batch_destroy(batch);
    return error;
}
