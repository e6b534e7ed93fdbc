/*
 * ArcSight Common Event Format and QRadar Log Event Extended Format:
 *
 *     CEF:0|vendor|product|version|signature|name|severity|key=value key=value
 *     LEEF:1.0|vendor|product|version|event|key=value<tab>key=value
 *     LEEF:2.0|vendor|product|version|event|^|key=value^key=value
 */
#include "observe/alert/inside.h"

/* The header's next field: to the next bar that has no backslash before it. */
static bool header_take(struct bytes *text, struct bytes *ret_field)
{
    size_t len = 0;
    while (len < text->len && text->at[len] != '|')
        len += text->at[len] == '\\' ? 2 : 1;
    if (len >= text->len)
        return false;
    *ret_field = (struct bytes){text->at, len};
    *text = bytes_from(*text, len + 1);
    return true;
}

/* Escapes undone: \| \\ \= \n \r. */
static struct bytes unescape(struct alert_batch *batch, struct bytes text)
{
    if (text.len == 0 || !memchr(text.at, '\\', text.len))
        return text;
    char *to = arena_take(&batch->arena, text.len);
    size_t len = 0;
    if (!to) {
        batch->failed = true;
        return (struct bytes){0};
    }
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (c == '\\' && i + 1 < text.len) {
            c = text.at[++i];
            c = c == 'n' ? '\n' : c == 'r' ? '\r' : c;
        }
        to[len++] = c;
    }
    return (struct bytes){to, len};
}

static const struct {
    const char *key;
    enum alert_field field;
} cef_keys[] = {
    {"rt", ALERT_FIELD_time},
    {"src", ALERT_FIELD_source_ip},
    {"spt", ALERT_FIELD_source_port},
    {"dst", ALERT_FIELD_destination_ip},
    {"dpt", ALERT_FIELD_destination_port},
    {"proto", ALERT_FIELD_network_transport},
    {"suser", ALERT_FIELD_user_name},
    {"duser", ALERT_FIELD_user_name},
    {"request", ALERT_FIELD_url},
    {"requestMethod", ALERT_FIELD_http_method},
    {"requestClientApplication", ALERT_FIELD_user_agent},
    {"dhost", ALERT_FIELD_http_host},
    {"dvchost", ALERT_FIELD_host},
    {"dvc", ALERT_FIELD_host_ip},
    {"cat", ALERT_FIELD_category},
    {"msg", ALERT_FIELD_message},
};

static const struct {
    const char *key;
    enum alert_field field;
} leef_keys[] = {
    {"devTime", ALERT_FIELD_time},
    {"src", ALERT_FIELD_source_ip},
    {"srcPort", ALERT_FIELD_source_port},
    {"dst", ALERT_FIELD_destination_ip},
    {"dstPort", ALERT_FIELD_destination_port},
    {"proto", ALERT_FIELD_network_transport},
    {"usrName", ALERT_FIELD_user_name},
    {"identHostName", ALERT_FIELD_host},
    {"url", ALERT_FIELD_url},
    {"cat", ALERT_FIELD_category},
    {"name", ALERT_FIELD_rule_name},
    {"msg", ALERT_FIELD_message},
};

/* "0" to "10", or "Low", "Medium", "High", "Very-High". */
static uint8_t severity_read(struct bytes text)
{
    uint64_t number;
    if (alert_number_read(text, 10, &number))
        return number >= 9 ? 1 : number >= 7 ? 2 : number >= 4 ? 3 : 4;
    return alert_same(text, "Very-High") ? 1
           : alert_same(text, "High")    ? 2
           : alert_same(text, "Medium")  ? 3
           : alert_same(text, "Low")     ? 4
                                         : 0;
}

/* Where the key begins whose '=' stands at `equals`: behind the last blank. */
static size_t key_begin(struct bytes text, size_t equals)
{
    size_t at = equals;
    while (at > 0 && text.at[at - 1] != ' ')
        at--;
    return at;
}

static size_t equals_next(struct bytes text, size_t from)
{
    while (from < text.len && text.at[from] != '=')
        from += text.at[from] == '\\' ? 2 : 1;
    return from < text.len ? from : text.len;
}

static enum alert_reason cef_value(struct reading *reading, struct alert *alert, struct bytes key,
                                   struct bytes value)
{
    for (size_t i = 0; i < sizeof(cef_keys) / sizeof(*cef_keys); i++)
        if (bytes_equal(key, bytes_of(cef_keys[i].key)))
            return alert_field_set(reading->batch, alert, cef_keys[i].field,
                                   unescape(reading->batch, value), reading->reference);
    return ALERT_REASON_none;
}

