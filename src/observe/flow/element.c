#include "observe/flow/element.h"

#include <string.h>

struct ip element_ip(const uint8_t *at)
{
    struct ip ip = {{[10] = 0xff, [11] = 0xff, [12] = at[0], at[1], at[2], at[3]}};
    return ip;
}

int64_t element_time(uint64_t units, uint64_t unit)
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
        *ip = element_ip(at);
    else if (!four && len == 16)
        memcpy(ip, at, 16);
}

static void time_take(struct flow *flow, uint16_t element, uint64_t value, int64_t started)
{
    switch (element) {
    case ELEMENT_start_uptime:
        flow->start = started + element_time(value & UINT32_MAX, 1000000);
        break;
    case ELEMENT_end_uptime:
        flow->end = started + element_time(value & UINT32_MAX, 1000000);
        break;
    case ELEMENT_start_seconds:
        flow->start = element_time(value, 1000000000);
        break;
    case ELEMENT_end_seconds:
        flow->end = element_time(value, 1000000000);
        break;
    case ELEMENT_start_milliseconds:
        flow->start = element_time(value, 1000000);
        break;
    case ELEMENT_end_milliseconds:
        flow->end = element_time(value, 1000000);
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

static void value_take(struct flow *flow, uint16_t element, uint64_t value, int64_t started)
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
        time_take(flow, element, value, started);
    }
}

void element_take(struct exported *record, uint16_t element, const uint8_t *at, size_t len,
                  int64_t started)
{
    struct flow *flow = &record->flow;
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
    value_take(flow, element, value, started);
    sampling_take(&record->sampling, element, value, len);
}
