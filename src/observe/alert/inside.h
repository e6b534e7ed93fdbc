/* observe/alert/inside.h -- what the readers of this room share. */
#ifndef OBSERVE_ALERT_INSIDE_H
#define OBSERVE_ALERT_INSIDE_H

#include "base/buffer.h"
#include "observe/alert/json_record.h"
#include "observe/alert/mapping.h"
#include "observe/alert/parser.h"
#include "observe/alert/rules.h"

/* The record being read. */
struct reading {
    struct alert_batch *batch;
    struct event_id id;
    int64_t reference;
    enum alert_format format;  /* asked for */
    struct alert_rules *rules; /* NULL: none */
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

/* zeek.c: a table's headings; its records. */
void zeek_heading(struct csv *zeek, struct bytes line);
enum alert_reason zeek_table_read(const struct csv *zeek, struct reading *reading,
                                  struct bytes line);

/* modsecurity.c: a transaction, from its section A to its section Z, line by line. */
enum { SECTIONS_LIMIT = 4 << 20 };

struct sections {
    bool open; /* a transaction has begun */
    char letter;
    struct event_id id;
    struct buffer text; /* its lines */
    struct bytes messages[ALERT_JSON_ELEMENTS];
    uint32_t message_count;
};

/* The letter of a boundary line; 0: it is none. */
char modsecurity_boundary(struct bytes line);
enum alert_reason sections_read(struct reading *reading, struct sections *sections,
                                struct bytes line);

/* syslog.c */
struct syslog {
    int64_t time; /* TIME_NONE: none */
    uint8_t severity;
    struct bytes host, app;
};

/* Take the header off. ALERT_REASON_unknown: there is none, and nothing was taken. */
enum alert_reason syslog_header_take(struct bytes *text, int64_t reference,
                                     struct syslog *ret_syslog);

/* A message in free text, by a rule or else as it stands; without a header (NULL) by a rule only.
 */
enum alert_reason syslog_read(struct reading *reading, const struct syslog *syslog,
                              struct bytes text);

/* What the header says and the alert doesn't. */
void syslog_fill(struct reading *reading, const struct syslog *syslog, struct alert *alert);

/* snort.c */
struct snort {
    struct bytes time, rule_id, text;
};

bool snort_recognise(struct bytes text, struct snort *ret_snort);
enum alert_reason snort_read(struct reading *reading, const struct snort *snort);

/* cef.c: from "CEF:" or "LEEF:" on. */
enum alert_reason cef_read(struct reading *reading, struct bytes text);
enum alert_reason leef_read(struct reading *reading, struct bytes text);

#endif
