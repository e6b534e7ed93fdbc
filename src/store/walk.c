#include "store/walk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/row.h"

enum { ROW_COLUMN, TIME_COLUMN };

/* Reading a row's time in passing costs about a sixteenth of going to it. */
enum { SCAN_SHARE = 16 };

int walk_begin(struct store *store, const struct walk_request *request, struct walk *ret_walk)
{
    int error = readers_list(store);
    if (!error)
        *ret_walk = (struct walk){.store = store, .request = *request};
    return error;
}

static int out_of_memory(struct walk *walk)
{
    return failure_set(&walk->store->failure, -ENOMEM, "out of memory");
}

static int block_add(struct walk *walk, sqlite3_stmt *row)
{
    if (walk->block_count == walk->block_capacity) {
        uint32_t room = walk->block_capacity ? walk->block_capacity * 2 : 64;
        struct block *grown = realloc(walk->blocks, room * sizeof(*grown));
        if (!grown)
            return out_of_memory(walk);
        walk->blocks = grown;
        walk->block_capacity = room;
    }
    walk->blocks[walk->block_count++] = (struct block){
        .first_row = sqlite3_column_int64(row, 0),
        .last_row = sqlite3_column_int64(row, 1),
        .rows = (uint32_t)sqlite3_column_int64(row, 2),
        .time_min = sqlite3_column_int64(row, 3),
        .time_max = sqlite3_column_int64(row, 4),
        .ordered = sqlite3_column_int(row, 5) != 0,
    };
    return 0;
}

/* The blocks of a day that overlap the span, by time; in reverse when newest first. */
static int blocks_read(struct walk *walk)
{
    struct day_reader *reader = walk->reader;
    int error = 0, more = 0;
    sqlite3_bind_int64(reader->blocks, 1, walk->request.span.from);
    sqlite3_bind_int64(reader->blocks, 2, walk->request.span.to);
    while (!error && (more = database_step(&reader->database, reader->blocks)) == 1)
        error = block_add(walk, reader->blocks);
    sqlite3_reset(reader->blocks);
    if (error || more < 0)
        return error ? error : more;
    for (uint32_t i = 0; walk->request.span.newest_first && i < walk->block_count / 2; i++) {
        struct block other = walk->blocks[i];
        walk->blocks[i] = walk->blocks[walk->block_count - 1 - i];
        walk->blocks[walk->block_count - 1 - i] = other;
    }
    return 0;
}

static int rows_prepare(struct walk *walk, const char *where, sqlite3_stmt **ret_statement)
{
    struct buffer sql = {0};
    buffer_put(&sql, BYTES("SELECT rowid, time"));
    for (int field = 0; field < FIELD_COUNT; field++)
        if (walk->request.fields >> field & 1)
            buffer_put_format(&sql, ", %s", observation_fields[field].name);
    buffer_put_format(&sql, " FROM events WHERE %s", where);
    buffer_put_char(&sql, '\0');
    int error = sql.failed ? out_of_memory(walk)
                           : database_prepare(&walk->reader->database, sql.at, ret_statement);
    buffer_finish(&sql);
    return error;
}

/* Whether a day can hold rows of the span; strays are of any time. */
static bool day_in_span(int32_t number, const struct store_span *span)
{
    return number == DAY_OF_STRAYS ||
           ((span->from == TIME_NONE || number >= time_day(span->from)) &&
            number <= time_day(span->to));
}

/* 1: stands in the next day; 0: that was the last one. */
static int day_next(struct walk *walk)
{
    struct store *store = walk->store;
    while (walk->day < store->reader_count) {
        uint32_t index =
            walk->request.span.newest_first ? store->reader_count - 1 - walk->day : walk->day;
        walk->day++;
        if (!day_in_span(store->readers[index]->number, &walk->request.span))
            continue;
        int error = readers_enter(store, index);
        if (error == -ENOENT) /* dropped since */
            continue;
        if (error)
            return error;
        walk->reader = store->readers[index];
        error = blocks_read(walk);
        return error ? error : 1;
    }
    return 0;
}

/*
 * Blocks that overlap in time have to be looked at together: how many from
 * block_next on. Those that merely touch follow each other as their rows do.
 */
static uint32_t group_size(const struct walk *walk)
{
    const struct block *first = &walk->blocks[walk->block_next];
    struct block all = *first;
    uint32_t size = 1;
    for (; walk->request.sorted && walk->block_next + size < walk->block_count; size++) {
        const struct block *block = first + size;
        if (walk->request.span.newest_first
                ? block->time_max <= all.time_min && block->last_row < all.first_row
                : block->time_min >= all.time_max && block->first_row > all.last_row)
            break;
        all.time_min = block->time_min < all.time_min ? block->time_min : all.time_min;
        all.time_max = block->time_max > all.time_max ? block->time_max : all.time_max;
        all.first_row = block->first_row < all.first_row ? block->first_row : all.first_row;
        all.last_row = block->last_row > all.last_row ? block->last_row : all.last_row;
    }
    return size;
}

