/*
 * model/observation.h -- one thing a sensor saw.
 *
 * This list is the platform's vocabulary. The columns of a batch, their names
 * in SQL, JSON and the console and the headings of an export are all made from
 * it, so they cannot disagree. Names are Elastic Common Schema names with `.`
 * written `_`. Append only: the order is the format of stored batches.
 *
 * Kinds: time (ns since 1970, TIME_NONE when absent), text (id in the batch's
 * strings, 0 when absent), u8 … u64 (0 when absent), ip, category, action.
 */
#ifndef MODEL_OBSERVATION_H
#define MODEL_OBSERVATION_H

#include "base/bytes.h"

#define OBSERVATION_FIELDS(X)                                                                      \
    X(time, time, "when it happened, by the clock that orders this source")                        \
    X(time, event_created, "the source's other clock, where the event carries two")                \
    X(category, event_category, "what kind of thing was seen")                                     \
    X(action, event_action, "what was done to it")                                                 \
    X(u32, event_code, "the sensor's own number: Sysmon or Security event id")                     \
    X(text, event_provider, "the sensor's name: channel, module")                                  \
    X(text, host_name, "where")                                                                    \
    X(text, user_domain, "whose account acted")                                                    \
    X(text, user_name, "whose account acted")                                                      \
    X(text, user_target_name, "the account acted upon or logged on")                               \
    X(text, process_entity_id, "who acted, unique over hosts and time")                            \
    X(u32, process_pid, "")                                                                        \
    X(text, process_executable, "path of the acting program")                                      \
    X(text, process_command_line, "")                                                              \
    X(text, process_parent_entity_id, "")                                                          \
    X(u32, process_parent_pid, "")                                                                 \
    X(text, process_parent_executable, "")                                                         \
    X(text, target_process_entity_id, "the other process touched: opened, injected, read")         \
    X(u32, target_process_pid, "")                                                                 \
    X(text, target_process_executable, "")                                                         \
    X(u32, target_process_access, "Windows access mask granted on it")                             \
    X(text, file_path, "file, script or pipe touched; image a service or task runs")               \
    X(text, dll_path, "module loaded")                                                             \
    X(text, registry_path, "key or value touched")                                                 \
    X(text, registry_data, "what was written there")                                               \
    X(ip, source_ip, "")                                                                           \
    X(u16, source_port, "")                                                                        \
    X(ip, destination_ip, "")                                                                      \
    X(u16, destination_port, "")                                                                   \
    X(u8, network_transport, "IANA protocol number: 6 TCP, 17 UDP")                                \
    X(direction, network_direction, "seen from the host: ingress or egress")                       \
    X(text, destination_domain, "name of the peer, where the sensor gives one")                    \
    X(text, dns_question_name, "")                                                                 \
    X(text, dns_resolved_ip, "answers, as the sensor wrote them")                                  \
    X(text, service_name, "service or scheduled task")                                             \
    X(u8, logon_type, "Windows: 2 interactive, 3 network, 10 remote interactive, …")               \
    X(text, logon_id, "")                                                                          \
    X(text, hash, "strongest hash of what was started, loaded or written, hexadecimal")            \
    X(text, script_text, "script block or command text, at most 4 KiB")                            \
    X(u32, event_source, "number of the source (a file, a sensor)")                                \
    X(u64, event_offset, "byte in the decompressed source where the record begins")

#define EVENT_CATEGORIES(X)                                                                        \
    X(other)                                                                                       \
    X(process)                                                                                     \
    X(file)                                                                                        \
    X(registry)                                                                                    \
    X(library)                                                                                     \
    X(network)                                                                                     \
    X(dns)                                                                                         \
    X(logon)                                                                                       \
    X(script)                                                                                      \
    X(pipe)                                                                                        \
    X(service)                                                                                     \
    X(task)

#define EVENT_ACTIONS(X)                                                                           \
    X(other)                                                                                       \
    X(start)                                                                                       \
    X(end)                                                                                         \
    X(access)                                                                                      \
    X(inject)                                                                                      \
    X(create)                                                                                      \
    X(change)                                                                                      \
    X(delete)                                                                                      \
    X(rename)                                                                                      \
    X(load)                                                                                        \
    X(connect)                                                                                     \
    X(accept)                                                                                      \
    X(query)                                                                                       \
    X(logon)                                                                                       \
    X(logoff)                                                                                      \
    X(logon_failed)                                                                                \
    X(install)                                                                                     \
    X(execute)

enum event_category {
#define X(name) CATEGORY_##name,
    EVENT_CATEGORIES(X)
#undef X
        CATEGORY_COUNT
};

enum event_action {
#define X(name) ACTION_##name,
    EVENT_ACTIONS(X)
#undef X
        ACTION_COUNT
};

enum network_direction { DIRECTION_unknown, DIRECTION_ingress, DIRECTION_egress };

/* IPv4 as ::ffff:a.b.c.d, so that there is one address type; all zero: none. */
struct ip {
    uint8_t octets[16];
};

enum field {
#define X(kind, name, doc) FIELD_##name,
    OBSERVATION_FIELDS(X)
#undef X
        FIELD_COUNT
};

enum field_kind {
    FIELD_KIND_time,
    FIELD_KIND_text,
    FIELD_KIND_u8,
    FIELD_KIND_u16,
    FIELD_KIND_u32,
    FIELD_KIND_u64,
    FIELD_KIND_ip,
    FIELD_KIND_category,
    FIELD_KIND_action,
    FIELD_KIND_direction,
};

struct field_info {
    const char *name, *doc;
    enum field_kind kind;
    size_t size; /* bytes of one element of the column */
};

/* One entry per enum field, in order. */
extern const struct field_info observation_fields[FIELD_COUNT];

/* "process", "start", "ingress"; "other" or "" for a value out of range. */
struct bytes category_name(uint8_t category);
struct bytes action_name(uint8_t action);
struct bytes direction_name(uint8_t direction);

enum { IP_TEXT_SIZE = 46 };

/* Dotted IPv4, IPv6 (RFC 4291), with or without a ::ffff: prefix. False: no address. */
bool ip_parse(struct bytes text, struct ip *ret_ip);

/* Shortest form (RFC 5952), IPv4 dotted; empty for no address. */
struct bytes ip_format(const struct ip *ip, char text[IP_TEXT_SIZE]);

/* Private, shared (RFC 6598), link-local and unique local addresses: inside the organisation. */
bool ip_is_inner(const struct ip *ip);

static inline bool ip_given(const struct ip *ip)
{
    static const struct ip none;
    return memcmp(ip, &none, sizeof(none)) != 0;
}

#endif
