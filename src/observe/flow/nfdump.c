#include "observe/flow/nfdump.h"

#include <bzlib.h>
#include <errno.h>
#include <lz4.h>
#include <lzo/lzo1x.h>
#include <stdlib.h>
#include <zstd.h>

#include "base/buffer.h"
#include "base/cursor.h"
#include "observe/flow/nfdump_record.h"

enum {
    MAGIC = 0xa50c,
    HEADER_1 = 276, /* with the name and the statistics behind it */
    HEADER_2 = 40,
    BLOCK_HEADER = 12,
    RECORD_HEADER = 4,

    BLOCK_OLD = 1, /* of nfdump 1.5 */
    BLOCK_MAPPED = 2,
    BLOCK_ELEMENTS = 3,
    BLOCK_PLAIN = 1, /* a flag of the last: not worth packing */
};

/* As layout 2 numbers them. */
enum packing { PACKING_none, PACKING_lzo, PACKING_bzip2, PACKING_lz4, PACKING_zstd };

struct dump {
    struct bytes beginning; /* not yet read of it */
    struct stream *stream;
    uint64_t offset; /* of what is read next */
    uint16_t layout;
    enum packing packing;
    uint32_t blocks; /* still to come, as the header says */
    struct nfdump_map *maps;
    struct buffer packed, plain; /* a block */
    int (*take)(void *context, const struct flow *flow);
    void *context;
    struct flow_log_counts *counts;
    struct fault *fault;
};

struct block_header {
    uint64_t offset;
    uint32_t records, size;
    uint16_t type, flags;
};

bool nfdump_recognise(struct bytes beginning)
{
    return bytes_start(beginning, (struct bytes){"\x0c\xa5", 2}) ||
           bytes_start(beginning, (struct bytes){"\xa5\x0c\x00", 3});
}

static int fail(struct dump *dump, int error, const char *why)
{
    *dump->fault = (struct fault){why, dump->offset, 0};
    return error;
}

/* The next `size` bytes; at the end there are less. */
static int bytes_read(struct dump *dump, char *to, size_t size, size_t *ret_len)
{
    size_t len = size < dump->beginning.len ? size : dump->beginning.len, more = 0;
    if (len)
        memcpy(to, dump->beginning.at, len);
    dump->beginning = bytes_from(dump->beginning, len);
    int error = 0;
    if (len < size && dump->stream)
        error = stream_read(dump->stream, to + len, size - len, &more, dump->fault);
    *ret_len = len + more;
    dump->offset += len + more;
    return error;
}

static int header_1_take(struct dump *dump, struct cursor *cursor)
{
    static const struct {
        uint32_t flag;
        enum packing packing;
    } flags[] = {{1, PACKING_lzo}, {8, PACKING_bzip2}, {16, PACKING_lz4}};
    uint32_t given = cursor_u32(cursor);
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
        if (given & flags[i].flag)
            dump->packing = flags[i].packing;
    dump->blocks = cursor_u32(cursor);
    return 0;
}

static int header_2_take(struct dump *dump, struct cursor *cursor)
{
    (void)cursor_take(cursor, 4 + 8); /* who wrote it, when */
    dump->packing = cursor_u8(cursor);
    if (dump->packing > PACKING_zstd)
        return fail(dump, -ENOTSUP, "an nfdump file packed in a way we do not know");
    if (cursor_u8(cursor))
        return fail(dump, -ENOTSUP, "an encrypted nfdump file");
    uint16_t appendices = cursor_u16(cursor);
    (void)cursor_take(cursor, 4 + 8 + 4); /* where the appendices begin, how long blocks are */
    dump->blocks = cursor_u32(cursor);
    dump->blocks += dump->blocks <= UINT32_MAX - appendices ? appendices : 0;
    return 0;
}

static const char *const header_cut = "an nfdump file that ends within its header";

static int header_read(struct dump *dump)
{
    char raw[HEADER_1];
    size_t len;
    int error = bytes_read(dump, raw, HEADER_2, &len);
    if (error || len < HEADER_2)
        return error ? error : fail(dump, -EBADMSG, header_cut);
    struct cursor cursor = cursor_over((struct bytes){raw, len});
    if (cursor_u16(&cursor) != MAGIC)
        return fail(dump, -ENOTSUP, "an nfdump file of a machine of the other byte order");
    dump->layout = cursor_u16(&cursor);
    if (dump->layout == 1)
        error = header_1_take(dump, &cursor);
    else if (dump->layout == 2)
        error = header_2_take(dump, &cursor);
    else
        return fail(dump, -ENOTSUP, "an nfdump file of a layout we do not know");
    size_t rest = dump->layout == 1 ? HEADER_1 - HEADER_2 : 0, got = 0;
    if (!error)
        error = bytes_read(dump, raw + HEADER_2, rest, &got);
    return error || got == rest ? error : fail(dump, -EBADMSG, header_cut);
}

static void damage(struct dump *dump, uint64_t offset, const char *why)
{
    if (dump->counts->damaged++ == 0)
        dump->counts->first_damage = (struct fault){why, offset, 0};
}

