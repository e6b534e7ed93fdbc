/*
 * show/reading.h -- what the verbs that read a store have in common.
 */
#ifndef SHOW_READING_H
#define SHOW_READING_H

#include <sqlite3.h>

#include "show/table.h"
#include "store/store.h"

/* A store for reading; NULL after a message that says what to do. Close with store_close. */
struct store *reading_open(const char *data);

/* Say on stderr what went wrong with the store; returns EXIT_FAILED. */
int reading_failed(const struct store *store);

/* Should people be spoken to in Japanese? `language` is --lang or NULL: then the locale says. */
bool reading_japanese(const char *language);

/* True when `language` is NULL, "en" or "ja"; else a message on stderr. */
bool reading_language_known(const char *verb, const char *language);

/* A column of the row a statement stands on; valid until it moves. */
struct bytes reading_text(struct sqlite3_stmt *statement, int column);

/* "2024-05-08 00:50:45" of a column with nanoseconds, UTC; empty for none. */
enum { READING_TIME_SIZE = 24 };
struct bytes reading_time(struct sqlite3_stmt *statement, int column, char text[READING_TIME_SIZE]);
struct bytes reading_moment(int64_t time, char text[READING_TIME_SIZE]);

/*
 * Each row of a query as one JSON object a line on stdout (show/state.h says
 * how). -ENOMEM or the store's error; output that fails to arrive ends it with
 * 0, and main says so.
 */
int reading_json(struct store *store, const char *sql, const struct bytes *values, int count)
    __attribute__((warn_unused_result));

#define OPTION_LANGUAGE(into)                                                                      \
    {                                                                                              \
        "--lang", OPTION_TEXT, (into), "en|ja", "language of sentences (default: the locale's)"    \
    }

#endif
