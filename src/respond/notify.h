/*
 * respond/notify.h -- tells an organisation what concerns it: webhook, mail and syslog.
 *
 * A thread of its own sends, with libcurl; who puts a notice in never waits. An
 * outbox belongs to one organisation and one of its channels. What is sent is
 * made of one outbox alone and goes to that organisation's addresses alone; a
 * slow receiver delays only itself. An outbox holds NOTIFY_PENDING notices,
 * beyond that the newest is dropped and counted.
 *
 *   webhook   HTTP POST, application/json, at once: {"organisation": "…",
 *             "contacts": [what was put in, oldest first, at most NOTIFY_BATCH]};
 *             "alerts" where the notices are of those.
 *             The organisation's token goes along as a bearer token. 2xx is
 *             delivered; 408, 429, 5xx and a broken connection are tried again;
 *             any other answer is final. Redirections are not followed.
 *   mail      SMTP, plain text in UTF-8; the first at once, then at most one a
 *             NOTIFY_MAIL_PAUSE, with all that came meanwhile. A password is
 *             sent only over TLS.
 *   syslog    RFC 5424, a message a notice, its JSON as text, at once: datagrams,
 *             of which nobody knows whether they came; or a stream, with or
 *             without TLS, that stays open and is made anew when it breaks. What
 *             was written to a stream counts as delivered.
 *
 * Certificates are verified. Tries are NOTIFY_TRIES, the pause between them
 * doubles from one second. Secrets are in no message of this module.
 */
#ifndef RESPOND_NOTIFY_H
#define RESPOND_NOTIFY_H

#include "model/darknet_configuration.h"

enum {
    NOTIFY_PENDING = 1024, /* notices in an outbox */
    NOTIFY_BATCH = 100,    /* notices in one post or mail */
    NOTIFY_TRIES = 5,
    NOTIFY_TRANSFERS = 64 /* at once */
};

#define NOTIFY_TIMEOUT    (10 * TIME_SECOND) /* of one try */
#define NOTIFY_MAIL_PAUSE TIME_MINUTE

struct notice {
    uint64_t id;           /* the caller's */
    uint32_t organisation; /* from 1 */
    struct bytes json;     /* one JSON value, for the webhook */
    struct bytes text;     /* lines for people, for mail */
    unsigned priority;     /* 0 to 4, 4 the most urgent: syslog's severity */
};

enum notify_channel { NOTIFY_webhook, NOTIFY_mail, NOTIFY_syslog, NOTIFY_CHANNELS };

/* What a notifier's notices are of. */
enum notify_topic { NOTIFY_CONTACTS, NOTIFY_ALERTS };

const char *notify_channel_name(enum notify_channel channel);

struct notify_counts {
    uint64_t delivered, failed, dropped; /* notices, of all channels */
};

struct notifier_options {
    const struct darknet_configuration *configuration; /* must stay */
    int64_t retry_pause;                               /* the first, ns; 0: one second */
    int64_t mail_pause;                                /* 0: NOTIFY_MAIL_PAUSE */
    /*
     * What became of a notice; `why` NULL: delivered. On the notifier's thread,
     * with nothing locked; it may not call the notifier.
     */
    void (*done)(void *context, uint64_t id, uint32_t organisation, enum notify_channel channel,
                 const char *why);
    void *context;
    enum notify_topic topic;
};

struct notifier;

/* -ENOMEM; -errno of the mail server's password file or of starting the thread. */
int notifier_open(const struct notifier_options *options, struct notifier **ret_notifier)
    __attribute__((warn_unused_result));

/* Put a notice into its organisation's outboxes; copies it, from any thread. -ENOMEM. */
int notifier_put(struct notifier *notifier, const struct notice *notice)
    __attribute__((warn_unused_result));

struct notify_counts notifier_counts(struct notifier *notifier);

/* Send what is pending for at most `patience` ns, fail what is left, stop, free. NULL is fine. */
struct notify_counts notifier_close(struct notifier *notifier, int64_t patience);

#endif
