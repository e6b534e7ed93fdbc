#include "engine/telescope_store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"

/* The longer windows that are added up from those of the run. */
enum { LEVELS = 2, RANKED = 65536, SYSTEMS_KEPT = 256 };
static const int64_t lengths[LEVELS] = {TIME_HOUR, TIME_DAY};

struct telescope_store {
    struct darknet_store *database;
    int64_t window;
    struct telescope_window levels[LEVELS];
    const struct geography *geography;                            /* NULL: countries are unknown */
    int (*beside)(void *context, struct darknet_store *database); /* or NULL */
    void *beside_context;
};

/* A row of darknet_counts on its way: `key` is a port or a prefix. */
struct ranked {
    uint32_t key;
    uint64_t packets, sources;
};

static const char window_sql[] =
    "INSERT OR REPLACE INTO darknet_windows (start, length, packets, bytes, sources, destinations,"
    " addresses, tcp, udp, icmp, other, investigation_packets, investigation_sources, excluded,"
    " evicted) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15)";
static const char forget_sql[] = "DELETE FROM darknet_counts WHERE length = ?1 AND start = ?2";
static const char count_sql[] =
    "INSERT OR REPLACE INTO darknet_counts (start, length, kind, name, packets, sources)"
    " VALUES (?1,?2,?3,?4,?5,?6)";

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
    const int64_t place[] = {window->length, window->start};
    int error = statement_run(database, window_sql, values, sizeof(values) / sizeof(*values));
    return error ? error : statement_run(database, forget_sql, place, 2);
}

static int count_row(struct darknet_store *database, const struct telescope_window *window,
                     const char *kind, const char *name, uint64_t packets, uint64_t sources)
{
    struct sqlite3_stmt *statement;
    if (packets == 0)
        return 0;
    int error = darknet_store_statement(database, count_sql, &statement);
    if (error)
        return error;
    sqlite3_bind_int64(statement, 1, window->start);
    sqlite3_bind_int64(statement, 2, window->length);
    sqlite3_bind_text(statement, 3, kind, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 4, name, -1, SQLITE_TRANSIENT);
    sqlite3_bind_int64(statement, 5, (int64_t)packets);
    sqlite3_bind_int64(statement, 6, (int64_t)sources);
    int result = sqlite3_step(statement);
    sqlite3_reset(statement);
    return result == SQLITE_DONE ? 0 : -EIO;
}

static int named_rows(struct darknet_store *database, const struct telescope_window *window)
{
    static const char *const marks[] = {
#define X(name) #name,
        SOURCE_MARKS(X)
#undef X
    };
    int error = 0;
    for (int i = 0; i < SOURCE_CLASS_COUNT && !error; i++)
        error = count_row(database, window, "class", source_class_names[i],
                          window->classes[i].packets, window->classes[i].sources);
    for (int i = 0; i < MARK_COUNT && !error; i++)
        error = count_row(database, window, "mark", marks[i], window->marks[i].packets,
                          window->marks[i].sources);
    return error;
}

/* "SYN", "SYN-ACK"; "none". */
static void flags_name(unsigned flags, char *text, size_t size)
{
    static const char *const names[] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"};
    size_t length = 0;
    snprintf(text, size, "none");
    for (unsigned i = 0; i < 8; i++)
        if (flags >> i & 1)
            length +=
                (size_t)snprintf(text + length, size - length, "%s%s", length ? "-" : "", names[i]);
}

static int flags_rows(struct darknet_store *database, const struct telescope_window *window)
{
    int error = 0;
    for (unsigned i = 0; i < 256 && !error; i++) {
        char name[40];
        flags_name(i, name, sizeof(name));
        error = count_row(database, window, "flags", name, window->flags[i], 0);
    }
    return error;
}

static int ranked_compare(const void *a, const void *b)
{
    const struct ranked *one = a, *other = b;
    if (one->packets != other->packets)
        return one->packets < other->packets ? 1 : -1;
    return one->key < other->key ? -1 : one->key > other->key;
}

