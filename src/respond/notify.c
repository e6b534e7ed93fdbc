#include "respond/notify.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "respond/letter.h"
#include "respond/syslog.h"
#include "respond/transfer.h"

enum { PASSWORD_SIZE = 512, IDLE_MILLISECONDS = 60000, SYSLOG_BATCH = 16 };

/* How a topic is called: in the webhook's object, as syslog's MSGID, in a mail's subject. */
static const struct {
    const char *list, *kind, *subject_one, *subject, *subject_japanese;
} topics[] = {
    [NOTIFY_CONTACTS] = {"contacts", "contact", "darknet contact", "darknet contacts",
                         "ダークネットへの通信"},
    [NOTIFY_ALERTS] = {"alerts", "alert", "alert", "alerts", "アラート"},
};

static const char *const channel_names[] = {
    [NOTIFY_webhook] = "webhook", [NOTIFY_mail] = "mail", [NOTIFY_syslog] = "syslog"};

const char *notify_channel_name(enum notify_channel channel)
{
    return channel_names[channel];
}

struct item {
    struct item *next;
    uint64_t id;
    struct bytes text; /* behind the item */
};

/* One organisation's way by one channel. Whoever has `in_flight` items is sending the first ones.
 */
struct outbox {
    struct outbox *next; /* among those that have something */
    struct item *first, *last;
    uint32_t count, in_flight, tries;
    uint32_t organisation;
    enum notify_channel channel;
    int64_t not_before; /* ticks */
    struct transfer transfer;
    bool over; /* what is in flight was sent at once, with this end */
    CURLcode code;
};

struct notifier {
    struct notifier_options options;
    char password[PASSWORD_SIZE];
    pthread_mutex_t lock;    /* over everything below but the transfers */
    struct outbox *outboxes; /* NOTIFY_CHANNELS for each organisation */
    struct outbox *busy;     /* those with items */
    struct notify_counts counts;
    bool closing;
    int64_t deadline;
    uint64_t letters;
    unsigned transfers;
    CURLM *multi;
    pthread_t thread;
};

static const struct organisation *outbox_owner(const struct notifier *notifier,
                                               const struct outbox *outbox)
{
    return organisation_of(notifier->options.configuration, outbox->organisation);
}

static size_t outbox_count(const struct notifier *notifier)
{
    return (size_t)notifier->options.configuration->organisation_count * NOTIFY_CHANNELS;
}

static bool outbox_wanted(const struct notifier *notifier, const struct outbox *outbox)
{
    const struct organisation *organisation = outbox_owner(notifier, outbox);
    if (outbox->channel == NOTIFY_webhook)
        return organisation->webhook != NULL;
    if (outbox->channel == NOTIFY_syslog)
        return organisation->syslog != NULL;
    return organisation->mails.count && notifier->options.configuration->mail.url;
}

/* ---- sending: the thread ------------------------------------------------------------- */

static void post_write(const struct notifier *notifier, struct outbox *outbox)
{
    struct json json = {.out = &outbox->transfer.body};
    const struct item *item = outbox->first;
    json_object(&json);
    json_key_text(&json, "organisation", bytes_of(outbox_owner(notifier, outbox)->name));
    json_key(&json, topics[notifier->options.topic].list);
    json_array(&json);
    for (uint32_t i = 0; i < outbox->in_flight; i++, item = item->next)
        json_raw(&json, item->text);
    json_end_array(&json);
    json_end_object(&json);
}

static void mail_write(struct notifier *notifier, struct outbox *outbox)
{
    const struct organisation *organisation = outbox_owner(notifier, outbox);
    const struct item *item = outbox->first;
    struct buffer text = {0}, subject = {0};
    buffer_put_format(&subject, "Hinomi: %s: %u %s (%s %u 件)", organisation->name,
                      outbox->in_flight,
                      outbox->in_flight == 1 ? topics[notifier->options.topic].subject_one
                                             : topics[notifier->options.topic].subject,
                      topics[notifier->options.topic].subject_japanese, outbox->in_flight);
    for (uint32_t i = 0; i < outbox->in_flight; i++, item = item->next) {
        buffer_put(&text, item->text);
        buffer_put(&text, BYTES("\r\n"));
    }
    letter_write(&notifier->options.configuration->mail, &organisation->mails,
                 buffer_bytes(&subject), buffer_bytes(&text), time_now(), ++notifier->letters,
                 &outbox->transfer.body);
    outbox->transfer.body.failed |= text.failed || subject.failed;
    buffer_finish(&text);
    buffer_finish(&subject);
}

