/*
 * observe/alert/field.h -- the fields of an alert that foreign text can fill.
 *
 * Every reader is a table of (where the value stands, which field it fills);
 * how a field is read from text is said here, once. Mapping files and rules
 * for free text name fields by these names.
 */
#ifndef OBSERVE_ALERT_FIELD_H
#define OBSERVE_ALERT_FIELD_H

#include "base/arena.h"
#include "model/alert.h"
#include "observe/alert/reason.h"

/* X(kind, name) */
#define ALERT_FIELDS(X)                                                                            \
    X(time, time)                                                                                  \
    X(text, sensor)                                                                                \
    X(text, host)                                                                                  \
    X(ip, host_ip)                                                                                 \
    X(text, rule_id)                                                                               \
    X(text, rule_name)                                                                             \
    X(text, category)                                                                              \
    X(severity, severity)                                                                          \
    X(ip, source_ip)                                                                               \
    X(port, source_port)                                                                           \
    X(ip, destination_ip)                                                                          \
    X(port, destination_port)                                                                      \
    X(transport, network_transport)                                                                \
    X(text, user_name)                                                                             \
    X(text, url)                                                                                   \
    X(text, http_method)                                                                           \
    X(text, http_host)                                                                             \
    X(text, user_agent)                                                                            \
    X(port, http_status)                                                                           \
    X(base64, payload)                                                                             \
    X(text, message)                                                                               \
    X(label, labels)

enum alert_field {
#define X(kind, name) ALERT_FIELD_##name,
    ALERT_FIELDS(X)
#undef X
        ALERT_FIELD_COUNT
};

/* The field of that name, ALERT_FIELD_COUNT without one. */
enum alert_field alert_field_find(struct bytes name);

/* Alerts being read, with their text. */
struct alert_batch {
    struct arena arena;
    struct alert *items;
    uint32_t count, capacity;
    bool failed; /* memory ran out */
};

void alert_batch_clear(struct alert_batch *batch);
void alert_batch_finish(struct alert_batch *batch);

/* A zeroed alert (time TIME_NONE) at the end; NULL when memory ran out. Valid until the next. */
struct alert *alert_batch_add(struct alert_batch *batch, struct event_id id);

/* Copy text into the batch; empty text becomes no text. */
struct bytes alert_batch_text(struct alert_batch *batch, struct bytes text);

/*
 * Fill a field from text. An empty text changes nothing; what cannot be read as
 * an address or number is left out; only a time refuses the record. Labels add
 * up, joined by commas. `reference` (ns since 1970) dates times without a year.
 */
enum alert_reason alert_field_set(struct alert_batch *batch, struct alert *alert,
                                  enum alert_field field, struct bytes text, int64_t reference);

/* Decimal digits only, at most `most`. */
bool alert_number_read(struct bytes text, uint64_t most, uint64_t *ret_number);

/* "tcp", "UDP", "IPv6-ICMP", "17"; 0: unknown. */
uint8_t alert_transport_read(struct bytes text);

/*
 * Times as sensors write them: RFC 3339 and its loose forms; seconds, milli-,
 * micro- or nanoseconds since 1970, seconds also with a fraction;
 * "Mar  1 12:00:00", "Mar 01 2024 12:00:00[.123][ zone]",
 * "Mon Mar  1 12:00:00 2024", "01/Mar/2024:12:00:00 +0000" and Snort's
 * "[YY/]03/01-12:00:00.123456". Without a zone UTC; without a year the latest
 * that is not more than a day after `reference`. False: none of these.
 */
bool alert_time_read(struct bytes text, int64_t reference, int64_t *ret_time);

/* Text without blanks at either end. */
struct bytes alert_trim(struct bytes text);

/* Equal but for ASCII case. */
bool alert_same(struct bytes text, const char *name);

#endif
