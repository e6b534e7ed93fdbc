#include "observe/evtx.h"

#include <errno.h>
#include <libbfio.h>
#include <libevtx.h>
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

/* The header of a chunk, as far as it is needed (little-endian, at these offsets). */
struct chunk_header {
    uint32_t free_offset; /* 48: end of the records */
    uint32_t records_sum; /* 52: CRC-32 of the records */
    uint32_t header_sum;  /* 124: CRC-32 of bytes 0 to 119 and 128 to 511 */
};

static uint32_t u32_at(struct bytes bytes, size_t offset)
{
    struct cursor cursor = cursor_over(bytes_from(bytes, offset));
    return cursor_u32(&cursor);
}

static uint32_t checksum(struct bytes bytes, size_t from, size_t to, uint32_t sum)
{
    return (uint32_t)crc32(sum, (const unsigned char *)bytes.at + from, (unsigned)(to - from));
}

/* Do both checksums of the chunk hold? */
static bool chunk_sound(struct bytes chunk)
{
    struct chunk_header header = {u32_at(chunk, 48), u32_at(chunk, 52), u32_at(chunk, 124)};
    if (chunk.len < EVTX_CHUNK_SIZE || header.free_offset < CHUNK_HEADER_SIZE ||
        header.free_offset > EVTX_CHUNK_SIZE)
        return false;
    uint32_t sum = checksum(chunk, 128, CHUNK_HEADER_SIZE, checksum(chunk, 0, 120, 0));
    return sum == header.header_sum &&
           checksum(chunk, CHUNK_HEADER_SIZE, header.free_offset, 0) == header.records_sum;
}

static bool chunk_unused(struct bytes chunk)
{
    for (size_t i = 0; i < CHUNK_HEADER_SIZE && i < chunk.len; i++)
        if (chunk.at[i])
            return false;
    return true;
}

/* A file of one chunk, as libevtx wants it. */
static void file_write(char *file, struct bytes chunk)
{
    static const unsigned char fixed[] = {128, 0, 0, 0, 1, 0, 3, 0, 0, 16, 1, 0};
    memset(file, 0, EVTX_HEADER_SIZE + EVTX_CHUNK_SIZE);
    memcpy(file, "ElfFile", 8);
    memcpy(file + 32, fixed, sizeof(fixed)); /* header size, version 3.1, header block, 1 chunk */
    uint32_t sum = (uint32_t)crc32(0, (const unsigned char *)file, 120);
    for (int i = 0; i < 4; i++)
        file[124 + i] = (char)(sum >> (8 * i));
    memcpy(file + EVTX_HEADER_SIZE, chunk.at,
           chunk.len < EVTX_CHUNK_SIZE ? chunk.len : EVTX_CHUNK_SIZE);
}

/* libevtx over a chunk in memory. */
struct opened {
    libbfio_handle_t *memory;
    libevtx_file_t *file;
    int count;
};

static void opened_finish(struct opened *opened)
{
    if (opened->file) {
        libevtx_file_close(opened->file, NULL);
        libevtx_file_free(&opened->file, NULL);
    }
    if (opened->memory)
        libbfio_handle_free(&opened->memory, NULL);
}

static bool opened_init(struct opened *opened, char *file)
{
    return libbfio_memory_range_initialize(&opened->memory, NULL) == 1 &&
           libbfio_memory_range_set(opened->memory, (uint8_t *)file,
                                    EVTX_HEADER_SIZE + EVTX_CHUNK_SIZE, NULL) == 1 &&
           libevtx_file_initialize(&opened->file, NULL) == 1 &&
           libevtx_file_open_file_io_handle(opened->file, opened->memory, LIBEVTX_OPEN_READ,
                                            NULL) == 1 &&
           libevtx_file_get_number_of_records(opened->file, &opened->count, NULL) == 1;
}

enum { XML_LIMIT = 4 << 20 };

/* The XML of a record in memory of `arena`; at == NULL when it can't be had. */
static struct bytes xml_take(libevtx_record_t *event, struct arena *arena)
{
    size_t size = 0;
    char *xml = NULL;
    if (libevtx_record_get_utf8_xml_string_size(event, &size, NULL) == 1 && size &&
        size <= XML_LIMIT)
        xml = arena_take(arena, size);
    if (xml && libevtx_record_get_utf8_xml_string(event, (uint8_t *)xml, size, NULL) != 1)
        xml = NULL;
    return (struct bytes){xml, xml ? strlen(xml) : 0};
}

/* Where in the chunk the record of this number stands; the chunk's beginning if it can't be seen.
 */
static uint32_t record_offset(struct bytes chunk, uint64_t number, uint32_t *hint)
{
    for (uint32_t at = *hint; at + RECORD_HEADER_SIZE <= chunk.len;) {
        struct cursor cursor = cursor_over(bytes_from(chunk, at));
        uint32_t magic = cursor_u32(&cursor), size = cursor_u32(&cursor);
        if (magic != RECORD_MAGIC || size < RECORD_HEADER_SIZE || size > chunk.len - at)
            break;
        if (cursor_u64(&cursor) == number) {
            *hint = at + size;
            return at;
        }
        at += size;
    }
    return 0;
}

struct job {
    struct parser *parser;
    const struct block *block;
    struct bytes chunk;
    uint32_t number, hint;
    struct batch *batch;
    struct tally *tally;
};

static int record_run(struct job *job, libevtx_record_t *event)
{
    uint64_t number = 0;
    struct batch *batch = job->batch;
    enum reason reason = REASON_evtx_record;
    libevtx_record_get_identifier(event, &number, NULL);
    uint64_t offset = job->block->offset + record_offset(job->chunk, number, &job->hint);
    if (offset < job->block->from)
        return 0;
    job->tally->read++;
    struct bytes xml = xml_take(event, &job->parser->texts);
    if (xml.at && evtx_xml_read((char *)xml.at, xml.len, &job->parser->record)) {
        int error = record_write(&job->parser->record, &job->parser->writer, batch->rows, &reason);
        if (error)
            return error;
    }
    if (reason) {
        tally_refuse(job->tally, reason, offset, 0);
        return 0;
    }
    batch->columns.event_source[batch->rows] = job->number;
    batch->columns.event_offset[batch->rows] = offset;
    batch->rows++;
    return 0;
}

static int records_run(struct job *job, struct opened *opened)
{
    int error = 0;
    for (int i = 0; i < opened->count && job->batch->rows < BATCH_ROWS && !error; i++) {
        libevtx_record_t *event = NULL;
        if (libevtx_file_get_record_by_index(opened->file, i, &event, NULL) == 1)
            error = record_run(job, event);
        else
            job->tally->read++, tally_refuse(job->tally, REASON_evtx_record, job->block->offset, 0);
        libevtx_record_free(&event, NULL);
    }
    return error;
}

int evtx_run(struct parser *parser, const struct block *block, uint32_t number, struct batch *batch,
             struct tally *tally)
{
    struct bytes chunk = buffer_bytes(&block->text);
    struct job job = {parser, block, chunk, number, CHUNK_HEADER_SIZE, batch, tally};
    struct opened opened = {0};
    if (chunk_unused(chunk))
        return 0;
    if (!chunk_sound(chunk)) {
        tally->read++;
        tally_refuse(tally, REASON_evtx_chunk, block->offset, 0);
    }
    char *file = arena_take(&parser->texts, EVTX_HEADER_SIZE + EVTX_CHUNK_SIZE);
    if (!file)
        return -ENOMEM;
    file_write(file, chunk);
    int error = opened_init(&opened, file) ? records_run(&job, &opened) : 0;
    opened_finish(&opened);
    return error;
}