/* A stream that is still there takes its frames at once; else it is made anew. */
static int stream_make(const struct notifier *notifier, struct outbox *outbox,
                       const struct syslog_address *address)
{
    const struct item *item = outbox->first;
    bool alive = transfer_alive(&outbox->transfer);
    if (!alive && outbox->transfer.easy) {
        curl_multi_remove_handle(notifier->multi, outbox->transfer.easy);
        transfer_reset(&outbox->transfer);
    }
    for (uint32_t i = 0; i < outbox->in_flight; i++, item = item->next)
        syslog_frame(item->text, &outbox->transfer.body);
    if (outbox->transfer.body.failed)
        return -ENOMEM;
    if (!alive)
        return transfer_stream(&outbox->transfer, address,
                               notifier->options.configuration->authority, outbox);
    outbox->over = true;
    outbox->code = transfer_push(&outbox->transfer);
    return 0;
}

static int syslog_make(const struct notifier *notifier, struct outbox *outbox)
{
    const struct item *item = outbox->first;
    struct syslog_address address;
    if (syslog_address_parse(bytes_of(outbox_owner(notifier, outbox)->syslog), &address))
        return -EINVAL;
    if (address.way != SYSLOG_UDP)
        return stream_make(notifier, outbox, &address);
    outbox->over = outbox->transfer.stream = true;
    outbox->code = CURLE_OK;
    for (uint32_t i = 0; i < outbox->in_flight; i++, item = item->next)
        if (syslog_send(&address, item->text))
            outbox->code = CURLE_SEND_ERROR;
    return 0;
}

static int transfer_make(struct notifier *notifier, struct outbox *outbox)
{
    const struct darknet_configuration *configuration = notifier->options.configuration;
    const struct organisation *organisation = outbox_owner(notifier, outbox);
    if (outbox->channel == NOTIFY_syslog)
        return syslog_make(notifier, outbox);
    if (outbox->channel == NOTIFY_webhook)
        post_write(notifier, outbox);
    else
        mail_write(notifier, outbox);
    if (outbox->transfer.body.failed)
        return -ENOMEM;
    return outbox->channel == NOTIFY_webhook
               ? transfer_webhook(&outbox->transfer, organisation, configuration->authority, outbox)
               : transfer_mail(&outbox->transfer, organisation, configuration, notifier->password,
                               outbox);
}

static void outbox_later(struct notifier *notifier, struct outbox *outbox)
{
    outbox->not_before = time_ticks() + (notifier->options.retry_pause << (outbox->tries - 1));
    outbox->in_flight = 0;
}

static void outbox_stop(struct notifier *notifier, struct outbox *outbox)
{
    if (outbox->transfer.easy)
        curl_multi_remove_handle(notifier->multi, outbox->transfer.easy);
    transfer_reset(&outbox->transfer);
}

/* With the lock held; the items in flight stay where they are, and nobody else takes them. */
static void outbox_send(struct notifier *notifier, struct outbox *outbox)
{
    uint32_t most = outbox->channel == NOTIFY_syslog ? SYSLOG_BATCH : NOTIFY_BATCH;
    outbox->in_flight = outbox->count < most ? outbox->count : most;
    outbox->tries += outbox->tries < NOTIFY_TRIES;
    if (transfer_make(notifier, outbox) ||
        (!outbox->over && curl_multi_add_handle(notifier->multi, outbox->transfer.easy))) {
        outbox_stop(notifier, outbox);
        outbox_later(notifier, outbox); /* no memory now */
        return;
    }
    notifier->transfers++;
}

/* Start what may start. Returns the milliseconds to the next that may, at most IDLE. */
static int outboxes_send(struct notifier *notifier)
{
    int64_t now = time_ticks(), wait = IDLE_MILLISECONDS * (TIME_SECOND / 1000);
    pthread_mutex_lock(&notifier->lock);
    for (struct outbox *outbox = notifier->busy; outbox; outbox = outbox->next) {
        bool hurry = notifier->closing && outbox->tries == 0; /* no pause between mails */
        if (outbox->in_flight || notifier->transfers == NOTIFY_TRANSFERS)
            continue;
        if (outbox->not_before <= now || hurry)
            outbox_send(notifier, outbox);
        else if (outbox->not_before - now < wait)
            wait = outbox->not_before - now;
    }
    if (notifier->closing && notifier->deadline - now < wait)
        wait = notifier->deadline - now;
    pthread_mutex_unlock(&notifier->lock);
    return wait < 0 ? 0 : (int)(wait / (TIME_SECOND / 1000)) + 1;
}

/* With the lock held: take the first `count` items out; the caller frees them. */
static struct item *outbox_take(struct notifier *notifier, struct outbox *outbox, uint32_t count)
{
    struct item *taken = outbox->first, **end = &taken;
    for (uint32_t i = 0; i < count; i++)
        end = &(*end)->next;
    outbox->first = *end;
    *end = NULL;
    outbox->count -= count;
    outbox->in_flight = outbox->tries = 0;
    if (outbox->count)
        return taken;
    outbox->last = NULL;
    struct outbox **link = &notifier->busy;
    while (*link != outbox)
        link = &(*link)->next;
    *link = outbox->next;
    return taken;
}

