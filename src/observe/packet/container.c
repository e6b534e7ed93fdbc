#include "observe/packet/container.h"

#include <stdlib.h>
#include <string.h>

#include "observe/packet/capture.h"

#define PCAP_MICROSECONDS 0xa1b2c3d4u
#define PCAP_NANOSECONDS  0xa1b23c4du
#define PCAP_MODIFIED     0xa1b2cd34u /* of old Linux kernels: eight more bytes a packet */

enum {
    PCAP_LINK_MASK = 0x03ffffff, /* above it: length of the frame check sequence */
    PCAP_FILE_HEADER = 24,
};

enum {
    NG_SECTION = 0x0a0d0d0a,
    NG_BYTE_ORDER = 0x1a2b3c4d,
    NG_INTERFACE = 1,
    NG_OBSOLETE_PACKET = 2,
    NG_SIMPLE_PACKET = 3,
    NG_ENHANCED_PACKET = 6,
    NG_OPTION_TIME_RESOLUTION = 9,
    NG_OPTION_TIME_OFFSET = 14,
};

static uint32_t word_load(const struct container *container, const uint8_t *at)
{
    uint32_t word;
    memcpy(&word, at, sizeof(word));
    return container->swapped ? __builtin_bswap32(word) : word;
}

static uint16_t half_load(const struct container *container, const uint8_t *at)
{
    uint16_t half;
    memcpy(&half, at, sizeof(half));
    return container->swapped ? __builtin_bswap16(half) : half;
}

size_t container_begin(struct container *container, const uint8_t *at, size_t len)
{
    uint32_t magic = 0;
    container->kind = CONTAINER_none;
    container->interface_count = 0;
    container->last_time = 0;
    if (len < CONTAINER_LEAST)
        return 0;
    memcpy(&magic, at, sizeof(magic));
    if (magic == NG_SECTION) { /* the same in both byte orders; the block says which it is in */
        container->kind = CONTAINER_pcapng;
        return 0;
    }
    container->swapped = magic == __builtin_bswap32(PCAP_MICROSECONDS) ||
                         magic == __builtin_bswap32(PCAP_NANOSECONDS) ||
                         magic == __builtin_bswap32(PCAP_MODIFIED);
    magic = word_load(container, at);
    if (magic != PCAP_MICROSECONDS && magic != PCAP_NANOSECONDS && magic != PCAP_MODIFIED)
        return 0;
    container->kind = CONTAINER_pcap;
    container->header = magic == PCAP_MODIFIED ? 24 : 16;
    container->nanoseconds = magic == PCAP_NANOSECONDS ? 1 : 1000;
    container->link = word_load(container, at + 20) & PCAP_LINK_MASK;
    return PCAP_FILE_HEADER;
}

static enum container_result pcap_next(struct container *container, const uint8_t *at, size_t len,
                                       struct frame *frame, size_t *ret_extent)
{
    uint32_t header = container->header;
    *ret_extent = header;
    if (len < header)
        return CONTAINER_MORE;
    uint32_t captured = word_load(container, at + 8), wire = word_load(container, at + 12);
    if (captured > CAPTURE_RECORD_LIMIT)
        return CONTAINER_BROKEN;
    *ret_extent = header + captured;
    if (len < header + captured)
        return CONTAINER_MORE;
    frame->at = at + header;
    frame->captured = captured;
    frame->wire = wire < captured ? captured : wire;
    frame->link = container->link;
    frame->time = (int64_t)word_load(container, at) * 1000000000 +
                  (int64_t)word_load(container, at + 4) * container->nanoseconds;
    return CONTAINER_FRAME;
}

/* Units of an interface's clock → ns since 1970; what does not fit stays at the end of the range.
 */
static int64_t interface_time(const struct capture_interface *interface, uint64_t units)
{
    unsigned __int128 scaled = (unsigned __int128)units * 1000000000u;
    if (interface->binary) {
        scaled = interface->exponent < 64 ? scaled >> interface->exponent : 0;
    } else {
        for (unsigned i = interface->exponent; i > 0 && scaled; i--)
            scaled /= 10;
    }
    __int128 time = (__int128)scaled + (__int128)interface->offset_seconds * 1000000000;
    return time > INT64_MAX ? INT64_MAX : time < INT64_MIN + 1 ? INT64_MIN + 1 : (int64_t)time;
}

static int64_t time_load(const struct container *container,
                         const struct capture_interface *interface, const uint8_t *at)
{
    uint64_t units = (uint64_t)word_load(container, at) << 32 | word_load(container, at + 4);
    if (!interface->binary && interface->exponent == 6 && interface->offset_seconds == 0 &&
        units < INT64_MAX / 1000)
        return (int64_t)units * 1000;
    return interface_time(interface, units);
}

static void interface_option(const struct container *container, struct capture_interface *interface,
                             uint16_t code, const uint8_t *at, uint16_t len)
{
    if (code == NG_OPTION_TIME_RESOLUTION && len >= 1) {
        interface->binary = at[0] & 0x80;
        interface->exponent = at[0] & 0x7f;
    } else if (code == NG_OPTION_TIME_OFFSET && len >= 8) {
        uint64_t low = word_load(container, at + (container->swapped ? 4 : 0));
        uint64_t high = word_load(container, at + (container->swapped ? 0 : 4));
        interface->offset_seconds = (int64_t)(high << 32 | low);
    }
}

