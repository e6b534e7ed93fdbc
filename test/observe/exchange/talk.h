/* Packets of conversations made in memory, for the tests of whoever watches them. */
#ifndef TEST_OBSERVE_EXCHANGE_TALK_H
#define TEST_OBSERVE_EXCHANGE_TALK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/time.h"
#include "model/packet.h"

enum { TALK_CLIENT = 0x0a000001, TALK_SERVER = 0x0a000002, TALK_START = 1000 };

/* Rows are added here and handed on when the test says so, or when they are full. */
struct talk {
    struct packets packets;
    int64_t time; /* of the next packet; each takes a millisecond */
    uint64_t number;
    int (*take)(void *context, const struct packets *packets);
    void *context;
};

/* One TCP connection of a talk. */
struct talk_line {
    struct talk *talk;
    uint32_t client, server;
    uint16_t client_port, server_port;
    uint32_t sequence[2]; /* next of the client, of the server */
};

static inline struct ip talk_ip(uint32_t v4)
{
    struct ip ip = {{0}};
    ip.octets[10] = ip.octets[11] = 0xff;
    for (int i = 0; i < 4; i++)
        ip.octets[12 + i] = (uint8_t)(v4 >> (24 - 8 * i));
    return ip;
}

static inline struct talk *talk_new(int (*take)(void *, const struct packets *), void *context)
{
    struct talk *talk = calloc(1, sizeof(*talk));
    assert_non_null(talk);
    talk->take = take;
    talk->context = context;
    talk->time = TALK_START * TIME_SECOND;
    return talk;
}

/* The error of the one who takes. */
static inline int talk_hand(struct talk *talk)
{
    int error = talk->take(talk->context, &talk->packets);
    talk->packets.count = 0;
    return error;
}

static inline uint32_t talk_row(struct talk *talk, uint8_t protocol, uint32_t from, uint32_t to)
{
    if (talk->packets.count == PACKET_ROWS)
        assert_int_equal(talk_hand(talk), 0);
    uint32_t row = talk->packets.count++;
    struct packets *packets = &talk->packets;
    packets->time[row] = packets->clock[row] = packets->newest = talk->time;
    talk->time += TIME_SECOND / 1000;
    packets->number[row] = packets->reached = ++talk->number;
    packets->source_ip[row] = talk_ip(from);
    packets->destination_ip[row] = talk_ip(to);
    packets->protocol[row] = protocol;
    packets->has[row] = PACKET_PORTS;
    packets->tcp_flags[row] = 0;
    packets->payload[row] = (struct bytes){0};
    packets->payload_length[row] = 0;
    return row;
}

/* A packet of the line; `data` must live until the rows are handed on. */
static inline void line_put(struct talk_line *line, int side, uint32_t sequence, uint8_t flags,
                            struct bytes data, uint32_t missing)
{
    uint32_t row = talk_row(line->talk, PROTOCOL_tcp, side ? line->server : line->client,
                            side ? line->client : line->server);
    struct packets *packets = &line->talk->packets;
    packets->has[row] |= PACKET_TCP;
    packets->source_port[row] = side ? line->server_port : line->client_port;
    packets->destination_port[row] = side ? line->client_port : line->server_port;
    packets->tcp_flags[row] = flags;
    packets->tcp_sequence[row] = sequence;
    packets->payload[row] = data;
    packets->payload_length[row] = (uint16_t)(data.len + missing);
}

static inline void line_say(struct talk_line *line, int side, struct bytes data)
{
    enum { SEGMENT = 1400 };
    while (data.len) {
        struct bytes piece = {data.at, data.len < SEGMENT ? data.len : SEGMENT};
        line_put(line, side, line->sequence[side], TCP_ACK, piece, 0);
        line->sequence[side] += (uint32_t)piece.len;
        data = bytes_from(data, piece.len);
    }
}

/* The handshake. */
static inline struct talk_line line_open(struct talk *talk, uint16_t port)
{
    struct talk_line line = {talk, TALK_CLIENT, TALK_SERVER, port, 80, {100, 0xfffffff0u}};
    line_put(&line, 0, 99, TCP_SYN, (struct bytes){0}, 0);
    line_put(&line, 1, 0xffffffefu, TCP_SYN | TCP_ACK, (struct bytes){0}, 0);
    return line;
}

static inline void line_end(struct talk_line *line, int side, uint8_t flag)
{
    line_put(line, side, line->sequence[side], flag | TCP_ACK, (struct bytes){0}, 0);
}

static inline void line_close(struct talk_line *line)
{
    line_end(line, 1, TCP_FIN);
    line_end(line, 0, TCP_FIN);
}

#endif
