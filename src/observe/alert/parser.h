/*
 * observe/alert/parser.h -- records of any sensor → alerts.
 *
 * What a record is gets recognised by its content, record by record where it
 * can be (JSON, CEF, LEEF, Snort, syslog), by the beginning of the file where a
 * heading says what follows (CSV, Zeek's tables, ModSecurity's sections).
 */
#ifndef OBSERVE_ALERT_PARSER_H
#define OBSERVE_ALERT_PARSER_H

#include "observe/alert/field.h"

/* X(name, what people call it) */
#define ALERT_FORMATS(X)                                                                           \
    X(auto, "recognised by content")                                                               \
    X(eve, "Suricata EVE")                                                                         \
    X(snort, "Snort's fast text or Snort 3's JSON")                                                \
    X(zeek, "Zeek's notice.log, as a table or JSON")                                               \
    X(modsecurity, "ModSecurity's audit log, JSON or sections A to Z")                             \
    X(wazuh, "Wazuh's alerts.json")                                                                \
    X(cef, "ArcSight Common Event Format")                                                         \
    X(leef, "QRadar Log Event Extended Format")                                                    \
    X(syslog, "RFC 3164 or RFC 5424")                                                              \
    X(csv, "a table with a heading")

enum alert_format {
#define X(name, doc) ALERT_FORMAT_##name,
    ALERT_FORMATS(X)
#undef X
        ALERT_FORMAT_COUNT
};

/* "eve", …; ALERT_FORMAT_COUNT for a name that is none. */
enum alert_format alert_format_find(struct bytes name);
const char *alert_format_name(enum alert_format format);

const char *alert_reason_sentence(enum alert_reason reason);

struct alert_mapping; /* observe/alert/mapping.h */
struct alert_rules;   /* observe/alert/rules.h */

struct alert_parsing {
    enum alert_format format;            /* ALERT_FORMAT_auto: recognise */
    const struct alert_mapping *mapping; /* of a CSV's columns; NULL: known headings only */
    struct alert_rules *rules;           /* for free text; NULL: none */
    int64_t reference; /* ns since 1970: dates times without a year; when the log ended, or now */
};

struct alert_parser;

/* Copies the options; mapping and rules stay the caller's. -ENOMEM. */
int alert_parser_new(const struct alert_parsing *parsing, struct alert_parser **ret_parser)
    __attribute__((warn_unused_result));
void alert_parser_free(struct alert_parser *parser);

/* Records come in as they are made: `now` dates what has no year, or no time at all. */
void alert_parser_now(struct alert_parser *parser, int64_t now);

/* The beginning of a file, before its first record: headings are found here. */
void alert_parser_begin(struct alert_parser *parser, struct bytes beginning);

/*
 * One record, with ALERT_JSON_PADDING readable bytes behind it; its alerts go
 * behind those of the batch. A record may be part of one (a line of ModSecurity's
 * sections): its alerts come with its last part. Returns why there are none, or
 * ALERT_REASON_none. `id` of further alerts of one record counts bytes on.
 */
enum alert_reason alert_parser_record(struct alert_parser *parser, struct bytes record,
                                      struct event_id id, struct alert_batch *batch);

/* Where the record begins of which only a part was read; false: none is open. */
bool alert_parser_open_record(const struct alert_parser *parser, uint64_t *ret_offset);

#endif
