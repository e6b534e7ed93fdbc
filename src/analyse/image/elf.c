/* ELF: the header, the segments that are loaded, and what the dynamic section needs. */
#include "analyse/image/elf_reader.h"

enum {
    CLASS_AT = 4,
    ORDER_AT = 5,
    SEGMENT_LOAD = 1,
    SEGMENT_DYNAMIC = 2,
    NEEDED = 1,
    DYNAMIC_MOST = 4096, /* entries read of a dynamic section */
};

static uint8_t rights_of(uint32_t flags)
{
    return (uint8_t)((flags & 4 ? IMAGE_READ : 0) | (flags & 2 ? IMAGE_WRITE : 0) |
                     (flags & 1 ? IMAGE_EXECUTE : 0));
}

/* Libraries that the dynamic section at `offset` asks for. */
static uint32_t needed_count(struct bytes file, const struct elf_reader *like, uint64_t offset,
                             uint64_t size)
{
    struct elf_reader reader = elf_reader_at(file, like, offset);
    uint64_t most = size / (like->wide ? 16 : 8);
    uint32_t needed = 0;
    for (uint32_t i = 0; i < most && i < DYNAMIC_MOST; i++) {
        uint64_t tag = elf_native(&reader);
        elf_native(&reader);
        if (tag == 0 || !cursor_ok(&reader.cursor))
            break;
        needed += tag == NEEDED;
    }
    return needed;
}

static void segment_read(struct bytes file, struct elf_reader *reader, struct image *image,
                         bool *dynamic)
{
    struct image_section section = {.name = "LOAD"};
    uint32_t type = elf_word(reader);
    if (reader->wide)
        section.flags = elf_word(reader);
    section.offset = elf_native(reader);
    section.address = elf_native(reader);
    elf_native(reader);
    section.declared = elf_native(reader);
    section.memory = elf_native(reader);
    if (!reader->wide)
        section.flags = elf_word(reader);
    elf_native(reader);
    if (!cursor_ok(&reader->cursor))
        return;
    section.rights = rights_of(section.flags);
    if (section.offset > file.len)
        section.offset = file.len;
    uint64_t left = file.len - section.offset;
    section.size = section.declared < left ? section.declared : left;
    if (type == SEGMENT_DYNAMIC && !*dynamic) {
        image->libraries = needed_count(file, reader, section.offset, section.size);
        image->imports_at = section.offset;
        *dynamic = true;
    }
    if (type == SEGMENT_LOAD && image->section_count < IMAGE_SECTIONS)
        image->sections[image->section_count++] = section;
}

static void entry_find(struct image *image)
{
    for (uint32_t i = 0; i < image->section_count; i++) {
        const struct image_section *section = &image->sections[i];
        uint64_t within = image->entry - section->address;
        if (image->entry < section->address || within >= section->memory)
            continue;
        image->entry_section = (int32_t)i;
        if (within < section->size) {
            image->entry_offset = section->offset + within;
            image->entry_size = section->size - within;
        }
        return;
    }
}

bool elf_read(struct bytes file, struct image *image)
{
    if (file.len < 52)
        return false;
    struct elf_reader like = {.wide = file.at[CLASS_AT] == 2, .big = file.at[ORDER_AT] == 2};
    struct elf_reader reader = elf_reader_at(file, &like, 16);
    image->type = elf_half(&reader);
    image->machine = elf_half(&reader);
    elf_word(&reader);
    image->entry = elf_native(&reader);
    uint64_t segments_at = elf_native(&reader);
    elf_native(&reader);
    elf_word(&reader);
    elf_half(&reader);
    uint16_t step = elf_half(&reader);
    image->segments_declared = elf_half(&reader);
    elf_half(&reader);
    image->sections_declared = elf_half(&reader);
    if (!cursor_ok(&reader.cursor))
        return false;
    image->format = IMAGE_ELF;
    image->bits = like.wide ? 64 : 32;
    image->big_endian = like.big;
    bool dynamic = false;
    for (uint32_t i = 0; i < image->segments_declared; i++) {
        if (segments_at > file.len)
            break;
        reader = elf_reader_at(file, &like, segments_at + (uint64_t)i * step);
        segment_read(file, &reader, image, &dynamic);
    }
    entry_find(image);
    return true;
}
