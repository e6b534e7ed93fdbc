#include "base/cursor.h"

struct bytes cursor_take(struct cursor *cursor, size_t len)
{
    if (cursor->short_read || len > (size_t)(cursor->end - cursor->at)) {
        cursor->short_read = true;
        return (struct bytes){cursor->end, 0};
    }
    struct bytes taken = {cursor->at, len};
    cursor->at += len;
    return taken;
}

static uint64_t take_little(struct cursor *cursor, size_t size)
{
    struct bytes raw = cursor_take(cursor, size);
    uint64_t value = 0;
    for (size_t i = 0; i < raw.len; i++)
        value |= (uint64_t)(uint8_t)raw.at[i] << (8 * i);
    return value;
}

uint8_t cursor_u8(struct cursor *cursor)
{
    return (uint8_t)take_little(cursor, 1);
}

uint16_t cursor_u16(struct cursor *cursor)
{
    return (uint16_t)take_little(cursor, 2);
}

uint32_t cursor_u32(struct cursor *cursor)
{
    return (uint32_t)take_little(cursor, 4);
}

uint64_t cursor_u64(struct cursor *cursor)
{
    return take_little(cursor, 8);
}

float cursor_float(struct cursor *cursor)
{
    uint32_t bits = cursor_u32(cursor);
    float value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

double cursor_double(struct cursor *cursor)
{
    uint64_t bits = cursor_u64(cursor);
    double value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

uint64_t cursor_varint(struct cursor *cursor)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = cursor_u8(cursor);
        if (cursor->short_read)
            return 0;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return value;
    }
    cursor->short_read = true;
    return 0;
}

struct bytes cursor_block(struct cursor *cursor)
{
    uint64_t len = cursor_varint(cursor);
    return cursor_take(cursor, len > SIZE_MAX ? SIZE_MAX : (size_t)len);
}
