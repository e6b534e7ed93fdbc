/*
 * observe/flow/columns.h -- flow logs in columns: lines of fields under a heading.
 *
 * Zeek's own text logs ("#fields" behind "#separator") and CSV whose first
 * line names the columns of argus (binetflow) or of tables with internal and
 * external ends. The heading is read once, at the beginning of the file; lines
 * that begin with '#' or repeat it are no records.
 */
#ifndef OBSERVE_FLOW_COLUMNS_H
#define OBSERVE_FLOW_COLUMNS_H

#include "observe/record.h"

enum { COLUMNS_MOST = 64, COLUMNS_HEADING = 4096 /* bytes of a heading */ };

struct columns {
    const char *format; /* "zeek", "argus", "flow-csv"; NULL: this is no such log */
    char separator;
    uint32_t count;
    uint8_t keys[COLUMNS_MOST]; /* KEY_NONE: not for us */
    char heading[COLUMNS_HEADING];
    uint32_t heading_len;
};

/* Look for a heading at the beginning of a file. */
void columns_recognise(struct columns *columns, struct bytes beginning);

/* Is the line no record: a comment, the heading? */
bool columns_skip(const struct columns *columns, struct bytes line);

/* A line → tokens. REASON_columns: it has not the columns of the heading; REASON_not_utf8. */
enum reason columns_read(const struct columns *columns, struct bytes line, struct record *record);

#endif