static int place_add(struct walk *walk, int64_t time, int64_t row)
{
    if (walk->place_count == walk->place_capacity) {
        uint32_t room = walk->place_capacity ? walk->place_capacity * 2 : 256;
        struct walk_place *grown =
            room > walk->place_capacity ? realloc(walk->places, room * sizeof(*grown)) : NULL;
        if (!grown)
            return out_of_memory(walk);
        walk->places = grown;
        walk->place_capacity = room;
    }
    walk->places[walk->place_count++] = (struct walk_place){time, row};
    return 0;
}

/* The list of the key in a block: 1 and bound to the statement, 0: not named there. */
static int posting_find(struct walk *walk, const struct block *block, struct posting_list *ret_list)
{
    struct day_reader *reader = walk->reader;
    sqlite3_bind_int64(reader->posting, 1, block->first_row);
    sqlite3_bind_int64(reader->posting, 2, (int64_t)walk->request.key);
    int found = database_step(&reader->database, reader->posting);
    if (found == 1)
        *ret_list = posting_list_over(column_bytes(reader->posting, 0), block->first_row);
    return found;
}

static int64_t row_time(sqlite3_stmt *row)
{
    return sqlite3_column_type(row, TIME_COLUMN) == SQLITE_NULL
               ? TIME_NONE
               : sqlite3_column_int64(row, TIME_COLUMN);
}

/* Step through the times of rows first … last; a place gets its own if it is among them. */
static int times_scan(struct walk *walk, int64_t first, int64_t last, uint32_t place)
{
    struct day_reader *reader = walk->reader;
    int more;
    sqlite3_bind_int64(reader->times, 1, first);
    sqlite3_bind_int64(reader->times, 2, last);
    while ((more = database_step(&reader->database, reader->times)) == 1) {
        int64_t row = sqlite3_column_int64(reader->times, ROW_COLUMN);
        while (place < walk->place_count && walk->places[place].row < row)
            place++;
        if (place == walk->place_count)
            break;
        if (walk->places[place].row == row)
            walk->places[place].time = row_time(reader->times);
    }
    sqlite3_reset(reader->times);
    return more < 0 ? more : 0;
}

/* The times of the places found in a block, from `place` on: one by one, or all at once. */
static int places_time(struct walk *walk, const struct block *block, uint32_t place)
{
    uint32_t count = walk->place_count - place;
    int error = 0;
    if (count > block->rows / SCAN_SHARE)
        return times_scan(walk, block->first_row, block->last_row, place);
    for (; place < walk->place_count && !error; place++)
        error = times_scan(walk, walk->places[place].row, walk->places[place].row, place);
    return error;
}

static int places_by_key(struct walk *walk, const struct block *block, bool timed)
{
    struct posting_list list;
    uint32_t before = walk->place_count;
    int found = posting_find(walk, block, &list), error = 0;
    if (found != 1)
        return found;
    for (int64_t row; !error && posting_list_next(&list, &row) && row <= block->last_row;)
        error = place_add(walk, TIME_NONE, row);
    sqlite3_reset(walk->reader->posting);
    return error || !timed ? error : places_time(walk, block, before);
}

static int places_by_range(struct walk *walk, const struct block *block)
{
    int more, error = 0;
    sqlite3_stmt *times = walk->reader->times;
    sqlite3_bind_int64(times, 1, block->first_row);
    sqlite3_bind_int64(times, 2, block->last_row);
    while ((more = database_step(&walk->reader->database, times)) == 1 && !error)
        error = place_add(walk, row_time(times), sqlite3_column_int64(times, ROW_COLUMN));
    sqlite3_reset(times);
    return error ? error : more < 0 ? more : 0;
}

static int place_order(const void *a, const void *b)
{
    const struct walk_place *left = a, *right = b;
    return left->time != right->time ? (left->time > right->time ? 1 : -1)
                                     : (left->row > right->row) - (left->row < right->row);
}

static void places_reverse(struct walk *walk)
{
    for (uint32_t i = 0; i < walk->place_count / 2; i++) {
        struct walk_place other = walk->places[i];
        walk->places[i] = walk->places[walk->place_count - 1 - i];
        walk->places[walk->place_count - 1 - i] = other;
    }
}

