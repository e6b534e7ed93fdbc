/*
 * show/csv.h -- rows of the store as comma-separated values (RFC 4180).
 */
#ifndef SHOW_CSV_H
#define SHOW_CSV_H

#include "base/buffer.h"

struct sqlite3_stmt;

/*
 * The row the statement stands at, or the names of its columns, as a line with its CR LF. A text
 * that begins with = + - @, a tab or CR would be a formula in a spreadsheet: it gets a ' before it.
 */
void csv_row(struct sqlite3_stmt *statement, bool names, struct buffer *out);

#endif