/* Values may hold blanks: each goes to where the next key begins. */
static enum alert_reason cef_extension(struct reading *reading, struct alert *alert,
                                       struct bytes text)
{
    enum alert_reason reason = ALERT_REASON_none;
    size_t equals = equals_next(text, 0), begin = key_begin(text, equals);
    while (equals < text.len && !reason) {
        size_t next = equals_next(text, equals + 1);
        while (next < text.len && key_begin(text, next) <= equals) /* "a==b": one value */
            next = equals_next(text, next + 1);
        size_t end = next < text.len ? key_begin(text, next) : text.len;
        struct bytes key = {text.at + begin, equals - begin};
        struct bytes value = {text.at + equals + 1, end - equals - 1};
        reason = cef_value(reading, alert, key, alert_trim(value));
        begin = end;
        equals = next;
    }
    return reason;
}

static enum alert_reason leef_value(struct reading *reading, struct alert *alert, struct bytes key,
                                    struct bytes value)
{
    if (alert_same(key, "sev")) {
        alert->severity = severity_read(value);
        return ALERT_REASON_none;
    }
    for (size_t i = 0; i < sizeof(leef_keys) / sizeof(*leef_keys); i++)
        if (alert_same(key, leef_keys[i].key))
            return alert_field_set(reading->batch, alert, leef_keys[i].field, value,
                                   reading->reference);
    return ALERT_REASON_none;
}

static enum alert_reason leef_extension(struct reading *reading, struct alert *alert,
                                        struct bytes text, char separator)
{
    enum alert_reason reason = ALERT_REASON_none;
    while (text.len && !reason) {
        const char *end = memchr(text.at, separator, text.len);
        struct bytes pair = {text.at, end ? (size_t)(end - text.at) : text.len};
        const char *equals = pair.len ? memchr(pair.at, '=', pair.len) : NULL;
        text = bytes_from(text, pair.len + 1);
        if (!equals)
            continue;
        size_t len = (size_t)(equals - pair.at);
        reason = leef_value(reading, alert, alert_trim((struct bytes){pair.at, len}),
                            alert_trim(bytes_from(pair, len + 1)));
    }
    return reason;
}

enum {
    FIELD_version,
    FIELD_vendor,
    FIELD_product,
    FIELD_release,
    FIELD_id,
    FIELD_name,
    FIELD_severity,
    FIELDS
};

enum alert_reason cef_read(struct reading *reading, struct bytes text)
{
    struct alert_batch *batch = reading->batch;
    struct bytes fields[FIELDS];
    for (int i = 0; i < FIELDS; i++)
        if (!header_take(&text, &fields[i]))
            return ALERT_REASON_header;
    struct alert *alert = alert_batch_add(batch, reading->id);
    if (!alert)
        return ALERT_REASON_no_memory;
    alert->sensor = alert_batch_text(batch, unescape(batch, fields[FIELD_product]));
    alert->rule_id = alert_batch_text(batch, unescape(batch, fields[FIELD_id]));
    alert->rule_name = alert_batch_text(batch, unescape(batch, fields[FIELD_name]));
    alert->severity = severity_read(alert_trim(fields[FIELD_severity]));
    return cef_extension(reading, alert, text);
}

/* The separator of LEEF 2.0: itself, or its code as x5E or 0x5E. */
static char separator_read(struct bytes text)
{
    unsigned code = 0;
    if (text.len == 1)
        return text.at[0];
    if (bytes_start(text, BYTES("0")))
        text = bytes_from(text, 1);
    if (text.len < 2 || text.len > 5 || (text.at[0] != 'x' && text.at[0] != 'X'))
        return '\t';
    for (size_t i = 1; i < text.len; i++) {
        char c = ascii_lower(text.at[i]);
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return '\t';
        code = code * 16 + (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return code && code < 128 ? (char)code : '\t';
}

enum alert_reason leef_read(struct reading *reading, struct bytes text)
{
    struct alert_batch *batch = reading->batch;
    struct bytes fields[FIELD_id + 1], separator;
    char split = '\t';
    bool second = bytes_start(text, BYTES("LEEF:2"));
    for (int i = 0; i <= FIELD_id; i++)
        if (!header_take(&text, &fields[i]))
            return ALERT_REASON_header;
    if (second && header_take(&text, &separator))
        split = separator_read(separator);
    struct alert *alert = alert_batch_add(batch, reading->id);
    if (!alert)
        return ALERT_REASON_no_memory;
    alert->sensor = alert_batch_text(batch, fields[FIELD_product]);
    alert->rule_id = alert_batch_text(batch, fields[FIELD_id]);
    enum alert_reason reason = leef_extension(reading, alert, text, split);
    if (alert->rule_name.len == 0)
        alert->rule_name = alert->rule_id;
    return reason;
}
