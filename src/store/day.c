#include "store/day.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/row.h"

enum { BLOCK_LEVELS = 20, IDLE_COMMITS = 16 };

/* A block whose entries are still in memory, so that it can be merged. */
struct fresh_block {
    struct block block;
    uint32_t first_entry;
};

struct day {
    int32_t number;
    struct database database;
    sqlite3_stmt *insert, *put_block, *put_posting, *drop_block, *drop_postings;
    struct row_binder binder;
    struct postings postings;
    struct fresh_block blocks[BLOCK_LEVELS]; /* written, and on top one being filled */
    uint32_t depth;                          /* of the written ones */
    uint64_t generation;
    bool in_transaction, unsynced;
    uint32_t idle; /* commits without a row since the last one with */
};

void day_name(int32_t number, char name[DAY_NAME_SIZE])
{
    char text[TIME_TEXT_SIZE];
    time_format_day(number * TIME_DAY, text);
    snprintf(name, DAY_NAME_SIZE, "events-%.10s.db", text);
}

static bool day_name_parse(const char *name, int32_t *ret_number)
{
    struct bytes text = bytes_of(name);
    char time_text[TIME_TEXT_SIZE];
    int64_t time;
    if (text.len != 20 || !bytes_start(text, BYTES("events-")) || !bytes_end(text, BYTES(".db")))
        return false;
    snprintf(time_text, sizeof(time_text), "%.10sT00:00:00Z", name + 7);
    if (time_parse(bytes_of(time_text), &time) != 0)
        return false;
    *ret_number = time_day(time);
    return true;
}

int days_each(const char *folder, int (*visit)(void *context, int32_t number), void *context,
              struct failure *failure)
{
    DIR *entries = opendir(folder);
    if (!entries)
        return failure_set(failure, -errno, "%s: %s", folder, strerror(errno));
    int result = 0;
    int32_t number;
    for (struct dirent *entry; !result && (entry = readdir(entries));)
        if (day_name_parse(entry->d_name, &number))
            result = visit(context, number);
    closedir(entries);
    return result;
}

static int day_schema(struct day *day)
{
    struct buffer sql = {0};
    buffer_put(&sql, BYTES("CREATE TABLE IF NOT EXISTS events("));
    row_declare(&sql);
    buffer_put(
        &sql,
        BYTES(");"
              "CREATE TABLE IF NOT EXISTS blocks(first_row INTEGER PRIMARY KEY, last_row INTEGER,"
              " rows INTEGER, time_min INTEGER, time_max INTEGER, ordered INTEGER);"
              "CREATE TABLE IF NOT EXISTS postings(block INTEGER, key INTEGER, rows BLOB,"
              " PRIMARY KEY(block, key)) WITHOUT ROWID;"));
    buffer_put_char(&sql, '\0');
    int error = sql.failed ? -ENOMEM : database_run(&day->database, sql.at);
    buffer_finish(&sql);
    return error;
}

static int day_prepare(struct day *day)
{
    struct buffer sql = {0};
    buffer_put(&sql, BYTES("INSERT INTO events("));
    row_columns(&sql, ROW_ALL_FIELDS);
    buffer_put(&sql, BYTES(", rowid) VALUES("));
    for (int field = 0; field < FIELD_COUNT; field++)
        buffer_put(&sql, BYTES("?,"));
    buffer_put(&sql, BYTES("?)"));
    buffer_put_char(&sql, '\0');
    int error = sql.failed ? -ENOMEM : database_prepare(&day->database, sql.at, &day->insert);
    buffer_finish(&sql);
    if (!error)
        error = database_prepare(&day->database, "INSERT INTO blocks VALUES(?,?,?,?,?,?)",
                                 &day->put_block);
    if (!error)
        error = database_prepare(&day->database, "INSERT INTO postings VALUES(?,?,?)",
                                 &day->put_posting);
    if (!error)
        error = database_prepare(&day->database, "DELETE FROM blocks WHERE first_row=?",
                                 &day->drop_block);
    if (!error)
        error = database_prepare(&day->database, "DELETE FROM postings WHERE block=?",
                                 &day->drop_postings);
    day->binder = (struct row_binder){.statement = day->insert, .fresh = true};
    return error;
}

static int day_begin(struct day *day)
{
    if (day->in_transaction)
        return 0;
    int error = database_run(&day->database, "BEGIN IMMEDIATE");
    if (!error)
        day->in_transaction = day->unsynced = true;
    return error;
}

static int block_drop(struct day *day, int64_t first_row)
{
    sqlite3_bind_int64(day->drop_block, 1, first_row);
    sqlite3_bind_int64(day->drop_postings, 1, first_row);
    int error = database_do(&day->database, day->drop_block);
    return error ? error : database_do(&day->database, day->drop_postings);
}

struct posting_writer {
    struct day *day;
    int64_t block;
};

