#include "observe/flow/export.h"

#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"
#include "observe/flow/templates.h"

enum { VERSION_5 = 5, VERSION_9 = 9, VERSION_IPFIX = 10 };
enum { SET_TEMPLATES_9 = 0, SET_OPTIONS_9 = 1, SET_TEMPLATES = 2, SET_OPTIONS = 3, SET_DATA = 256 };
enum { LENGTH_VARIABLE = 65535, ENTERPRISE_REVERSE = 29305 };

enum element { /* IANA, "IPFIX Information Elements"; NetFlow v9 numbers them the same */
               ELEMENT_octets = 1,
               ELEMENT_packets = 2,
               ELEMENT_protocol = 4,
               ELEMENT_source_port = 7,
               ELEMENT_source_ipv4 = 8,
               ELEMENT_destination_port = 11,
               ELEMENT_destination_ipv4 = 12,
               ELEMENT_end_uptime = 21,
               ELEMENT_start_uptime = 22,
               ELEMENT_octets_back = 23,
               ELEMENT_packets_back = 24,
               ELEMENT_source_ipv6 = 27,
               ELEMENT_destination_ipv6 = 28,
               ELEMENT_icmp_type = 32,
               ELEMENT_octets_total = 85,
               ELEMENT_packets_total = 86,
               ELEMENT_application = 96,
               ELEMENT_icmp6_type = 139,
               ELEMENT_start_seconds = 150,
               ELEMENT_end_seconds = 151,
               ELEMENT_start_milliseconds = 152,
               ELEMENT_end_milliseconds = 153,
               ELEMENT_start_microseconds = 154,
               ELEMENT_end_microseconds = 155,
               ELEMENT_start_nanoseconds = 156,
               ELEMENT_end_nanoseconds = 157,
               ELEMENT_reverse = 1 << 15, /* RFC 5103: the same, of the way back */
               ELEMENT_unknown = UINT16_MAX,
};

struct exports {
    struct export_counts counts;
    struct templates templates;
};

/* What is the same for all flows of a datagram. */
struct datagram {
    struct exports *exports;
    uint64_t exporter; /* hash of its address and domain */
    int64_t time;      /* of the header, else when it came */
    int64_t started;   /* when the exporter did, ns since 1970 */
    bool nine;
    int (*take)(void *context, const struct flow *flow);
    void *context;
};

/* A sticky reader of network order. */
struct reader {
    const uint8_t *at, *end;
    bool short_read;
};

static const uint8_t *take_bytes(struct reader *reader, size_t len)
{
    if (reader->short_read || (size_t)(reader->end - reader->at) < len) {
        reader->short_read = true;
        return NULL;
    }
    reader->at += len;
    return reader->at - len;
}

static uint64_t take_number(struct reader *reader, size_t len)
{
    const uint8_t *at = take_bytes(reader, len);
    uint64_t value = 0;
    for (size_t i = 0; at && i < len; i++)
        value = value << 8 | at[i];
    return value;
}

static size_t reader_left(const struct reader *reader)
{
    return reader->short_read ? 0 : (size_t)(reader->end - reader->at);
}

struct exports *exports_create(void)
{
    return calloc(1, sizeof(struct exports));
}

const struct export_counts *export_counts(const struct exports *exports)
{
    return &exports->counts;
}

void exports_destroy(struct exports *exports)
{
    if (!exports)
        return;
    templates_finish(&exports->templates);
    free(exports);
}

static uint64_t template_key(const struct datagram *datagram, uint64_t number)
{
    return hash_mix(datagram->exporter, number) | 1;
}

