/*
 * observe/alert/json_record.h -- one JSON object → the values that alerts are made of.
 *
 * A thin door to simdjson On-Demand, which is C++: everything here is C. One
 * table names the paths that any known sensor writes, so a record is walked
 * once and what it is gets decided by what stood in it. A key may also be
 * written with the points in it ("id.orig_h"). Where a path leads through a
 * list, its first element speaks for it, but for the lists of ELEMENTS, whose
 * elements are kept apart.
 */
#ifndef OBSERVE_ALERT_JSON_RECORD_H
#define OBSERVE_ALERT_JSON_RECORD_H

#include "base/bytes.h"
#include "observe/alert/reason.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { ALERT_JSON_PADDING = 64, ALERT_JSON_ELEMENTS = 64 };

/* X(name, path) */
#define ALERT_JSON_VALUES(X)                                                                       \
    X(splunk_raw, "result._raw")                                                                   \
    X(raw, "_raw")                                                                                 \
    X(timestamp, "timestamp")                                                                      \
    X(host, "host")                                                                                \
    X(proto, "proto")                                                                              \
    X(event_type, "event_type")                                                                    \
    X(src_ip, "src_ip")                                                                            \
    X(src_port, "src_port")                                                                        \
    X(dest_ip, "dest_ip")                                                                          \
    X(dest_port, "dest_port")                                                                      \
    X(app_proto, "app_proto")                                                                      \
    X(payload, "payload")                                                                          \
    X(alert_gid, "alert.gid")                                                                      \
    X(alert_id, "alert.signature_id")                                                              \
    X(alert_revision, "alert.rev")                                                                 \
    X(alert_signature, "alert.signature")                                                          \
    X(alert_category, "alert.category")                                                            \
    X(alert_severity, "alert.severity")                                                            \
    X(alert_action, "alert.action")                                                                \
    X(http_host, "http.hostname")                                                                  \
    X(http_url, "http.url")                                                                        \
    X(http_agent, "http.http_user_agent")                                                          \
    X(http_method, "http.http_method")                                                             \
    X(http_status, "http.status")                                                                  \
    X(seconds, "seconds")                                                                          \
    X(msg, "msg")                                                                                  \
    X(rule, "rule")                                                                                \
    X(class, "class")                                                                              \
    X(priority, "priority")                                                                        \
    X(src_addr, "src_addr")                                                                        \
    X(dst_addr, "dst_addr")                                                                        \
    X(dst_port, "dst_port")                                                                        \
    X(b64_data, "b64_data")                                                                        \
    X(action, "action")                                                                            \
    X(ts, "ts")                                                                                    \
    X(note, "note")                                                                                \
    X(sub, "sub")                                                                                  \
    X(source, "src")                                                                               \
    X(destination, "dst")                                                                          \
    X(port, "p")                                                                                   \
    X(origin, "id.orig_h")                                                                         \
    X(origin_port, "id.orig_p")                                                                    \
    X(responder, "id.resp_h")                                                                      \
    X(responder_port, "id.resp_p")                                                                 \
    X(peer, "peer_descr")                                                                          \
    X(wazuh_level, "rule.level")                                                                   \
    X(wazuh_description, "rule.description")                                                       \
    X(wazuh_id, "rule.id")                                                                         \
    X(wazuh_groups, "rule.groups")                                                                 \
    X(agent_name, "agent.name")                                                                    \
    X(agent_ip, "agent.ip")                                                                        \
    X(manager_name, "manager.name")                                                                \
    X(full_log, "full_log")                                                                        \
    X(data_srcip, "data.srcip")                                                                    \
    X(data_dstip, "data.dstip")                                                                    \
    X(data_srcport, "data.srcport")                                                                \
    X(data_dstport, "data.dstport")                                                                \
    X(data_src_ip, "data.src_ip")                                                                  \
    X(data_dest_ip, "data.dest_ip")                                                                \
    X(data_src_port, "data.src_port")                                                              \
    X(data_dest_port, "data.dest_port")                                                            \
    X(data_srcuser, "data.srcuser")                                                                \
    X(data_dstuser, "data.dstuser")                                                                \
    X(data_url, "data.url")                                                                        \
    X(data_method, "data.protocol")                                                                \
    X(data_status, "data.id")                                                                      \
    X(data_proto, "data.proto")                                                                    \
    X(data_payload, "data.payload")                                                                \
    X(data_http_url, "data.http.url")                                                              \
    X(data_http_method, "data.http.http_method")                                                   \
    X(data_http_status, "data.http.status")                                                        \
    X(data_http_host, "data.http.hostname")                                                        \
    X(data_http_agent, "data.http.http_user_agent")                                                \
    X(transaction_time, "transaction.time_stamp")                                                  \
    X(transaction_time_2, "transaction.time")                                                      \
    X(transaction_client, "transaction.client_ip")                                                 \
    X(transaction_client_port, "transaction.client_port")                                          \
    X(transaction_host, "transaction.host_ip")                                                     \
    X(transaction_host_port, "transaction.host_port")                                              \
    X(transaction_remote, "transaction.remote_address")                                            \
    X(transaction_remote_port, "transaction.remote_port")                                          \
    X(transaction_local, "transaction.local_address")                                              \
    X(transaction_local_port, "transaction.local_port")                                            \
    X(transaction_method, "transaction.request.method")                                            \
    X(transaction_uri, "transaction.request.uri")                                                  \
    X(transaction_headers_host, "transaction.request.headers.Host")                                \
    X(transaction_headers_agent, "transaction.request.headers.User-Agent")                         \
    X(transaction_body, "transaction.request.body")                                                \
    X(transaction_status, "transaction.response.http_code")                                        \
    X(request_line, "request.request_line")                                                        \
    X(request_host, "request.headers.Host")                                                        \
    X(request_agent, "request.headers.User-Agent")                                                 \
    X(request_body, "request.body")                                                                \
    X(response_status, "response.status")                                                          \
    X(response_protocol, "response.protocol")

