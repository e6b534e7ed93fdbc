#include "engine/telescope_counts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    SYSTEMS_KEPT = 256,
    NAME_SIZE = 40,
    /* Classes and marks, flags, ports of both protocols, prefixes, countries, systems. */
    ROWS = SOURCE_CLASS_COUNT + MARK_COUNT + 256 + 2 * TELESCOPE_STORE_PORTS +
           8 * TELESCOPE_STORE_PREFIXES + PLACE_COUNTRIES + SYSTEMS_KEPT,
    ROWS_AT_ONCE = 64,
};

struct row {
    const char *kind;
    char name[NAME_SIZE];
    uint64_t packets, sources;
};

/* A port or a prefix. */
struct ranked {
    uint32_t number;
    uint64_t packets, sources;
};

struct telescope_counts {
    uint32_t row_count;
    struct row rows[ROWS];
    uint32_t ranked_count;
    struct ranked ranked[TELESCOPE_NUMBERS];
};

static const char forget_sql[] = "DELETE FROM darknet_counts WHERE length = ?1 AND start = ?2";

/* One statement for many rows: opening the table and finding the place costs more than a row. */
#define ROW_1  "(?1,?2,?,?,?,?)"
#define ROW_2  ROW_1 "," ROW_1
#define ROW_4  ROW_2 "," ROW_2
#define ROW_8  ROW_4 "," ROW_4
#define ROW_16 ROW_8 "," ROW_8
#define ROW_32 ROW_16 "," ROW_16
#define ROW_64 ROW_32 "," ROW_32
#define INSERT                                                                                     \
    "INSERT OR REPLACE INTO darknet_counts (start, length, kind, name, packets, sources) VALUES "
static const char row_sql[] = INSERT ROW_1, rows_sql[] = INSERT ROW_64;

/* The row to name, of something that was counted. */
static struct row *row_add(struct telescope_counts *counts, const char *kind, uint64_t packets,
                           uint64_t sources)
{
    struct row *row = &counts->rows[counts->row_count++];
    row->kind = kind;
    row->packets = packets;
    row->sources = sources;
    return row;
}

static void row_named(struct telescope_counts *counts, const char *kind, const char *name,
                      uint64_t packets, uint64_t sources)
{
    if (packets == 0)
        return;
    struct row *row = row_add(counts, kind, packets, sources);
    snprintf(row->name, sizeof(row->name), "%s", name);
}