/* `at` is behind the block's type and length, `len` what lies before its second length. */
static enum container_result interface_add(struct container *container, const uint8_t *at,
                                           size_t len)
{
    if (len < 8 || container->interface_count == CONTAINER_INTERFACES)
        return CONTAINER_BROKEN;
    if (container->interface_count == container->interface_room) {
        uint32_t room = container->interface_room ? 4 * container->interface_room : 4;
        void *grown = realloc(container->interfaces, room * sizeof(*container->interfaces));
        if (!grown)
            return CONTAINER_NO_MEMORY;
        container->interfaces = grown;
        container->interface_room = room;
    }
    struct capture_interface interface = {half_load(container, at), word_load(container, at + 4), 6,
                                          false, 0};
    for (size_t i = 8; len - i >= 4;) {
        uint16_t code = half_load(container, at + i), size = half_load(container, at + i + 2);
        size_t padded = ((size_t)size + 3) & ~(size_t)3;
        if (code == 0 || padded > len - i - 4)
            break;
        interface_option(container, &interface, code, at + i + 4, size);
        i += 4 + padded;
    }
    container->interfaces[container->interface_count++] = interface;
    return CONTAINER_SKIP;
}

/* Enhanced (6) and obsolete (2) packet blocks differ in where the interface's number stands. */
static enum container_result packet_block(struct container *container, uint32_t type,
                                          const uint8_t *at, size_t len, struct frame *frame)
{
    if (len < 20)
        return CONTAINER_BROKEN;
    uint32_t number =
        type == NG_ENHANCED_PACKET ? word_load(container, at) : half_load(container, at);
    uint32_t captured = word_load(container, at + 12), wire = word_load(container, at + 16);
    if (number >= container->interface_count || captured > len - 20)
        return CONTAINER_BROKEN;
    const struct capture_interface *interface = &container->interfaces[number];
    container->last_time = time_load(container, interface, at + 4);
    *frame = (struct frame){at + 20, captured, wire < captured ? captured : wire, interface->link,
                            container->last_time};
    return CONTAINER_FRAME;
}

static enum container_result simple_block(struct container *container, const uint8_t *at,
                                          size_t len, struct frame *frame)
{
    if (len < 4 || container->interface_count == 0)
        return CONTAINER_BROKEN;
    const struct capture_interface *interface = &container->interfaces[0];
    uint32_t wire = word_load(container, at), captured = wire;
    if (interface->snap && captured > interface->snap)
        captured = interface->snap;
    if (captured > len - 4)
        captured = (uint32_t)(len - 4);
    *frame = (struct frame){at + 4, captured, wire, interface->link, container->last_time};
    return CONTAINER_FRAME;
}

/* A section has its own byte order, interfaces and clock. */
static enum container_result section_begin(struct container *container, const uint8_t *at,
                                           size_t len, size_t *ret_extent)
{
    uint32_t order;
    *ret_extent = 28;
    if (len < 12)
        return CONTAINER_MORE;
    memcpy(&order, at + 8, sizeof(order));
    if (order != NG_BYTE_ORDER && order != __builtin_bswap32(NG_BYTE_ORDER))
        return CONTAINER_BROKEN;
    container->swapped = order != NG_BYTE_ORDER;
    container->interface_count = 0;
    container->last_time = 0;
    return CONTAINER_SKIP;
}

static enum container_result block_read(struct container *container, uint32_t type,
                                        const uint8_t *at, size_t len, struct frame *frame)
{
    switch (type) {
    case NG_ENHANCED_PACKET:
    case NG_OBSOLETE_PACKET:
        return packet_block(container, type, at, len, frame);
    case NG_SIMPLE_PACKET:
        return simple_block(container, at, len, frame);
    case NG_INTERFACE:
        return interface_add(container, at, len);
    default:
        return CONTAINER_SKIP;
    }
}

static enum container_result pcapng_next(struct container *container, const uint8_t *at, size_t len,
                                         struct frame *frame, size_t *ret_extent)
{
    *ret_extent = 12;
    if (len < 12)
        return CONTAINER_MORE;
    uint32_t type = word_load(container, at);
    if (type == NG_SECTION) { /* changes what the words after it mean */
        enum container_result result = section_begin(container, at, len, ret_extent);
        if (result != CONTAINER_SKIP)
            return result;
    }
    uint32_t total = word_load(container, at + 4);
    if (total < 12 || total % 4 != 0 || total > CAPTURE_RECORD_LIMIT + 64)
        return CONTAINER_BROKEN;
    *ret_extent = total;
    if (len < total)
        return CONTAINER_MORE;
    if (word_load(container, at + total - 4) != total)
        return CONTAINER_BROKEN;
    return block_read(container, type, at + 8, total - 12, frame);
}

enum container_result container_next(struct container *container, const uint8_t *at, size_t len,
                                     struct frame *ret_frame, size_t *ret_extent)
{
    return container->kind == CONTAINER_pcap
               ? pcap_next(container, at, len, ret_frame, ret_extent)
               : pcapng_next(container, at, len, ret_frame, ret_extent);
}

void container_finish(struct container *container)
{
    free(container->interfaces);
    container->interfaces = NULL;
    container->interface_count = container->interface_room = 0;
}
