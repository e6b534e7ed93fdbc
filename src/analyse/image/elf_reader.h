/*
 * analyse/image/elf_reader.h -- numbers of an ELF, which are of its own width and order.
 */
#ifndef ANALYSE_IMAGE_ELF_READER_H
#define ANALYSE_IMAGE_ELF_READER_H

#include "analyse/image/image.h"
#include "base/cursor.h"

struct elf_reader {
    struct cursor cursor;
    bool wide, big;
};

static inline uint64_t elf_turned(uint64_t value, unsigned bytes)
{
    return __builtin_bswap64(value) >> (64 - 8 * bytes);
}

static inline uint16_t elf_half(struct elf_reader *reader)
{
    uint16_t value = cursor_u16(&reader->cursor);
    return reader->big ? (uint16_t)elf_turned(value, 2) : value;
}

static inline uint32_t elf_word(struct elf_reader *reader)
{
    uint32_t value = cursor_u32(&reader->cursor);
    return reader->big ? (uint32_t)elf_turned(value, 4) : value;
}

/* 32 or 64 bits, as the file is. */
static inline uint64_t elf_native(struct elf_reader *reader)
{
    if (!reader->wide)
        return elf_word(reader);
    uint64_t value = cursor_u64(&reader->cursor);
    return reader->big ? elf_turned(value, 8) : value;
}

static inline struct elf_reader elf_reader_at(struct bytes file, const struct elf_reader *like,
                                              uint64_t offset)
{
    struct elf_reader reader = *like;
    reader.cursor = cursor_over(bytes_from(file, offset > file.len ? file.len : (size_t)offset));
    return reader;
}

/* Of a file that was read as `image`. */
static inline struct elf_reader elf_reader_of(struct bytes file, const struct image *image,
                                              uint64_t offset)
{
    const struct elf_reader like = {.wide = image->bits == 64, .big = image->big_endian};
    return elf_reader_at(file, &like, offset);
}

#endif
