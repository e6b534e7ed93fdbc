/* Captures and packets made in memory, for the tests of observe/packet. */
#ifndef TEST_OBSERVE_PACKET_MAKE_H
#define TEST_OBSERVE_PACKET_MAKE_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buffer.h"
#include "observe/packet/capture.h"

/* Network order. */
static inline void put16(struct buffer *out, uint32_t value)
{
    buffer_put_u8(out, (uint8_t)(value >> 8));
    buffer_put_u8(out, (uint8_t)value);
}

static inline void put32(struct buffer *out, uint32_t value)
{
    put16(out, value >> 16);
    put16(out, value & 0xffff);
}

static inline void put_zeros(struct buffer *out, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buffer_put_u8(out, 0);
}

static inline void put_ipv4(struct buffer *out, uint8_t protocol, uint32_t source,
                            uint32_t destination, uint32_t payload)
{
    put16(out, 0x4500);
    put16(out, 20 + payload);
    put16(out, 54321);
    put16(out, 0);
    put16(out, 0x4000u | protocol); /* TTL 64 */
    put16(out, 0);
    put32(out, source);
    put32(out, destination);
}

/* A SYN with MSS, NOP, window scale and three bytes of payload. */
static inline void put_syn(struct buffer *out, uint32_t source, uint32_t destination, uint16_t port)
{
    static const char options[] = "\x02\x04\x05\xb4\x01\x03\x03\x07";
    put_ipv4(out, PROTOCOL_tcp, source, destination, 31);
    put16(out, 40000);
    put16(out, port);
    put32(out, 0x01020304);
    put32(out, 0x05060708);
    put16(out, 0x7002);
    put16(out, 1024);
    put32(out, 0);
    buffer_put(out, (struct bytes){options, 8});
    buffer_put(out, BYTES("abc"));
}

static inline struct buffer ether_syn(uint32_t source, uint32_t destination, uint16_t port)
{
    struct buffer frame = {0};
    put_zeros(&frame, 12);
    put16(&frame, 0x0800);
    put_syn(&frame, source, destination, port);
    return frame;
}

/* Words of captures, in either byte order. */
static inline void word(struct buffer *out, bool swapped, uint32_t value)
{
    buffer_put_u32(out, swapped ? __builtin_bswap32(value) : value);
}

static inline void half(struct buffer *out, bool swapped, uint32_t value)
{
    buffer_put_u8(out, (uint8_t)(swapped ? value >> 8 : value));
    buffer_put_u8(out, (uint8_t)(swapped ? value : value >> 8));
}

static inline void pcap_begin(struct buffer *out, bool swapped, uint32_t magic, uint32_t link)
{
    word(out, swapped, magic);
    half(out, swapped, 2);
    half(out, swapped, 4);
    word(out, swapped, 0);
    word(out, swapped, 0);
    word(out, swapped, 65535);
    word(out, swapped, link);
}

static inline void pcap_put(struct buffer *out, uint32_t seconds, uint32_t fraction,
                            struct bytes frame)
{
    word(out, false, seconds);
    word(out, false, fraction);
    word(out, false, (uint32_t)frame.len);
    word(out, false, (uint32_t)frame.len);
    buffer_put(out, frame);
}

static inline struct bytes buffer_tail(const struct buffer *buffer, size_t from)
{
    return (struct bytes){buffer->at + from, buffer->len - from};
}

/* A file of those bytes; the caller unlinks and frees. */
static inline char *file_make(struct bytes bytes)
{
    char *path = strdup("/tmp/hinomi-test-XXXXXX");
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, bytes.at, bytes.len), bytes.len);
    close(descriptor);
    return path;
}

/* Everything about rows that can be compared, as text. */
static inline void rows_put(struct buffer *out, const struct packets *packets)
{
    for (uint32_t i = 0; i < packets->count; i++) {
        char source[IP_TEXT_SIZE], destination[IP_TEXT_SIZE], from[IP_TEXT_SIZE], to[IP_TEXT_SIZE];
        const struct packet_quoted *quoted = &packets->quoted[i];
        struct bytes source_text = ip_format(&packets->source_ip[i], source);
        struct bytes destination_text = ip_format(&packets->destination_ip[i], destination);
        struct bytes from_text = ip_format(&quoted->source_ip, from);
        struct bytes to_text = ip_format(&quoted->destination_ip, to);
        buffer_put_format(
            out,
            "%lld %lld %.*s:%u > %.*s:%u len %u proto %u has %u ttl %u id %u flags %02x win %u seq "
            "%x"
            " ack %x opt %x icmp %u/%u quoted %u %.*s:%u > %.*s:%u payload %u/%zu %02x\n",
            (long long)packets->time[i], (long long)packets->clock[i], (int)source_text.len,
            source_text.at, packets->source_port[i], (int)destination_text.len, destination_text.at,
            packets->destination_port[i], packets->length[i], packets->protocol[i], packets->has[i],
            packets->ttl[i], packets->ip_id[i], packets->tcp_flags[i], packets->tcp_window[i],
            packets->tcp_sequence[i], packets->tcp_acknowledgement[i], packets->tcp_options[i],
            packets->icmp_type[i], packets->icmp_code[i], quoted->protocol, (int)from_text.len,
            from_text.at, quoted->source_port, (int)to_text.len, to_text.at,
            quoted->destination_port, packets->payload_length[i], packets->payload[i].len,
            packets->payload[i].len ? (unsigned char)packets->payload[i].at[0] : 0);
    }
}

struct reading {
    struct buffer rows; /* rows_put of all */
    struct tap_counts counts;
    int64_t newest;
};

static inline void reading_finish(struct reading *reading)
{
    buffer_finish(&reading->rows);
}

static inline struct reading tap_drain(struct tap *tap)
{
    struct packets *packets = calloc(1, sizeof(*packets));
    struct reading reading = {0};
    int result;
    while ((result = tap_read(tap, packets)) > 0) {
        assert_true(packets->count <= PACKET_ROWS);
        rows_put(&reading.rows, packets);
    }
    assert_int_equal(result, 0);
    assert_int_equal(packets->count, 0);
    reading.newest = packets->newest;
    reading.counts = *tap_counts(tap);
    assert_int_equal(reading.counts.records, reading.counts.kept + reading.counts.other +
                                                 reading.counts.filtered + reading.counts.refused);
    free(packets);
    buffer_put_char(&reading.rows, '\0');
    return reading;
}

static inline struct reading path_read(const char *path, const char *filter)
{
    struct capture *capture;
    struct fault fault;
    char *bad_path;
    const char *why;
    assert_int_equal(capture_open(&path, 1, 1, &capture, &bad_path, &fault), 0);
    if (filter)
        assert_int_equal(capture_filter(capture, filter, &why), 0);
    struct reading reading = tap_drain(capture_tap(capture, 0));
    capture_close(capture);
    return reading;
}

static inline struct reading bytes_read(struct bytes bytes)
{
    char *path = file_make(bytes);
    struct reading reading = path_read(path, NULL);
    for (int i = 0; i < PACKET_FAULT_COUNT; i++)
        reading.counts.faults[i].first_path = NULL;
    unlink(path);
    free(path);
    return reading;
}

/* One frame of a link layer, read. */
static inline struct reading frame_read(uint32_t link, struct bytes frame)
{
    struct buffer file = {0};
    pcap_begin(&file, false, 0xa1b2c3d4, link);
    pcap_put(&file, 1700000000, 5, frame);
    struct reading reading = bytes_read(buffer_bytes(&file));
    buffer_finish(&file);
    return reading;
}

#endif