/* These items are through: say so, and forget them. */
static void items_done(const struct notifier *notifier, const struct outbox *outbox,
                       struct item *item, const char *why)
{
    while (item) {
        struct item *next = item->next;
        if (notifier->options.done)
            notifier->options.done(notifier->options.context, item->id, outbox->organisation,
                                   outbox->channel, why);
        free(item);
        item = next;
    }
}

static void outbox_finish(struct notifier *notifier, struct outbox *outbox, CURLcode code)
{
    char why[TRANSFER_WHY_SIZE] = "";
    if (code == CURLE_OK && outbox->transfer.stream && !outbox->over)
        code = transfer_push(&outbox->transfer); /* it is connected now */
    enum transfer_outcome outcome = transfer_outcome(&outbox->transfer, code, why);
    bool delivered = outcome == TRANSFER_DELIVERED;
    struct item *items = NULL;
    if (delivered && outbox->transfer.stream)
        transfer_rest(&outbox->transfer);
    else
        outbox_stop(notifier, outbox);
    pthread_mutex_lock(&notifier->lock);
    notifier->transfers--;
    outbox->over = false;
    uint32_t count = outbox->in_flight;
    if (outcome == TRANSFER_AGAIN && outbox->tries < NOTIFY_TRIES) {
        outbox_later(notifier, outbox);
    } else {
        items = outbox_take(notifier, outbox, count);
        *(delivered ? &notifier->counts.delivered : &notifier->counts.failed) += count;
        outbox->not_before =
            outbox->channel == NOTIFY_mail ? time_ticks() + notifier->options.mail_pause : 0;
    }
    pthread_mutex_unlock(&notifier->lock);
    items_done(notifier, outbox, items, delivered ? NULL : why);
}

static void transfers_finish(struct notifier *notifier)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(notifier->multi, &left))) {
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode code = message->data.result; /* the message is gone with its handle */
        outbox_finish(notifier, transfer_mark(message->easy_handle), code);
    }
}

/* Those that were sent without a wait. */
static bool outboxes_finish(struct notifier *notifier)
{
    bool any = false;
    for (;;) {
        pthread_mutex_lock(&notifier->lock);
        struct outbox *outbox = notifier->busy;
        while (outbox && !outbox->over)
            outbox = outbox->next;
        pthread_mutex_unlock(&notifier->lock);
        if (!outbox)
            return any;
        any = true;
        outbox_finish(notifier, outbox, outbox->code);
    }
}

static bool notifier_through(struct notifier *notifier)
{
    pthread_mutex_lock(&notifier->lock);
    bool through = notifier->closing && (!notifier->busy || time_ticks() >= notifier->deadline);
    pthread_mutex_unlock(&notifier->lock);
    return through;
}

/* What did not go out before the deadline. */
static void outboxes_give_up(struct notifier *notifier)
{
    while (notifier->busy) {
        struct outbox *outbox = notifier->busy;
        outbox_stop(notifier, outbox);
        notifier->counts.failed += outbox->count;
        struct item *items = outbox_take(notifier, outbox, outbox->count);
        items_done(notifier, outbox, items, "there was no time left to send it");
    }
}

static void *notifier_run(void *context)
{
    struct notifier *notifier = context;
    int running;
    while (!notifier_through(notifier)) {
        curl_multi_perform(notifier->multi, &running);
        transfers_finish(notifier);
        int wait = outboxes_send(notifier); /* what was added just now ends the poll at once */
        if (!outboxes_finish(notifier) && !notifier_through(notifier))
            curl_multi_poll(notifier->multi, NULL, 0, wait, NULL);
    }
    outboxes_give_up(notifier);
    for (size_t i = 0; i < outbox_count(notifier); i++)
        outbox_stop(notifier, &notifier->outboxes[i]);
    return NULL;
}

/* ---- putting in ---------------------------------------------------------------------- */

/* With the lock held. */
static int outbox_put(struct notifier *notifier, struct outbox *outbox, uint64_t id,
                      struct bytes text)
{
    if (outbox->count == NOTIFY_PENDING) {
        notifier->counts.dropped++;
        return 0;
    }
    struct item *item = malloc(sizeof(*item) + text.len);
    if (!item)
        return -ENOMEM;
    char *copy = (char *)(item + 1);
    if (text.len)
        memcpy(copy, text.at, text.len);
    *item = (struct item){NULL, id, {copy, text.len}};
    if (outbox->last)
        outbox->last->next = item;
    else
        outbox->first = item;
    outbox->last = item;
    if (outbox->count++ == 0) {
        outbox->next = notifier->busy;
        notifier->busy = outbox;
    }
    return 0;
}

