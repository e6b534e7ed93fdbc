/* Alerts as JSON: Suricata, Snort 3, Zeek, Wazuh, ModSecurity 2 and 3, and what Splunk wraps. */
#include "observe/alert/inside.h"

struct mapped {
    uint8_t value, field; /* enum alert_json_value → enum alert_field */
};

#define MAPPED(value, field)                                                                       \
    {                                                                                              \
        ALERT_JSON_##value, ALERT_FIELD_##field                                                    \
    }

static bool given(const struct json_record *record, enum alert_json_value value)
{
    return record->values[value].at != NULL;
}

/* A new alert with the fields of the table; no name, no time: none. */
static enum alert_reason alert_map(struct reading *reading, const struct json_record *record,
                                   const struct mapped *table, size_t count,
                                   struct alert **ret_alert)
{
    struct alert *alert = alert_batch_add(reading->batch, reading->id);
    enum alert_reason reason = alert ? ALERT_REASON_none : ALERT_REASON_no_memory;
    for (size_t i = 0; i < count && reason == ALERT_REASON_none; i++)
        reason = alert_field_set(reading->batch, alert, table[i].field,
                                 record->values[table[i].value], reading->reference);
    if (reason == ALERT_REASON_none && alert->time == TIME_NONE)
        reason = ALERT_REASON_no_time;
    *ret_alert = alert;
    return reason;
}

#define ALERT_MAP(reading, record, table, ret_alert)                                               \
    alert_map(reading, record, table, sizeof(table) / sizeof(*(table)), ret_alert)

/* "1:2019232:3" */
static void rule_id_join(struct alert_batch *batch, struct alert *alert, struct bytes generator,
                         struct bytes signature, struct bytes revision)
{
    char text[64];
    struct buffer joined = {.at = text, .capacity = sizeof(text)};
    if (generator.len + signature.len + revision.len + 2 > sizeof(text))
        return;
    buffer_put(&joined, generator);
    buffer_put_char(&joined, ':');
    buffer_put(&joined, signature);
    buffer_put_char(&joined, ':');
    buffer_put(&joined, revision);
    alert->rule_id = alert_batch_text(batch, buffer_bytes(&joined));
}

static enum alert_reason eve_read(struct reading *reading, const struct json_record *record)
{
    static const struct mapped table[] = {
        MAPPED(timestamp, time),
        MAPPED(host, host),
        MAPPED(alert_signature, rule_name),
        MAPPED(alert_category, category),
        MAPPED(alert_severity, severity),
        MAPPED(src_ip, source_ip),
        MAPPED(src_port, source_port),
        MAPPED(dest_ip, destination_ip),
        MAPPED(dest_port, destination_port),
        MAPPED(proto, network_transport),
        MAPPED(http_url, url),
        MAPPED(http_method, http_method),
        MAPPED(http_host, http_host),
        MAPPED(http_agent, user_agent),
        MAPPED(http_status, http_status),
        MAPPED(payload, payload),
    };
    struct alert *alert;
    enum alert_reason reason = ALERT_MAP(reading, record, table, &alert);
    if (reason)
        return reason;
    alert->sensor = BYTES("suricata");
    rule_id_join(reading->batch, alert, record->values[ALERT_JSON_alert_gid],
                 record->values[ALERT_JSON_alert_id], record->values[ALERT_JSON_alert_revision]);
    return ALERT_REASON_none;
}

static enum alert_reason snort_json_read(struct reading *reading, const struct json_record *record)
{
    static const struct mapped table[] = {
        MAPPED(timestamp, time),
        MAPPED(seconds, time),
        MAPPED(msg, rule_name),
        MAPPED(class, category),
        MAPPED(priority, severity),
        MAPPED(rule, rule_id),
        MAPPED(src_addr, source_ip),
        MAPPED(src_port, source_port),
        MAPPED(proto, network_transport),
        MAPPED(dst_addr, destination_ip),
        MAPPED(dst_port, destination_port),
        MAPPED(b64_data, payload),
    };
    struct alert *alert;
    enum alert_reason reason = ALERT_MAP(reading, record, table, &alert);
    if (reason == ALERT_REASON_none)
        alert->sensor = BYTES("snort");
    return reason;
}

