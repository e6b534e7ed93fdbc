/* hinomi alerts listen: alerts that come as syslog, into the store. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "engine/gather.h"
#include "observe/alert/json_record.h"
#include "observe/alert/listener.h"
#include "observe/alert/rules.h"
#include "show/options.h"
#include "show/verb.h"
#include "triage/group/group.h"

enum { BATCH = 4096, HEARING = 200 /* ms */, PERSISTING = 1 /* s between two commits */ };

struct listen_verb {
    struct gather *gather;
    struct listener *listener;
    struct alert_parser *parser;
    struct alert_rules *rules; /* NULL: none */
    struct alert_batch batch;
    struct buffer record; /* a message, padded */
    struct alerts_source source;
    uint64_t refusals[ALERT_REASON_COUNT], alerts;
    int64_t stored; /* ticks of the last commit */
};

struct listen_addresses {
    struct option_texts udp, tcp, tls;
    const char *certificate, *key;
};

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
    (void)number;
    stopped = 1;
}

static int failed(const char *what, const char *why)
{
    fprintf(stderr, "hinomi alerts listen: %s: %s\n", what, why);
    return EXIT_FAILED;
}

static int batch_store(struct listen_verb *verb)
{
    int error = 0;
    verb->stored = time_ticks();
    if (verb->batch.count)
        error = gather_alerts(verb->gather, verb->batch.items, verb->batch.count, &verb->source);
    verb->alerts += verb->batch.count;
    alert_batch_clear(&verb->batch);
    return error;
}

static int message_heard(void *context, const struct ip *from, struct bytes message)
{
    struct listen_verb *verb = context;
    uint32_t before = verb->batch.count;
    buffer_clear(&verb->record);
    buffer_put(&verb->record, message);
    if (!buffer_reserve(&verb->record, ALERT_JSON_PADDING))
        return -ENOMEM;
    memset(verb->record.at + verb->record.len, 0, ALERT_JSON_PADDING);
    alert_parser_now(verb->parser, time_now());
    struct event_id id = {verb->source.number, verb->source.offset};
    verb->source.offset += ALERT_JSON_ELEMENTS; /* alerts of one message count on from its own */
    enum alert_reason reason =
        alert_parser_record(verb->parser, buffer_bytes(&verb->record), id, &verb->batch);
    verb->refusals[reason]++;
    for (uint32_t i = before; i < verb->batch.count; i++)
        if (!ip_given(&verb->batch.items[i].host_ip))
            verb->batch.items[i].host_ip = *from;
    return verb->batch.count >= BATCH ? batch_store(verb) : 0;
}

static int addresses_add(struct listen_verb *verb, enum listener_kind kind, const char *name,
                         const struct option_texts *addresses)
{
    for (uint32_t i = 0; i < addresses->count; i++) {
        uint16_t port;
        int error = listener_add(verb->listener, kind, addresses->items[i], &port);
        if (error)
            return failed(addresses->items[i], error == -EINVAL
                                                   ? "no address; write it as 127.0.0.1:5514"
                                                   : strerror(-error));
        const char *colon = strrchr(addresses->items[i], ':');
        fprintf(stderr, "listening: %s %.*s:%u\n", name, (int)(colon - addresses->items[i]),
                addresses->items[i], port);
    }
    return EXIT_OK;
}

static int listener_begin(struct listen_verb *verb, const struct listen_addresses *addresses)
{
    if (listener_new(message_heard, verb, &verb->listener))
        return failed("cannot begin", "out of memory");
    if (addresses->tls.count) {
        int code = listener_certificate(verb->listener, addresses->certificate, addresses->key);
        if (code < 0)
            return failed(addresses->certificate, gnutls_strerror(code));
    }
    int status = addresses_add(verb, LISTENER_udp, "udp", &addresses->udp);
    if (status == EXIT_OK)
        status = addresses_add(verb, LISTENER_tcp, "tcp", &addresses->tcp);
    if (status == EXIT_OK)
        status = addresses_add(verb, LISTENER_tls, "tls", &addresses->tls);
    return status;
}

static int rules_begin(struct listen_verb *verb, const char *path)
{
    int error = path ? alert_rules_load(path, &verb->rules) : 0;
    if (!error)
        return EXIT_OK;
    failed(path, error == -EINVAL ? alert_rules_error(verb->rules) : strerror(-error));
    return EXIT_USAGE;
}

static int store_begin(struct listen_verb *verb, const char *folder, int64_t window)
{
    const struct alert_parsing parsing = {.format = ALERT_FORMAT_auto, .rules = verb->rules};
    int error = gather_open(folder, window, &verb->gather);
    if (!error) /* all that is heard is one source, numbered on from one run to the next */
        error = alerts_source_find(gather_store(verb->gather), "syslog heard",
                                   BYTES("syslog heard\n"), &verb->source);
    if (error)
        return failed(folder, gather_error(verb->gather));
    return alert_parser_new(&parsing, &verb->parser) ? failed(folder, "out of memory") : EXIT_OK;
}

