/*
 * Any packets between two ends are watched to their end: every exchange is whole in itself, and
 * nothing leaks. A packet is six bytes (side and flags, sequence, length) and its data.
 */
#include <stdlib.h>

#include "base/time.h"
#include "observe/exchange/watcher.h"

/* Few, so that some must make way; and tables of the usual size take most of the time. */
enum { CONNECTIONS = 2 };

static struct packets packets; /* of rows below its count, every field that is used is put */

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

static size_t on_request(void *context, const struct exchange *exchange)
{
    (void)context;
    return exchange->target.len % 2 ? 0 : EXCHANGE_BODY_LIMIT;
}

static int on_exchange(void *context, struct exchange *exchange)
{
    (void)context;
    const struct message *sides[] = {&exchange->request, &exchange->response};
    for (int i = 0; i < 2; i++)
        if (sides[i]->body.len > EXCHANGE_BODY_LIMIT || sides[i]->mark_count > EXCHANGE_MARKS ||
            sides[i]->header_count > EXCHANGE_HEADERS)
            abort();
    exchange_release(exchange);
    return 0;
}

static int on_occurrence(void *context, const struct occurrence *occurrence)
{
    (void)context;
    if (occurrence->text.len > OCCURRENCE_TEXT || occurrence->host.len > OCCURRENCE_TEXT)
        abort();
    return 0;
}

/* Bits 0 side, 1 SYN, 2 FIN, 3 RST, 4 some of it missing, 5 sequence as told, 6 UDP, 7 from a
 * client as told. */
static size_t packet_read(const uint8_t *at, size_t length, uint32_t next[2])
{
    unsigned bits = at[0], side = bits & 1;
    size_t len = (size_t)(at[4] | at[5] << 8) % 2048;
    uint16_t client = (uint16_t)(4000 + (bits & 0x80 ? at[1] % 4 : 0));
    len = len < length - 6 ? len : length - 6;
    uint32_t row = packets.count++, told = (uint32_t)(at[1] | at[2] << 8 | at[3] << 16);
    packets.time[row] = packets.clock[row] = packets.newest = (int64_t)(row + 1) * TIME_SECOND;
    packets.number[row] = row + 1;
    packets.source_ip[row].octets[15] = (uint8_t)(1 + side);
    packets.destination_ip[row].octets[15] = (uint8_t)(2 - side);
    packets.source_port[row] = side ? 80 : client;
    packets.destination_port[row] = side ? client : 80;
    packets.protocol[row] = bits & 0x40 ? PROTOCOL_udp : PROTOCOL_tcp;
    packets.has[row] = bits & 0x40 ? PACKET_PORTS : PACKET_PORTS | PACKET_TCP;
    packets.tcp_flags[row] =
        (uint8_t)((bits & 2 ? TCP_SYN : 0) | (bits & 4 ? TCP_FIN : 0) | (bits & 8 ? TCP_RST : 0));
    packets.tcp_sequence[row] = bits & 0x20 ? told : next[side];
    packets.payload[row] = (struct bytes){(const char *)at + 6, len};
    packets.payload_length[row] = (uint16_t)(len + (bits & 0x10 ? told % 5000 : 0));
    next[side] = packets.tcp_sequence[row] + packets.payload_length[row] + (bits & 2 ? 1 : 0);
    return 6 + len;
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    const struct exchange_sink sink = {NULL, on_request, on_exchange, on_occurrence, CONNECTIONS};
    struct watcher *watcher;
    uint32_t next[2] = {0xffffff00u, 7};
    packets.count = 0;
    if (watcher_new(&sink, &watcher) != 0)
        abort();
    while (length > 6 && packets.count < PACKET_ROWS) {
        size_t taken = packet_read(at, length, next);
        at += taken;
        length -= taken;
    }
    for (uint32_t row = 0; row < packets.count; row++)
        if (watcher_clock(watcher, packets.clock[row]) || watcher_packet(watcher, &packets, row))
            abort();
    if (watcher_flush(watcher) != 0)
        abort();
    watcher_free(watcher);
    return 0;
}
