/*
 * model/darknet_configuration.h -- what the observatory is told: which addresses
 * are the telescope, whose addresses are whose, and whom to tell.
 *
 * observe/darknet_yaml.h reads it from darknet.yaml; the arena it was read into
 * owns everything. Texts end in a NUL (libcurl and open want them so); NULL or a
 * count of 0: not configured. Organisations are named by their number from 1,
 * in the order of the file, which is what prefix tables hold as values.
 */
#ifndef MODEL_DARKNET_CONFIGURATION_H
#define MODEL_DARKNET_CONFIGURATION_H

#include "base/time.h"
#include "model/prefix_table.h"

enum {
    ORGANISATION_LIMIT = 65536,
    ORGANISATION_NAME_SIZE = 120, /* bytes of UTF-8 */
    ORGANISATION_MAILS = 16
};

#define CONTACT_SILENCE_DEFAULT (30 * TIME_MINUTE)

struct prefix_list {
    struct prefix *at;
    uint32_t count;
};

struct text_list {
    const char **at;
    uint32_t count;
};

struct organisation {
    const char *name;            /* no '/', no control characters: it names files as well */
    struct prefix_list prefixes; /* its addresses */
    struct prefix_list unused;   /* those of them nobody uses: its internal darknet */
    const char *webhook;         /* http:// or https:// */
    const char *webhook_token;   /* a secret: sent as a bearer token, shown nowhere */
    struct text_list mails;
    const char *syslog;       /* udp://ADDRESS:PORT, tcp://HOST:PORT or tls://HOST:PORT */
    uint32_t alerts_priority; /* it is told of alerts from this priority on, 1 to 4; 0: of none */
};

struct mail_server {
    const char *url; /* smtp://host:port, smtps://host:port */
    const char *from;
    const char *user;          /* with password_file, or neither */
    const char *password_file; /* its first line; read by whoever sends */
};

struct darknet_configuration {
    struct prefix_list prefixes, exclude; /* the telescope's, and what is alive inside them */
    struct organisation *organisations;
    uint32_t organisation_count;
    struct text_list scanner_lists; /* files */
    const char *geography;          /* a MaxMind DB file */
    const char *authority; /* a PEM file of who may vouch for receivers; else the system's */
    struct mail_server mail;
    int64_t contact_silence; /* ns without a packet that end a contact */
};

/* The three tables made of a configuration; all frozen. */
struct darknet_prefixes {
    struct prefix_table telescope;     /* value 1; exclusions cut out */
    struct prefix_table organisations; /* value: the organisation's number */
    struct prefix_table unused;        /* likewise */
};

/* -ENOMEM, -ENOSPC. Free with darknet_prefixes_finish, on failure nothing is left to free. */
int darknet_prefixes_make(const struct darknet_configuration *configuration,
                          struct darknet_prefixes *ret_prefixes)
    __attribute__((warn_unused_result));
void darknet_prefixes_finish(struct darknet_prefixes *prefixes);

enum syslog_way { SYSLOG_UDP, SYSLOG_TCP, SYSLOG_TLS };

struct syslog_address {
    enum syslog_way way;
    struct bytes host; /* without the brackets of an IPv6 address */
    struct ip ip;      /* of UDP */
    uint16_t port;
};

/* udp://ADDRESS:PORT, tcp://HOST:PORT, tls://HOST:PORT; else -EINVAL. */
int syslog_address_parse(struct bytes url, struct syslog_address *ret_address)
    __attribute__((warn_unused_result));

/* Number `number` (from 1), NULL out of range. */
static inline const struct organisation *
organisation_of(const struct darknet_configuration *configuration, uint32_t number)
{
    bool known = number && number <= configuration->organisation_count;
    return known ? &configuration->organisations[number - 1] : NULL;
}

#endif
