/*
 * observe/flow/element.h -- values of an exporter's records. For export.c.
 */
#ifndef OBSERVE_FLOW_ELEMENT_H
#define OBSERVE_FLOW_ELEMENT_H

#include "model/flow.h"
#include "observe/flow/sampling.h"

enum element { /* IANA, "IPFIX Information Elements"; NetFlow v9 numbers them the same */
               ELEMENT_octets = 1,
               ELEMENT_packets = 2,
               ELEMENT_protocol = 4,
               ELEMENT_source_port = 7,
               ELEMENT_source_ipv4 = 8,
               ELEMENT_interface = 10,
               ELEMENT_destination_port = 11,
               ELEMENT_destination_ipv4 = 12,
               ELEMENT_end_uptime = 21,
               ELEMENT_start_uptime = 22,
               ELEMENT_octets_back = 23,
               ELEMENT_packets_back = 24,
               ELEMENT_source_ipv6 = 27,
               ELEMENT_destination_ipv6 = 28,
               ELEMENT_icmp_type = 32,
               ELEMENT_interval = 34,
               ELEMENT_sampler = 48,
               ELEMENT_random_interval = 50,
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
               ELEMENT_selector = 302,
               ELEMENT_packet_interval = 305,
               ELEMENT_packet_space = 306,
               ELEMENT_size = 309,
               ELEMENT_population = 310,
               ELEMENT_probability = 311,
               ELEMENT_reverse = 1 << 15, /* RFC 5103: the same, of the way back */
               ELEMENT_unknown = UINT16_MAX,
};

/* What a record says: of a flow, of sampling, or of a flow and its sampling. */
struct exported {
    struct flow flow;
    struct sampling_words sampling;
};

/* Take the value of `len` bytes at `at`, if it is of use; `started`: when the exporter was, ns. */
void element_take(struct exported *record, uint16_t element, const uint8_t *at, size_t len,
                  int64_t started);

/* Four bytes in network order. */
struct ip element_ip(const uint8_t *at);

/* `units` of so many ns; 0 where that is too many. */
int64_t element_time(uint64_t units, uint64_t unit);

#endif