/* Unpack a block; false: it is damaged. */
static bool block_unpack(enum packing packing, const char *from, uint32_t size, char *to,
                         size_t *ret_len)
{
    lzo_uint lzo_len = NFDUMP_BLOCK;
    unsigned bzip2_len = NFDUMP_BLOCK;
    size_t zstd_len;
    int lz4_len;
    switch (packing) {
    case PACKING_lzo:
        *ret_len = lzo_len;
        if (lzo1x_decompress_safe((const unsigned char *)from, size, (unsigned char *)to, &lzo_len,
                                  NULL) != LZO_E_OK)
            return false;
        *ret_len = lzo_len;
        return true;
    case PACKING_bzip2:
        /* It promises to write nothing there; its type does not. */
        if (BZ2_bzBuffToBuffDecompress(to, &bzip2_len, (char *)(uintptr_t)from, size, 0, 0) !=
            BZ_OK)
            return false;
        *ret_len = bzip2_len;
        return true;
    case PACKING_lz4:
        lz4_len = LZ4_decompress_safe(from, to, (int)size, NFDUMP_BLOCK);
        *ret_len = lz4_len < 0 ? 0 : (size_t)lz4_len;
        return lz4_len >= 0;
    case PACKING_zstd:
        zstd_len = ZSTD_decompress(to, NFDUMP_BLOCK, from, size);
        *ret_len = ZSTD_isError(zstd_len) ? 0 : zstd_len;
        return !ZSTD_isError(zstd_len);
    default:
        return false;
    }
}

static int record_see(struct dump *dump, uint16_t type, struct bytes body)
{
    struct flow flow;
    bool whole;
    dump->counts->read++;
    const char *why = nfdump_record_read(dump->maps, type, body, &flow, &whole);
    if (why) {
        if (dump->counts->refused++ == 0)
            dump->counts->why = why;
        return 0;
    }
    if (!whole) {
        dump->counts->others++;
        return 0;
    }
    dump->counts->flows++;
    return dump->take(dump->context, &flow);
}

static int records_see(struct dump *dump, const struct block_header *block, struct bytes text)
{
    struct cursor cursor = cursor_over(text);
    int result = 0;
    for (uint32_t i = 0; i < block->records && !result; i++) {
        uint16_t type = cursor_u16(&cursor), size = cursor_u16(&cursor);
        struct bytes body =
            cursor_take(&cursor, size < RECORD_HEADER ? SIZE_MAX : size - (size_t)RECORD_HEADER);
        if (!cursor_ok(&cursor)) {
            damage(dump, block->offset, "a block that ends before its last record");
            return 0;
        }
        result = record_see(dump, type, body);
    }
    return result;
}

static int block_see(struct dump *dump, const struct block_header *block)
{
    bool mapped = block->type == BLOCK_MAPPED;
    bool plain = dump->packing == PACKING_none || (!mapped && (block->flags & BLOCK_PLAIN));
    size_t len = block->size;
    if (block->type == BLOCK_OLD && dump->layout == 1)
        damage(dump, block->offset, "a block of nfdump 1.5, which is not read");
    if (!mapped && (block->type != BLOCK_ELEMENTS || dump->layout == 1))
        return 0; /* histograms, arrays: no flows */
    if (!plain && !buffer_reserve(&dump->plain, NFDUMP_BLOCK))
        return -ENOMEM;
    if (!plain &&
        !block_unpack(dump->packing, dump->packed.at, block->size, dump->plain.at, &len)) {
        damage(dump, block->offset, "a block that cannot be unpacked");
        return 0;
    }
    return records_see(dump, block, (struct bytes){plain ? dump->packed.at : dump->plain.at, len});
}

/* *ret_end: there is no more. */
static int block_next(struct dump *dump, bool *ret_end)
{
    char raw[BLOCK_HEADER];
    struct block_header block = {.offset = dump->offset};
    size_t len;
    int error = bytes_read(dump, raw, sizeof(raw), &len);
    struct cursor cursor = cursor_over((struct bytes){raw, len});
    *ret_end = !error && len == 0;
    if (error || *ret_end)
        return error;
    block.records = cursor_u32(&cursor);
    block.size = cursor_u32(&cursor);
    block.type = cursor_u16(&cursor);
    block.flags = cursor_u16(&cursor);
    if (cursor_ok(&cursor) && block.size > NFDUMP_BLOCK)
        return fail(dump, -EBADMSG, "an nfdump file with a block over 16 MiB; it ends there");
    if (cursor_ok(&cursor) && !buffer_reserve(&dump->packed, block.size))
        return -ENOMEM;
    if (cursor_ok(&cursor))
        error = bytes_read(dump, dump->packed.at, block.size, &len);
    if (!error && (!cursor_ok(&cursor) || len < block.size))
        return fail(dump, -EBADMSG, "an nfdump file that ends within a block");
    dump->blocks -= dump->blocks > 0;
    return error ? error : block_see(dump, &block);
}

static int blocks_read(struct dump *dump)
{
    bool end = false;
    int result = 0;
    while (!result && !end)
        result = block_next(dump, &end);
    /* A file still being written says nothing of its blocks; one that was finished counts them. */
    if (!result && dump->blocks)
        return fail(dump, -EBADMSG, "an nfdump file that ends before its last block");
    return result;
}

int nfdump_read(struct bytes beginning, struct stream *stream,
                int (*take)(void *context, const struct flow *flow), void *context,
                struct flow_log_counts *ret_counts, struct fault *ret_fault)
{
    struct dump dump = {.beginning = beginning,
                        .stream = stream,
                        .maps = calloc(NFDUMP_MAPS, sizeof(*dump.maps)),
                        .take = take,
                        .context = context,
                        .counts = ret_counts,
                        .fault = ret_fault};
    *ret_fault = (struct fault){"no memory to read an nfdump file", 0, 0};
    int error = dump.maps ? header_read(&dump) : -ENOMEM;
    if (!error)
        error = blocks_read(&dump);
    free(dump.maps);
    buffer_finish(&dump.packed);
    buffer_finish(&dump.plain);
    return error;
}
