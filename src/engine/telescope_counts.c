#include "engine/telescope_counts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/darknet_counts.h"

enum { SYSTEMS_KEPT = 256 };

/* A port or a prefix. */
struct ranked {
    uint32_t number;
    uint64_t packets, sources;
};

struct telescope_counts {
    struct count_block block;
    uint32_t ranked_count;
    struct ranked ranked[TELESCOPE_NUMBERS];
};

static const char forget_sql[] =
    "DELETE FROM darknet_count_blocks WHERE length = ?1 AND start = ?2";
static const char block_sql[] =
    "INSERT INTO darknet_count_blocks (start, length, kind, counts) VALUES (?1, ?2, ?3, ?4)";

static void named_put(struct count_block *block, const char *name, uint64_t packets,
                      uint64_t sources)
{
    if (packets)
        count_block_put(block, &(struct count_row){
                                   .name = bytes_of(name), .packets = packets, .sources = sources});
}

static void classes_put(struct telescope_counts *counts, const struct telescope_window *window)
{
    count_block_begin(&counts->block, COUNT_TEXT);
    for (int i = 0; i < SOURCE_CLASS_COUNT; i++)
        named_put(&counts->block, source_class_names[i], window->classes[i].packets,
                  window->classes[i].sources);
}

static void marks_put(struct telescope_counts *counts, const struct telescope_window *window)
{
    static const char *const marks[] = {
#define X(name) #name,
        SOURCE_MARKS(X)
#undef X
    };
    count_block_begin(&counts->block, COUNT_TEXT);
    for (int i = 0; i < MARK_COUNT; i++)
        named_put(&counts->block, marks[i], window->marks[i].packets, window->marks[i].sources);
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

static void flags_put(struct telescope_counts *counts, const struct telescope_window *window)
{
    char name[40];
    count_block_begin(&counts->block, COUNT_TEXT);
    for (unsigned i = 0; i < 256; i++) {
        if (window->flags[i] == 0)
            continue;
        flags_name(i, name, sizeof(name));
        named_put(&counts->block, name, window->flags[i], 0);
    }
}

static void ranked_add(struct telescope_counts *counts, uint32_t number, uint64_t packets,
                       uint64_t sources)
{
    if (packets)
        counts->ranked[counts->ranked_count++] = (struct ranked){number, packets, sources};
}

/*
 * The packets of the one at place `most` of the busiest, found byte by byte from the
 * highest, and how many of those with just as many are among them. 0: they are fewer.
 */
static uint64_t ranked_limit(const struct telescope_counts *counts, uint32_t most,
                             uint32_t *ret_equal)
{
    uint64_t all = 0, limit = 0;
    *ret_equal = 0;
    if (counts->ranked_count <= most)
        return 0;
    for (uint32_t i = 0; i < counts->ranked_count; i++)
        all |= counts->ranked[i].packets;
    for (int shift = (63 - __builtin_clzll(all)) / 8 * 8; shift >= 0; shift -= 8) {
        uint32_t digits[256] = {0}, digit = 255;
        for (uint32_t i = 0; i < counts->ranked_count; i++)
            if ((counts->ranked[i].packets ^ limit) >> shift < 256)
                digits[counts->ranked[i].packets >> shift & 255]++;
        for (; digits[digit] < most; digit--)
            most -= digits[digit];
        limit |= (uint64_t)digit << shift;
    }
    *ret_equal = most;
    return limit;
}

/* The `most` busiest, of equally many packets the lower numbers, in the order of numbers. */
static void ranked_put(struct telescope_counts *counts, uint32_t most, uint32_t base)
{
    uint32_t equal;
    uint64_t limit = ranked_limit(counts, most, &equal);
    for (uint32_t i = 0; i < counts->ranked_count; i++) {
        const struct ranked *ranked = &counts->ranked[i];
        if (ranked->packets < limit || (ranked->packets == limit && equal == 0))
            continue;
        equal -= ranked->packets == limit;
        count_block_put(&counts->block, &(struct count_row){.number = base + ranked->number,
                                                            .packets = ranked->packets,
                                                            .sources = ranked->sources});
    }
    counts->ranked_count = 0;
}

static void ports_put(struct telescope_counts *counts, const struct telescope_window *window)
{
    count_block_begin(&counts->block, COUNT_PORT);
    for (uint32_t udp = 0; udp < 2; udp++) {
        const struct telescope_ports *ports = window->ports[udp];
        TELESCOPE_EACH_USED(i, &ports->used)
        ranked_add(counts, i, ports->at[i].packets, ports->at[i].sources);
        ranked_put(counts, TELESCOPE_STORE_PORTS, udp * COUNT_UDP);
    }
}

static void prefixes_put(struct telescope_counts *counts, const struct telescope_window *window)
{
    const struct telescope_prefixes *prefixes = window->prefixes;
    count_block_begin(&counts->block, COUNT_PREFIX);
    TELESCOPE_EACH_USED(i, &prefixes->used)
    ranked_add(counts, i, prefixes->at[i].packets, prefixes->at[i].sources);
    ranked_put(counts, TELESCOPE_STORE_PREFIXES * (window->length >= TIME_HOUR ? 8u : 1u), 0);
}

static void countries_put(struct telescope_counts *counts, const struct telescope_window *window)
{
    char name[3];
    count_block_begin(&counts->block, COUNT_TEXT);
    for (uint32_t i = 0; i < PLACE_COUNTRIES; i++) {
        const struct place_count *country = &window->places->countries[i];
        place_country_name(i, name);
        named_put(&counts->block, name, country->packets, country->sources);
    }
}

static void systems_put(struct telescope_counts *counts, const struct telescope_window *window)
{
    struct place_counts *places = window->places;
    char name[16];
    count_block_begin(&counts->block, COUNT_TEXT);
    place_counts_sort(places);
    for (uint32_t i = 0; i < places->system_count && i < SYSTEMS_KEPT; i++) {
        const struct place_system *system = &places->systems[i];
        snprintf(name, sizeof(name), "AS%u", system->number);
        named_put(&counts->block, name, system->count.packets, system->count.sources);
    }
}

static int statement_run(struct sqlite3_stmt *statement)
{
    int result = sqlite3_step(statement);
    sqlite3_reset(statement);
    return result == SQLITE_DONE ? 0 : -EIO;
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

static int block_insert(const struct telescope_counts *counts, struct darknet_store *store,
                        const struct telescope_window *window, const char *kind)
{
    const struct buffer *out = &counts->block.out;
    struct sqlite3_stmt *statement;
    if (out->failed)
        return -ENOMEM;
    if (out->len == 1)
        return 0; /* nothing was counted */
    int error = darknet_store_statement(store, block_sql, &statement);
    if (error)
        return error;
    sqlite3_bind_int64(statement, 1, window->start);
    sqlite3_bind_int64(statement, 2, window->length);
    sqlite3_bind_text(statement, 3, kind, -1, SQLITE_STATIC);
    sqlite3_bind_blob64(statement, 4, out->at, out->len, SQLITE_STATIC);
    return statement_run(statement);
}

int telescope_counts_write(struct telescope_counts *counts, struct darknet_store *store,
                           const struct telescope_window *window)
{
    static const struct {
        const char *kind;
        void (*put)(struct telescope_counts *, const struct telescope_window *);
    } kinds[] = {{"as", systems_put},     {"class", classes_put}, {"country", countries_put},
                 {"flags", flags_put},    {"mark", marks_put},    {"port", ports_put},
                 {"prefix", prefixes_put}};
    int error = window_forget(store, window);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds) && !error; i++) {
        kinds[i].put(counts, window);
        error = block_insert(counts, store, window, kinds[i].kind);
    }
    return error;
}

int telescope_counts_open(struct telescope_counts **ret_counts)
{
    struct telescope_counts *counts = malloc(sizeof(*counts));
    if (!counts)
        return -ENOMEM;
    counts->block = (struct count_block){.form = COUNT_TEXT};
    counts->ranked_count = 0;
    *ret_counts = counts;
    return 0;
}

void telescope_counts_close(struct telescope_counts *counts)
{
    if (!counts)
        return;
    buffer_finish(&counts->block.out);
    free(counts);
}
