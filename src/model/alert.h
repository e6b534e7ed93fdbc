/*
 * model/alert.h -- what an appliance said, whoever made it.
 *
 * One struct for the alerts of intrusion detection, web firewalls, endpoint
 * agents and logs, so that grouping, judging, novelty and levels read one
 * vocabulary (Elastic Common Schema names). Text belongs to the reader's arena
 * until the alert is stored.
 */
#ifndef MODEL_ALERT_H
#define MODEL_ALERT_H

#include "model/finding.h"
#include "model/observation.h"

enum { ALERT_PAYLOAD_LIMIT = 16384 };

struct alert {
    int64_t time;           /* ns since 1970 */
    struct event_id id;     /* the source it was read from and where its record begins */
    struct bytes sensor;    /* "suricata", "wazuh", "modsecurity", … or the CEF device product */
    struct bytes host;      /* that is concerned (agent, device), where told */
    struct ip host_ip;      /* its address, where told apart from the ends of a connection */
    struct bytes rule_id;   /* "2019232", "1:2019232:3", "933100" */
    struct bytes rule_name; /* the signature's text: what grouping calls its name */
    struct bytes category;  /* classtype, group, tag: as the sensor calls it */
    uint8_t severity; /* 1 (highest) … 4; 0: not told. Each reader maps its sensor's scale */
    struct ip source_ip, destination_ip;
    uint16_t source_port, destination_port;
    uint8_t network_transport; /* IANA */
    struct bytes user_name;
    struct bytes url, http_method, http_host, user_agent;
    uint16_t http_status;
    struct bytes payload; /* decoded from base64 or hex, at most ALERT_PAYLOAD_LIMIT bytes */
    struct bytes message; /* what a person reads where there is more than the name */
    struct bytes labels;  /* the data set's own truth, for measuring only; never a feature */
};

/* What became of an attack, as far as the traffic proves it. */
#define ATTACK_OUTCOMES(X) X(unknown) X(failed) X(success) X(benign)
enum attack_outcome {
#define X(name) OUTCOME_##name,
    ATTACK_OUTCOMES(X)
#undef X
        OUTCOME_COUNT
};

/* Classes of what was tried. */
#define ATTACK_CLASSES(X)                                                                          \
    X(none, "nothing recognised")                                                                  \
    X(command_injection, "a shell command in a parameter or header")                               \
    X(code_injection, "code of the application's own language")                                    \
    X(sql_injection, "SQL in a parameter")                                                         \
    X(file_inclusion, "reading or including a file by its path")                                   \
    X(cross_site_scripting, "script in a page")                                                    \
    X(jndi, "a JNDI look-up: Log4Shell")                                                           \
    X(template_injection, "an expression of a template language")                                  \
    X(xml_external_entity, "an XML entity that reads or fetches")                                  \
    X(server_side_request, "making the server fetch")                                              \
    X(deserialisation, "an object stream that runs a command")                                     \
    X(web_shell, "use of a shell that was left behind")                                            \
    X(shellcode, "machine code")                                                                   \
    X(other, "recognised by an appliance only")
enum attack_class {
#define X(name, doc) ATTACK_##name,
    ATTACK_CLASSES(X)
#undef X
        ATTACK_CLASS_COUNT
};

/* "command_injection", "success"; "none", "unknown" for a value out of range. */
const char *attack_class_name(enum attack_class class);
const char *attack_outcome_name(enum attack_outcome outcome);

#endif
