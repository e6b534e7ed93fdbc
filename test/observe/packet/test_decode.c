/* Link layers, headers, and what is said of damaged ones. */
#include "make.h"

#define SYN                                                                                        \
    "1700000000000005000 1700000000000005000 198.51.100.7:40000 > 192.0.2.9:23 len 51 proto 6"     \
    " has 3 ttl 64 id 54321 flags 02 win 1024 seq 1020304 ack 5060708 opt a57be89d icmp 0/0"       \
    " quoted 0 :0 > :0 payload 3/3 61\n"

static const uint32_t source = 0xc6336407, destination = 0xc0000209;

static void check_frame(uint32_t link, const char *head, size_t head_len)
{
    struct buffer frame = {0};
    buffer_put(&frame, (struct bytes){head, head_len});
    put_syn(&frame, source, destination, 23);
    put_zeros(&frame, 4); /* padding, or a frame check sequence */
    struct reading reading = frame_read(link, buffer_bytes(&frame));
    assert_string_equal(reading.rows.at, SYN);
    assert_false(tap_counts_have(&reading.counts, SEVERITY_kept));
    reading_finish(&reading);
    buffer_finish(&frame);
}

#define CHECK_FRAME(link, head) check_frame(link, head, sizeof(head) - 1)
#define MACS                    "\1\2\3\4\5\6\1\2\3\4\5\6"

static void finds_ip_in_every_link_layer(void **state)
{
    (void)state;
    CHECK_FRAME(1, MACS "\x08\x00");
    CHECK_FRAME(1, MACS "\x81\x00\x00\x05\x08\x00");
    CHECK_FRAME(1, MACS "\x88\xa8\x00\x05\x81\x00\x00\x07\x08\x00");
    CHECK_FRAME(1, MACS "\x91\x00\x00\x05\x81\x00\x00\x07\x08\x00");
    CHECK_FRAME(1, MACS "\x88\x47\x00\x01\x01\x40");
    CHECK_FRAME(1, MACS "\x88\x47\x00\x01\x00\x40\x00\x02\x01\x40");
    CHECK_FRAME(1, MACS "\x88\x64\x11\x00\x00\x01\x00\x35\x00\x21");
    CHECK_FRAME(1, MACS "\x00\x40\xaa\xaa\x03\x00\x00\x00\x08\x00");
    CHECK_FRAME(0, "\2\0\0\0");
    CHECK_FRAME(0, "\0\0\0\2");
    CHECK_FRAME(108, "\0\0\0\2");
    CHECK_FRAME(9, "\xff\x03\x00\x21");
    CHECK_FRAME(9, "\x21");
    CHECK_FRAME(50, "\xff\x03\x00\x21");
    CHECK_FRAME(104, "\x0f\x00\x08\x00");
    CHECK_FRAME(12, "");
    CHECK_FRAME(14, "");
    CHECK_FRAME(101, "");
    CHECK_FRAME(228, "");
    CHECK_FRAME(113, "\0\0\0\1\0\6\1\2\3\4\5\6\0\0\x08\x00");
    CHECK_FRAME(276, "\x08\x00\0\0\0\0\0\2\0\1\0\6\1\2\3\4\5\6\0\0");
}

static void check_fault(uint32_t link, struct bytes frame, enum packet_fault fault)
{
    struct reading reading = frame_read(link, frame);
    for (int i = 0; i < PACKET_FAULT_COUNT; i++)
        assert_int_equal(reading.counts.faults[i].count, i == (int)fault);
    assert_int_equal(reading.counts.faults[fault].first_offset, 24);
    assert_int_equal(reading.counts.refused,
                     packet_faults[fault].severity == SEVERITY_refused ? 1 : 0);
    reading_finish(&reading);
}