int notifier_put(struct notifier *notifier, const struct notice *notice)
{
    int error = 0;
    if (!organisation_of(notifier->options.configuration, notice->organisation))
        return 0;
    struct outbox *outboxes = &notifier->outboxes[(notice->organisation - 1) * NOTIFY_CHANNELS];
    struct buffer message = {0};
    if (outbox_wanted(notifier, &outboxes[NOTIFY_syslog]))
        syslog_write(topics[notifier->options.topic].kind, notice->priority, time_now(),
                     notice->json, &message);
    if (message.failed)
        return -ENOMEM;
    const struct bytes texts[] = {[NOTIFY_webhook] = notice->json,
                                  [NOTIFY_mail] = notice->text,
                                  [NOTIFY_syslog] = buffer_bytes(&message)};
    pthread_mutex_lock(&notifier->lock);
    for (int i = 0; i < NOTIFY_CHANNELS && !error; i++)
        if (outbox_wanted(notifier, &outboxes[i]))
            error = outbox_put(notifier, &outboxes[i], notice->id, texts[i]);
    pthread_mutex_unlock(&notifier->lock);
    buffer_finish(&message);
    curl_multi_wakeup(notifier->multi);
    return error;
}

struct notify_counts notifier_counts(struct notifier *notifier)
{
    pthread_mutex_lock(&notifier->lock);
    struct notify_counts counts = notifier->counts;
    pthread_mutex_unlock(&notifier->lock);
    return counts;
}

/* ---- opening and closing --------------------------------------------------------------- */

static int password_read(const char *path, char password[PASSWORD_SIZE])
{
    if (!path)
        return 0;
    FILE *file = fopen(path, "re");
    if (!file)
        return -errno;
    bool read = fgets(password, PASSWORD_SIZE, file) != NULL;
    fclose(file);
    password[strcspn(password, "\r\n")] = '\0';
    return read && password[0] ? 0 : -ENODATA;
}

static int outboxes_make(struct notifier *notifier)
{
    notifier->outboxes = calloc(outbox_count(notifier) + 1, sizeof(struct outbox));
    if (!notifier->outboxes)
        return -ENOMEM;
    for (size_t i = 0; i < outbox_count(notifier); i++) {
        notifier->outboxes[i].organisation = (uint32_t)(i / NOTIFY_CHANNELS) + 1;
        notifier->outboxes[i].channel = (enum notify_channel)(i % NOTIFY_CHANNELS);
    }
    return 0;
}

static void notifier_free(struct notifier *notifier)
{
    for (size_t i = 0; i < outbox_count(notifier) && notifier->outboxes; i++)
        buffer_finish(&notifier->outboxes[i].transfer.body);
    if (notifier->multi)
        curl_multi_cleanup(notifier->multi);
    pthread_mutex_destroy(&notifier->lock);
    free(notifier->outboxes);
    explicit_bzero(notifier->password, sizeof(notifier->password));
    free(notifier);
}

int notifier_open(const struct notifier_options *options, struct notifier **ret_notifier)
{
    struct notifier *notifier = calloc(1, sizeof(*notifier));
    if (!notifier)
        return -ENOMEM;
    notifier->options = *options;
    if (!options->retry_pause)
        notifier->options.retry_pause = TIME_SECOND;
    if (!options->mail_pause)
        notifier->options.mail_pause = NOTIFY_MAIL_PAUSE;
    pthread_mutex_init(&notifier->lock, NULL);
    int error = password_read(options->configuration->mail.password_file, notifier->password);
    if (!error)
        error = outboxes_make(notifier);
    if (!error && (curl_global_init(CURL_GLOBAL_DEFAULT) || !(notifier->multi = curl_multi_init())))
        error = -ENOMEM;
    if (!error)
        error = -pthread_create(&notifier->thread, NULL, notifier_run, notifier);
    if (error) {
        notifier_free(notifier);
        return error;
    }
    *ret_notifier = notifier;
    return 0;
}

struct notify_counts notifier_close(struct notifier *notifier, int64_t patience)
{
    if (!notifier)
        return (struct notify_counts){0};
    pthread_mutex_lock(&notifier->lock);
    notifier->closing = true;
    notifier->deadline = time_ticks() + patience;
    pthread_mutex_unlock(&notifier->lock);
    curl_multi_wakeup(notifier->multi);
    pthread_join(notifier->thread, NULL);
    struct notify_counts counts = notifier->counts;
    notifier_free(notifier);
    return counts;
}
