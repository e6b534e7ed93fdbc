/*
 * show/state.h -- SQL rows as JSON.
 *
 * The console's answers are rows of the store. A column's name says how it is
 * written: "x:time" is nanoseconds written as a date, "x:json" is text that is
 * already JSON, "x:bool" is 0 or 1; any other is written by its type.
 */
#ifndef SHOW_STATE_H
#define SHOW_STATE_H

#include "base/json.h"

struct sqlite3;
struct sqlite3_stmt;

/* A value for ?1, ?2, …: text when `text.at` is set, else the number. */
struct argument {
    struct bytes text;
    int64_t number;
};

/* Open DATA/state.db for reading: -EIO. Close with sqlite3_close. */
int state_open(const char *data, struct sqlite3 **ret_db) __attribute__((warn_unused_result));

/* Another file of DATA, which may not be there yet. */
struct state_file {
    const char *name;
    const char *empty_schema;                             /* what one without a row is made of */
    int (*ready)(struct sqlite3 *db, const char *schema); /* -errno; NULL: nothing more to do */
};

bool state_file_there(const char *data, const struct state_file *file);

/* Open it for reading; an empty one where there is none. -ENAMETOOLONG, -EIO. */
int state_file_open(const char *data, const struct state_file *file, struct sqlite3 **ret_db)
    __attribute__((warn_unused_result));

/* A number as short as it can be: whole ones with all their digits. */
void json_double(struct json *json, double value);

/* A column's text; valid until the next step. */
struct bytes cell_bytes(struct sqlite3_stmt *statement, int column);

/* How a column is told under a name of ours; as text where nothing is said. */
struct told_column {
    const char *name, *title; /* title: in a table */
    bool number, time, real, raw;
};

/* The first `count` columns of a row as members of the object that is open; NULL ones are left
 * out. */
void told_json(struct sqlite3_stmt *row, const struct told_column *columns, int count,
               struct json *json);

/* Write the row the statement stands on as one object. */
void row_json(struct sqlite3_stmt *statement, struct json *json);

/* Write all rows as an array of objects. -EIO with nothing but the array written. */
int rows_json(struct sqlite3 *db, struct json *json, const char *sql,
              const struct argument *arguments, int count);

/* Write the first row as an object. -ENOENT (nothing written), -EIO. */
int first_row_json(struct sqlite3 *db, struct json *json, const char *sql,
                   const struct argument *arguments, int count);

/* The first column of the first row; `otherwise` when there is none or it failed. */
int64_t number_of(struct sqlite3 *db, const char *sql, const struct argument *arguments, int count,
                  int64_t otherwise);

/* The first column of the first row, appended to `out`. -ENOENT: none, or it is NULL; -EIO. */
int text_of(struct sqlite3 *db, const char *sql, const struct argument *arguments, int count,
            struct buffer *out) __attribute__((warn_unused_result));

#endif
