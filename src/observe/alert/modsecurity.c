/* ModSecurity: what its rules said, and the sections A to Z of its native audit log. */
#include "observe/alert/inside.h"

static const char *const severities[] = {"EMERGENCY", "ALERT",  "CRITICAL", "ERROR",
                                         "WARNING",   "NOTICE", "INFO",     "DEBUG"};

/* "CRITICAL" or "2", as syslog counts them. */
static uint8_t severity_read(struct bytes text)
{
    static const uint8_t scale[] = {1, 1, 1, 2, 3, 4, 4, 4};
    uint64_t number;
    if (alert_number_read(text, 7, &number))
        return scale[number];
    for (size_t i = 0; i < sizeof(severities) / sizeof(*severities); i++)
        if (alert_same(text, severities[i]))
            return scale[i];
    return 0;
}

/* The value of `[name "value"]` in a message of version 2; empty without it. */
static struct bytes bracket_find(struct bytes text, struct bytes name)
{
    for (size_t i = 0; i + name.len + 4 <= text.len; i++) {
        struct bytes at = bytes_from(text, i + 1);
        if (text.at[i] != '[' || !bytes_start(at, name))
            continue;
        at = bytes_from(at, name.len);
        if (!bytes_start(at, BYTES(" \"")))
            continue;
        at = bytes_from(at, 2);
        size_t len = 0;
        while (len < at.len && at.at[len] != '"')
            len += at.at[len] == '\\' && len + 1 < at.len ? 2 : 1;
        return (struct bytes){at.at, len < at.len ? len : at.len};
    }
    return (struct bytes){0};
}

static struct bytes either(struct bytes a, struct bytes b)
{
    return a.len ? a : b;
}

void modsecurity_message(struct reading *reading, const struct alert *common,
                         const struct bytes element[ALERT_ELEMENT_COUNT], uint32_t number)
{
    struct alert_batch *batch = reading->batch;
    struct bytes text = element[ALERT_ELEMENT_message];
    struct event_id id = {reading->id.source, reading->id.offset + number};
    struct alert *alert = alert_batch_add(batch, id);
    if (!alert)
        return;
    *alert = *common;
    alert->id = id;
    alert->rule_id = alert_batch_text(
        batch, either(element[ALERT_ELEMENT_rule], bracket_find(text, BYTES("id"))));
    alert->rule_name = alert_batch_text(batch, either(bracket_find(text, BYTES("msg")), text));
    alert->category = alert_batch_text(
        batch, either(element[ALERT_ELEMENT_tag], bracket_find(text, BYTES("tag"))));
    alert->severity = severity_read(
        either(element[ALERT_ELEMENT_severity], bracket_find(text, BYTES("severity"))));
    alert->message = alert_batch_text(
        batch, either(either(element[ALERT_ELEMENT_match], element[ALERT_ELEMENT_data]), text));
}

/* ---- sections A to Z ----------------------------------------------------------------- */

/* "--a1b2c3d4-A--" → 'A'; 0: no boundary. */
char modsecurity_boundary(struct bytes line)
{
    line = alert_trim(line);
    if (line.len < 8 || line.len > 80 || !bytes_start(line, BYTES("--")) ||
        !bytes_end(line, BYTES("--")) || line.at[line.len - 4] != '-')
        return 0;
    char letter = line.at[line.len - 3];
    for (size_t i = 2; i + 4 < line.len; i++)
        if ((unsigned char)line.at[i] <= ' ')
            return 0;
    return letter >= 'A' && letter <= 'Z' ? letter : 0;
}

static struct bytes word_take(struct bytes *text)
{
    const char *blank = text->len ? memchr(text->at, ' ', text->len) : NULL;
    struct bytes word = {text->at, blank ? (size_t)(blank - text->at) : text->len};
    *text = bytes_from(*text, word.len + 1);
    return word;
}

/* "[01/Mar/2024:12:00:00 +0000] id 10.0.0.1 1234 10.0.0.2 80" */
static enum alert_reason section_a(struct reading *reading, struct alert *alert, struct bytes line)
{
    const char *end = line.len ? memchr(line.at, ']', line.len) : NULL;
    if (!end || line.at[0] != '[')
        return ALERT_REASON_header;
    struct bytes time = {line.at + 1, (size_t)(end - line.at) - 1};
    static const enum alert_field ends[] = {ALERT_FIELD_source_ip, ALERT_FIELD_source_port,
                                            ALERT_FIELD_destination_ip,
                                            ALERT_FIELD_destination_port};
    line = alert_trim(bytes_from(line, (size_t)(end - line.at) + 1));
    word_take(&line);
    for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
        (void)alert_field_set(reading->batch, alert, ends[i], word_take(&line), 0);
    const char *point =
        time.len ? memchr(time.at, '.', time.len) : NULL; /* a fraction, sometimes */
    if (point && (size_t)(point - time.at) == 20) {
        char plain[32];
        size_t zone = 20;
        while (zone < time.len && time.at[zone] != ' ')
            zone++;
        if (time.len - zone + 20 > sizeof(plain))
            return ALERT_REASON_time_unreadable;
        memcpy(plain, time.at, 20);
        memcpy(plain + 20, time.at + zone, time.len - zone);
        return alert_field_set(reading->batch, alert, ALERT_FIELD_time,
                               (struct bytes){plain, time.len - zone + 20}, reading->reference);
    }
    return alert_field_set(reading->batch, alert, ALERT_FIELD_time, time, reading->reference);
}

