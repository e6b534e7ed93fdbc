#include "observe/evtx.h"

#include <zlib.h>

#include "base/cursor.h"

enum {
    CHUNK_HEADER_SIZE = 512,
    RECORD_HEADER_SIZE = 24,
    RECORD_MAGIC = 0x00002a2a,
};

bool evtx_recognise(struct bytes beginning)
{
    return bytes_start(beginning, BYTES("ElfFile\0"));
}

static uint32_t u32_at(struct bytes bytes, size_t offset)
{
    struct cursor cursor = cursor_over(bytes_from(bytes, offset));
    return cursor_u32(&cursor);
}

static uint32_t checksum(struct bytes bytes, size_t from, size_t to, uint32_t sum)
{
    return (uint32_t)crc32(sum, (const unsigned char *)bytes.at + from, (unsigned)(to - from));
}

static bool chunk_unused(struct bytes bytes)
{
    for (size_t i = 0; i < CHUNK_HEADER_SIZE && i < bytes.len; i++)
        if (bytes.at[i])
            return false;
    return true;
}

bool evtx_chunk_begin(struct bytes bytes, struct evtx_chunk *ret_chunk)
{
    struct evtx_chunk chunk = {.bytes = bytes, .end = bytes.len, .at = CHUNK_HEADER_SIZE};
    uint32_t end = u32_at(bytes, 48), records_sum = u32_at(bytes, 52), sum = u32_at(bytes, 124);
    if (chunk_unused(bytes))
        return false;
    *ret_chunk = chunk;
    if (bytes.len < CHUNK_HEADER_SIZE || end < CHUNK_HEADER_SIZE || end > bytes.len ||
        checksum(bytes, 128, CHUNK_HEADER_SIZE, checksum(bytes, 0, 120, 0)) != sum)
        return true;
    ret_chunk->end = end;
    ret_chunk->sound = bytes.len == EVTX_CHUNK_SIZE && bytes_start(bytes, BYTES("ElfChnk\0")) &&
                       checksum(bytes, CHUNK_HEADER_SIZE, end, 0) == records_sum;
    return true;
}

/* Is there a record at this place, and which number has it? */
static bool record_at(const struct evtx_chunk *chunk, size_t at, size_t *ret_size,
                      uint64_t *ret_number)
{
    struct cursor cursor = cursor_over((struct bytes){chunk->bytes.at + at, chunk->end - at});
    uint32_t magic = cursor_u32(&cursor), size = cursor_u32(&cursor);
    uint64_t number = cursor_u64(&cursor);
    if (!cursor_ok(&cursor) || magic != RECORD_MAGIC || size < RECORD_HEADER_SIZE + 4 ||
        size > chunk->end - at || number < chunk->least)
        return false;
    *ret_size = size;
    *ret_number = number;
    return true;
}

enum evtx_found evtx_next(struct evtx_chunk *chunk, struct evtx_record *ret_record)
{
    size_t at = chunk->at, size;
    uint64_t number;
    if (at >= chunk->end)
        return EVTX_END;
    *ret_record = (struct evtx_record){.at = at};
    if (record_at(chunk, at, &size, &number)) {
        ret_record->from = at + RECORD_HEADER_SIZE;
        ret_record->to = at + size - 4;
        chunk->least = number + 1;
        chunk->at = at + size;
        return EVTX_RECORD;
    }
    /* The next place where there is one: they are aligned. */
    chunk->at += 8 - at % 8;
    while (chunk->at < chunk->end && !record_at(chunk, chunk->at, &size, &number))
        chunk->at += 8;
    return EVTX_NONE;
}