static void template_read(struct datagram *datagram, struct reader *set)
{
    uint64_t number = take_number(set, 2), count = take_number(set, 2);
    if (set->short_read || count == 0 || count > EXPORT_FIELDS || number < SET_DATA) {
        set->short_read =
            count > EXPORT_FIELDS || set->short_read; /* the rest can't be told apart */
        return;
    }
    struct template made = {.count = (uint16_t)count};
    for (uint64_t i = 0; i < count; i++) {
        uint64_t element = take_number(set, 2), enterprise = 0;
        made.fields[i].length = (uint16_t)take_number(set, 2);
        if (!datagram->nine && element & 0x8000) {
            enterprise = take_number(set, 4);
            element &= 0x7fff;
        }
        made.fields[i].element = enterprise == 0 ? (uint16_t)element
                                 : enterprise == ENTERPRISE_REVERSE
                                     ? (uint16_t)(element | ELEMENT_reverse)
                                     : ELEMENT_unknown;
    }
    if (set->short_read)
        return;
    struct template *place =
        template_place(&datagram->exports->templates, template_key(datagram, number));
    if (!place) { /* without memory it is as if it had not come: its sets are counted as unknown */
        set->short_read = true;
        return;
    }
    place->count = made.count;
    memcpy(place->fields, made.fields, sizeof(made.fields));
    datagram->exports->counts.templates++;
    datagram->exports->counts.evicted = datagram->exports->templates.evicted;
}

static struct ip ip_four(const uint8_t *at)
{
    struct ip ip = {{[10] = 0xff, [11] = 0xff, [12] = at[0], at[1], at[2], at[3]}};
    return ip;
}

static int64_t time_from(uint64_t units, uint64_t unit)
{
    return units > INT64_MAX / unit ? 0 : (int64_t)(units * unit);
}

/* 32 bits of seconds since 1900, 32 of their fraction (RFC 7011, 6.1.9). */
static int64_t time_from_ntp(uint64_t value)
{
    enum { SECONDS_1900_TO_1970 = 2208988800u };
    uint64_t seconds = value >> 32, fraction = (value & UINT32_MAX) * 1000000000u >> 32;
    return seconds < SECONDS_1900_TO_1970
               ? 0
               : (int64_t)((seconds - SECONDS_1900_TO_1970) * 1000000000u + fraction);
}

static void text_take(char *to, size_t size, const uint8_t *at, size_t len)
{
    size_t i = 0;
    for (; i < len && i + 1 < size && at[i]; i++)
        to[i] = at[i] > ' ' && at[i] < 0x7f && at[i] != '\\' ? (char)at[i] : '?';
    to[i] = '\0';
}

static void address_take(struct flow *flow, uint16_t element, const uint8_t *at, size_t len)
{
    bool source = element == ELEMENT_source_ipv4 || element == ELEMENT_source_ipv6;
    struct ip *ip = source ? &flow->source_ip : &flow->destination_ip;
    bool four = element == ELEMENT_source_ipv4 || element == ELEMENT_destination_ipv4;
    if (four && len == 4)
        *ip = ip_four(at);
    else if (!four && len == 16)
        memcpy(ip, at, 16);
}

static void time_take(const struct datagram *datagram, struct flow *flow, uint16_t element,
                      uint64_t value)
{
    switch (element) {
    case ELEMENT_start_uptime:
        flow->start = datagram->started + time_from(value & UINT32_MAX, 1000000);
        break;
    case ELEMENT_end_uptime:
        flow->end = datagram->started + time_from(value & UINT32_MAX, 1000000);
        break;
    case ELEMENT_start_seconds:
        flow->start = time_from(value, 1000000000);
        break;
    case ELEMENT_end_seconds:
        flow->end = time_from(value, 1000000000);
        break;
    case ELEMENT_start_milliseconds:
        flow->start = time_from(value, 1000000);
        break;
    case ELEMENT_end_milliseconds:
        flow->end = time_from(value, 1000000);
        break;
    case ELEMENT_start_microseconds:
    case ELEMENT_start_nanoseconds:
        flow->start = time_from_ntp(value);
        break;
    case ELEMENT_end_microseconds:
    case ELEMENT_end_nanoseconds:
        flow->end = time_from_ntp(value);
        break;
    default:
        break;
    }
}

