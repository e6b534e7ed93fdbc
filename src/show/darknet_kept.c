#include "show/darknet_kept.h"

#include <errno.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>

#include "show/observatory.h"
#include "show/reading.h"
#include "show/verb.h"

static bool is_time(struct sqlite3_stmt *statement, int column)
{
    const char *name = sqlite3_column_name(statement, column);
    size_t len = strlen(name);
    return len > 5 && strcmp(name + len - 5, ":time") == 0;
}

static void row_cells(struct table *table, struct sqlite3_stmt *statement)
{
    for (int i = 0; i < sqlite3_column_count(statement); i++) {
        char text[48];
        struct bytes cell = cell_bytes(statement, i);
        if (is_time(statement, i)) {
            cell = reading_time(statement, i, text);
        } else if (sqlite3_column_type(statement, i) == SQLITE_FLOAT) {
            double value = sqlite3_column_double(statement, i);
            int len = snprintf(text, sizeof(text), value >= 10 ? "%.0f" : "%.2f", value);
            cell = (struct bytes){text, (size_t)len};
        }
        table_cell(table, cell, i == 0 ? TONE_STRONG : TONE_PLAIN);
    }
}

/* Numbers stand to the right; what they are is known from the first row. */
static void titles_make(struct table *table, struct sqlite3_stmt *statement)
{
    for (int i = 0; i < sqlite3_column_count(statement); i++) {
        char title[64];
        const char *name = sqlite3_column_name(statement, i);
        bool time = is_time(statement, i);
        snprintf(title, sizeof(title), "%.*s", (int)(strlen(name) - (time ? 5 : 0)), name);
        table_column(table, title, !time && sqlite3_column_type(statement, i) != SQLITE_TEXT);
    }
}

static int rows_print(struct sqlite3_stmt *statement, bool json)
{
    struct table table = {0};
    struct buffer line = {0};
    int result;
    while ((result = sqlite3_step(statement)) == SQLITE_ROW && !line.failed && !table.failed) {
        if (json) {
            struct json row = {.out = &line};
            row_json(statement, &row);
            buffer_put_char(&line, '\n');
            fwrite(line.at, 1, line.failed ? 0 : line.len, stdout);
            buffer_clear(&line);
            continue;
        }
        if (table.columns == 0)
            titles_make(&table, statement);
        row_cells(&table, statement);
    }
    if (table.columns)
        table_print(&table, stdout);
    int error = line.failed || table.failed ? -ENOMEM : result == SQLITE_DONE ? 0 : -EIO;
    table_finish(&table);
    buffer_finish(&line);
    return error;
}

static int arguments_bind(struct sqlite3_stmt *statement, const struct kept_question *question)
{
    int status = SQLITE_OK;
    for (int i = 0; i < question->argument_count && status == SQLITE_OK; i++) {
        struct bytes text = question->arguments[i].text;
        status = text.at ? sqlite3_bind_text64(statement, i + 1, text.at, text.len, SQLITE_STATIC,
                                               SQLITE_UTF8)
                         : sqlite3_bind_int64(statement, i + 1, question->arguments[i].number);
    }
    return status == SQLITE_OK ? 0 : -EIO;
}

static int question_ask(struct sqlite3 *db, const struct kept_question *question, bool json)
{
    struct sqlite3_stmt *statement = NULL;
    const char *sql = json ? question->json_sql : question->table_sql;
    int error = sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK ? 0 : -EIO;
    if (!error)
        error = arguments_bind(statement, question);
    if (!error)
        error = rows_print(statement, json);
    sqlite3_finalize(statement);
    if (!error && !json)
        printf("%" PRId64 " %s\n",
               number_of(db, question->count_sql, question->arguments, question->argument_count - 1,
                         0),
               question->noun);
    return error;
}

int darknet_kept_print(const struct kept_question *question, bool json)
{
    struct sqlite3 *db;
    if (!observatory_there(question->data)) {
        fprintf(stderr,
                "hinomi %s: there is no observatory in %s; name captures, or hinomi darknet report"
                " FILE… --data %s makes one\n",
                question->verb, question->data, question->data);
        return EXIT_FAILED;
    }
    int error = observatory_open(question->data, &db);
    if (!error) {
        error = question_ask(db, question, json);
        sqlite3_close(db);
    }
    if (!error)
        return EXIT_OK;
    fprintf(stderr, "hinomi %s: %s/darknet.db: %s\n", question->verb, question->data,
            error == -ENOMEM ? strerror(ENOMEM) : "it cannot be read");
    return EXIT_FAILED;
}
