/* Zeek's tables: "#separator \x09", "#fields ts uid …", then a record a line. */
#include "observe/alert/inside.h"

static const struct {
    const char *column;
    enum alert_field field;
} known[] = {
    {"ts", ALERT_FIELD_time},
    {"id.orig_h", ALERT_FIELD_source_ip},
    {"id.orig_p", ALERT_FIELD_source_port},
    {"id.resp_h", ALERT_FIELD_destination_ip},
    {"id.resp_p", ALERT_FIELD_destination_port},
    {"proto", ALERT_FIELD_network_transport},
    {"note", ALERT_FIELD_rule_name},
    {"msg", ALERT_FIELD_message},
    {"src", ALERT_FIELD_source_ip},
    {"dst", ALERT_FIELD_destination_ip},
    {"p", ALERT_FIELD_destination_port},
    {"peer_descr", ALERT_FIELD_host},
};

static struct bytes column_take(struct bytes *line, char separator)
{
    const char *end = line->len ? memchr(line->at, separator, line->len) : NULL;
    struct bytes column = {line->at, end ? (size_t)(end - line->at) : line->len};
    *line = end ? bytes_from(*line, column.len + 1) : (struct bytes){0};
    return column;
}

static void fields_read(struct csv *zeek, struct bytes line)
{
    zeek->count = 0;
    while (line.at && zeek->count < CSV_COLUMNS) {
        struct bytes name = column_take(&line, zeek->separator);
        enum alert_field field = ALERT_FIELD_COUNT;
        for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
            if (bytes_equal(name, bytes_of(known[i].column)))
                field = known[i].field;
        zeek->columns[zeek->count++] = (uint8_t)field;
    }
}

void zeek_heading(struct csv *zeek, struct bytes line)
{
    if (bytes_start(line, BYTES("#fields")))
        fields_read(zeek, bytes_from(line, sizeof("#fields")));
}

enum alert_reason zeek_table_read(const struct csv *zeek, struct reading *reading,
                                  struct bytes line)
{
    struct alert_batch *batch = reading->batch;
    struct alert *alert = alert_batch_add(batch, reading->id);
    uint32_t count = 0;
    if (!alert)
        return ALERT_REASON_no_memory;
    alert->sensor = zeek->sensor;
    while (line.at) {
        struct bytes field = column_take(&line, zeek->separator);
        if (count == zeek->count)
            return ALERT_REASON_columns;
        enum alert_field into = (enum alert_field)zeek->columns[count++];
        bool unset = bytes_equal(field, BYTES("-")) || bytes_equal(field, BYTES("(empty)"));
        if (into == ALERT_FIELD_COUNT || unset)
            continue;
        enum alert_reason reason = alert_field_set(batch, alert, into, field, reading->reference);
        if (reason)
            return reason;
    }
    if (count != zeek->count)
        return ALERT_REASON_columns;
    if (alert->rule_name.len == 0)
        return ALERT_REASON_other; /* conn.log, dns.log, …: no notice */
    alert->rule_id = alert->rule_name;
    return alert->time == TIME_NONE ? ALERT_REASON_no_time : ALERT_REASON_none;
}