static int posting_put(void *context, uint64_t key, struct bytes list)
{
    struct posting_writer *writer = context;
    sqlite3_stmt *statement = writer->day->put_posting;
    sqlite3_bind_int64(statement, 1, writer->block);
    sqlite3_bind_int64(statement, 2, (int64_t)key);
    sqlite3_bind_blob64(statement, 3, list.at, list.len, SQLITE_STATIC);
    return database_do(&writer->day->database, statement);
}

static int block_put(struct day *day, const struct fresh_block *fresh)
{
    const struct block *block = &fresh->block;
    sqlite3_bind_int64(day->put_block, 1, block->first_row);
    sqlite3_bind_int64(day->put_block, 2, block->last_row);
    sqlite3_bind_int64(day->put_block, 3, block->rows);
    sqlite3_bind_int64(day->put_block, 4, block->time_min);
    sqlite3_bind_int64(day->put_block, 5, block->time_max);
    sqlite3_bind_int(day->put_block, 6, block->ordered);
    struct posting_writer writer = {day, block->first_row};
    int error = database_do(&day->database, day->put_block);
    if (!error)
        error = postings_write(&day->postings, fresh->first_entry, block->first_row, posting_put,
                               &writer);
    return error == -ENOMEM ? failure_set(day->database.failure, error, "out of memory") : error;
}

static void block_join(struct block *into, const struct block *later)
{
    into->ordered = into->ordered && later->ordered && later->time_min >= into->time_max;
    into->last_row = later->last_row;
    into->rows += later->rows;
    if (later->time_min < into->time_min)
        into->time_min = later->time_min;
    if (later->time_max > into->time_max)
        into->time_max = later->time_max;
}

/* The rows taken since the last block become one, together with its smaller predecessors. */
static int blocks_flush(struct day *day)
{
    struct fresh_block top = day->blocks[day->depth];
    int error = 0;
    if (top.block.rows == 0)
        return 0;
    while (day->depth > 0 && day->blocks[day->depth - 1].block.rows <= top.block.rows && !error) {
        struct fresh_block *below = &day->blocks[--day->depth];
        error = block_drop(day, below->block.first_row);
        block_join(&below->block, &top.block);
        top = *below;
    }
    if (!error)
        error = block_put(day, &top);
    if (error)
        return error;
    day->blocks[day->depth++] = top;
    if (day->blocks[0].block.rows >= BLOCK_ROWS || day->depth == BLOCK_LEVELS - 1) {
        postings_clear(&day->postings);
        day->depth = 0;
        day->generation = 0;
    }
    day->blocks[day->depth] = (struct fresh_block){.first_entry = day->postings.entry_count};
    return 0;
}

static void block_extend(struct block *block, int64_t row, int64_t time)
{
    struct block one = {row, row, time, time, 1, true};
    if (block->rows == 0)
        *block = one;
    else
        block_join(block, &one);
}

static int row_take(struct day *day, const struct batch *batch, uint32_t at, int64_t row)
{
    int error = postings_take(&day->postings, batch, at, row);
    if (!error)
        block_extend(&day->blocks[day->depth].block, row, batch->columns.time[at]);
    return error ? failure_set(day->database.failure, error, "out of memory") : 0;
}

/* Row numbers in memory are 32 bits above the first one's. */
static int postings_make_room(struct day *day, const struct batch *batch, uint64_t generation,
                              int64_t row)
{
    int error = 0;
    if (day->postings.entry_count && row - day->postings.base > INT32_MAX) {
        error = blocks_flush(day);
        postings_clear(&day->postings);
        day->depth = 0;
        day->blocks[0] = (struct fresh_block){0};
        day->generation = 0;
    }
    if (!error && day->generation != generation) {
        error = postings_begin(&day->postings, batch);
        day->binder.fresh = true;
        day->generation = generation;
    }
    return error;
}

int day_put(struct day *day, const struct batch *batch, uint64_t generation, const uint32_t *at,
            uint32_t count, int64_t row)
{
    int error = day_begin(day);
    if (!error)
        error = postings_make_room(day, batch, generation, row);
    for (uint32_t i = 0; i < count && !error; i++, row++) {
        row_bind(&day->binder, batch, at[i]);
        sqlite3_bind_int64(day->insert, FIELD_COUNT + 1, row);
        error = database_do(&day->database, day->insert);
        if (!error)
            error = row_take(day, batch, at[i], row);
    }
    if (!error && day->blocks[day->depth].block.rows >= BLOCK_ROWS)
        error = blocks_flush(day);
    return error;
}

int day_commit(struct day *day, bool sync)
{
    int error = 0;
    day->idle = day->in_transaction ? 0 : day->idle + 1;
    if (day->in_transaction) {
        error = blocks_flush(day);
        if (!error)
            error = database_run(&day->database, "COMMIT");
        if (error)
            return error;
        day->in_transaction = false;
    }
    if (sync && day->unsynced)
        error = database_sync(&day->database);
    if (sync && !error)
        day->unsynced = false;
    return error;
}

