/* Packets become flows, each counted once, whichever way they went. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "observe/flow/meter.h"

enum { KEPT = 64 };

struct taken {
    struct flow flows[KEPT];
    uint64_t count, packets, bytes;
};

static int flow_keep(void *context, const struct flow *flow)
{
    struct taken *taken = context;
    if (taken->count < KEPT)
        taken->flows[taken->count] = *flow;
    taken->count++;
    taken->packets += flow->packets[0] + flow->packets[1];
    taken->bytes += flow->bytes[0] + flow->bytes[1];
    return 0;
}

static struct ip ip_of(uint32_t four)
{
    return (struct ip){{[10] = 0xff,
                        [11] = 0xff,
                        [12] = (uint8_t)(four >> 24),
                        (uint8_t)(four >> 16),
                        (uint8_t)(four >> 8),
                        (uint8_t)four}};
}

static struct packets packets;

/* One row of TCP. */
static int packet(struct meter *meter, uint32_t from, uint16_t from_port, uint32_t to,
                  uint16_t to_port, uint8_t flags, int64_t time)
{
    packets.count = 1;
    packets.time[0] = time;
    packets.source_ip[0] = ip_of(from), packets.destination_ip[0] = ip_of(to);
    packets.source_port[0] = from_port, packets.destination_port[0] = to_port;
    packets.protocol[0] = PROTOCOL_tcp;
    packets.has[0] = PACKET_PORTS | PACKET_TCP;
    packets.tcp_flags[0] = flags;
    packets.length[0] = 40;
    packets.payload[0] = (struct bytes){NULL, 0};
    return meter_packet(meter, &packets, 0);
}

static void joins_both_ways(void **state)
{
    (void)state;
    struct meter *meter;
    struct taken taken = {0};
    assert_int_equal(meter_create(flow_keep, &taken, &meter), 0);
    assert_int_equal(packet(meter, 9, 1000, 5, 80, TCP_SYN, 10), 0);
    assert_int_equal(packet(meter, 5, 80, 9, 1000, TCP_SYN | TCP_ACK, 20), 0);
    assert_int_equal(packet(meter, 9, 1000, 5, 80, TCP_ACK, 30), 0);
    assert_int_equal(packet(meter, 7, 443, 8, 2000, TCP_SYN | TCP_ACK, 40), 0); /* an answer */
    assert_int_equal(meter_flush(meter), 0);
    assert_int_equal(taken.count, 2);
    const struct flow *flow = &taken.flows[0];
    assert_int_equal(flow->source_port, 1000);
    assert_int_equal(flow->packets[0], 2);
    assert_int_equal(flow->packets[1], 1);
    assert_int_equal(flow->bytes[0], 80);
    assert_true(flow->start == 10 && flow->end == 30);
    assert_int_equal(taken.flows[1].source_port, 2000);
    assert_int_equal(taken.flows[1].packets[1], 1);
    assert_int_equal(packet(meter, 5, 80, 9, 1000, TCP_ACK, 50), 0); /* goes on */
    assert_int_equal(meter_flush(meter), 0);
    assert_int_equal(taken.count, 3);
    assert_int_equal(taken.flows[2].source_port, 1000);
    assert_int_equal(taken.flows[2].packets[1], 1);
    assert_true(taken.flows[2].start == 50 && taken.flows[2].packets[0] == 0);
    assert_int_equal(meter_flush(meter), 0); /* silent: forgotten */
    assert_int_equal(packet(meter, 5, 80, 9, 1000, TCP_ACK, 60), 0);
    assert_int_equal(meter_flush(meter), 0);
    assert_int_equal(taken.flows[3].source_port, 80);
    meter_destroy(meter);
}

/* More flows than there is room for: none is lost, and it is said. */
static void loses_nothing_when_full(void **state)
{
    (void)state;
    struct meter *meter;
    struct taken taken = {0};
    assert_int_equal(meter_create(flow_keep, &taken, &meter), 0);
    for (uint32_t i = 0; i < METER_FLOWS + 1000; i++)
        assert_int_equal(packet(meter, i, 1000, 5, 80, TCP_SYN, i), 0);
    assert_int_equal(meter_flush(meter), 0);
    assert_int_equal(taken.count, METER_FLOWS + 1000);
    assert_int_equal(taken.packets, METER_FLOWS + 1000);
    assert_int_equal(meter_counts(meter)->overflows, 1);
    assert_true(meter_counts(meter)->unlooked > 0);
    meter_destroy(meter);
}

static void recognises_an_application(void **state)
{
    (void)state;
    static const char query[] = "\x12\x34\x01\x00\0\1\0\0\0\0\0\0\3www\7example\3com\0\0\1\0\1";
    static const uint8_t head[28] = {0x45, 0,
                                     0,    28 + sizeof(query) - 1,
                                     0,    0,
                                     0,    0,
                                     64,   17,
                                     0,    0,
                                     0,    0,
                                     0,    9,
                                     0,    0,
                                     0,    5,
                                     0x30, 0x39,
                                     0,    53,
                                     0,    8 + sizeof(query) - 1};
    char bytes[sizeof(head) + sizeof(query)];
    struct meter *meter;
    struct taken taken = {0};
    memcpy(bytes, head, sizeof(head));
    memcpy(bytes + sizeof(head), query, sizeof(query));
    assert_int_equal(meter_create(flow_keep, &taken, &meter), 0);
    assert_int_equal(packet(meter, 9, 12345, 5, 53, 0, 1000000000), 0);
    assert_int_equal(meter_flush(meter), 0);
    assert_string_equal(taken.flows[0].application, "");
    packets.protocol[0] = PROTOCOL_udp;
    packets.has[0] = PACKET_PORTS;
    packets.header_length[0] = sizeof(head);
    packets.payload[0] = (struct bytes){bytes + sizeof(head), sizeof(query) - 1};
    assert_int_equal(meter_packet(meter, &packets, 0), 0);
    assert_int_equal(meter_flush(meter), 0);
    assert_memory_equal(taken.flows[1].application, "DNS", 3);
    meter_destroy(meter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joins_both_ways),
        cmocka_unit_test(loses_nothing_when_full),
        cmocka_unit_test(recognises_an_application),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
