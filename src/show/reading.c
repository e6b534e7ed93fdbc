#include "show/reading.h"

#include <errno.h>
#include <stdlib.h>

#include "show/state.h"
#include "show/verb.h"

struct store *reading_open(const char *data)
{
    struct store *store = NULL;
    int status = store_open_read(data, &store);
    if (status == 0)
        return store;
    if (status == -ENOENT)
        fprintf(stderr,
                "hinomi: %s: nothing stored here yet; first: hinomi ingest PATH --data %s\n", data,
                data);
    else
        fprintf(stderr, "hinomi: %s\n", store_error(NULL));
    return NULL;
}

int reading_failed(const struct store *store)
{
    const char *why = store_error(store);
    fprintf(stderr, "hinomi: %s\n", why && *why ? why : "out of memory");
    return EXIT_FAILED;
}

bool reading_japanese(const char *language)
{
    static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; !language && i < sizeof(variables) / sizeof(variables[0]); i++) {
        const char *value = getenv(variables[i]);
        if (value && *value)
            language = value;
    }
    return language && strncmp(language, "ja", 2) == 0;
}

bool reading_language_known(const char *verb, const char *language)
{
    if (!language || strcmp(language, "en") == 0 || strcmp(language, "ja") == 0)
        return true;
    fprintf(stderr, "hinomi %s: --lang %s: give en or ja\n", verb, language);
    return false;
}

struct bytes reading_text(struct sqlite3_stmt *statement, int column)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);
    int length = sqlite3_column_bytes(statement, column);
    return (struct bytes){text ? text : "", text && length > 0 ? (size_t)length : 0};
}

struct bytes reading_moment(int64_t time, char text[READING_TIME_SIZE])
{
    char whole[TIME_TEXT_SIZE];
    struct bytes date = time_format(time, whole);
    if (time == TIME_NONE || date.len < 19)
        return (struct bytes){"", 0};
    memcpy(text, date.at, 19);
    text[10] = ' ';
    return (struct bytes){text, 19};
}

struct bytes reading_time(struct sqlite3_stmt *statement, int column, char text[READING_TIME_SIZE])
{
    if (sqlite3_column_type(statement, column) == SQLITE_NULL)
        return (struct bytes){"", 0};
    return reading_moment(sqlite3_column_int64(statement, column), text);
}

static int print_line(void *context, struct sqlite3_stmt *statement)
{
    struct buffer *line = context;
    struct json json = {.out = line};
    buffer_clear(line);
    row_json(statement, &json);
    buffer_put_char(line, '\n');
    fwrite(line->at, 1, line->len, stdout);
    return line->failed || ferror(stdout);
}

int reading_json(struct store *store, const char *sql, const struct bytes *values, int count)
{
    struct buffer line = {.at = NULL};
    int status = store_query_with(store, bytes_of(sql), values, count, 0, print_line, &line);
    if (status == 0 && line.failed)
        status = -ENOMEM;
    buffer_finish(&line);
    return status;
}
