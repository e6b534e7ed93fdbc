#include "lab/darknet_packet.h"

#include <errno.h>

#include "base/time.h"

enum {
    ETHERNET = 14,
    IPV4_HEADER = 20,
    IPV6_HEADER = 40,
    PROTOCOL_ICMP = 1,
    PROTOCOL_TCP = 6,
    PROTOCOL_UDP = 17,
    PROTOCOL_ICMP6 = 58,
    BLOCK = 1 << 20,
};

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value);
}

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* RFC 1071, by words of 32 bits; `length` may be odd. */
static uint64_t sum_add(uint64_t sum, const uint8_t *at, uint32_t length)
{
    for (; length >= 4; at += 4, length -= 4)
        sum += get32(at);
    uint8_t rest[4] = {0};
    memcpy(rest, at, length);
    return sum + get32(rest);
}

static uint16_t sum_fold(uint64_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

/* Filler that is the same for the same shot. */
static void fill(uint8_t *at, uint32_t length, uint64_t key)
{
    for (uint32_t i = 0; i < length; i += 8) {
        uint64_t word = random_mix(key, i);
        memcpy(at + i, &word, length - i < 8 ? length - i : 8);
    }
}

static void target_address(const struct telescope *telescope, uint32_t target, uint8_t octets[16])
{
    memcpy(octets, telescope->base, 16);
    put32(octets + 12, get32(octets + 12) + target);
}

/* Of IPv6 the lab's sources live in 2001:db8::/32, a /48 each. */
static void source_address(const struct telescope *telescope, uint32_t address, uint8_t octets[16])
{
    memset(octets, 0, 16);
    put32(octets + 12, address);
    if (!telescope->v6)
        return;
    put32(octets, 0x20010db8);
    put32(octets + 4, address);
    put32(octets + 12, 1);
}

static uint32_t tcp_make(const struct source *source, const struct shot *shot,
                         const uint8_t *destination, uint8_t *at)
{
    const struct stack *stack = &stacks[source->stack];
    bool reset = shot->detail & 4;
    uint32_t options = reset ? 0 : stack->options_length;
    uint32_t sequence = stack->id == ID_RANDOM && source->stack == STACK_mirai ? get32(destination)
                                                                               : shot->sequence;
    put16(at, shot->source_port);
    put16(at + 2, shot->destination_port);
    put32(at + 4, sequence);
    put32(at + 8, shot->acknowledgement);
    at[12] = (uint8_t)((20 + options) / 4 << 4);
    at[13] = shot->detail;
    put16(at + 14, reset ? 0 : stack->window ? stack->window : source->window);
    memset(at + 16, 0, 4);
    if (options) /* a stack without options points to none */
        memcpy(at + 20, stack->options, options);
    return 20 + options;
}

/* A name that was asked for at random under the victim's, and no or some addresses. */
static void dns_make(const struct source *source, const struct shot *shot, uint8_t *at)
{
    fill(at, shot->payload, shot->sequence);
    bool query = shot->source_port != 53;
    put16(at, shot->sequence);
    put16(at + 2, query ? 0x0100 : shot->payload < 60 ? 0x8105 : 0x8180);
    memset(at + 4, 0, 8);
    at[5] = 1;
    at[7] = !query && shot->payload >= 60;
    uint32_t label = shot->payload < 40 ? 4 : 12;
    at[12] = (uint8_t)label;
    for (uint32_t i = 13; i < 13 + label; i++)
        at[i] = (uint8_t)('a' + (at[i] ^ source->secret) % 26);
    if (13 + label + 5 <= shot->payload)
        memcpy(at + 13 + label, "\0\0\x01\0\x01", 5);
}

static uint32_t udp_make(const struct source *source, const struct shot *shot, uint8_t *at)
{
    struct bytes known = udp_probe(shot->destination_port);
    put16(at, shot->source_port);
    put16(at + 2, shot->destination_port);
    put16(at + 4, 8u + shot->payload);
    put16(at + 6, 0);
    uint8_t *payload = at + 8;
    bool dns = shot->source_port == 53 || shot->destination_port == 53;
    if (source->behaviour >= BEHAVIOUR_udp_scan && source->behaviour <= BEHAVIOUR_dns_scan)
        memcpy(payload, known.at, shot->payload);
    else if (dns && shot->payload >= 30)
        dns_make(source, shot, payload);
    else
        fill(payload, shot->payload, source->secret);
    if (source->behaviour == BEHAVIOUR_stray_udp && shot->payload >= 20)
        memcpy(payload, "d1:ad2:id20:", 12);
    return 8u + shot->payload;
}

/* The head of the forged packet: from the telescope's address to the victim's. */
static uint32_t quote_make(const struct darknet_world *world, const struct source *source,
                           const struct shot *shot, uint8_t *at)
{
    uint8_t from[16], to[16];
    target_address(&world->telescope, shot->target, from);
    source_address(&world->telescope, source->victim, to);
    uint32_t transport = shot->quoted == PROTOCOL_UDP ? 8u + shot->payload : 20;
    uint32_t header = world->telescope.v6 ? IPV6_HEADER : IPV4_HEADER;
    memset(at, 0, header + 8);
    if (world->telescope.v6) {
        at[0] = 0x60;
        put16(at + 4, transport);
        at[6] = shot->quoted;
        at[7] = 50;
        memcpy(at + 8, from, 16);
        memcpy(at + 24, to, 16);
    } else {
        at[0] = 0x45;
        put16(at + 2, IPV4_HEADER + transport);
        put16(at + 4, shot->sequence >> 16);
        at[8] = shot->detail == 11 ? 1 : 50;
        at[9] = shot->quoted;
        memcpy(at + 12, from + 12, 4);
        memcpy(at + 16, to + 12, 4);
        put16(at + 10, sum_fold(sum_add(0, at, IPV4_HEADER)));
    }
    put16(at + header, shot->source_port);
    put16(at + header + 2, shot->destination_port);
    if (shot->quoted == PROTOCOL_UDP)
        put16(at + header + 4, transport);
    else
        put32(at + header + 4, shot->sequence);
    return header + 8;
}

/* ICMPv6 has other numbers for the same: RFC 4443. */
static void icmp_translate(uint8_t *at)
{
    static const uint8_t unreachable[] = {[1] = 3, [3] = 4, [10] = 1, [13] = 1};
    switch (at[0]) {
    case 0:
        at[0] = 129;
        break;
    case 8:
        at[0] = 128;
        break;
    case 3:
        at[0] = 1;
        at[1] = unreachable[at[1]];
        break;
    default:
        at[0] = 3;
        break;
    }
}

static uint32_t icmp_make(const struct darknet_world *world, const struct source *source,
                          const struct shot *shot, uint8_t *at)
{
    memset(at, 0, 8);
    at[0] = shot->detail;
    at[1] = shot->code;
    uint32_t length = 8;
    if (shot->quoted) {
        length += quote_make(world, source, shot, at + 8);
    } else {
        put32(at + 4, shot->sequence);
        fill(at + 8, shot->payload, source->secret);
        length += shot->payload;
    }
    if (world->telescope.v6)
        icmp_translate(at);
    return length;
}

struct addresses {
    uint8_t source[16], destination[16];
};

static uint16_t identification(const struct source *source, const struct shot *shot,
                               const struct addresses *addresses)
{
    switch (stacks[source->stack].id) {
    case ID_ZMAP:
        return 54321;
    case ID_MASSCAN:
        return (uint16_t)(get32(addresses->destination + 12) ^ shot->destination_port ^
                          shot->sequence);
    default:
        return shot->id;
    }
}

static void header_make(const struct darknet_world *world, const struct source *source,
                        const struct shot *shot, const struct addresses *addresses,
                        uint8_t protocol, uint32_t length, uint8_t *at)
{
    const struct stack *stack = &stacks[source->stack];
    uint8_t ttl = (uint8_t)(stack->ttl - source->hops);
    if (world->telescope.v6) {
        put32(at, 0x60000000);
        put16(at + 4, length);
        at[6] = protocol;
        at[7] = ttl;
        memcpy(at + 8, addresses->source, 16);
        memcpy(at + 24, addresses->destination, 16);
        return;
    }
    put16(at, 0x4500);
    put16(at + 2, IPV4_HEADER + length);
    put16(at + 4, identification(source, shot, addresses));
    put16(at + 6, shot->kind == SHOT_FRAGMENT ? 0x2000 | 185 : stack->dont_fragment ? 0x4000 : 0);
    at[8] = ttl;
    at[9] = protocol;
    put16(at + 10, 0);
    memcpy(at + 12, addresses->source + 12, 4);
    memcpy(at + 16, addresses->destination + 12, 4);
    put16(at + 10, sum_fold(sum_add(0, at, IPV4_HEADER)));
}

/* Of TCP, UDP and ICMP; IPv4's ICMP has no pseudo header. */
static void checksum_put(const struct darknet_world *world, const struct source *source,
                         const struct addresses *addresses, uint8_t protocol, uint32_t length,
                         uint8_t *at)
{
    uint32_t place = protocol == PROTOCOL_TCP ? 16 : protocol == PROTOCOL_UDP ? 6 : 2;
    uint64_t sum = 0;
    if (protocol != PROTOCOL_ICMP) {
        uint32_t from = world->telescope.v6 ? 0 : 12;
        sum = sum_add(sum_add(protocol + length, addresses->source + from, 16 - from),
                      addresses->destination + from, 16 - from);
    }
    uint16_t checksum = sum_fold(sum_add(sum, at, length));
    if (source->secret % 500 == 0)
        checksum ^= 0x5555;
    put16(at + place, checksum);
}

static uint32_t transport_make(const struct darknet_world *world, const struct source *source,
                               const struct shot *shot, const struct addresses *addresses,
                               uint8_t *at, uint8_t *ret_protocol)
{
    switch ((enum shot_kind)shot->kind) {
    case SHOT_TCP:
        *ret_protocol = PROTOCOL_TCP;
        return tcp_make(source, shot, addresses->destination + 12, at);
    case SHOT_UDP:
        *ret_protocol = PROTOCOL_UDP;
        return udp_make(source, shot, at);
    case SHOT_ICMP:
        *ret_protocol = world->telescope.v6 ? PROTOCOL_ICMP6 : PROTOCOL_ICMP;
        return icmp_make(world, source, shot, at);
    default: /* the middle of a datagram; IPv6 says so in a header of its own */
        *ret_protocol = PROTOCOL_UDP;
        fill(at, shot->payload, source->secret);
        if (world->telescope.v6) {
            *ret_protocol = 44;
            put32(at, 17u << 24 | 185u << 3 | 1);
            put32(at + 4, source->secret);
        }
        return shot->payload;
    }
}

uint32_t frame_make(const struct darknet_world *world, const struct source *source,
                    const struct shot *shot, uint8_t frame[FRAME_SIZE_MAX])
{
    static const uint8_t ethernet[12] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2};
    bool v6 = world->telescope.v6;
    struct addresses addresses;
    source_address(&world->telescope, source->address, addresses.source);
    target_address(&world->telescope, shot->target, addresses.destination);
    memcpy(frame, ethernet, sizeof ethernet);
    put16(frame + 12, v6 ? 0x86dd : 0x0800);
    uint8_t *header = frame + ETHERNET;
    uint8_t *transport = header + (v6 ? IPV6_HEADER : IPV4_HEADER);
    uint8_t protocol;
    uint32_t length = transport_make(world, source, shot, &addresses, transport, &protocol);
    if (shot->kind != SHOT_FRAGMENT)
        checksum_put(world, source, &addresses, protocol, length, transport);
    header_make(world, source, shot, &addresses, protocol, length, header);
    return (uint32_t)(transport - frame) + length;
}

