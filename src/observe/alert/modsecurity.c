/* ModSecurity: what its rules said, and the sections A to Z of its native audit log. */
#include "observe/alert/inside.h"

static const char *const severities[] = {"EMERGENCY", "ALERT",  "CRITICAL", "ERROR",
                                         "WARNING",   "NOTICE", "INFO",     "DEBUG"};

/* "CRITICAL" or "2", as syslog counts them. */
static uint8_t severity_read(struct bytes text)
{
    static const uint8_t scale[] = {1, 1, 1, 2, 3, 4, 4, 4};
    uint64_t number;
    if (alert_number_read(text, 7, &number))
        return scale[number];
    for (size_t i = 0; i < sizeof(severities) / sizeof(*severities); i++)
        if (alert_same(text, severities[i]))
            return scale[i];
    return 0;
}

/* The value of `[name "value"]` in a message of version 2; empty without it. */
static struct bytes bracket_find(struct bytes text, struct bytes name)
{
    for (size_t i = 0; i + name.len + 4 <= text.len; i++) {
        struct bytes at = bytes_from(text, i + 1);
        if (text.at[i] != '[' || !bytes_start(at, name))
            continue;
        at = bytes_from(at, name.len);
        if (!bytes_start(at, BYTES(" \"")))
            continue;
        at = bytes_from(at, 2);
        size_t len = 0;
        while (len < at.len && at.at[len] != '"')
            len += at.at[len] == '\\' && len + 1 < at.len ? 2 : 1;
        return (struct bytes){at.at, len < at.len ? len : at.len};
    }
    return (struct bytes){0};
}

static struct bytes either(struct bytes a, struct bytes b)
{
    return a.len ? a : b;
}

void modsecurity_message(struct reading *reading, const struct alert *common,
                         const struct bytes element[ALERT_ELEMENT_COUNT], uint32_t number)
{
    struct alert_batch *batch = reading->batch;
    struct bytes text = element[ALERT_ELEMENT_message];
    struct event_id id = {reading->id.source, reading->id.offset + number};
    struct alert *alert = alert_batch_add(batch, id);
    if (!alert)
        return;
    *alert = *common;
    alert->id = id;
    alert->rule_id = alert_batch_text(
        batch, either(element[ALERT_ELEMENT_rule], bracket_find(text, BYTES("id"))));
    alert->rule_name = alert_batch_text(batch, either(bracket_find(text, BYTES("msg")), text));
    alert->category = alert_batch_text(
        batch, either(element[ALERT_ELEMENT_tag], bracket_find(text, BYTES("tag"))));
    alert->severity = severity_read(
        either(element[ALERT_ELEMENT_severity], bracket_find(text, BYTES("severity"))));
    alert->message = alert_batch_text(
        batch, either(either(element[ALERT_ELEMENT_match], element[ALERT_ELEMENT_data]), text));
}
