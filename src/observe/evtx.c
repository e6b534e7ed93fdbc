#include "observe/evtx.h"

#include <zlib.h>

#include "base/cursor.h"
#include "observe/binxml.h"

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

/* What a chunk says of itself. */
struct chunk {
    struct bytes bytes;
    size_t end; /* of its records; what is behind is left from an earlier use */
    bool sound; /* both checksums hold */
};

static struct chunk chunk_look(struct bytes bytes)
{
    struct chunk chunk = {bytes, bytes.len, false};
    uint32_t end = u32_at(bytes, 48), records_sum = u32_at(bytes, 52), sum = u32_at(bytes, 124);
    if (bytes.len < CHUNK_HEADER_SIZE || end < CHUNK_HEADER_SIZE || end > bytes.len ||
        checksum(bytes, 128, CHUNK_HEADER_SIZE, checksum(bytes, 0, 120, 0)) != sum)
        return chunk;
    chunk.end = end;
    chunk.sound = bytes.len == EVTX_CHUNK_SIZE && bytes_start(bytes, BYTES("ElfChnk\0")) &&
                  checksum(bytes, CHUNK_HEADER_SIZE, end, 0) == records_sum;
    return chunk;
}

static bool chunk_unused(struct bytes bytes)
{
    for (size_t i = 0; i < CHUNK_HEADER_SIZE && i < bytes.len; i++)
        if (bytes.at[i])
            return false;
    return true;
}

/* A record in a chunk: its number, where its binary XML stands, and the next record's place. */
struct extent {
    uint64_t number;
    size_t from, to, next;
};

/*
 * Is there a record at this place? Numbers go up within a chunk; one that
 * doesn't is a remnant of what the chunk held before.
 */
static bool record_at(const struct chunk *chunk, size_t at, uint64_t least, struct extent *extent)
{
    struct cursor cursor = cursor_over((struct bytes){chunk->bytes.at + at, chunk->end - at});
    uint32_t magic = cursor_u32(&cursor), size = cursor_u32(&cursor);
    uint64_t number = cursor_u64(&cursor);
    if (!cursor_ok(&cursor) || magic != RECORD_MAGIC || size < RECORD_HEADER_SIZE + 4 ||
        size > chunk->end - at || number < least)
        return false;
    *extent = (struct extent){number, at + RECORD_HEADER_SIZE, at + size - 4, at + size};
    return true;
}

/* The next place behind `at` where there is one: they are aligned. */
static size_t record_search(const struct chunk *chunk, size_t at, uint64_t least)
{
    struct extent extent;
    at += 8 - at % 8;
    while (at < chunk->end && !record_at(chunk, at, least, &extent))
        at += 8;
    return at;
}

/* The record that begins at `offset` of the file into the batch's next row. */
static int record_run(struct parser *parser, const struct chunk *chunk, struct extent extent,
                      uint64_t offset, struct batch *batch, struct tally *tally)
{
    enum reason reason = REASON_evtx_record;
    int error = 0;
    if (binxml_read(chunk->bytes, extent.from, extent.to, &parser->texts, &parser->scratch,
                    &parser->record))
        error = record_write(&parser->record, &parser->writer, batch->rows, &reason);
    if (error)
        return error;
    tally->read++;
    if (reason) {
        tally_refuse(tally, reason, offset, 0);
        return 0;
    }
    batch->columns.event_offset[batch->rows++] = offset;
    return 0;
}

int evtx_run(struct parser *parser, const struct block *block, uint32_t number, struct batch *batch,
             struct tally *tally)
{
    struct chunk chunk = chunk_look(buffer_bytes(&block->text));
    struct extent extent;
    uint64_t least = 0;
    int error = 0;
    if (chunk_unused(chunk.bytes))
        return 0;
    if (!chunk.sound)
        tally->read++, tally_refuse(tally, REASON_evtx_chunk, block->offset, 0);
    for (size_t at = CHUNK_HEADER_SIZE; at < chunk.end && batch->rows < BATCH_ROWS && !error;) {
        if (!record_at(&chunk, at, least, &extent)) {
            if (chunk.sound)
                tally->read++, tally_refuse(tally, REASON_evtx_record, block->offset + at, 0);
            at = record_search(&chunk, at, least);
            continue;
        }
        if (block->offset + at >= block->from)
            error = record_run(parser, &chunk, extent, block->offset + at, batch, tally);
        least = extent.number + 1;
        at = extent.next;
    }
    for (uint32_t row = 0; row < batch->rows; row++)
        batch->columns.event_source[row] = number;
    return error;
}
