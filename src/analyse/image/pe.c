/* PE: the DOS header's pointer, the file header, the optional header, sections, imports. */
#include "analyse/image/image.h"
#include "base/cursor.h"

enum {
    POINTER_AT = 0x3c,
    FILE_HEADER = 20,
    SECTION_HEADER = 40,
    OPTIONAL_PLUS = 0x20b,
    DIRECTORY_IMPORT = 1,
    DIRECTORY_DELAYED = 13,
    DIRECTORY_MANAGED = 14,
    RAW_STEP = 0x200, /* the loader rounds offsets of sections down to it */
    PAGE = 0x1000,
    THUNKS_EACH = 4096, /* functions counted of one library */
};

enum { SECTION_EXECUTE = 0x20000000, SECTION_READ = 0x40000000 };
#define SECTION_WRITE 0x80000000U

struct pe_header {
    uint32_t sections, optional_at, optional_size;
    uint32_t file_step, section_step, headers;
    uint32_t import_at, managed_at;
};

static uint64_t at_most(uint64_t value, uint64_t most)
{
    return value < most ? value : most;
}

static struct cursor cursor_at(struct bytes file, uint64_t offset)
{
    return cursor_over(bytes_from(file, offset > file.len ? file.len : (size_t)offset));
}

/* The data directory stands behind fields of a fixed size; entries beyond its count are absent. */
static uint32_t directory_at(struct bytes file, const struct pe_header *header, bool plus,
                             uint32_t index)
{
    struct cursor cursor = cursor_at(file, header->optional_at + (plus ? 108U : 92U));
    uint32_t count = cursor_u32(&cursor);
    if (index >= count)
        return 0;
    cursor_take(&cursor, (size_t)index * 8);
    return cursor_u32(&cursor);
}

static bool header_read(struct bytes file, struct image *image, struct pe_header *header)
{
    struct cursor cursor = cursor_at(file, POINTER_AT);
    uint32_t at = cursor_u32(&cursor);
    cursor = cursor_at(file, at);
    if (cursor_u32(&cursor) != 0x4550 /* "PE" */ || !cursor_ok(&cursor))
        return false;
    image->machine = cursor_u16(&cursor);
    header->sections = cursor_u16(&cursor);
    cursor_take(&cursor, 12);
    header->optional_size = cursor_u16(&cursor);
    image->type = cursor_u16(&cursor);
    header->optional_at = at + 4 + FILE_HEADER;
    bool plus = cursor_u16(&cursor) == OPTIONAL_PLUS;
    cursor_take(&cursor, 14);
    image->entry = cursor_u32(&cursor);
    cursor_take(&cursor, plus ? 4 : 8);
    image->base = plus ? cursor_u64(&cursor) : cursor_u32(&cursor);
    header->section_step = cursor_u32(&cursor);
    header->file_step = cursor_u32(&cursor);
    cursor_take(&cursor, 20);
    header->headers = cursor_u32(&cursor);
    if (!cursor_ok(&cursor))
        return false;
    image->bits = plus ? 64 : 32;
    header->import_at = directory_at(file, header, plus, DIRECTORY_IMPORT);
    header->managed_at = directory_at(file, header, plus, DIRECTORY_MANAGED);
    image->managed = header->managed_at != 0;
    image->imports_at = header->import_at;
    image->delayed_at = directory_at(file, header, plus, DIRECTORY_DELAYED);
    image->headers = header->headers;
    return true;
}

static uint8_t rights_of(uint32_t flags)
{
    return (uint8_t)((flags & SECTION_READ ? IMAGE_READ : 0) |
                     (flags & SECTION_WRITE ? IMAGE_WRITE : 0) |
                     (flags & SECTION_EXECUTE ? IMAGE_EXECUTE : 0));
}