/* Rows behind the last whole block get their postings anew. */
static int tail_post(struct day *day)
{
    struct buffer sql = {0};
    buffer_put(&sql, BYTES("SELECT rowid, "));
    row_columns(&sql, ROW_ALL_FIELDS);
    buffer_put(&sql, BYTES(" FROM events WHERE rowid > (SELECT coalesce(max(last_row), -1)"
                           " FROM blocks) ORDER BY rowid"));
    buffer_put_char(&sql, '\0');
    sqlite3_stmt *rows = NULL;
    struct batch *batch = batch_create();
    int error = sql.failed || !batch ? -ENOMEM : database_prepare(&day->database, sql.at, &rows);
    int more = 0;
    while (!error && (more = database_step(&day->database, rows)) == 1) {
        batch_clear(batch);
        error = row_read(rows, 1, batch);
        if (!error)
            error = postings_begin(&day->postings, batch);
        if (!error)
            error = row_take(day, batch, 0, sqlite3_column_int64(rows, 0));
        if (!error && day->blocks[day->depth].block.rows >= BLOCK_ROWS)
            error = blocks_flush(day);
    }
    sqlite3_finalize(rows);
    batch_destroy(batch);
    buffer_finish(&sql);
    if (!error)
        error = more;
    return error ? error : blocks_flush(day);
}

static int day_cut(struct day *day, int64_t rows)
{
    int64_t last = -1, newest = -1;
    int error = database_integer(&day->database, "SELECT max(rowid) FROM events", &last);
    if (!error)
        error = database_integer(&day->database, "SELECT max(last_row) FROM blocks", &newest);
    if (error || (last < rows && last == newest))
        return error;
    char sql[256];
    snprintf(sql, sizeof(sql),
             "DELETE FROM postings WHERE block IN (SELECT first_row FROM blocks WHERE"
             " last_row >= %lld);"
             "DELETE FROM blocks WHERE last_row >= %lld; DELETE FROM events WHERE rowid >= %lld",
             (long long)rows, (long long)rows, (long long)rows);
    error = day_begin(day);
    if (!error)
        error = database_run(&day->database, sql);
    if (!error)
        error = tail_post(day);
    return error ? error : day_commit(day, false);
}

bool day_is_whole(const char *folder, int32_t number, int64_t rows)
{
    char name[DAY_NAME_SIZE], *path;
    struct failure failure;
    struct database database;
    int64_t last = -1, newest = -1;
    day_name(number, name);
    if (asprintf(&path, "%s/%s", folder, name) < 0)
        return false;
    bool whole = false;
    if (database_open(&database, path, DATABASE_READ, &failure) == 0) {
        whole = database_claim(&database, DAY_FORMAT) == 0 &&
                database_integer(&database, "SELECT max(rowid) FROM events", &last) == 0 &&
                database_integer(&database, "SELECT max(last_row) FROM blocks", &newest) == 0 &&
                last > 0 && last < rows && last == newest;
        database_close(&database);
    }
    free(path);
    return whole;
}

int day_open(const char *folder, int32_t number, int64_t rows, struct failure *failure,
             struct day **ret_day)
{
    char name[DAY_NAME_SIZE], *path = NULL;
    struct day *day = calloc(1, sizeof(*day));
    day_name(number, name);
    if (!day || asprintf(&path, "%s/%s", folder, name) < 0) {
        free(day);
        return failure_set(failure, -ENOMEM, "out of memory");
    }
    day->number = number;
    int error = database_open(&day->database, path, DATABASE_MAKE, failure);
    if (!error)
        error = postings_init(&day->postings);
    if (!error)
        error = database_run(&day->database,
                             "PRAGMA page_size=16384; PRAGMA journal_mode=WAL;"
                             "PRAGMA synchronous=NORMAL; PRAGMA cache_size=-8192;"
                             "PRAGMA wal_autocheckpoint=1024; PRAGMA journal_size_limit=33554432");
    if (!error)
        error = database_claim(&day->database, DAY_FORMAT);
    if (!error)
        error = day_schema(day);
    if (!error)
        error = day_prepare(day);
    if (!error)
        error = day_cut(day, rows);
    free(path);
    if (error)
        day_close(day);
    else
        *ret_day = day;
    return error;
}

int32_t day_number(const struct day *day)
{
    return day->number;
}

bool day_is_idle(const struct day *day)
{
    return day->idle >= IDLE_COMMITS;
}

int day_rows(struct day *day, int64_t *ret_rows)
{
    return database_integer(&day->database, "SELECT sum(rows) FROM blocks", ret_rows);
}

void day_close(struct day *day)
{
    sqlite3_finalize(day->insert);
    sqlite3_finalize(day->put_block);
    sqlite3_finalize(day->put_posting);
    sqlite3_finalize(day->drop_block);
    sqlite3_finalize(day->drop_postings);
    postings_finish(&day->postings);
    database_close(&day->database);
    free(day);
}