/* Lists whose elements are kept: objects by these paths, strings as `message`. */
#define ALERT_JSON_LISTS(X)                                                                        \
    X("transaction.messages")                                                                      \
    X("audit_data.messages")
#define ALERT_JSON_ELEMENT(X)                                                                      \
    X(message, "message")                                                                          \
    X(match, "details.match")                                                                      \
    X(rule, "details.ruleId")                                                                      \
    X(severity, "details.severity")                                                                \
    X(tag, "details.tags")                                                                         \
    X(data, "details.data")

enum alert_json_value {
#define X(name, path) ALERT_JSON_##name,
    ALERT_JSON_VALUES(X)
#undef X
        ALERT_JSON_COUNT
};

enum alert_json_element {
#define X(name, path) ALERT_ELEMENT_##name,
    ALERT_JSON_ELEMENT(X)
#undef X
        ALERT_ELEMENT_COUNT
};

/* Text unescaped, numbers and truth values as written; at == NULL: not there, or null. */
struct json_record {
    struct bytes values[ALERT_JSON_COUNT];
    struct bytes elements[ALERT_JSON_ELEMENTS][ALERT_ELEMENT_COUNT];
    uint32_t element_count, elements_dropped;
};

struct json_record_reader;

struct json_record_reader *json_record_reader_create(void); /* NULL: no memory */
void json_record_reader_destroy(struct json_record_reader *reader);

/*
 * Take one JSON object apart. `text` must have ALERT_JSON_PADDING readable bytes
 * behind it; values live until the next read or as long as `text`. Returns
 * ALERT_REASON_none, or why it is no JSON object.
 */
enum alert_reason json_record_read(struct json_record_reader *reader, struct bytes text,
                                   struct json_record *record);

#ifdef __cplusplus
}
#endif

#endif