/* A SYN cut at every place: it is kept as soon as it is known who sent it. */
static void keeps_what_is_left_of_a_cut_packet(void **state)
{
    (void)state;
    struct buffer frame = ether_syn(source, destination, 23);
    for (size_t len = 0; len < frame.len; len++) {
        struct buffer file = {0};
        pcap_begin(&file, false, 0xa1b2c3d4, 1);
        pcap_put(&file, 1, 0, (struct bytes){frame.at, len});
        memcpy(file.at + 24 + 12, &(uint32_t){(uint32_t)frame.len}, 4); /* of that on the wire */
        struct reading reading = bytes_read(buffer_bytes(&file));
        enum packet_fault fault = len < 14   ? PACKET_FAULT_link_cut
                                  : len < 34 ? PACKET_FAULT_ip_cut
                                  : len < 62 ? PACKET_FAULT_transport_cut
                                             : PACKET_FAULT_none;
        for (int i = 0; i < PACKET_FAULT_COUNT; i++)
            assert_int_equal(reading.counts.faults[i].count, i == (int)fault);
        assert_int_equal(reading.counts.kept, len >= 34);
        if (len >= 34)
            assert_non_null(strstr(reading.rows.at, "198.51.100.7:"));
        if (len >= 54)
            assert_non_null(strstr(reading.rows.at, ":23 len 51 proto 6 has 3"));
        if (len >= 62)
            assert_non_null(strstr(reading.rows.at, "payload 3/"));
        reading_finish(&reading);
        buffer_finish(&file);
    }
    buffer_finish(&frame);
}

static void names_every_damage(void **state)
{
    (void)state;
    struct buffer frame = ether_syn(source, destination, 23);
    struct bytes bytes = buffer_bytes(&frame);
    check_fault(147, bytes, PACKET_FAULT_link_unknown);
    frame.at[14] = 0x55;
    check_fault(1, bytes, PACKET_FAULT_ip_version);
    frame.at[14] = 0x44; /* 16 bytes of header */
    check_fault(1, bytes, PACKET_FAULT_ip_header);
    frame.at[14] = 0x45;
    frame.at[17] = 60; /* nine more than there are */
    check_fault(1, bytes, PACKET_FAULT_ip_length);
    frame.at[17] = 19;
    check_fault(1, bytes, PACKET_FAULT_ip_header);
    frame.at[17] = 51;
    frame.at[46] = (char)0xf0; /* a TCP header of 60 bytes in 31 */
    check_fault(1, bytes, PACKET_FAULT_transport_length);
    frame.at[46] = 0x40;
    check_fault(1, bytes, PACKET_FAULT_transport_length);
    frame.at[46] = 0x70;
    frame.at[55] = 0; /* an option of no length */
    check_fault(1, bytes, PACKET_FAULT_tcp_options);
    frame.at[55] = 9;
    check_fault(1, bytes, PACKET_FAULT_tcp_options);
    frame.at[23] = PROTOCOL_icmp;
    frame.at[34] = 3; /* unreachable, and quotes no IP packet */
    check_fault(1, bytes, PACKET_FAULT_quoted);
    buffer_finish(&frame);
    struct buffer tags = {0};
    put_zeros(&tags, 12);
    for (int i = 0; i < 9; i++)
        put32(&tags, 0x81000001);
    put16(&tags, 0x0800);
    check_fault(1, buffer_bytes(&tags), PACKET_FAULT_link_unknown);
    buffer_finish(&tags);
}

static void counts_what_is_not_ip(void **state)
{
    (void)state;
    static const char arp[] =
        MACS "\x08\x06\0\1\x08\0\6\4\0\1\1\2\3\4\5\6\1\2\3\4\1\2\3\4\5\6\7\x08\x09\1";
    struct reading reading = frame_read(1, (struct bytes){arp, sizeof(arp) - 1});
    assert_int_equal(reading.counts.other, 1);
    assert_int_equal(reading.counts.kept + reading.counts.refused, 0);
    reading_finish(&reading);
}

static void put_ipv6(struct buffer *out, uint8_t next, uint32_t payload)
{
    put32(out, 0x60000000);
    put16(out, payload);
    put16(out, (uint32_t)next << 8 | 55);
    put32(out, 0x20010db8), put32(out, 0), put32(out, 0), put32(out, 1);
    put32(out, 0x20010db8), put32(out, 0), put32(out, 0), put32(out, 2);
}