/* "Name: value" of a request. */
static void section_b(struct reading *reading, struct alert *alert, struct bytes line)
{
    static const struct {
        const char *name;
        enum alert_field field;
    } headers[] = {{"Host", ALERT_FIELD_http_host}, {"User-Agent", ALERT_FIELD_user_agent}};
    const char *colon = line.len ? memchr(line.at, ':', line.len) : NULL;
    if (alert->http_method.len == 0) {
        request_line_read(reading->batch, alert, line);
        return;
    }
    size_t len = colon ? (size_t)(colon - line.at) : 0;
    for (size_t i = 0; colon && i < sizeof(headers) / sizeof(*headers); i++)
        if (alert_same((struct bytes){line.at, len}, headers[i].name))
            (void)alert_field_set(reading->batch, alert, headers[i].field,
                                  alert_trim(bytes_from(line, len + 1)), 0);
}

/* One line of a section. */
static enum alert_reason line_read(struct reading *reading, struct sections *sections,
                                   struct alert *alert, struct bytes line)
{
    struct bytes first = line;
    switch (sections->letter) {
    case 'A':
        return line.len ? section_a(reading, alert, line) : ALERT_REASON_none;
    case 'B':
        section_b(reading, alert, line);
        return ALERT_REASON_none;
    case 'C':
        if (alert->payload.len == 0) {
            line.len = line.len > ALERT_PAYLOAD_LIMIT ? ALERT_PAYLOAD_LIMIT : line.len;
            alert->payload = alert_batch_text(reading->batch, line);
        }
        return ALERT_REASON_none;
    case 'F':
        word_take(&first);
        if (bytes_start(line, BYTES("HTTP/")))
            (void)alert_field_set(reading->batch, alert, ALERT_FIELD_http_status, word_take(&first),
                                  0);
        return ALERT_REASON_none;
    case 'H':
        if (bytes_start(line, BYTES("Message: ")) && sections->message_count < ALERT_JSON_ELEMENTS)
            sections->messages[sections->message_count++] = bytes_from(line, 9);
        return ALERT_REASON_none;
    default:
        return ALERT_REASON_none;
    }
}

/* The whole of one transaction, from its A to its Z. */
static enum alert_reason transaction_read(struct reading *reading, struct sections *sections)
{
    struct bytes text = buffer_bytes(&sections->text);
    struct alert common = {
        .time = TIME_NONE, .sensor = BYTES("modsecurity"), .network_transport = 6};
    enum alert_reason reason = ALERT_REASON_none;
    sections->message_count = 0;
    while (text.len && !reason) {
        const char *end = memchr(text.at, '\n', text.len);
        struct bytes line = {text.at, end ? (size_t)(end - text.at) : text.len};
        char letter = modsecurity_boundary(line);
        text = bytes_from(text, line.len + 1);
        if (letter)
            sections->letter = letter;
        else
            reason = line_read(reading, sections, &common, alert_trim(line));
    }
    if (!reason && common.time == TIME_NONE)
        reason = ALERT_REASON_no_time;
    if (!reason && sections->message_count == 0)
        reason = ALERT_REASON_other;
    for (uint32_t i = 0; !reason && i < sections->message_count; i++) {
        struct bytes element[ALERT_ELEMENT_COUNT] = {0};
        element[ALERT_ELEMENT_message] = sections->messages[i];
        modsecurity_message(reading, &common, element, i);
    }
    return reason;
}

enum alert_reason sections_read(struct reading *reading, struct sections *sections,
                                struct bytes line)
{
    char letter = modsecurity_boundary(line);
    if (letter == 'A') {
        bool broken = sections->open;
        buffer_clear(&sections->text);
        sections->open = true;
        sections->id = reading->id;
        buffer_put(&sections->text, line);
        return broken ? ALERT_REASON_incomplete : ALERT_REASON_none;
    }
    if (!sections->open)
        return ALERT_REASON_stray;
    if (sections->text.len < SECTIONS_LIMIT) {
        buffer_put_char(&sections->text, '\n');
        buffer_put(&sections->text, line);
    }
    if (letter != 'Z')
        return ALERT_REASON_none;
    sections->open = false;
    if (sections->text.failed)
        return ALERT_REASON_no_memory;
    if (sections->text.len >= SECTIONS_LIMIT)
        return ALERT_REASON_too_long;
    reading->id = sections->id;
    return transaction_read(reading, sections);
}