/* Begin the next group of blocks: either a range of rows, or places. */
static int group_begin(struct walk *walk)
{
    uint32_t size = group_size(walk);
    const struct block *blocks = &walk->blocks[walk->block_next];
    bool in_order = size == 1 && (blocks->ordered || !walk->request.sorted);
    walk->block_next += size;
    walk->place_count = walk->place_next = 0;
    if (walk->request.key == 0 && in_order) {
        sqlite3_bind_int64(walk->by_range, 1, blocks->first_row);
        sqlite3_bind_int64(walk->by_range, 2, blocks->last_row);
        walk->row = walk->by_range;
        return 0;
    }
    int error = 0;
    for (uint32_t i = 0; i < size && !error; i++)
        error = walk->request.key ? places_by_key(walk, blocks + i, !in_order)
                                  : places_by_range(walk, blocks + i);
    if (!error && !in_order && walk->place_count > 1)
        qsort(walk->places, walk->place_count, sizeof(*walk->places), place_order);
    if (!error && walk->request.span.newest_first)
        places_reverse(walk);
    return error;
}

static int by_range_prepare(struct walk *walk)
{
    if (walk->by_range || walk->request.key)
        return 0;
    return rows_prepare(walk,
                        walk->request.span.newest_first && walk->request.sorted
                            ? "rowid BETWEEN ? AND ? ORDER BY rowid DESC"
                            : "rowid BETWEEN ? AND ? ORDER BY rowid",
                        &walk->by_range);
}

/* Whole rows are what pivots read, one after the other: the day keeps that statement. */
static int by_row_prepare(struct walk *walk)
{
    if (walk->by_row)
        return 0;
    if (walk->request.fields == ROW_ALL_FIELDS) {
        walk->by_row = walk->reader->whole_row;
        walk->reader->whole_row = NULL;
    }
    return walk->by_row ? 0 : rows_prepare(walk, "rowid = ?", &walk->by_row);
}

static void by_row_forget(struct walk *walk)
{
    if (walk->by_row && walk->request.fields == ROW_ALL_FIELDS && !walk->reader->whole_row) {
        sqlite3_reset(walk->by_row);
        walk->reader->whole_row = walk->by_row;
    } else {
        sqlite3_finalize(walk->by_row);
    }
    walk->by_row = NULL;
}

static void day_leave(struct walk *walk)
{
    sqlite3_finalize(walk->by_range);
    walk->by_range = walk->row = NULL;
    if (walk->reader) {
        by_row_forget(walk);
        readers_leave(walk->store, walk->reader);
    }
    walk->reader = NULL;
    walk->block_count = walk->block_next = 0;
    walk->place_count = walk->place_next = 0;
}

void walk_end(struct walk *walk)
{
    day_leave(walk);
    free(walk->blocks);
    free(walk->places);
    *walk = (struct walk){0};
}

/* The next row of the group at hand, in the span or not. */
static int group_next(struct walk *walk)
{
    if (walk->row == walk->by_range && walk->row) {
        int found = database_step(&walk->reader->database, walk->by_range);
        if (found != 1)
            walk->row = NULL;
        return found;
    }
    int error = walk->place_count ? by_row_prepare(walk) : 0;
    if (error)
        return error;
    while (walk->place_next < walk->place_count) {
        sqlite3_reset(walk->by_row);
        sqlite3_bind_int64(walk->by_row, 1, walk->places[walk->place_next++].row);
        int found = database_step(&walk->reader->database, walk->by_row);
        if (found != 0) {
            walk->row = found == 1 ? walk->by_row : NULL;
            return found;
        }
    }
    walk->row = NULL;
    return 0;
}

static bool row_in_span(const struct walk *walk)
{
    const struct store_span *span = &walk->request.span;
    if (sqlite3_column_type(walk->row, TIME_COLUMN) == SQLITE_NULL)
        return span->from == TIME_NONE;
    int64_t time = sqlite3_column_int64(walk->row, TIME_COLUMN);
    return time >= span->from && time <= span->to;
}

int walk_next(struct walk *walk)
{
    for (;;) {
        int found = walk->reader ? group_next(walk) : 0;
        if (found < 0 || (found == 1 && row_in_span(walk)))
            return found;
        if (found == 1)
            continue;
        if (walk->reader && walk->block_next < walk->block_count) {
            found = by_range_prepare(walk);
            if (!found)
                found = group_begin(walk);
            if (found < 0)
                return found;
            continue;
        }
        day_leave(walk);
        found = day_next(walk);
        if (found != 1)
            return found;
    }
}

int walk_count(struct store *store, const struct walk_request *request, uint64_t *ret_rows)
{
    struct walk walk;
    uint64_t rows = 0;
    int error = walk_begin(store, request, &walk);
    if (error)
        return error;
    int more;
    while ((more = day_next(&walk)) == 1 && !error) {
        for (uint32_t i = 0; i < walk.block_count && !error; i++) {
            struct posting_list list = {.count = walk.blocks[i].rows};
            int found = request->key ? posting_find(&walk, &walk.blocks[i], &list) : 1;
            error = found < 0 ? found : 0;
            rows += found == 1 ? list.count : 0;
            sqlite3_reset(walk.reader->posting);
        }
        day_leave(&walk);
    }
    walk_end(&walk);
    if (!error)
        error = more;
    if (!error)
        *ret_rows = rows;
    return error;
}
