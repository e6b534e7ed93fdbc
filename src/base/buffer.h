/*
 * base/buffer.h -- bytes that grow: text being written, a checkpoint being made.
 *
 * Errors stick: after the first failure to grow, further puts do nothing and
 * `failed` stays set, so a writer runs straight and looks once at the end.
 * Integers are written little-endian; base/cursor.h reads them back.
 */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include "base/bytes.h"

struct buffer {
    char *at;
    size_t len, capacity;
    bool failed;
};

/* Room for `more` bytes behind `len`; false (and failed) when memory ran out. */
bool buffer_reserve(struct buffer *buffer, size_t more);
void buffer_put(struct buffer *buffer, struct bytes bytes);
void buffer_put_char(struct buffer *buffer, char c);
void buffer_put_format(struct buffer *buffer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void buffer_put_u8(struct buffer *buffer, uint8_t value);
void buffer_put_u32(struct buffer *buffer, uint32_t value);
void buffer_put_u64(struct buffer *buffer, uint64_t value);
void buffer_put_float(struct buffer *buffer, float value);     /* the bits, as u32 */
void buffer_put_double(struct buffer *buffer, double value);   /* the bits, as u64 */
void buffer_put_varint(struct buffer *buffer, uint64_t value); /* LEB128 */
/* A varint length, then the bytes: what cursor_block reads. */
void buffer_put_block(struct buffer *buffer, struct bytes bytes);

static inline struct bytes buffer_bytes(const struct buffer *buffer)
{
    return (struct bytes){buffer->at, buffer->len};
}

static inline void buffer_clear(struct buffer *buffer)
{
    buffer->len = 0;
    buffer->failed = false;
}

void buffer_finish(struct buffer *buffer);

#endif
