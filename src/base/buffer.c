#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

bool buffer_reserve(struct buffer *buffer, size_t more)
{
    if (buffer->failed)
        return false;
    if (more <= buffer->capacity - buffer->len)
        return true;
    size_t need, room = buffer->capacity ? buffer->capacity : 256;
    if (__builtin_add_overflow(buffer->len, more, &need) || need > SIZE_MAX / 2)
        goto fail;
    while (room < need)
        room *= 2;
    char *at = realloc(buffer->at, room);
    if (!at)
        goto fail;
    buffer->at = at;
    buffer->capacity = room;
    return true;
fail:
    buffer->failed = true;
    return false;
}

void buffer_put(struct buffer *buffer, struct bytes bytes)
{
    if (bytes.len && buffer_reserve(buffer, bytes.len)) {
        memcpy(buffer->at + buffer->len, bytes.at, bytes.len);
        buffer->len += bytes.len;
    }
}

void buffer_put_char(struct buffer *buffer, char c)
{
    if (buffer_reserve(buffer, 1))
        buffer->at[buffer->len++] = c;
}

void buffer_put_format(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;
    if (!buffer_reserve(buffer, 1))
        return;
    size_t room = buffer->capacity - buffer->len;
    va_start(arguments, format);
    int need = vsnprintf(buffer->at + buffer->len, room, format, arguments);
    va_end(arguments);
    if (need < 0 || !buffer_reserve(buffer, (size_t)need + 1))
        return;
    if ((size_t)need >= room) { /* it was cut short */
        va_start(arguments, format);
        vsnprintf(buffer->at + buffer->len, (size_t)need + 1, format, arguments);
        va_end(arguments);
    }
    buffer->len += (size_t)need;
}

void buffer_put_u8(struct buffer *buffer, uint8_t value)
{
    buffer_put_char(buffer, (char)value);
}

static void put_little(struct buffer *buffer, uint64_t value, size_t size)
{
    if (!buffer_reserve(buffer, size))
        return;
    for (size_t i = 0; i < size; i++)
        buffer->at[buffer->len++] = (char)(value >> (8 * i));
}

void buffer_put_u32(struct buffer *buffer, uint32_t value)
{
    put_little(buffer, value, 4);
}

void buffer_put_u64(struct buffer *buffer, uint64_t value)
{
    put_little(buffer, value, 8);
}

void buffer_put_float(struct buffer *buffer, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof(bits));
    buffer_put_u32(buffer, bits);
}

void buffer_put_double(struct buffer *buffer, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    buffer_put_u64(buffer, bits);
}

void buffer_put_varint(struct buffer *buffer, uint64_t value)
{
    if (!buffer_reserve(buffer, 10))
        return;
    while (value >= 0x80) {
        buffer->at[buffer->len++] = (char)(value | 0x80);
        value >>= 7;
    }
    buffer->at[buffer->len++] = (char)value;
}

void buffer_put_block(struct buffer *buffer, struct bytes bytes)
{
    buffer_put_varint(buffer, bytes.len);
    buffer_put(buffer, bytes);
}

void buffer_finish(struct buffer *buffer)
{
    free(buffer->at);
    *buffer = (struct buffer){0};
}