static enum alert_reason zeek_json_read(struct reading *reading, const struct json_record *record)
{
    static const struct mapped table[] = {
        MAPPED(ts, time),
        MAPPED(note, rule_id),
        MAPPED(note, rule_name),
        MAPPED(msg, message),
        MAPPED(peer, host),
        MAPPED(source, source_ip),
        MAPPED(destination, destination_ip),
        MAPPED(port, destination_port),
        MAPPED(origin, source_ip),
        MAPPED(origin_port, source_port),
        MAPPED(responder, destination_ip),
        MAPPED(responder_port, destination_port),
        MAPPED(proto, network_transport),
    };
    struct alert *alert;
    enum alert_reason reason = ALERT_MAP(reading, record, table, &alert);
    if (reason == ALERT_REASON_none)
        alert->sensor = BYTES("zeek");
    return reason;
}

/* Wazuh's levels 0 to 15. */
static uint8_t wazuh_severity(struct bytes level)
{
    uint64_t number;
    if (!alert_number_read(level, 16, &number))
        return 0;
    return number >= 12 ? 1 : number >= 7 ? 2 : number >= 4 ? 3 : 4;
}

static enum alert_reason wazuh_read(struct reading *reading, const struct json_record *record)
{
    static const struct mapped table[] = {
        MAPPED(timestamp, time),
        MAPPED(manager_name, host),
        MAPPED(agent_name, host),
        MAPPED(agent_ip, host_ip),
        MAPPED(wazuh_id, rule_id),
        MAPPED(wazuh_description, rule_name),
        MAPPED(wazuh_groups, category),
        MAPPED(data_srcip, source_ip),
        MAPPED(data_src_ip, source_ip),
        MAPPED(data_srcport, source_port),
        MAPPED(data_src_port, source_port),
        MAPPED(data_dstip, destination_ip),
        MAPPED(data_dest_ip, destination_ip),
        MAPPED(data_dstport, destination_port),
        MAPPED(data_dest_port, destination_port),
        MAPPED(data_proto, network_transport),
        MAPPED(data_srcuser, user_name),
        MAPPED(data_dstuser, user_name),
        MAPPED(data_url, url),
        MAPPED(data_http_url, url),
        MAPPED(data_method, http_method),
        MAPPED(data_http_method, http_method),
        MAPPED(data_status, http_status),
        MAPPED(data_http_status, http_status),
        MAPPED(data_http_host, http_host),
        MAPPED(data_http_agent, user_agent),
        MAPPED(data_payload, payload),
        MAPPED(full_log, message),
    };
    struct alert *alert;
    enum alert_reason reason = ALERT_MAP(reading, record, table, &alert);
    if (reason)
        return reason;
    alert->sensor = BYTES("wazuh");
    alert->severity = wazuh_severity(record->values[ALERT_JSON_wazuh_level]);
    if (!alert->url.len) /* without one, `protocol` and `id` are not HTTP's */
        alert->http_method = (struct bytes){0}, alert->http_status = 0;
    return ALERT_REASON_none;
}

/* "GET /index.php?x=1 HTTP/1.1" */
void request_line_read(struct alert_batch *batch, struct alert *alert, struct bytes line)
{
    const char *first = line.len ? memchr(line.at, ' ', line.len) : NULL;
    if (!first)
        return;
    size_t method = (size_t)(first - line.at);
    struct bytes rest = bytes_from(line, method + 1);
    const char *second = rest.len ? memrchr(rest.at, ' ', rest.len) : NULL;
    if (second && bytes_start(bytes_from(rest, (size_t)(second - rest.at)), BYTES(" HTTP/")))
        rest.len = (size_t)(second - rest.at);
    alert->http_method = alert_batch_text(batch, (struct bytes){line.at, method});
    alert->url = alert_batch_text(batch, rest);
}