static int ports_rows(struct darknet_store *database, const struct telescope_window *window,
                      bool udp, struct ranked *ranked)
{
    const struct telescope_port *ports = udp ? window->udp_ports : window->tcp_ports;
    uint32_t count = 0;
    for (uint32_t i = 0; i < TELESCOPE_PORTS; i++)
        if (ports[i].packets)
            ranked[count++] = (struct ranked){i, ports[i].packets, ports[i].sources};
    qsort(ranked, count, sizeof(*ranked), ranked_compare);
    int error = 0;
    for (uint32_t i = 0; i < count && i < TELESCOPE_STORE_PORTS && !error; i++) {
        char name[16];
        snprintf(name, sizeof(name), "%s/%u", udp ? "udp" : "tcp", ranked[i].key);
        error = count_row(database, window, "port", name, ranked[i].packets, ranked[i].sources);
    }
    return error;
}

static int prefixes_rows(struct darknet_store *database, const struct telescope_window *window,
                         struct ranked *ranked)
{
    uint32_t count = 0, most = TELESCOPE_STORE_PREFIXES * (window->length >= TIME_HOUR ? 8u : 1u);
    for (uint32_t i = 0; i < TELESCOPE_PREFIXES; i++)
        if (window->prefixes[i].packets)
            ranked[count++] =
                (struct ranked){i, window->prefixes[i].packets, window->prefixes[i].sources};
    qsort(ranked, count, sizeof(*ranked), ranked_compare);
    int error = 0;
    for (uint32_t i = 0; i < count && i < most && !error; i++) {
        char name[24];
        snprintf(name, sizeof(name), "%u.%u.0.0/16", ranked[i].key >> 8, ranked[i].key & 0xff);
        error = count_row(database, window, "prefix", name, ranked[i].packets, ranked[i].sources);
    }
    return error;
}

static int places_rows(struct darknet_store *database, const struct telescope_window *window)
{
    struct place_counts *places = window->places;
    char name[16];
    int error = 0;
    for (uint32_t i = 0; i < PLACE_COUNTRIES && !error; i++) {
        place_country_name(i, name);
        error = count_row(database, window, "country", name, places->countries[i].packets,
                          places->countries[i].sources);
    }
    place_counts_sort(places);
    for (uint32_t i = 0; i < places->system_count && i < SYSTEMS_KEPT && !error; i++) {
        const struct place_system *system = &places->systems[i];
        snprintf(name, sizeof(name), "AS%u", system->number);
        error =
            count_row(database, window, "as", name, system->count.packets, system->count.sources);
    }
    return error;
}

static int window_write(struct telescope_store *store, const struct telescope_window *window)
{
    struct ranked *ranked = malloc(RANKED * sizeof(*ranked));
    if (!ranked)
        return -ENOMEM;
    int error = darknet_store_begin(store->database);
    if (!error)
        error = window_row(store->database, window);
    if (!error)
        error = named_rows(store->database, window);
    if (!error)
        error = flags_rows(store->database, window);
    for (int udp = 0; udp < 2 && !error; udp++)
        error = ports_rows(store->database, window, udp, ranked);
    if (!error)
        error = prefixes_rows(store->database, window, ranked);
    if (!error)
        error = places_rows(store->database, window);
    if (!error && store->beside)
        error = store->beside(store->beside_context, store->database);
    if (!error)
        error = darknet_store_commit(store->database);
    free(ranked);
    return error;
}

static int level_write(struct telescope_store *store, struct telescope_window *level)
{
    int error = level->packets ? window_write(store, level) : 0;
    telescope_window_clear(level);
    return error;
}

static int64_t start_of(int64_t time, int64_t length)
{
    int64_t rest = time % length;
    return time - (rest < 0 ? rest + length : rest);
}

int telescope_store_window(struct telescope_store *store, const struct telescope_window *window)
{
    int error = window_write(store, window);
    for (int i = 0; i < LEVELS && !error; i++) {
        struct telescope_window *level = &store->levels[i];
        int64_t start = start_of(window->start, lengths[i]);
        if (store->window <= 0 || lengths[i] <= store->window || lengths[i] % store->window != 0)
            continue;
        if (level->packets && level->start != start)
            error = level_write(store, level);
        level->start = start;
        level->length = lengths[i];
        telescope_window_add(level, window);
    }
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
    int error = 0;
    for (int i = 0; i < LEVELS && !error; i++)
        error = level_write(store, &store->levels[i]);
    return error;
}

int telescope_store_open(const char *folder, int64_t window, struct telescope_store **ret_store)
{
    struct telescope_store *store = calloc(1, sizeof(*store));
    if (!store)
        return -ENOMEM;
    store->window = window;
    int error = darknet_store_open(folder, &store->database);
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
    darknet_store_close(store->database);
    free(store);
}
