/*
 * Snort's fast alerts, of a file or of syslog, the latter as Suricata writes them too:
 *
 *     03/01-12:00:00.123456  [**] [1:2019232:3] name [**] [Classification: text] [Priority: 1]
 *     {TCP} 10.0.0.1:1234 -> 10.0.0.2:80
 *     [1:2019232:3] name [Classification: text] [Priority: 1] {TCP} 10.0.0.1:1234 -> 10.0.0.2:80
 */
#include "observe/alert/inside.h"

static const char *find(struct bytes text, struct bytes what)
{
    return text.len ? memmem(text.at, text.len, what.at, what.len) : NULL;
}

/* What stands between `from` and `to`, and where that ends; empty without both. */
static struct bytes between(struct bytes text, struct bytes from, struct bytes to)
{
    const char *begin = find(text, from);
    if (!begin)
        return (struct bytes){0};
    struct bytes rest = bytes_from(text, (size_t)(begin - text.at) + from.len);
    const char *end = find(rest, to);
    return end ? (struct bytes){rest.at, (size_t)(end - rest.at)} : (struct bytes){0};
}

/* "1:2019232:3" */
static bool is_rule_id(struct bytes text)
{
    unsigned colons = 0;
    for (size_t i = 0; i < text.len; i++) {
        colons += text.at[i] == ':';
        if (text.at[i] != ':' && (text.at[i] < '0' || text.at[i] > '9'))
            return false;
    }
    return colons == 2 && text.len >= 5;
}

/* "10.0.0.1:80", "10.0.0.1", "2001:db8::1:80": of IPv6 the part behind the last colon is the port
 * when ends have ports at all. */
static void end_read(struct bytes text, bool ports, struct ip *ip, uint16_t *port)
{
    uint64_t number;
    const char *colon = text.len ? memrchr(text.at, ':', text.len) : NULL;
    if (ports && colon) {
        size_t len = (size_t)(colon - text.at);
        struct bytes address = {text.at, len};
        if (len > 2 && address.at[0] == '[' && address.at[len - 1] == ']')
            address = (struct bytes){address.at + 1, len - 2};
        if (alert_number_read(bytes_from(text, len + 1), UINT16_MAX, &number) &&
            ip_parse(address, ip)) {
            *port = (uint16_t)number;
            return;
        }
    }
    (void)!ip_parse(text, ip);
}

/* "{TCP} 10.0.0.1:1234 -> 10.0.0.2:80" */
static void ends_read(struct bytes text, struct alert *alert)
{
    struct bytes transport = between(text, BYTES("{"), BYTES("}"));
    alert->network_transport = alert_transport_read(transport);
    bool ports = alert->network_transport == 6 || alert->network_transport == 17 ||
                 alert->network_transport == 132;
    const char *brace = find(text, BYTES("} "));
    if (!brace)
        return;
    struct bytes ends = bytes_from(text, (size_t)(brace - text.at) + 2);
    const char *arrow = find(ends, BYTES(" -> "));
    if (!arrow)
        return;
    struct bytes to = bytes_from(ends, (size_t)(arrow - ends.at) + 4);
    const char *blank = to.len ? memchr(to.at, ' ', to.len) : NULL;
    to.len = blank ? (size_t)(blank - to.at) : to.len;
    end_read((struct bytes){ends.at, (size_t)(arrow - ends.at)}, ports, &alert->source_ip,
             &alert->source_port);
    end_read(to, ports, &alert->destination_ip, &alert->destination_port);
}

bool snort_recognise(struct bytes text, struct snort *ret_snort)
{
    struct snort snort = {0};
    const char *stars = find(text, BYTES("[**] ["));
    if (stars) {
        snort.time = alert_trim((struct bytes){text.at, (size_t)(stars - text.at)});
        text = bytes_from(text, (size_t)(stars - text.at) + 5);
    }
    if (text.len == 0 || text.at[0] != '[')
        return false;
    snort.rule_id = between(text, BYTES("["), BYTES("]"));
    if (!is_rule_id(snort.rule_id))
        return false;
    snort.text = bytes_from(text, snort.rule_id.len + 2);
    *ret_snort = snort;
    return true;
}

enum alert_reason snort_read(struct reading *reading, const struct snort *snort)
{
    struct alert_batch *batch = reading->batch;
    struct alert *alert = alert_batch_add(batch, reading->id);
    if (!alert)
        return ALERT_REASON_no_memory;
    static const struct bytes stops[] = {
        {" [**]", 5}, {" [Classification:", 17}, {" [Priority:", 11}, {" {", 2}};
    size_t name = snort->text.len;
    for (size_t i = 0; i < sizeof(stops) / sizeof(*stops); i++) {
        const char *stop = find((struct bytes){snort->text.at, name}, stops[i]);
        name = stop ? (size_t)(stop - snort->text.at) : name;
    }
    struct bytes rest = bytes_from(snort->text, name);
    alert->sensor = BYTES("snort");
    alert->rule_id = alert_batch_text(batch, snort->rule_id);
    alert->rule_name = alert_batch_text(batch, alert_trim((struct bytes){snort->text.at, name}));
    alert->category =
        alert_batch_text(batch, alert_trim(between(rest, BYTES("[Classification:"), BYTES("]"))));
    (void)alert_field_set(batch, alert, ALERT_FIELD_severity,
                          alert_trim(between(rest, BYTES("[Priority:"), BYTES("]"))), 0);
    ends_read(rest, alert);
    return snort->time.len
               ? alert_field_set(batch, alert, ALERT_FIELD_time, snort->time, reading->reference)
               : ALERT_REASON_none;
}