/* ModSecurity: each message of a transaction is an alert. */
static enum alert_reason modsecurity_read(struct reading *reading, const struct json_record *record)
{
    static const struct mapped table[] = {
        MAPPED(transaction_time, time),
        MAPPED(transaction_time_2, time),
        MAPPED(transaction_client, source_ip),
        MAPPED(transaction_client_port, source_port),
        MAPPED(transaction_host, destination_ip),
        MAPPED(transaction_host_port, destination_port),
        MAPPED(transaction_remote, source_ip),
        MAPPED(transaction_remote_port, source_port),
        MAPPED(transaction_local, destination_ip),
        MAPPED(transaction_local_port, destination_port),
        MAPPED(transaction_method, http_method),
        MAPPED(transaction_uri, url),
        MAPPED(transaction_headers_host, http_host),
        MAPPED(transaction_headers_agent, user_agent),
        MAPPED(transaction_status, http_status),
        MAPPED(request_host, http_host),
        MAPPED(request_agent, user_agent),
        MAPPED(response_status, http_status),
    };
    struct bytes line = record->values[ALERT_JSON_request_line];
    struct bytes body = record->values[ALERT_JSON_transaction_body];
    struct alert first, *alert;
    if (record->element_count == 0)
        return ALERT_REASON_other; /* a transaction about which no rule said anything */
    enum alert_reason reason = ALERT_MAP(reading, record, table, &alert);
    if (reason)
        return reason;
    request_line_read(reading->batch, alert, line);
    body = body.len ? body : record->values[ALERT_JSON_request_body];
    body.len = body.len > ALERT_PAYLOAD_LIMIT ? ALERT_PAYLOAD_LIMIT : body.len;
    alert->payload = alert_batch_text(reading->batch, body);
    alert->network_transport = 6;
    alert->sensor = BYTES("modsecurity");
    first = *alert;
    reading->batch->count--;
    for (uint32_t i = 0; i < record->element_count && !reading->batch->failed; i++)
        modsecurity_message(reading, &first, record->elements[i], i);
    return ALERT_REASON_none;
}

enum alert_reason json_alert_read(struct reading *reading, const struct json_record *record,
                                  struct bytes *ret_inner)
{
    static const struct {
        enum alert_format format;
        enum alert_json_value sign, other;
        enum alert_reason (*read)(struct reading *reading, const struct json_record *record);
    } kinds[] = {
        {ALERT_FORMAT_eve, ALERT_JSON_alert_signature, ALERT_JSON_event_type, eve_read},
        {ALERT_FORMAT_wazuh, ALERT_JSON_wazuh_id, ALERT_JSON_timestamp, wazuh_read},
        {ALERT_FORMAT_zeek, ALERT_JSON_note, ALERT_JSON_ts, zeek_json_read},
        {ALERT_FORMAT_snort, ALERT_JSON_rule, ALERT_JSON_msg, snort_json_read},
        {ALERT_FORMAT_modsecurity, ALERT_JSON_transaction_time, ALERT_JSON_transaction_client,
         modsecurity_read},
        {ALERT_FORMAT_modsecurity, ALERT_JSON_transaction_time_2, ALERT_JSON_transaction_remote,
         modsecurity_read},
    };
    *ret_inner = given(record, ALERT_JSON_splunk_raw) ? record->values[ALERT_JSON_splunk_raw]
                                                      : record->values[ALERT_JSON_raw];
    if (ret_inner->len)
        return ALERT_REASON_none;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
        if (given(record, kinds[i].sign) && given(record, kinds[i].other)) {
            if (reading->format != ALERT_FORMAT_auto && reading->format != kinds[i].format)
                return ALERT_REASON_unexpected;
            return kinds[i].read(reading, record);
        }
    bool event = given(record, ALERT_JSON_event_type) || given(record, ALERT_JSON_ts);
    return event ? ALERT_REASON_other : ALERT_REASON_unknown;
}
