#include "engine/telescope_store.h"

#include <errno.h>
#include <stdlib.h>

#include "base/json.h"
#include "engine/telescope_counts.h"

/* The longer windows that are added up from those of the run. */
enum { LEVELS = 2 };
static const int64_t lengths[LEVELS] = {TIME_HOUR, TIME_DAY};

struct telescope_store {
    struct darknet_store *database;
    struct telescope_counts *counts;
    int64_t window;
    struct telescope_window levels[LEVELS];
    const struct geography *geography;                            /* NULL: countries are unknown */
    int (*beside)(void *context, struct darknet_store *database); /* or NULL */
    void *beside_context;
};

static const char window_sql[] =
    "INSERT OR REPLACE INTO darknet_windows (start, length, packets, bytes, sources, destinations,"
    " addresses, tcp, udp, icmp, other, investigation_packets, investigation_sources, excluded,"
    " evicted) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15)";

static const char source_sql[] =
    "INSERT OR REPLACE INTO darknet_sources (source_ip, first, last, packets, bytes, class, score,"
    " destination_port, source_port, features_json, country)"
    " VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11)";

static int statement_run(struct darknet_store *database, const char *sql, const int64_t *values,
                         int count)
{
    struct sqlite3_stmt *statement;
    int error = darknet_store_statement(database, sql, &statement);
    if (error)
        return error;
    for (int i = 0; i < count; i++)
        sqlite3_bind_int64(statement, i + 1, values[i]);
    int result = sqlite3_step(statement);
    sqlite3_reset(statement);
    return result == SQLITE_DONE ? 0 : -EIO;
}

static int window_row(struct darknet_store *database, const struct telescope_window *window)
{
    const struct telescope_count *surveys = &window->classes[SOURCE_investigation];
    const int64_t values[] = {
        window->start,
        window->length,
        (int64_t)window->packets,
        (int64_t)window->bytes,
        (int64_t)window->sources,
        (int64_t)window->destinations,
        (int64_t)window->addresses,
        (int64_t)window->tcp,
        (int64_t)window->udp,
        (int64_t)window->icmp,
        (int64_t)window->other,
        (int64_t)surveys->packets,
        (int64_t)surveys->sources,
        (int64_t)window->excluded,
        (int64_t)window->evicted,
    };
    return statement_run(database, window_sql, values, sizeof(values) / sizeof(*values));
}

static int window_write(struct telescope_store *store, const struct telescope_window *window)
{
    int error = darknet_store_begin(store->database);
    if (!error)
        error = window_row(store->database, window);
    if (!error)
        error = telescope_counts_write(store->counts, store->database, window);
    if (!error && store->beside)
        error = store->beside(store->beside_context, store->database);
    if (!error)
        error = darknet_store_commit(store->database);
    return error;
}

static int64_t start_of(int64_t time, int64_t length)
{
    int64_t rest = time % length;
    return time - (rest < 0 ? rest + length : rest);
}

/* The first level from `i` on that consists of whole windows; LEVELS: there is none. */
static int level_next(const struct telescope_store *store, int i)
{
    while (i < LEVELS &&
           (store->window <= 0 || lengths[i] <= store->window || lengths[i] % store->window != 0))
        i++;
    return i;
}

static void level_add(struct telescope_store *store, int i, const struct telescope_window *window)
{
    store->levels[i].start = start_of(window->start, lengths[i]);
    store->levels[i].length = lengths[i];
    telescope_window_add(&store->levels[i], window);
}

/*
 * Levels from `i` on that `time` is not in are written, each added to the one above it, which is
 * of the day of that hour: it turned, too, when the hour began.
 */
static int levels_turn(struct telescope_store *store, int i, int64_t time)
{
    int error = 0;
    for (int above; i < LEVELS && !error; i = above) {
        struct telescope_window *level = &store->levels[i];
        above = level_next(store, i + 1);
        if (level->packets == 0 || level->start == start_of(time, lengths[i]))
            continue;
        telescope_window_count(level);
        error = window_write(store, level);
        if (!error && above < LEVELS)
            level_add(store, above, level);
        telescope_window_clear(level);
    }
    return error;
}