static void named_add(struct telescope_counts *counts, const struct telescope_window *window)
{
    static const char *const marks[] = {
#define X(name) #name,
        SOURCE_MARKS(X)
#undef X
    };
    for (int i = 0; i < SOURCE_CLASS_COUNT; i++)
        row_named(counts, "class", source_class_names[i], window->classes[i].packets,
                  window->classes[i].sources);
    for (int i = 0; i < MARK_COUNT; i++)
        row_named(counts, "mark", marks[i], window->marks[i].packets, window->marks[i].sources);
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

static void flags_add(struct telescope_counts *counts, const struct telescope_window *window)
{
    for (unsigned i = 0; i < 256; i++) {
        if (window->flags[i] == 0)
            continue;
        struct row *row = row_add(counts, "flags", window->flags[i], 0);
        flags_name(i, row->name, sizeof(row->name));
    }
}

static void ranked_add(struct telescope_counts *counts, uint32_t number, uint64_t packets,
                       uint64_t sources)
{
    if (packets)
        counts->ranked[counts->ranked_count++] = (struct ranked){number, packets, sources};
}

static int ranked_compare(const void *a, const void *b)
{
    const struct ranked *one = a, *other = b;
    if (one->packets != other->packets)
        return one->packets < other->packets ? 1 : -1;
    return one->number < other->number ? -1 : one->number > other->number;
}

static uint32_t bit_length(uint64_t packets)
{
    return 64 - (uint32_t)__builtin_clzll(packets);
}

/* Of equally many packets the lower numbers; sorts no more than it must. Returns how many. */
static uint32_t ranked_cut(struct telescope_counts *counts, uint32_t most)
{
    uint32_t lengths[65] = {0}, limit = 64, kept = 0;
    for (uint32_t i = 0; i < counts->ranked_count; i++)
        lengths[bit_length(counts->ranked[i].packets)]++;
    for (uint32_t sum = lengths[limit]; limit > 1 && sum < most; sum += lengths[limit])
        limit--;
    for (uint32_t i = 0; i < counts->ranked_count; i++)
        if (bit_length(counts->ranked[i].packets) >= limit)
            counts->ranked[kept++] = counts->ranked[i];
    qsort(counts->ranked, kept, sizeof(*counts->ranked), ranked_compare);
    counts->ranked_count = 0;
    return kept < most ? kept : most;
}

static char *number_put(char *at, uint32_t number)
{
    char digits[10];
    int count = 0;
    do
        digits[count++] = (char)('0' + number % 10);
    while (number /= 10);
    while (count)
        *at++ = digits[--count];
    return at;
}

static void ports_add(struct telescope_counts *counts, const struct telescope_ports *ports,
                      const char *protocol)
{
    TELESCOPE_EACH_USED(i, &ports->used)
    ranked_add(counts, i, ports->at[i].packets, ports->at[i].sources);
    uint32_t count = ranked_cut(counts, TELESCOPE_STORE_PORTS);
    for (uint32_t i = 0; i < count; i++) {
        const struct ranked *ranked = &counts->ranked[i];
        struct row *row = row_add(counts, "port", ranked->packets, ranked->sources);
        char *end = number_put(stpcpy(row->name, protocol), ranked->number);
        *end = '\0';
    }
}

static void prefixes_add(struct telescope_counts *counts, const struct telescope_window *window)
{
    const struct telescope_prefixes *prefixes = window->prefixes;
    TELESCOPE_EACH_USED(i, &prefixes->used)
    ranked_add(counts, i, prefixes->at[i].packets, prefixes->at[i].sources);
    uint32_t count =
        ranked_cut(counts, TELESCOPE_STORE_PREFIXES * (window->length >= TIME_HOUR ? 8u : 1u));
    for (uint32_t i = 0; i < count; i++) {
        const struct ranked *ranked = &counts->ranked[i];
        struct row *row = row_add(counts, "prefix", ranked->packets, ranked->sources);
        char *end = number_put(row->name, ranked->number >> 8);
        *end++ = '.';
        memcpy(number_put(end, ranked->number & 0xff), ".0.0/16", sizeof(".0.0/16"));
    }
}

static void places_add(struct telescope_counts *counts, struct place_counts *places)
{
    char name[16];
    for (uint32_t i = 0; i < PLACE_COUNTRIES; i++) {
        place_country_name(i, name);
        row_named(counts, "country", name, places->countries[i].packets,
                  places->countries[i].sources);
    }
    place_counts_sort(places);
    for (uint32_t i = 0; i < places->system_count && i < SYSTEMS_KEPT; i++) {
        const struct place_system *system = &places->systems[i];
        snprintf(name, sizeof(name), "AS%u", system->number);
        row_named(counts, "as", name, system->count.packets, system->count.sources);
    }
}

static int row_compare(const void *a, const void *b)
{
    const struct row *one = a, *other = b;
    int kinds = strcmp(one->kind, other->kind);
    return kinds ? kinds : strcmp(one->name, other->name);
}

static int statement_run(struct sqlite3_stmt *statement)
{
    int result = sqlite3_step(statement);
    sqlite3_reset(statement);
    return result == SQLITE_DONE ? 0 : -EIO;
}

static int rows_insert(struct darknet_store *store, const struct telescope_window *window,
                       const struct row *rows, uint32_t count)
{
    struct sqlite3_stmt *statement;
    int error = darknet_store_statement(store, count == 1 ? row_sql : rows_sql, &statement);
    if (error)
        return error;
    int parameter = 0;
    sqlite3_bind_int64(statement, ++parameter, window->start);
    sqlite3_bind_int64(statement, ++parameter, window->length);
    for (uint32_t i = 0; i < count; i++) {
        sqlite3_bind_text(statement, ++parameter, rows[i].kind, -1, SQLITE_STATIC);
        sqlite3_bind_text(statement, ++parameter, rows[i].name, -1, SQLITE_STATIC);
        sqlite3_bind_int64(statement, ++parameter, (int64_t)rows[i].packets);
        sqlite3_bind_int64(statement, ++parameter, (int64_t)rows[i].sources);
    }
    return statement_run(statement);
}

static int window_forget(struct darknet_store *store, const struct telescope_window *window)
{
    struct sqlite3_stmt *statement;
    int error = darknet_store_statement(store, forget_sql, &statement);
    if (error)
        return error;
    sqlite3_bind_int64(statement, 1, window->length);
    sqlite3_bind_int64(statement, 2, window->start);
    return statement_run(statement);
}

int telescope_counts_write(struct telescope_counts *counts, struct darknet_store *store,
                           const struct telescope_window *window)
{
    counts->row_count = 0;
    named_add(counts, window);
    flags_add(counts, window);
    ports_add(counts, window->ports[0], "tcp/");
    ports_add(counts, window->ports[1], "udp/");
    prefixes_add(counts, window);
    places_add(counts, window->places);
    /* In the order of the table's key each row goes where the one before it went. */
    qsort(counts->rows, counts->row_count, sizeof(*counts->rows), row_compare);
    int error = window_forget(store, window);
    for (uint32_t i = 0; i < counts->row_count && !error;) {
        uint32_t count = counts->row_count - i < ROWS_AT_ONCE ? 1 : ROWS_AT_ONCE;
        error = rows_insert(store, window, &counts->rows[i], count);
        i += count;
    }
    return error;
}

int telescope_counts_open(struct telescope_counts **ret_counts)
{
    struct telescope_counts *counts = malloc(sizeof(*counts));
    if (!counts)
        return -ENOMEM;
    counts->ranked_count = 0;
    *ret_counts = counts;
    return 0;
}

void telescope_counts_close(struct telescope_counts *counts)
{
    free(counts);
}
