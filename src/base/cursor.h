/*
 * base/cursor.h -- reading foreign bytes straight through.
 *
 * A cursor is sticky: the first read past the end sets `short_read` and makes
 * this and all later reads zero or empty, so a parser runs straight and checks
 * cursor_ok once. Integers are little-endian.
 */
#ifndef BASE_CURSOR_H
#define BASE_CURSOR_H

#include "base/bytes.h"

struct cursor {
    const char *at, *end;
    bool short_read;
};

static inline struct cursor cursor_over(struct bytes bytes)
{
    const char *at = bytes.at ? bytes.at : ""; /* NULL + 0 is undefined in C */
    return (struct cursor){at, at + bytes.len, false};
}

static inline bool cursor_ok(const struct cursor *cursor)
{
    return !cursor->short_read;
}

/* Bytes not yet read; 0 after a short read. */
static inline size_t cursor_left(const struct cursor *cursor)
{
    return cursor->short_read ? 0 : (size_t)(cursor->end - cursor->at);
}

/* The next `len` bytes, still owned by whoever owns the input. */
struct bytes cursor_take(struct cursor *cursor, size_t len);
uint8_t cursor_u8(struct cursor *cursor);
uint16_t cursor_u16(struct cursor *cursor);
uint32_t cursor_u32(struct cursor *cursor);
uint64_t cursor_u64(struct cursor *cursor);
float cursor_float(struct cursor *cursor); /* from the bits; any, also not finite ones */
double cursor_double(struct cursor *cursor);
uint64_t cursor_varint(struct cursor *cursor);    /* LEB128; over 64 bits is a short read */
struct bytes cursor_block(struct cursor *cursor); /* a varint length, then the bytes */

#endif
