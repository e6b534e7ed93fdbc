/* The functions a PE imports: from each library at once, or when first called. */
#include "analyse/image/imports.h"
#include "base/cursor.h"

enum { EACH = 4096 /* functions read of one library */ };

static bool offset_of(const struct image *image, uint64_t address, uint64_t *ret_offset)
{
    if (image_offset(image, address, ret_offset))
        return true;
    *ret_offset = address;
    return address < image->headers && address < image->size;
}

static struct cursor cursor_to(struct bytes file, const struct image *image, uint64_t address)
{
    uint64_t offset;
    return cursor_over(offset_of(image, address, &offset) ? bytes_from(file, (size_t)offset)
                                                          : bytes_from(file, file.len));
}

/* The name at an address, up to its NUL; empty when it has none within IMPORT_NAME bytes. */
static struct bytes name_at(struct bytes file, const struct image *image, uint64_t address,
                            uint64_t *ret_offset)
{
    if (!offset_of(image, address, ret_offset))
        return (struct bytes){"", 0};
    struct bytes rest = bytes_from(file, (size_t)*ret_offset);
    size_t most = rest.len < IMPORT_NAME ? rest.len : IMPORT_NAME;
    const char *end = rest.at && most ? memchr(rest.at, 0, most) : NULL;
    return (struct bytes){rest.at, end ? (size_t)(end - rest.at) : 0};
}

/* One thunk: a number, or the address of a hint and a name. False: the list ends. */
static bool thunk_visit(struct bytes file, const struct image *image, struct cursor *thunks,
                        struct bytes library, struct import_visit *visit)
{
    uint64_t offset = (uint64_t)(thunks->at - file.at);
    uint64_t thunk = image->bits == 64 ? cursor_u64(thunks) : cursor_u32(thunks);
    struct image_import import = {.library = library, .offset = offset};
    if (thunk == 0 || !cursor_ok(thunks) || visit->count >= IMAGE_IMPORTS)
        return false;
    if (thunk >> (image->bits == 64 ? 63 : 31)) {
        import.number = (uint16_t)thunk;
    } else {
        import.name = name_at(file, image, (thunk & 0x7fffffff) + 2, &import.offset);
        if (import.name.len == 0)
            return false;
    }
    visit->count++;
    visit->visit(visit->context, &import);
    return true;
}

/* False: nothing could be read of them. */
static bool thunks_visit(struct bytes file, const struct image *image, uint64_t address,
                         struct bytes library, struct import_visit *visit)
{
    struct cursor thunks = cursor_to(file, image, address);
    uint32_t read = 0;
    while (read < EACH && thunk_visit(file, image, &thunks, library, visit))
        read++;
    return read > 0;
}

static void delayed_visit(struct bytes file, const struct image *image, struct import_visit *visit)
{
    struct cursor cursor = cursor_to(file, image, image->delayed_at);
    for (uint32_t i = 0; i < IMAGE_LIBRARIES; i++) {
        uint64_t offset;
        uint32_t attributes = cursor_u32(&cursor), name = cursor_u32(&cursor);
        cursor_take(&cursor, 8);
        uint32_t names = cursor_u32(&cursor);
        cursor_take(&cursor, 12);
        if (!cursor_ok(&cursor) || name == 0 || names == 0)
            return;
        /* old linkers wrote addresses with the base added */
        uint32_t base = attributes & 1 ? 0 : (uint32_t)image->base;
        thunks_visit(file, image, names - base, name_at(file, image, name - base, &offset), visit);
    }
}

void pe_imports_visit(struct bytes file, const struct image *image, struct import_visit *visit)
{
    struct cursor cursor = cursor_to(file, image, image->imports_at);
    for (uint32_t i = 0; i < IMAGE_LIBRARIES && image->imports_at; i++) {
        uint64_t offset;
        uint32_t lookup = cursor_u32(&cursor);
        cursor_take(&cursor, 8);
        uint32_t name = cursor_u32(&cursor), table = cursor_u32(&cursor);
        if (!cursor_ok(&cursor) || name == 0 || table == 0)
            break;
        struct bytes library = name_at(file, image, name, &offset);
        if ((lookup == 0 || !thunks_visit(file, image, lookup, library, visit)) &&
            !thunks_visit(file, image, table, library, visit))
            break;
    }
    if (image->delayed_at)
        delayed_visit(file, image, visit);
}
