#include "observe/flow/nfdump_record.h"

#include "base/cursor.h"
#include "observe/record.h"

/* Types of records, extensions of layout 1, elements of layout 2, as nfdump numbers them. */
enum {
    RECORD_SMALL = 1, /* of nfdump before 1.6.13: without the number of the exporter */
    RECORD_MAP = 2,
    RECORD_COMMON = 10,
    RECORD_ELEMENTS = 11,

    EXTENSION_OUT_PACKETS_4 = 14,
    EXTENSION_OUT_PACKETS_8 = 15,
    EXTENSION_OUT_BYTES_4 = 16,
    EXTENSION_OUT_BYTES_8 = 17,
    EXTENSIONS = 49,

    FLAG_IPV6 = 1,
    FLAG_PACKETS_8 = 2,
    FLAG_BYTES_8 = 4,

    ELEMENT_FLOW = 1,
    ELEMENT_IPV4 = 2,
    ELEMENT_IPV6 = 3,
    ELEMENT_COUNTS = 6,
};

static const char *const incomplete = "the record ends in the middle";

/* nfdump keeps an address as numbers of the machine: the octets of each stand backwards. */
static struct ip address_take(struct cursor *cursor, bool six)
{
    struct ip ip = {.octets = {[10] = 0xff, [11] = 0xff}};
    size_t first = six ? 0 : 12, size = six ? 8 : 4;
    for (size_t at = first; at < sizeof(ip.octets); at += size) {
        uint64_t number = six ? cursor_u64(cursor) : cursor_u32(cursor);
        for (size_t i = 0; i < size; i++)
            ip.octets[at + i] = (uint8_t)(number >> (8 * (size - 1 - i)));
    }
    return ip;
}

static const char *times_set(struct flow *flow, uint64_t first, uint64_t last)
{
    enum { IN_MILLISECOND = 1000000 };
    if (first > INT64_MAX / IN_MILLISECOND || last > INT64_MAX / IN_MILLISECOND)
        return reason_sentence(REASON_time_far);
    flow->start = (int64_t)first * IN_MILLISECOND;
    flow->end = last > first ? (int64_t)last * IN_MILLISECOND : flow->start;
    flow->logged = flow->end;
    return NULL;
}

/* Sizes of the extensions behind the three that every record has; 0: reserved, of no known size. */
static const uint8_t extension_sizes[EXTENSIONS] = {
    [4] = 4,   [5] = 8,   [6] = 4,   [7] = 8,   [8] = 4,   [9] = 4,  [10] = 16,
    [11] = 4,  [12] = 16, [13] = 4,  [14] = 4,  [15] = 8,  [16] = 4, [17] = 8,
    [18] = 4,  [19] = 8,  [20] = 16, [21] = 16, [22] = 40, [23] = 4, [24] = 16,
    [25] = 4,  [26] = 8,  [27] = 8,  [37] = 20, [38] = 4,  [39] = 8, [40] = 32,
    [41] = 24, [42] = 24, [43] = 72, [45] = 24, [46] = 12, [47] = 8, [48] = 8,
};

/* What stands behind an extension of unknown size cannot be found, and is taken for not there. */
static const char *map_read(struct nfdump_map *maps, struct cursor *cursor)
{
    uint16_t number = cursor_u16(cursor);
    (void)cursor_u16(cursor); /* the size of all */
    if (!cursor_ok(cursor))
        return incomplete;
    struct nfdump_map map = {.known = true};
    for (uint32_t at = 0; cursor_left(cursor) >= 2 && at <= UINT16_MAX;) {
        uint16_t extension = cursor_u16(cursor);
        if (extension >= 1 && extension <= 3)
            continue;
        uint8_t size = extension < EXTENSIONS ? extension_sizes[extension] : 0;
        if (size == 0)
            break;
        if (extension == EXTENSION_OUT_PACKETS_4 || extension == EXTENSION_OUT_PACKETS_8) {
            map.packets_at = (uint16_t)at;
            map.packets_size = size;
        }
        if (extension == EXTENSION_OUT_BYTES_4 || extension == EXTENSION_OUT_BYTES_8) {
            map.bytes_at = (uint16_t)at;
            map.bytes_size = size;
        }
        at += size;
    }
    maps[number] = map;
    return NULL;
}

static uint64_t counter_take(struct cursor *cursor, bool wide)
{
    return wide ? cursor_u64(cursor) : cursor_u32(cursor);
}

static uint64_t counter_find(struct cursor cursor, uint16_t at, uint8_t size)
{
    (void)cursor_take(&cursor, at);
    return size ? counter_take(&cursor, size == 8) : 0;
}

