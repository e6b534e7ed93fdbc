#include "analyse/android/chunk.h"

#include "base/cursor.h"

bool chunk_next(struct bytes *rest, struct chunk *ret_chunk)
{
    struct cursor cursor = cursor_over(*rest);
    struct chunk chunk = {.type = cursor_u16(&cursor), .header = cursor_u16(&cursor)};
    uint32_t size = cursor_u32(&cursor);
    if (!cursor_ok(&cursor) || size < 8)
        return false;
    chunk.cut = size > rest->len;
    chunk.all = (struct bytes){rest->at, chunk.cut ? rest->len : size};
    if (chunk.header < 8)
        chunk.header = 8;
    if (chunk.header > chunk.all.len)
        chunk.header = (uint16_t)chunk.all.len;
    chunk.behind = bytes_from(chunk.all, chunk.header);
    *rest = bytes_from(*rest, chunk.all.len);
    *ret_chunk = chunk;
    return true;
}