static void recording_flush(struct recording *capture)
{
    errno = 0;
    if (capture->block.failed && !capture->error)
        capture->error = -ENOMEM;
    if (!capture->error &&
        fwrite(capture->block.at, 1, capture->block.len, capture->file) != capture->block.len)
        capture->error = errno ? -errno : -EIO;
    capture->bytes += capture->block.len;
    buffer_clear(&capture->block);
}

int recording_open(struct recording *capture, const char *path, bool microseconds)
{
    *capture = (struct recording){.file = fopen(path, "wb"), .microseconds = microseconds};
    if (!capture->file)
        return -errno;
    buffer_put_u32(&capture->block, microseconds ? 0xa1b2c3d4 : 0xa1b23c4d);
    buffer_put_u32(&capture->block, 4u << 16 | 2);
    buffer_put_u64(&capture->block, 0);
    buffer_put_u32(&capture->block, CAPTURE_SNAP);
    buffer_put_u32(&capture->block, 1);
    return 0;
}

void recording_put(struct recording *capture, int64_t time, const uint8_t *frame, uint32_t length)
{
    uint32_t fraction = (uint32_t)(time % TIME_SECOND);
    struct buffer *block = &capture->block;
    buffer_put_u32(block, (uint32_t)(time / TIME_SECOND));
    buffer_put_u32(block, capture->microseconds ? fraction / 1000 : fraction);
    buffer_put_u32(block, length);
    buffer_put_u32(block, length);
    buffer_put(block, (struct bytes){(const char *)frame, length});
    capture->packets++;
    if (block->len >= BLOCK)
        recording_flush(capture);
}

int recording_close(struct recording *capture)
{
    recording_flush(capture);
    if (fclose(capture->file) != 0 && !capture->error)
        capture->error = -EIO;
    buffer_finish(&capture->block);
    return capture->error;
}