/* One header; `*loaded` grows to the end of its bytes as declared. */
static void section_read(struct cursor *cursor, const struct pe_header *header, struct image *image,
                         uint64_t *loaded)
{
    struct image_section section = {.name = ""};
    struct bytes name = cursor_take(cursor, 8);
    section.memory = cursor_u32(cursor);
    section.address = cursor_u32(cursor);
    section.declared = cursor_u32(cursor);
    section.offset = cursor_u32(cursor);
    cursor_take(cursor, 12);
    section.flags = cursor_u32(cursor);
    if (!cursor_ok(cursor))
        return;
    memcpy(section.name, name.at, name.len);
    section.rights = rights_of(section.flags);
    if (header->section_step >= PAGE)
        section.address -= section.address % PAGE;
    if (header->file_step >= RAW_STEP)
        section.offset -= section.offset % RAW_STEP;
    section.offset = at_most(section.offset, image->size);
    section.size = at_most(section.declared, image->size - section.offset);
    if (section.declared && section.offset + section.size > *loaded)
        *loaded = section.offset + section.size;
    if (image->section_count < IMAGE_SECTIONS)
        image->sections[image->section_count++] = section;
}

/* Sections go by the larger of both sizes: with a size in memory of 0 the one in the file counts.
 */
static void entry_find(const struct pe_header *header, struct image *image)
{
    for (uint32_t i = 0; i < image->section_count; i++) {
        const struct image_section *section = &image->sections[i];
        uint64_t reach = section->memory > section->declared ? section->memory : section->declared;
        if (image->entry < section->address || image->entry - section->address >= reach)
            continue;
        uint64_t within = image->entry - section->address;
        image->entry_section = (int32_t)i;
        if (within < section->size) {
            image->entry_offset = section->offset + within;
            image->entry_size = section->size - within;
        }
        return;
    }
    if (image->entry < header->headers && image->entry < image->size) { /* in the headers */
        image->entry_offset = image->entry;
        image->entry_size = at_most(header->headers, image->size) - image->entry;
    }
}

/* Where an address is, headers counted in: they are mapped at the base. */
static struct cursor cursor_to(struct bytes file, const struct pe_header *header,
                               const struct image *image, uint64_t address)
{
    uint64_t offset = file.len;
    if (!image_offset(image, address, &offset))
        offset = address < header->headers ? address : file.len;
    return cursor_at(file, offset);
}

static uint32_t functions_count(struct cursor thunks, uint8_t bits)
{
    uint32_t count = 0;
    while (count < THUNKS_EACH) {
        uint64_t thunk = bits == 64 ? cursor_u64(&thunks) : cursor_u32(&thunks);
        if (thunk == 0 || !cursor_ok(&thunks))
            break;
        count++;
    }
    return count;
}

static void imports_count(struct bytes file, const struct pe_header *header, struct image *image)
{
    if (header->import_at == 0)
        return;
    struct cursor cursor = cursor_to(file, header, image, header->import_at);
    while (image->libraries < IMAGE_LIBRARIES) {
        uint32_t lookup = cursor_u32(&cursor);
        cursor_take(&cursor, 8);
        uint32_t name = cursor_u32(&cursor), table = cursor_u32(&cursor);
        if (!cursor_ok(&cursor) || name == 0 || table == 0)
            return;
        uint32_t count =
            functions_count(cursor_to(file, header, image, lookup ? lookup : table), image->bits);
        if (count == 0 && lookup)
            count = functions_count(cursor_to(file, header, image, table), image->bits);
        if (count == 0)
            return;
        image->libraries++;
        image->imports += count;
        if (image->imports >= IMAGE_IMPORTS) {
            image->imports = IMAGE_IMPORTS;
            return;
        }
    }
}

bool pe_read(struct bytes file, struct image *image)
{
    struct pe_header header = {0};
    uint64_t loaded = 0;
    if (!header_read(file, image, &header))
        return false;
    image->format = IMAGE_PE;
    image->sections_declared = header.sections;
    struct cursor cursor = cursor_at(file, (uint64_t)header.optional_at + header.optional_size);
    for (uint32_t i = 0; i < header.sections && i < IMAGE_SECTIONS; i++)
        section_read(&cursor, &header, image, &loaded);
    entry_find(&header, image);
    imports_count(file, &header, image);
    if (loaded == 0)
        loaded = at_most(header.headers, file.len);
    image->overlay = file.len - loaded;
    return true;
}
