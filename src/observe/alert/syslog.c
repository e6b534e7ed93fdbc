/* Syslog (RFC 5424, RFC 3164, and what is written without a priority): the header off, and what is
 * left recognised by itself. */
#include "observe/alert/inside.h"

/* The part up to the next blank, and what stands behind it. */
static struct bytes word_take(struct bytes *text)
{
    const char *blank = text->len ? memchr(text->at, ' ', text->len) : NULL;
    struct bytes word = {text->at, blank ? (size_t)(blank - text->at) : text->len};
    *text = bytes_from(*text, word.len + 1);
    return word;
}

static struct bytes unless_nil(struct bytes word)
{
    return word.len == 1 && word.at[0] == '-' ? (struct bytes){0} : word;
}

/* "<165>" */
static bool priority_take(struct bytes *text, uint8_t *ret_severity)
{
    static const uint8_t scale[] = {1, 1, 1, 2, 3, 4, 4, 4};
    uint64_t number;
    const char *end = text->len && text->at[0] == '<' ? memchr(text->at, '>', text->len) : NULL;
    if (!end || end - text->at > 4 ||
        !alert_number_read((struct bytes){text->at + 1, (size_t)(end - text->at) - 1}, 191,
                           &number))
        return false;
    *ret_severity = scale[number & 7];
    *text = bytes_from(*text, (size_t)(end - text->at) + 1);
    return true;
}

/* "[id name="value" …][…]" or "-": passed over. */
static bool structured_take(struct bytes *text)
{
    if (text->len && text->at[0] == '-') {
        *text = bytes_from(*text, 2);
        return true;
    }
    if (!text->len || text->at[0] != '[')
        return false;
    bool quoted = false;
    for (size_t i = 0; i < text->len; i++) {
        char c = text->at[i];
        if (quoted && c == '\\')
            i++;
        else if (c == '"')
            quoted = !quoted;
        else if (c == ']' && !quoted && (i + 1 == text->len || text->at[i + 1] != '[')) {
            *text = bytes_from(*text, i + 2);
            return true;
        }
    }
    return false;
}

/* RFC 5424 behind its priority: "1 2003-10-11T22:14:15.003Z host app 111 ID47 [data] message" */
static enum alert_reason modern_read(struct syslog *syslog, struct bytes *text)
{
    *text = bytes_from(*text, 2);
    struct bytes time = word_take(text);
    syslog->host = unless_nil(word_take(text));
    syslog->app = unless_nil(word_take(text));
    word_take(text); /* process */
    word_take(text); /* kind of message */
    if (!structured_take(text))
        return ALERT_REASON_header;
    if (bytes_start(*text, BYTES("\xef\xbb\xbf")))
        *text = bytes_from(*text, 3);
    if (unless_nil(time).len && time_parse(time, &syslog->time))
        return ALERT_REASON_time_unreadable;
    return ALERT_REASON_none;
}

/* "app[123]: message" → app. */
static void tag_take(struct syslog *syslog, struct bytes *text)
{
    size_t len = 0;
    while (len < text->len && len < 64 && text->at[len] != ':' && text->at[len] != '[' &&
           text->at[len] != ' ')
        len++;
    struct bytes app = {text->at, len}, rest = bytes_from(*text, len);
    if (bytes_start(rest, BYTES("["))) {
        const char *end = memchr(rest.at, ']', rest.len);
        rest = end ? bytes_from(rest, (size_t)(end - rest.at) + 1) : (struct bytes){0};
    }
    if (len == 0 || !bytes_start(rest, BYTES(":")))
        return;
    if (alert_same(app, "CEF") || alert_same(app, "LEEF"))
        return; /* no tag, but the message itself */
    syslog->app = app;
    *text = alert_trim(bytes_from(rest, 1));
}

/* RFC 3164 behind its priority: "Oct 11 22:14:15 host app[1]: message"; also with a time of
 * RFC 3339. False: no such header. */
