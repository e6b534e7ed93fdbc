#include "show/samples.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>

#include "analyse/sample/digest.h"
#include "show/reading.h"
#include "show/state.h"
#include "store/samples.h"

#define X(table, columns) "CREATE TABLE " #table columns ";\n"
static const struct state_file samples_file = {"samples.db", SAMPLE_TABLES(X), NULL};
#undef X

#define SAMPLE_COLUMNS                                                                             \
    "s.sha256, s.name, s.size, s.type, s.mime, s.first AS \"first:time\", s.last AS "              \
    "\"last:time\","                                                                               \
    " s.times, s.kept AS \"kept:bool\", s.files, s.failed,"                                        \
    " (SELECT json_group_array(DISTINCT packer) FROM sample_files WHERE sample = s.sha256"         \
    "  AND packer IS NOT NULL AND packer <> 'none') AS \"packers:json\","                          \
    " (SELECT threat FROM sample_files WHERE sample = s.sha256 AND threat IS NOT NULL"             \
    "  ORDER BY instr('green amber red', threat) DESC LIMIT 1) AS threat,"                         \
    " (SELECT count(DISTINCT rule) FROM sample_rules WHERE sample = s.sha256) AS rules"

#define SAMPLES_WANTED                                                                             \
    " FROM samples AS s WHERE ?1 = '' OR instr(lower(s.name), lower(?1)) > 0"                      \
    " OR instr(lower(s.type), lower(?1)) > 0 OR EXISTS (SELECT 1 FROM sample_files AS f"           \
    " WHERE f.sample = s.sha256 AND lower(?1) IN (f.sha256, f.sha1, f.md5))"

bool samples_there(const char *data)
{
    return state_file_there(data, &samples_file);
}

int samples_open(const char *data, struct sqlite3 **ret_db)
{
    return state_file_open(data, &samples_file, ret_db);
}

int samples_json(struct sqlite3 *db, struct bytes text, int64_t limit, int64_t offset,
                 struct json *json)
{
    const struct argument arguments[] = {
        {.text = text.len ? text : BYTES("")}, {.number = limit}, {.number = offset}};
    json_object(json);
    json_key(json, "total");
    json_integer(json, number_of(db, "SELECT count(*)" SAMPLES_WANTED, arguments, 1, 0));
    json_key(json, "samples");
    int error = rows_json(db, json,
                          "SELECT " SAMPLE_COLUMNS SAMPLES_WANTED
                          " ORDER BY s.last DESC, s.sha256 LIMIT ?2 OFFSET ?3",
                          arguments, 3);
    json_end_object(json);
    return error;
}

static void list_line(sqlite3_stmt *row, struct buffer *line)
{
    buffer_clear(line);
    row_json(row, &(struct json){.out = line});
    buffer_put_char(line, '\n');
    fwrite(line->at, 1, line->len, stdout);
}

/* The columns by their place in SAMPLE_COLUMNS. */
static void list_row(sqlite3_stmt *row, struct table *table)
{
    char time[READING_TIME_SIZE];
    table_cell(table, reading_time(row, 6, time), TONE_PLAIN);
    table_cell(table, cell_bytes(row, 1), TONE_STRONG);
    table_cell(table, cell_bytes(row, 2), TONE_PLAIN);
    table_cell(table, cell_bytes(row, 9), TONE_PLAIN);
    table_cell(table, cell_bytes(row, 13), TONE_PLAIN);
    table_cell(table, cell_bytes(row, 3), TONE_PLAIN);
    table_cell(table, cell_bytes(row, 0), TONE_QUIET);
}

int samples_list(const char *data, struct bytes text, int64_t limit, bool json)
{
    static const char *const titles[] = {"LAST (UTC)", "NAME", "SIZE",  "FILES",
                                         "RULES",      "TYPE", "SHA256"};
    static const char sql[] =
        "SELECT " SAMPLE_COLUMNS SAMPLES_WANTED " ORDER BY s.last DESC, s.sha256 LIMIT ?2";
    struct table table = {.columns = 0};
    struct sqlite3 *db = NULL;
    sqlite3_stmt *row = NULL;
    struct buffer line = {0};
    int step = SQLITE_ERROR, error = samples_open(data, &db);
    for (int i = 0; i < 7; i++)
        table_column(&table, titles[i], i >= 2 && i <= 4);
    if (!error && sqlite3_prepare_v2(db, sql, -1, &row, NULL) == SQLITE_OK) {
        sqlite3_bind_text64(row, 1, text.len ? text.at : "", text.len, SQLITE_STATIC, SQLITE_UTF8);
        sqlite3_bind_int64(row, 2, limit);
        while ((step = sqlite3_step(row)) == SQLITE_ROW)
            json ? list_line(row, &line) : list_row(row, &table);
    }
    if (step != SQLITE_DONE)
        fprintf(stderr, "hinomi sample: %s/samples.db cannot be read\n", data);
    else if (!json && table.cell_count)
        table_print(&table, stdout);
    else if (!json)
        puts("No samples.");
    sqlite3_finalize(row);
    sqlite3_close(db);
    table_finish(&table);
    buffer_finish(&line);
    return step == SQLITE_DONE ? 0 : -EIO;
}

int sample_json(const char *data, struct sqlite3 *db, struct bytes sha256, struct json *json)
{
    const struct argument argument = {.text = sha256};
    struct buffer report = {0};
    if (sha256.len != 64 || !sample_digest_is(sha256))
        return -EINVAL;
    json_object(json);
    json_key(json, "sample");
    int error = first_row_json(
        db, json, "SELECT " SAMPLE_COLUMNS " FROM samples AS s WHERE sha256 = lower(?1)", &argument,
        1);
    if (!error)
        error = text_of(db, "SELECT report FROM samples WHERE sha256 = lower(?1)", &argument, 1,
                        &report);
    if (!error) {
        json_key(json, "report"), json_raw(json, buffer_bytes(&report));
        json_key(json, "links");
        error = sample_links_json(data, db, sha256, json);
    }
    json_end_object(json);
    buffer_finish(&report);
    return error;
}
