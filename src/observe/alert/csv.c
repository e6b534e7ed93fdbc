/* Tables with a heading (RFC 4180), one record a line. */
#include "observe/alert/inside.h"

/* Headings that say by themselves what they hold: ECS, and what data sets call them. */
static const struct {
    const char *column;
    enum alert_field field;
} known[] = {
    {"time", ALERT_FIELD_time},
    {"timestamp", ALERT_FIELD_time},
    {"@timestamp", ALERT_FIELD_time},
    {"name", ALERT_FIELD_rule_name},
    {"rule.name", ALERT_FIELD_rule_name},
    {"rule_name", ALERT_FIELD_rule_name},
    {"signature", ALERT_FIELD_rule_name},
    {"alert", ALERT_FIELD_rule_name},
    {"short", ALERT_FIELD_rule_id},
    {"rule.id", ALERT_FIELD_rule_id},
    {"rule_id", ALERT_FIELD_rule_id},
    {"signature_id", ALERT_FIELD_rule_id},
    {"category", ALERT_FIELD_category},
    {"severity", ALERT_FIELD_severity},
    {"sensor", ALERT_FIELD_sensor},
    {"host", ALERT_FIELD_host},
    {"host.name", ALERT_FIELD_host},
    {"ip", ALERT_FIELD_host_ip},
    {"host.ip", ALERT_FIELD_host_ip},
    {"source.ip", ALERT_FIELD_source_ip},
    {"source_ip", ALERT_FIELD_source_ip},
    {"src_ip", ALERT_FIELD_source_ip},
    {"source.port", ALERT_FIELD_source_port},
    {"source_port", ALERT_FIELD_source_port},
    {"src_port", ALERT_FIELD_source_port},
    {"destination.ip", ALERT_FIELD_destination_ip},
    {"destination_ip", ALERT_FIELD_destination_ip},
    {"dest_ip", ALERT_FIELD_destination_ip},
    {"dst_ip", ALERT_FIELD_destination_ip},
    {"destination.port", ALERT_FIELD_destination_port},
    {"destination_port", ALERT_FIELD_destination_port},
    {"dest_port", ALERT_FIELD_destination_port},
    {"dst_port", ALERT_FIELD_destination_port},
    {"proto", ALERT_FIELD_network_transport},
    {"protocol", ALERT_FIELD_network_transport},
    {"user.name", ALERT_FIELD_user_name},
    {"user", ALERT_FIELD_user_name},
    {"url", ALERT_FIELD_url},
    {"message", ALERT_FIELD_message},
    {"label", ALERT_FIELD_labels},
    {"time_label", ALERT_FIELD_labels},
    {"event_label", ALERT_FIELD_labels},
};

/*
 * The next field of a line, without its quotes; a doubled quote within stays
 * doubled until csv_text. False at the end of the line, or when it is broken.
 */
static bool field_take(struct bytes *line, char separator, struct bytes *ret_field, bool *ret_ok)
{
    struct bytes field;
    if (!line->at)
        return false;
    if (line->len && line->at[0] == '"') {
        size_t end = 1;
        while (end < line->len &&
               (line->at[end] != '"' || (end + 1 < line->len && line->at[end + 1] == '"')))
            end += line->at[end] == '"' ? 2 : 1;
        bool closed = end < line->len && (end + 1 == line->len || line->at[end + 1] == separator);
        if (!closed)
            return *ret_ok = false;
        field = (struct bytes){line->at + 1, end - 1};
        *line = end + 1 < line->len ? bytes_from(*line, end + 2) : (struct bytes){0};
    } else {
        const char *at = line->len ? memchr(line->at, separator, line->len) : NULL;
        field = (struct bytes){line->at, at ? (size_t)(at - line->at) : line->len};
        *line = at ? bytes_from(*line, field.len + 1) : (struct bytes){0};
    }
    *ret_field = field;
    return true;
}

/* Doubled quotes made single, in place where it was copied; most fields have none. */
static struct bytes csv_text(struct alert_batch *batch, struct bytes field)
{
    if (field.len == 0 || !memchr(field.at, '"', field.len))
        return field;
    char *to = arena_take(&batch->arena, field.len);
    size_t len = 0;
    for (size_t i = 0; to && i < field.len; i++) {
        to[len++] = field.at[i];
        if (field.at[i] == '"' && i + 1 < field.len && field.at[i + 1] == '"')
            i++;
    }
    batch->failed = batch->failed || !to;
    return (struct bytes){to, to ? len : 0};
}

static enum alert_field column_field(const struct alert_mapping *mapping, struct bytes name)
{
    name = alert_trim(name);
    for (uint32_t i = 0; mapping && i < mapping->count; i++)
        if (bytes_equal(name, mapping->columns[i].column))
            return (enum alert_field)mapping->columns[i].field;
    for (size_t i = 0; !mapping && i < sizeof(known) / sizeof(*known); i++)
        if (alert_same(name, known[i].column))
            return known[i].field;
    return ALERT_FIELD_COUNT;
}

bool csv_heading(struct csv *csv, const struct alert_mapping *mapping, struct bytes line)
{
    struct bytes field;
    bool ok = true, time = false, name = false;
    *csv = (struct csv){.separator = mapping ? mapping->separator : ',',
                        .sensor = mapping && mapping->sensor.len ? mapping->sensor : BYTES("csv")};
    line = alert_trim(line);
    while (csv->count < CSV_COLUMNS && field_take(&line, csv->separator, &field, &ok)) {
        enum alert_field into = column_field(mapping, field);
        time = time || into == ALERT_FIELD_time;
        name = name || into == ALERT_FIELD_rule_name;
        csv->columns[csv->count++] = (uint8_t)into;
    }
    return ok && time && name && !line.at;
}

enum alert_reason csv_read(const struct csv *csv, struct reading *reading, struct bytes line)
{
    struct alert_batch *batch = reading->batch;
    struct alert *alert = alert_batch_add(batch, reading->id);
    struct bytes field;
    uint32_t count = 0;
    bool ok = true;
    if (!alert)
        return ALERT_REASON_no_memory;
    alert->sensor = csv->sensor;
    while (field_take(&line, csv->separator, &field, &ok)) {
        if (count == csv->count)
            return ALERT_REASON_columns;
        enum alert_field into = (enum alert_field)csv->columns[count++];
        if (into == ALERT_FIELD_COUNT)
            continue;
        enum alert_reason reason =
            alert_field_set(batch, alert, into, csv_text(batch, field), reading->reference);
        if (reason)
            return reason;
    }
    if (!ok || count != csv->count)
        return ALERT_REASON_columns;
    return alert->time == TIME_NONE ? ALERT_REASON_no_time : ALERT_REASON_none;
}