static const char *common_read(const struct nfdump_map *maps, struct cursor *cursor, bool small,
                               struct flow *flow)
{
    uint16_t flags = cursor_u16(cursor); /* small: the upper half is a tag */
    const struct nfdump_map *map = &maps[cursor_u16(cursor)];
    uint16_t first_part = cursor_u16(cursor), last_part = cursor_u16(cursor);
    uint64_t first = cursor_u32(cursor), last = cursor_u32(cursor);
    (void)cursor_u16(cursor); /* how it was forwarded, TCP's flags */
    flow->protocol = cursor_u8(cursor);
    (void)cursor_u8(cursor); /* type of service */
    flow->source_port = cursor_u16(cursor);
    flow->destination_port = cursor_u16(cursor);
    if (!small)
        (void)cursor_u32(cursor); /* exporter */
    flow->source_ip = address_take(cursor, flags & FLAG_IPV6);
    flow->destination_ip = address_take(cursor, flags & FLAG_IPV6);
    flow->packets[0] = counter_take(cursor, flags & FLAG_PACKETS_8);
    flow->bytes[0] = counter_take(cursor, flags & FLAG_BYTES_8);
    if (!cursor_ok(cursor))
        return incomplete;
    if (!map->known)
        return "a flow whose extension map is not in the file";
    flow->packets[1] = counter_find(*cursor, map->packets_at, map->packets_size);
    flow->bytes[1] = counter_find(*cursor, map->bytes_at, map->bytes_size);
    return times_set(flow, first * 1000 + first_part, last * 1000 + last_part);
}

static const char *flow_element_read(struct cursor *cursor, struct flow *flow)
{
    uint64_t first = cursor_u64(cursor), last = cursor_u64(cursor);
    (void)cursor_u64(cursor); /* when it was received */
    flow->packets[0] = cursor_u64(cursor);
    flow->bytes[0] = cursor_u64(cursor);
    flow->source_port = cursor_u16(cursor);
    flow->destination_port = cursor_u16(cursor);
    flow->protocol = cursor_u8(cursor);
    return cursor_ok(cursor) ? times_set(flow, first, last) : incomplete;
}

static const char *element_read(uint16_t type, struct bytes body, struct flow *flow)
{
    struct cursor cursor = cursor_over(body);
    if (type == ELEMENT_FLOW)
        return flow_element_read(&cursor, flow);
    if (type == ELEMENT_IPV4 || type == ELEMENT_IPV6) {
        flow->source_ip = address_take(&cursor, type == ELEMENT_IPV6);
        flow->destination_ip = address_take(&cursor, type == ELEMENT_IPV6);
    } else if (type == ELEMENT_COUNTS) {
        (void)cursor_u64(&cursor); /* flows it was made of */
        flow->packets[1] = cursor_u64(&cursor);
        flow->bytes[1] = cursor_u64(&cursor);
    }
    return cursor_ok(&cursor) ? NULL : incomplete;
}

static const char *elements_read(struct cursor *cursor, struct flow *flow)
{
    enum { HEADER = 4 };
    uint16_t count = cursor_u16(cursor);
    uint32_t have = 0;
    (void)cursor_take(cursor, 6); /* engine, exporter, flags, version */
    for (uint16_t i = 0; i < count; i++) {
        uint16_t type = cursor_u16(cursor), len = cursor_u16(cursor);
        struct bytes body = cursor_take(cursor, len < HEADER ? SIZE_MAX : len - (size_t)HEADER);
        if (!cursor_ok(cursor))
            return incomplete;
        const char *why = element_read(type, body, flow);
        if (why)
            return why;
        have |= type < 32 ? 1U << type : 0;
    }
    if (!(have & 1U << ELEMENT_FLOW) || !(have & (1U << ELEMENT_IPV4 | 1U << ELEMENT_IPV6)))
        return reason_sentence(REASON_no_ends);
    return cursor_ok(cursor) ? NULL : incomplete;
}

const char *nfdump_record_read(struct nfdump_map *maps, uint16_t type, struct bytes body,
                               struct flow *ret_flow, bool *ret_whole)
{
    struct cursor cursor = cursor_over(body);
    struct flow flow = {0};
    const char *why = NULL;
    *ret_whole = type == RECORD_SMALL || type == RECORD_COMMON || type == RECORD_ELEMENTS;
    if (type == RECORD_MAP)
        return map_read(maps, &cursor);
    if (type == RECORD_ELEMENTS)
        why = elements_read(&cursor, &flow);
    else if (*ret_whole)
        why = common_read(maps, &cursor, type == RECORD_SMALL, &flow);
    if (!why)
        *ret_flow = flow;
    return why;
}
