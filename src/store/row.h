/*
 * store/row.h -- an observation as a row of SQL, and back.
 *
 * Columns stand in the order of OBSERVATION_FIELDS. Text, addresses and names
 * of categories are TEXT, times and numbers INTEGER; what is absent is NULL.
 */
#ifndef STORE_ROW_H
#define STORE_ROW_H

#include "base/buffer.h"
#include "model/batch.h"
#include "store/database.h"

/* "name TYPE, name TYPE, …" for CREATE TABLE. */
void row_declare(struct buffer *out);

/* The names of the fields whose bit is set in `mask`, with commas. */
void row_columns(struct buffer *out, uint64_t mask);

#define ROW_ALL_FIELDS ((UINT64_C(1) << FIELD_COUNT) - 1)
_Static_assert(FIELD_COUNT < 64, "masks of fields are 64 bits");

/* Binds rows one after the other; what is as in the row before is not bound again. */
struct row_binder {
    sqlite3_stmt *statement;
    uint64_t bound[FIELD_COUNT]; /* the value bound, as a number; text: its id */
    struct ip ips[FIELD_COUNT];
    char texts[FIELD_COUNT][IP_TEXT_SIZE];
    bool fresh; /* nothing is bound, or to texts that are gone */
};

/* Field i goes to parameter i + 1. The batch has to stay as it is until the next step. */
void row_bind(struct row_binder *binder, const struct batch *batch, uint32_t row);

/* Append the row a statement stands on; its columns from `column` on are all fields in order. */
int row_read(sqlite3_stmt *statement, int column, struct batch *batch)
    __attribute__((warn_unused_result));

#endif
