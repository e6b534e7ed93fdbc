#include "analyse/android/string_pool.h"

#include <errno.h>

#include "base/cursor.h"

enum { POOL_HEADER = 28, POOL_NARROW = 1 << 8 };

int string_pool_read(struct bytes chunk, struct arena *arena, struct notes *notes,
                     struct string_pool *ret_pool)
{
    struct cursor cursor = cursor_over(bytes_from(chunk, 2));
    uint32_t header = cursor_u16(&cursor);
    cursor_u32(&cursor);
    struct string_pool pool = {.chunk = chunk, .arena = arena, .notes = notes};
    pool.count = cursor_u32(&cursor);
    uint32_t styles = cursor_u32(&cursor);
    pool.narrow = cursor_u32(&cursor) & POOL_NARROW;
    pool.strings = cursor_u32(&cursor);
    uint32_t styles_at = cursor_u32(&cursor);
    if (!cursor_ok(&cursor))
        return -EBADMSG;
    if (header != POOL_HEADER)
        note_add(notes, "a string pool has a header of another length", BYTES("strings"));
    if (styles == 0 && styles_at != 0)
        note_add(notes, "a string pool without styles says where they are", BYTES("strings"));
    pool.offsets = header < POOL_HEADER ? POOL_HEADER : header;
    size_t most = bytes_from(chunk, pool.offsets).len / 4;
    if (pool.count > most) {
        note_add(notes, "a string pool says it has more strings than fit", BYTES("strings"));
        pool.count = (uint32_t)most;
    }
    pool.left = POOL_SWELL * chunk.len + POOL_STRING;
    pool.decoded = arena_take_array(arena, (size_t)pool.count + 1, sizeof(*pool.decoded));
    if (!pool.decoded)
        return -ENOMEM;
    *ret_pool = pool;
    return 0;
}

/* A length of one or two units, the first one's highest bit telling which. */
static uint32_t length_narrow(struct cursor *cursor)
{
    uint32_t first = cursor_u8(cursor);
    return first & 0x80 ? (first & 0x7f) << 8 | cursor_u8(cursor) : first;
}

static uint32_t length_wide(struct cursor *cursor)
{
    uint32_t first = cursor_u16(cursor);
    return first & 0x8000 ? (first & 0x7fff) << 16 | cursor_u16(cursor) : first;
}

static size_t utf8_put(char *to, uint32_t point)
{
    if (point < 0x80) {
        to[0] = (char)point;
        return 1;
    }
    if (point < 0x800) {
        to[0] = (char)(0xc0 | point >> 6);
        to[1] = (char)(0x80 | (point & 0x3f));
        return 2;
    }
    if (point < 0x10000) {
        to[0] = (char)(0xe0 | point >> 12);
        to[1] = (char)(0x80 | (point >> 6 & 0x3f));
        to[2] = (char)(0x80 | (point & 0x3f));
        return 3;
    }
    to[0] = (char)(0xf0 | point >> 18);
    to[1] = (char)(0x80 | (point >> 12 & 0x3f));
    to[2] = (char)(0x80 | (point >> 6 & 0x3f));
    to[3] = (char)(0x80 | (point & 0x3f));
    return 4;
}

/* Units of UTF-16 -> UTF-8 at `to`, which has room for three bytes each; how many bytes. */
static size_t units_decode(struct cursor *cursor, uint32_t units, char *to)
{
    size_t len = 0;
    uint32_t high = 0;
    for (uint32_t i = 0; i < units; i++) {
        uint32_t unit = cursor_u16(cursor);
        if (high && (unit & 0xfc00) == 0xdc00) {
            len += utf8_put(to + len, 0x10000 + ((high & 0x3ff) << 10 | (unit & 0x3ff)));
            high = 0;
            continue;
        }
        if (high)
            len += utf8_put(to + len, 0xfffd);
        high = (unit & 0xfc00) == 0xd800 ? unit : 0;
        if (!high)
            len += utf8_put(to + len, (unit & 0xfc00) == 0xdc00 ? 0xfffd : unit);
    }
    return high ? len + utf8_put(to + len, 0xfffd) : len;
}

static struct bytes string_decode(struct string_pool *pool, struct bytes from)
{
    struct cursor cursor = cursor_over(from);
    if (pool->narrow)
        length_narrow(&cursor); /* in units of UTF-16: nothing to us */
    uint32_t length = pool->narrow ? length_narrow(&cursor) : length_wide(&cursor);
    size_t left = cursor_left(&cursor) / (pool->narrow ? 1 : 2);
    if (length > left || length > POOL_STRING) {
        note_add(pool->notes, "a string is said to be longer than what is there", BYTES("strings"));
        length = (uint32_t)(left < POOL_STRING ? left : POOL_STRING);
    }
    size_t room = pool->narrow ? length : 3 * (size_t)length;
    if (pool->narrow)
        return cursor_take(&cursor, length);
    char *to = room <= pool->left ? arena_take(pool->arena, room + 1) : NULL;
    if (!to) {
        note_add(pool->notes, "strings overlap: not all are read", BYTES("strings"));
        return (struct bytes){"", 0};
    }
    pool->left -= room;
    return (struct bytes){to, units_decode(&cursor, length, to)};
}

struct bytes string_pool_get(struct string_pool *pool, uint32_t index)
{
    if (index >= pool->count)
        return (struct bytes){"", 0};
    if (!pool->decoded[index].at) {
        struct cursor cursor =
            cursor_over(bytes_from(pool->chunk, pool->offsets + 4 * (size_t)index));
        uint64_t offset = (uint64_t)pool->strings + cursor_u32(&cursor);
        struct bytes from = {"", 0};
        if (offset < pool->chunk.len)
            from = string_decode(pool, bytes_from(pool->chunk, (size_t)offset));
        pool->decoded[index] = from;
    }
    return pool->decoded[index];
}
