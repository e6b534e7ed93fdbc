/* observe/alert/inside.h -- what the readers of this room share. */
#ifndef OBSERVE_ALERT_INSIDE_H
#define OBSERVE_ALERT_INSIDE_H

#include "observe/alert/json_record.h"
#include "observe/alert/mapping.h"
#include "observe/alert/parser.h"

/* The record being read. */
struct reading {
    struct alert_batch *batch;
    struct event_id id;
    int64_t reference;
    enum alert_format format; /* asked for */
};

/* json_alert.c: what `record` is, and its alerts. `inner`: a record wrapped in this one, else
 * empty. */
enum alert_reason json_alert_read(struct reading *reading, const struct json_record *record,
                                  struct bytes *ret_inner);

/* "GET /index.php?x=1 HTTP/1.1" → method and URL. */
void request_line_read(struct alert_batch *batch, struct alert *alert, struct bytes line);

/* modsecurity.c: one message of a transaction; `common` is what all of them share. */
void modsecurity_message(struct reading *reading, const struct alert *common,
                         const struct bytes element[ALERT_ELEMENT_COUNT], uint32_t number);

/* csv.c */
enum { CSV_COLUMNS = 256 };

struct csv {
    uint8_t columns[CSV_COLUMNS]; /* enum alert_field; ALERT_FIELD_COUNT: not wanted */
    uint32_t count;
    char separator;
    struct bytes sensor;
};

/* Whether `line` is the heading of alerts; by the mapping, or by names known. */
bool csv_heading(struct csv *csv, const struct alert_mapping *mapping, struct bytes line);
enum alert_reason csv_read(const struct csv *csv, struct reading *reading, struct bytes line);

#endif