/* Hop-by-hop, destination options, a first fragment, authentication; then UDP. */
static void steps_over_extension_headers(void **state)
{
    (void)state;
    struct buffer frame = {0};
    put_ipv6(&frame, 0, 8 + 16 + 8 + 12 + 12);
    put32(&frame, 0x3c000104), put32(&frame, 0);                   /* 0 → 60 */
    put32(&frame, 0x2c010000), put_zeros(&frame, 12);              /* 60 → 44, 16 bytes */
    put32(&frame, 0x33000001), put32(&frame, 7);                   /* 44 → 51, more follow */
    put32(&frame, 0x11010000), put32(&frame, 1), put32(&frame, 1); /* 51 → 17, 12 bytes */
    put16(&frame, 53), put16(&frame, 1234), put16(&frame, 12), put16(&frame, 0);
    buffer_put(&frame, BYTES("dns!"));
    struct reading reading = frame_read(101, buffer_bytes(&frame));
    assert_non_null(strstr(reading.rows.at,
                           "2001:db8::1:53 > 2001:db8::2:1234 len 96 proto 17 has 1 "
                           "ttl 55 id 0"));
    assert_non_null(strstr(reading.rows.at, "payload 4/4 64"));
    reading_finish(&reading);
    frame.at[40 + 8 + 16 + 3] = 9; /* now a later fragment: nothing behind it is a header */
    reading = frame_read(101, buffer_bytes(&frame));
    assert_non_null(strstr(reading.rows.at, ":0 > 2001:db8::2:0 len 96 proto 51 has 16"));
    reading_finish(&reading);
    check_fault(101, (struct bytes){frame.at, 40 + 8 + 15}, PACKET_FAULT_extension);
    buffer_finish(&frame);
}

static void bounds_extension_headers(void **state)
{
    (void)state;
    struct buffer frame = {0};
    put_ipv6(&frame, 60, 8 * 20);
    for (int i = 0; i < 20; i++)
        put32(&frame, 0x3c000000), put32(&frame, 0);
    check_fault(101, buffer_bytes(&frame), PACKET_FAULT_extension);
    buffer_finish(&frame);
}

/* Port unreachable: the packet it gives back was sent in our name. */
static void reads_the_quoted_packet(void **state)
{
    (void)state;
    struct buffer frame = {0};
    put_ipv4(&frame, PROTOCOL_icmp, source, destination, 36);
    put32(&frame, 0x03030000), put32(&frame, 0);
    put_ipv4(&frame, PROTOCOL_udp, destination, source, 100);
    put16(&frame, 4444), put16(&frame, 53), put16(&frame, 80), put16(&frame, 0);
    struct reading reading = frame_read(228, buffer_bytes(&frame));
    assert_non_null(strstr(reading.rows.at, "proto 1 has 12 "));
    assert_non_null(strstr(reading.rows.at,
                           "icmp 3/3 quoted 17 192.0.2.9:4444 > 198.51.100.7:53 payload 28/28"));
    reading_finish(&reading);
    buffer_clear(&frame);
    put_ipv6(&frame, PROTOCOL_icmp6, 8 + 40 + 8 + 12);
    put32(&frame, 0x01040000), put32(&frame, 0);
    put_ipv6(&frame, 44, 500);
    put32(&frame, 0x84000000), put32(&frame, 0);
    put16(&frame, 9), put16(&frame, 10), put32(&frame, 0), put32(&frame, 0);
    reading = frame_read(229, buffer_bytes(&frame));
    assert_non_null(strstr(reading.rows.at,
                           "icmp 1/4 quoted 132 2001:db8::1:9 > 2001:db8::2:10 payload 60/60"));
    reading_finish(&reading);
    buffer_finish(&frame);
}

static void reads_fragments_and_other_protocols(void **state)
{
    (void)state;
    struct buffer frame = {0};
    put_ipv4(&frame, PROTOCOL_udp, source, destination, 16);
    put_zeros(&frame, 16);
    frame.at[7] = 2; /* offset 16 bytes */
    struct reading reading = frame_read(228, buffer_bytes(&frame));
    assert_non_null(strstr(reading.rows.at, "proto 17 has 16 "));
    assert_non_null(strstr(reading.rows.at, "payload 16/16"));
    reading_finish(&reading);
    frame.at[7] = 0;
    frame.at[9] = (char)PROTOCOL_sctp;
    frame.at[21] = 7;
    reading = frame_read(228, buffer_bytes(&frame));
    assert_non_null(strstr(reading.rows.at, ".7:7 > "));
    assert_non_null(strstr(reading.rows.at, "payload 4/4"));
    reading_finish(&reading);
    frame.at[9] = 47;
    reading = frame_read(228, buffer_bytes(&frame));
    assert_non_null(strstr(reading.rows.at, "proto 47 has 0 "));
    reading_finish(&reading);
    buffer_finish(&frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_ip_in_every_link_layer),
        cmocka_unit_test(keeps_what_is_left_of_a_cut_packet),
        cmocka_unit_test(names_every_damage),
        cmocka_unit_test(counts_what_is_not_ip),
        cmocka_unit_test(steps_over_extension_headers),
        cmocka_unit_test(bounds_extension_headers),
        cmocka_unit_test(reads_the_quoted_packet),
        cmocka_unit_test(reads_fragments_and_other_protocols),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