static void value_take(const struct datagram *datagram, struct flow *flow, uint16_t element,
                       uint64_t value)
{
    switch (element) {
    case ELEMENT_octets:
    case ELEMENT_octets_total:
        flow->bytes[0] = value;
        break;
    case ELEMENT_packets:
    case ELEMENT_packets_total:
        flow->packets[0] = value;
        break;
    case ELEMENT_octets_back:
    case ELEMENT_octets | ELEMENT_reverse:
    case ELEMENT_octets_total | ELEMENT_reverse:
        flow->bytes[1] = value;
        break;
    case ELEMENT_packets_back:
    case ELEMENT_packets | ELEMENT_reverse:
    case ELEMENT_packets_total | ELEMENT_reverse:
        flow->packets[1] = value;
        break;
    case ELEMENT_protocol:
        flow->protocol = (uint8_t)value;
        break;
    case ELEMENT_source_port:
        flow->source_port = (uint16_t)value;
        break;
    case ELEMENT_destination_port:
    case ELEMENT_icmp_type:
    case ELEMENT_icmp6_type:
        if (value || element == ELEMENT_destination_port)
            flow->destination_port = (uint16_t)value;
        break;
    default:
        time_take(datagram, flow, element, value);
    }
}

static void field_take(const struct datagram *datagram, struct flow *flow, uint16_t element,
                       const uint8_t *at, size_t len)
{
    switch (element) {
    case ELEMENT_source_ipv4:
    case ELEMENT_source_ipv6:
    case ELEMENT_destination_ipv4:
    case ELEMENT_destination_ipv6:
        address_take(flow, element, at, len);
        return;
    case ELEMENT_application:
        text_take(flow->application, sizeof(flow->application), at, len);
        return;
    default:
        break;
    }
    uint64_t value = 0;
    if (len > 8)
        return;
    for (size_t i = 0; i < len; i++)
        value = value << 8 | at[i];
    value_take(datagram, flow, element, value);
}

static int flow_give(const struct datagram *datagram, struct flow *flow)
{
    if (!ip_given(&flow->source_ip) || !ip_given(&flow->destination_ip)) {
        datagram->exports->counts.without++;
        return 0;
    }
    flow->logged = datagram->time;
    if (flow->start <= 0)
        flow->start = datagram->time;
    if (flow->end < flow->start)
        flow->end = flow->start;
    datagram->exports->counts.flows++;
    return datagram->take(datagram->context, flow);
}

/* One record by its template. False: it is not all there. */
static bool record_read(const struct datagram *datagram, const struct template *template,
                        struct reader *set, struct flow *flow)
{
    *flow = (struct flow){0};
    for (uint16_t i = 0; i < template->count; i++) {
        size_t len = template->fields[i].length;
        if (len == LENGTH_VARIABLE && !datagram->nine) {
            len = take_number(set, 1);
            if (len == 255)
                len = take_number(set, 2);
        }
        const uint8_t *at = take_bytes(set, len);
        if (!at)
            return false;
        field_take(datagram, flow, template->fields[i].element, at, len);
    }
    return true;
}

static size_t template_least(const struct template *template, bool nine)
{
    size_t least = 0;
    for (uint16_t i = 0; i < template->count; i++) {
        uint16_t len = template->fields[i].length;
        least += len == LENGTH_VARIABLE && !nine ? 1 : len;
    }
    return least;
}

static int data_read(struct datagram *datagram, uint64_t number, struct reader *set)
{
    const struct template *template =
        template_find(&datagram->exports->templates, template_key(datagram, number));
    if (!template) {
        datagram->exports->counts.unknown++;
        return 0;
    }
    struct flow flow;
    int result = 0;
    size_t least = template_least(template, datagram->nine);
    while (!result && least && reader_left(set) >= least && /* less is padding */
           record_read(datagram, template, set, &flow))
        result = flow_give(datagram, &flow);
    return result;
}

