/* Each tool's packet as its source builds it, and each kind of packet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "detect/darknet/marks.h"

static struct packets packets;

static struct ip address(const char *text)
{
    struct ip ip;
    assert_true(ip_parse(bytes_of(text), &ip));
    return ip;
}

/* A SYN of an ordinary Linux: MSS, SACK, timestamps, NOP, window scale. */
static void set_syn(void)
{
    packets = (struct packets){.count = 1};
    packets.source_ip[0] = address("198.51.100.7");
    packets.destination_ip[0] = address("203.0.113.9"); /* cb 00 71 09 */
    packets.protocol[0] = PROTOCOL_tcp;
    packets.has[0] = PACKET_PORTS | PACKET_TCP;
    packets.tcp_flags[0] = TCP_SYN;
    packets.tcp_window[0] = 64240;
    packets.tcp_options[0] = 0x24813;
    packets.tcp_sequence[0] = 0x12345678;
    packets.destination_port[0] = 443;
    packets.ip_id[0] = 1000;
}

static void test_ordinary(void **state)
{
    (void)state;
    set_syn();
    assert_int_equal(marks_of(&packets, 0), 0);
    assert_int_equal(kind_of(&packets, 0), KIND_tcp_syn);
}

static void test_mirai(void **state)
{
    (void)state;
    set_syn();
    packets.tcp_sequence[0] = 0xcb007109;
    packets.tcp_options[0] = 0;
    assert_int_equal(marks_of(&packets, 0), MARK_mirai | MARK_optionless);
    packets.tcp_flags[0] = TCP_SYN | TCP_ACK; /* an answer may carry any number */
    assert_int_equal(marks_of(&packets, 0), 0);
}

static void test_zmap(void **state)
{
    (void)state;
    set_syn();
    packets.ip_id[0] = 54321;
    packets.tcp_window[0] = 65535;
    packets.tcp_options[0] = 0;
    assert_int_equal(marks_of(&packets, 0), MARK_zmap | MARK_stateless | MARK_optionless);
    packets.tcp_options[0] = OPTIONS_MSS; /* since 3.0 */
    assert_int_equal(marks_of(&packets, 0), MARK_zmap | MARK_stateless);
    packets.tcp_flags[0] = TCP_RST; /* a victim's id is 54321 now and then */
    assert_int_equal(marks_of(&packets, 0), 0);
    packets.protocol[0] = PROTOCOL_udp;
    packets.has[0] = PACKET_PORTS;
    assert_int_equal(marks_of(&packets, 0), MARK_zmap);
}

static void test_masscan(void **state)
{
    (void)state;
    set_syn();
    packets.ip_id[0] = 0x7109 ^ 443 ^ 0x5678;
    packets.tcp_window[0] = 1024;
    packets.tcp_options[0] = OPTIONS_MSS;
    assert_int_equal(marks_of(&packets, 0), MARK_masscan);
    packets.ip_id[0]++; /* the same without the mark is what nmap sends */
    assert_int_equal(marks_of(&packets, 0), MARK_nmap);
    packets.tcp_window[0] = 5120;
    assert_int_equal(marks_of(&packets, 0), 0);
}

static void test_ipv6(void **state)
{
    (void)state;
    set_syn();
    packets.source_ip[0] = address("2001:db8::1");
    packets.destination_ip[0] = address("2001:db8::cb00:7109");
    packets.tcp_sequence[0] = 0xcb007109;
    packets.ip_id[0] = 0;
    assert_int_equal(marks_of(&packets, 0), 0);
    packets.tcp_options[0] = 0;
    assert_int_equal(marks_of(&packets, 0), MARK_optionless);
}

static void test_kinds(void **state)
{
    (void)state;
    static const struct {
        uint8_t protocol, has, value; /* value: TCP flags or ICMP type */
        uint16_t source_port;
        enum source_kind kind;
    } cases[] = {
        {PROTOCOL_tcp, PACKET_TCP, TCP_SYN | TCP_ECE | TCP_CWR, 0, KIND_tcp_syn},
        {PROTOCOL_tcp, PACKET_TCP, TCP_SYN | TCP_ACK, 80, KIND_tcp_syn_ack},
        {PROTOCOL_tcp, PACKET_TCP, TCP_RST | TCP_ACK, 80, KIND_tcp_rst},
        {PROTOCOL_tcp, PACKET_TCP, TCP_ACK | TCP_PSH, 80, KIND_tcp_ack},
        {PROTOCOL_tcp, PACKET_TCP, TCP_FIN | TCP_ACK, 80, KIND_tcp_ack},
        {PROTOCOL_tcp, PACKET_TCP, 0, 0, KIND_tcp_odd},
        {PROTOCOL_tcp, PACKET_TCP, TCP_FIN | TCP_PSH | TCP_URG, 0, KIND_tcp_odd},
        {PROTOCOL_tcp, PACKET_TCP, TCP_SYN | TCP_FIN, 0, KIND_tcp_odd},
        {PROTOCOL_tcp, PACKET_FRAGMENT, 0, 0, KIND_other},
        {PROTOCOL_udp, PACKET_PORTS, 0, 40000, KIND_udp},
        {PROTOCOL_udp, PACKET_PORTS, 0, 53, KIND_udp_from_service},
        {PROTOCOL_udp, PACKET_FRAGMENT, 0, 0, KIND_other},
        {PROTOCOL_icmp, PACKET_ICMP, 8, 0, KIND_icmp_echo},
        {PROTOCOL_icmp, PACKET_ICMP, 0, 0, KIND_icmp_reply},
        {PROTOCOL_icmp, PACKET_ICMP, 11, 0, KIND_icmp_error},
        {PROTOCOL_icmp, PACKET_ICMP, 13, 0, KIND_icmp_other},
        {PROTOCOL_icmp6, PACKET_ICMP, 128, 0, KIND_icmp_echo},
        {PROTOCOL_icmp6, PACKET_ICMP, 1, 0, KIND_icmp_error},
        {47, 0, 0, 0, KIND_other},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        packets = (struct packets){.count = 1};
        packets.protocol[0] = cases[i].protocol;
        packets.has[0] = cases[i].has;
        packets.tcp_flags[0] = packets.icmp_type[0] = cases[i].value;
        packets.source_port[0] = cases[i].source_port;
        assert_int_equal(kind_of(&packets, 0), cases[i].kind);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ordinary), cmocka_unit_test(test_mirai), cmocka_unit_test(test_zmap),
        cmocka_unit_test(test_masscan),  cmocka_unit_test(test_ipv6),  cmocka_unit_test(test_kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