static void summary_print(const struct listen_verb *verb)
{
    const struct listener_counts *counts = listener_counts(verb->listener);
    fprintf(stderr, "%" PRIu64 " messages, %" PRIu64 " alerts\n", counts->messages, verb->alerts);
    if (verb->rules)
        fprintf(stderr, "%" PRIu64 " lines of free text matched a rule, %" PRIu64 " none\n",
                alert_rules_counts(verb->rules)->matched,
                alert_rules_counts(verb->rules)->unmatched);
    for (int i = ALERT_REASON_none + 1; i < ALERT_REASON_COUNT; i++)
        if (verb->refusals[i])
            fprintf(stderr, "%" PRIu64 " × %s\n", verb->refusals[i],
                    alert_reason_sentence((enum alert_reason)i));
    if (counts->refused || counts->too_long || counts->broken)
        fprintf(stderr,
                "%" PRIu64 " connections refused, %" PRIu64 " messages too long, %" PRIu64
                " connections broken\n",
                counts->refused, counts->too_long, counts->broken);
}

/* Until a signal, or until `until` (ticks; 0: for ever). */
static int messages_hear(struct listen_verb *verb, int64_t until)
{
    int error = 0;
    verb->stored = time_ticks();
    while (!error && !stopped && (!until || time_ticks() < until)) {
        error = listener_poll(verb->listener, HEARING);
        if (!error && time_ticks() - verb->stored >= PERSISTING * TIME_SECOND)
            error = batch_store(verb);
    }
    if (!error)
        error = batch_store(verb);
    summary_print(verb);
    return error
               ? failed("stopped", error == -ENOMEM ? "out of memory" : gather_error(verb->gather))
               : EXIT_OK;
}

static void verb_finish(struct listen_verb *verb)
{
    listener_free(verb->listener);
    alert_parser_free(verb->parser);
    alert_rules_free(verb->rules);
    alert_batch_finish(&verb->batch);
    buffer_finish(&verb->record);
    gather_close(verb->gather);
}

int alerts_listen(int argc, char **argv)
{
    struct listen_verb verb = {0};
    struct listen_addresses addresses = {0};
    const char *folder = OPTION_DATA_DEFAULT, *rules = NULL;
    int64_t window = GROUP_WINDOW, duration = 0;
    const struct option_entry options[] = {
        {"--udp", OPTION_TEXTS, &addresses.udp, "ADDRESS:PORT", "hear datagrams there"},
        {"--tcp", OPTION_TEXTS, &addresses.tcp, "ADDRESS:PORT", "… streams (RFC 6587)"},
        {"--tls", OPTION_TEXTS, &addresses.tls, "ADDRESS:PORT", "… streams within TLS (RFC 5425)"},
        {"--certificate", OPTION_TEXT, &addresses.certificate, "FILE", "of TLS, PEM"},
        {"--key", OPTION_TEXT, &addresses.key, "FILE", "its private key, PEM"},
        {"--rules", OPTION_TEXT, &rules, "FILE",
         "what free text says (liblognorm rules, version 2; docs/alerts.md)"},
        {"--window", OPTION_DURATION, &window, "TIME",
         "repeats this far apart are one group (default 45m)"},
        {"--duration", OPTION_DURATION, &duration, "TIME", "end after this long"},
        OPTION_DATA(&folder),
        {NULL, OPTION_FLAG, NULL, NULL, NULL},
    };
    const struct command command = {
        .verb = "alerts listen",
        .does = "Hears alerts sent as syslog, recognises what they are, and stores their groups,\n"
                "until it is interrupted. Without an address: --udp and --tcp 127.0.0.1:5514.",
        .example = "hinomi alerts listen --udp 192.0.2.5:514 --tls 192.0.2.5:6514 \\\n"
                   "    --certificate hinomi.pem --key hinomi.key",
        .options = options,
    };
    int count, status;
    if (!options_read(&command, argc, argv, &count, &status))
        return status;
    if (addresses.tls.count && (!addresses.certificate || !addresses.key)) {
        fprintf(stderr, "hinomi alerts listen: --tls needs --certificate and --key\n");
        return EXIT_USAGE;
    }
    if (addresses.udp.count + addresses.tcp.count + addresses.tls.count == 0) {
        addresses.udp.items[addresses.udp.count++] = "127.0.0.1:5514";
        addresses.tcp.items[addresses.tcp.count++] = "127.0.0.1:5514";
    }
    const struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    status = rules_begin(&verb, rules);
    if (status == EXIT_OK)
        status = store_begin(&verb, folder, window);
    if (status == EXIT_OK)
        status = listener_begin(&verb, &addresses);
    if (status == EXIT_OK)
        status = messages_hear(&verb, duration ? time_ticks() + duration : 0);
    verb_finish(&verb);
    return status;
}