static int set_read(struct datagram *datagram, uint64_t number, struct reader *set)
{
    if (number == (datagram->nine ? SET_TEMPLATES_9 : SET_TEMPLATES)) {
        while (reader_left(set) >= 8)
            template_read(datagram, set);
        return 0;
    }
    return number >= SET_DATA ? data_read(datagram, number, set) : 0; /* options say nothing */
}

/* -EBADMSG: a set that reaches beyond the datagram. */
static int sets_read(struct datagram *datagram, struct reader *rest)
{
    int result = 0;
    while (!result && reader_left(rest) >= 4) {
        uint64_t number = take_number(rest, 2), len = take_number(rest, 2);
        const uint8_t *at = len >= 4 ? take_bytes(rest, len - 4) : NULL;
        if (!at)
            return -EBADMSG;
        struct reader set = {at, at + len - 4, false};
        result = set_read(datagram, number, &set);
    }
    return result;
}

static int five_read(struct datagram *datagram, struct reader *rest, uint64_t count)
{
    int result = 0;
    if (!take_bytes(rest, 8)) /* sequence, engine, sampling */
        return -EBADMSG;
    while (count-- && !result) {
        const uint8_t *at = take_bytes(rest, 48);
        if (!at)
            return -EBADMSG;
        struct reader reader = {at + 16, at + 48, false};
        struct flow flow = {.source_ip = ip_four(at), .destination_ip = ip_four(at + 4)};
        flow.packets[0] = take_number(&reader, 4);
        flow.bytes[0] = take_number(&reader, 4);
        flow.start = datagram->started + time_from(take_number(&reader, 4), 1000000);
        flow.end = datagram->started + time_from(take_number(&reader, 4), 1000000);
        flow.source_port = (uint16_t)take_number(&reader, 2);
        flow.destination_port = (uint16_t)take_number(&reader, 2);
        flow.protocol = at[38];
        result = flow_give(datagram, &flow);
    }
    return result;
}

static int versions_read(struct datagram *datagram, struct reader *rest, size_t len)
{
    uint64_t version = take_number(rest, 2), count = take_number(rest, 2), uptime = 0;
    if (version != VERSION_5 && version != VERSION_9 && version != VERSION_IPFIX)
        return -EBADMSG;
    if (version == VERSION_IPFIX) {
        if (count > len || count < 16)
            return -EBADMSG;
        rest->end = rest->at - 4 + count;
    } else {
        uptime = take_number(rest, 4);
    }
    datagram->time = time_from(take_number(rest, 4), 1000000000);
    if (version == VERSION_5)
        datagram->time += (int64_t)take_number(rest, 4);
    datagram->started = datagram->time - time_from(uptime, 1000000);
    if (version == VERSION_5)
        return five_read(datagram, rest, count);
    take_number(rest, 4); /* sequence */
    datagram->exporter = hash_mix(datagram->exporter, take_number(rest, 4));
    datagram->nine = version == VERSION_9;
    return rest->short_read ? -EBADMSG : sets_read(datagram, rest);
}

int export_read(struct exports *exports, const struct ip *exporter, int64_t time,
                struct bytes bytes, int (*take)(void *context, const struct flow *flow),
                void *context)
{
    struct datagram datagram = {
        .exports = exports,
        .exporter = hash_bytes((struct bytes){(const char *)exporter, sizeof(*exporter)}),
        .time = time,
        .take = take,
        .context = context,
    };
    const uint8_t *at = (const uint8_t *)(bytes.len ? bytes.at : "");
    struct reader rest = {at, at + bytes.len, false};
    exports->counts.datagrams++;
    int result = versions_read(&datagram, &rest, bytes.len);
    if (result == -EBADMSG)
        exports->counts.broken++;
    return result;
}