static bool classic_read(struct syslog *syslog, int64_t reference, struct bytes *text)
{
    struct bytes rest = *text;
    struct bytes first = word_take(&rest);
    if (first.len >= 19 && first.at[4] == '-') {
        if (time_parse(first, &syslog->time))
            return false;
    } else {
        if (text->len < 16 || text->at[3] != ' ' || text->at[15] != ' ' ||
            !alert_time_read((struct bytes){text->at, 15}, reference, &syslog->time))
            return false;
        rest = bytes_from(*text, 16);
    }
    struct bytes behind = rest;
    struct bytes host = word_take(&behind);
    bool tag = host.len && memchr(host.at, ':', host.len); /* no host, then: "app: message" */
    struct ip ip;
    if (!tag || ip_parse(host, &ip)) {
        syslog->host = host;
        rest = behind;
    }
    tag_take(syslog, &rest);
    *text = rest;
    return true;
}

enum alert_reason syslog_header_take(struct bytes *text, int64_t reference,
                                     struct syslog *ret_syslog)
{
    struct syslog syslog = {.time = TIME_NONE};
    struct bytes rest = *text;
    bool priority = priority_take(&rest, &syslog.severity);
    enum alert_reason reason = ALERT_REASON_none;
    if (priority && bytes_start(rest, BYTES("1 ")))
        reason = modern_read(&syslog, &rest);
    else if (!classic_read(&syslog, reference, &rest)) {
        if (!priority)
            return ALERT_REASON_unknown;
        tag_take(&syslog, &rest);
    }
    if (reason)
        return reason;
    *text = rest;
    *ret_syslog = syslog;
    return ALERT_REASON_none;
}

static bool hexadecimal(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool word_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/*
 * The name of free text: what differs from one message to the next -- words with
 * a digit in them that are numbers, hexadecimal or addresses -- becomes "#".
 */
static struct bytes name_of(struct alert_batch *batch, struct bytes text)
{
    enum { LIMIT = 200 };
    char name[LIMIT];
    size_t len = 0;
    for (size_t i = 0; i < text.len && len < LIMIT;) {
        size_t end = i;
        bool digit = false, number = true;
        for (; end < text.len && word_char(text.at[end]); end++) {
            digit = digit || (text.at[end] >= '0' && text.at[end] <= '9');
            number = number && (hexadecimal(text.at[end]) || text.at[end] == 'x');
        }
        if (end > i && digit && number) {
            name[len++] = '#';
            i = end;
        } else
            do
                name[len++] = text.at[i++];
            while (i < end && len < LIMIT);
    }
    return alert_batch_text(batch, alert_trim((struct bytes){name, len}));
}

enum alert_reason syslog_read(struct reading *reading, const struct syslog *syslog,
                              struct bytes text)
{
    struct alert_batch *batch = reading->batch;
    struct alert *alert = alert_batch_add(batch, reading->id);
    enum alert_reason reason = alert ? ALERT_REASON_unknown : ALERT_REASON_no_memory;
    text = alert_trim(text);
    if (alert && reading->rules)
        reason = alert_rules_apply(reading->rules, text, batch, alert, reading->reference);
    if (reason && (reason != ALERT_REASON_unknown || !syslog))
        return reason;
    if (alert->sensor.len == 0 && syslog)
        alert->sensor = alert_batch_text(batch, syslog->app);
    if (alert->sensor.len == 0)
        alert->sensor = BYTES("syslog");
    if (alert->rule_name.len == 0)
        alert->rule_name = name_of(batch, text);
    if (alert->message.len == 0)
        alert->message = alert_batch_text(batch, text);
    return ALERT_REASON_none;
}

void syslog_fill(struct reading *reading, const struct syslog *syslog, struct alert *alert)
{
    if (alert->time == TIME_NONE)
        alert->time = syslog->time;
    if (alert->severity == 0)
        alert->severity = syslog->severity;
    if (alert->host.len == 0 && syslog->host.len)
        alert->host = alert_batch_text(reading->batch, syslog->host);
}