int telescope_store_window(struct telescope_store *store, const struct telescope_window *window)
{
    int first = level_next(store, 0), error = window_write(store, window);
    if (!error)
        error = levels_turn(store, first, window->start);
    if (!error && first < LEVELS)
        level_add(store, first, window);
    return error;
}

static void features_json(struct buffer *out, const float *features)
{
    struct json json = {.out = out};
    buffer_clear(out);
    json_object(&json);
    for (int i = 0; i < SOURCE_FEATURE_COUNT; i++)
        json_key(&json, source_feature_names[i]), json_number(&json, features[i]);
    json_end_object(&json);
}

static int total_row(const struct telescope_store *store, const struct source_total *total,
                     struct buffer *features)
{
    struct darknet_store *database = store->database;
    struct place place = {0};
    struct sqlite3_stmt *statement;
    char text[IP_TEXT_SIZE];
    struct bytes address = ip_format(&total->address, text);
    int error = darknet_store_statement(database, source_sql, &statement);
    if (error)
        return error;
    features_json(features, total->features);
    if (features->failed)
        return -ENOMEM;
    sqlite3_bind_text(statement, 1, address.at, (int)address.len, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 2, total->first);
    sqlite3_bind_int64(statement, 3, total->last);
    sqlite3_bind_int64(statement, 4, (int64_t)total->packets);
    sqlite3_bind_int64(statement, 5, (int64_t)total->bytes);
    sqlite3_bind_text(statement, 6, source_class_names[total->class], -1, SQLITE_STATIC);
    sqlite3_bind_double(statement, 7, total->score);
    sqlite3_bind_int(statement, 8, total->destination_port);
    sqlite3_bind_int(statement, 9, total->source_port);
    sqlite3_bind_text(statement, 10, features->at, (int)features->len, SQLITE_STATIC);
    if (store->geography)
        place = geography_find(store->geography, &total->address);
    sqlite3_bind_text(statement, 11, place.country[0] ? place.country : NULL, -1, SQLITE_STATIC);
    int result = sqlite3_step(statement);
    sqlite3_reset(statement);
    return result == SQLITE_DONE ? 0 : -EIO;
}

int telescope_store_totals(struct telescope_store *store, const struct source_total *totals,
                           uint32_t count)
{
    struct buffer features = {0};
    int error = darknet_store_begin(store->database);
    for (uint32_t i = 0; i < count && !error; i++)
        error = total_row(store, &totals[i], &features);
    if (!error)
        error = darknet_store_commit(store->database);
    buffer_finish(&features);
    return error;
}

int telescope_store_end(struct telescope_store *store)
{
    return levels_turn(store, level_next(store, 0), INT64_MAX);
}

int telescope_store_open(const char *folder, int64_t window, struct telescope_store **ret_store)
{
    struct telescope_store *store = calloc(1, sizeof(*store));
    if (!store)
        return -ENOMEM;
    store->window = window;
    int error = darknet_store_open(folder, &store->database);
    if (!error)
        error = telescope_counts_open(&store->counts);
    for (int i = 0; i < LEVELS && !error; i++)
        error = telescope_window_open(&store->levels[i]);
    if (error) {
        telescope_store_close(store);
        return error;
    }
    *ret_store = store;
    return 0;
}

void telescope_store_geography(struct telescope_store *store, const struct geography *geography)
{
    store->geography = geography;
}

void telescope_store_beside(struct telescope_store *store,
                            int (*write)(void *context, struct darknet_store *database),
                            void *context)
{
    store->beside = write;
    store->beside_context = context;
}

struct darknet_store *telescope_store_database(struct telescope_store *store)
{
    return store->database;
}

const char *telescope_store_error(const struct telescope_store *store)
{
    return darknet_store_error(store->database);
}

void telescope_store_close(struct telescope_store *store)
{
    if (!store)
        return;
    for (int i = 0; i < LEVELS; i++)
        telescope_window_finish(&store->levels[i]);
    telescope_counts_close(store->counts);
    darknet_store_close(store->database);
    free(store);
}
