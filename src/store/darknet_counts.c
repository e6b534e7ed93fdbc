#include "store/darknet_counts.h"

#include <errno.h>
#include <stdio.h>

void count_block_begin(struct count_block *block, enum count_form form)
{
    buffer_clear(&block->out);
    block->form = form;
    block->number = 0;
    buffer_put_u8(&block->out, (uint8_t)form);
}

void count_block_put(struct count_block *block, const struct count_row *row)
{
    if (block->form == COUNT_TEXT)
        buffer_put_block(&block->out, row->name);
    else
        buffer_put_varint(&block->out, row->number - block->number);
    block->number = row->number;
    buffer_put_varint(&block->out, row->packets);
    buffer_put_varint(&block->out, row->sources);
}

int count_reader_open(struct count_reader *reader, struct bytes block)
{
    *reader = (struct count_reader){.in = cursor_over(block)};
    uint8_t form = cursor_u8(&reader->in);
    if (!cursor_ok(&reader->in) || form >= COUNT_FORMS)
        return -EBADMSG;
    reader->form = (enum count_form)form;
    return 0;
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

static struct bytes port_name(struct count_reader *reader)
{
    memcpy(reader->text, reader->number < COUNT_UDP ? "tcp/" : "udp/", 4);
    const char *end = number_put(reader->text + 4, reader->number % COUNT_UDP);
    return (struct bytes){reader->text, (size_t)(end - reader->text)};
}

static struct bytes prefix_name(struct count_reader *reader)
{
    static const struct bytes rest = BYTES(".0.0/16");
    char *end = number_put(reader->text, reader->number >> 8);
    *end++ = '.';
    end = number_put(end, reader->number & 0xff);
    memcpy(end, rest.at, rest.len);
    return (struct bytes){reader->text, (size_t)(end - reader->text) + rest.len};
}

int count_reader_next(struct count_reader *reader, struct count_row *ret_row)
{
    struct count_row row = {.name = BYTES("")};
    if (cursor_ok(&reader->in) && cursor_left(&reader->in) == 0)
        return 0;
    if (reader->form == COUNT_TEXT) {
        row.name = cursor_block(&reader->in);
    } else {
        uint64_t more = cursor_varint(&reader->in);
        uint32_t end = reader->form == COUNT_PORT ? 2 * COUNT_UDP : 1 << 16;
        if (more >= end - reader->number)
            return -EBADMSG;
        reader->number += (uint32_t)more;
        row.number = reader->number;
        row.name = reader->form == COUNT_PORT ? port_name(reader) : prefix_name(reader);
    }
    row.packets = cursor_varint(&reader->in);
    row.sources = cursor_varint(&reader->in);
    if (!cursor_ok(&reader->in))
        return -EBADMSG;
    *ret_row = row;
    return 1;
}

/* ---- the older table ----------------------------------------------------------------- */

static int block_insert(const struct database *database, sqlite3_stmt *insert,
                        const struct count_block *block)
{
    if (block->out.failed)
        return -ENOMEM;
    sqlite3_bind_blob64(insert, 4, block->out.at, block->out.len, SQLITE_STATIC);
    return database_do(database, insert);
}

/* Windows and kinds come one after the other; `insert` holds those of the block that is made. */
static int rows_convert(const struct database *database, sqlite3_stmt *rows, sqlite3_stmt *insert,
                        struct count_block *block)
{
    int status;
    while ((status = database_step(database, rows)) == 1) {
        if (sqlite3_column_int(rows, 0)) {
            int error = block->out.len ? block_insert(database, insert, block) : 0;
            if (error)
                return error;
            for (int i = 1; i <= 3; i++)
                sqlite3_bind_value(insert, i, sqlite3_column_value(rows, i));
            count_block_begin(block, COUNT_TEXT);
        }
        count_block_put(block,
                        &(struct count_row){.name = column_bytes(rows, 4),
                                            .packets = (uint64_t)sqlite3_column_int64(rows, 5),
                                            .sources = (uint64_t)sqlite3_column_int64(rows, 6)});
    }
    return status || !block->out.len ? status : block_insert(database, insert, block);
}

static const char rows_sql[] =
    "SELECT row_number() OVER (PARTITION BY length, start, kind ORDER BY name) = 1,"
    " start, length, kind, name, packets, sources FROM darknet_counts";
static const char insert_sql[] =
    "INSERT OR REPLACE INTO darknet_count_blocks (start, length, kind, counts)"
    " VALUES (?1, ?2, ?3, ?4)";

static int table_convert(const struct database *database)
{
    sqlite3_stmt *rows = NULL, *insert = NULL;
    struct count_block block = {0};
    int error = database_prepare(database, rows_sql, &rows);
    if (!error)
        error = database_prepare(database, insert_sql, &insert);
    if (!error)
        error = rows_convert(database, rows, insert, &block);
    sqlite3_finalize(rows);
    sqlite3_finalize(insert);
    buffer_finish(&block.out);
    return error ? error : database_run(database, "DROP TABLE darknet_counts");
}

static int table_there(const struct database *database, int64_t *ret_there)
{
    return database_integer(
        database,
        "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'darknet_counts'",
        ret_there);
}

int darknet_counts_convert(const struct database *database)
{
    int64_t there = 0;
    int error = table_there(database, &there);
    if (error || !there)
        return error;
    error = database_run(database, "BEGIN IMMEDIATE");
    if (error)
        return error;
    error = table_there(database, &there); /* another process may have been faster */
    if (!error && there)
        error = table_convert(database);
    if (!error)
        return database_run(database, "COMMIT");
    (void)!database_run(database, "ROLLBACK");
    return error;
}
