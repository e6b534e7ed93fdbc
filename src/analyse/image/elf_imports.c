/* The symbols an ELF wants from its libraries: those of its dynamic table that no section has. */
#include "analyse/image/elf_reader.h"
#include "analyse/image/imports.h"

enum {
    TAG_STRINGS = 5,
    TAG_SYMBOLS = 6,
    TAG_HASH = 4,
    DYNAMIC_MOST = 4096, /* entries read of a dynamic section */
};

/* Addresses that the dynamic section gives. */
struct dynamic {
    uint64_t strings, symbols, hash;
};

static struct dynamic dynamic_read(struct bytes file, const struct image *image)
{
    struct elf_reader reader = elf_reader_of(file, image, image->imports_at);
    struct dynamic dynamic = {0, 0, 0};
    for (uint32_t i = 0; i < DYNAMIC_MOST; i++) {
        uint64_t tag = elf_native(&reader), value = elf_native(&reader);
        if (tag == 0 || !cursor_ok(&reader.cursor))
            break;
        if (tag == TAG_STRINGS)
            dynamic.strings = value;
        else if (tag == TAG_SYMBOLS)
            dynamic.symbols = value;
        else if (tag == TAG_HASH)
            dynamic.hash = value;
    }
    return dynamic;
}

/* How many symbols: nothing says but the hash table, or that the strings stand behind them. */
static uint32_t symbols_count(struct bytes file, const struct image *image,
                              const struct dynamic *dynamic)
{
    uint64_t offset, size = image->bits == 64 ? 24 : 16, count = 0;
    if (dynamic->hash && image_offset(image, dynamic->hash, &offset)) {
        struct elf_reader reader = elf_reader_of(file, image, offset);
        elf_word(&reader);
        count = elf_word(&reader);
    } else if (dynamic->strings > dynamic->symbols) {
        count = (dynamic->strings - dynamic->symbols) / size;
    }
    return count < IMAGE_IMPORTS ? (uint32_t)count : (uint32_t)IMAGE_IMPORTS;
}

static void symbol_visit(struct bytes file, struct elf_reader *reader, uint64_t strings,
                         struct import_visit *visit)
{
    uint32_t name = elf_word(reader);
    uint16_t section;
    if (reader->wide) {
        elf_half(reader);
        section = elf_half(reader);
        elf_native(reader);
        elf_native(reader);
    } else {
        elf_word(reader);
        elf_word(reader);
        elf_half(reader);
        section = elf_half(reader);
    }
    if (section != 0 || name == 0 || !cursor_ok(&reader->cursor) || strings + name >= file.len)
        return;
    struct bytes rest = bytes_from(file, (size_t)(strings + name));
    size_t most = rest.len < IMPORT_NAME ? rest.len : IMPORT_NAME;
    const char *end = rest.at && most ? memchr(rest.at, 0, most) : NULL;
    if (!end || end == rest.at)
        return;
    const struct image_import import = {
        .library = {"", 0}, .name = {rest.at, (size_t)(end - rest.at)}, .offset = strings + name};
    visit->count++;
    visit->visit(visit->context, &import);
}

void elf_imports_visit(struct bytes file, const struct image *image, struct import_visit *visit)
{
    uint64_t symbols, strings;
    if (image->imports_at == 0)
        return;
    struct dynamic dynamic = dynamic_read(file, image);
    if (!image_offset(image, dynamic.symbols, &symbols) ||
        !image_offset(image, dynamic.strings, &strings))
        return;
    uint32_t count = symbols_count(file, image, &dynamic);
    struct elf_reader reader = elf_reader_of(file, image, symbols);
    for (uint32_t i = 0; i < count && cursor_ok(&reader.cursor); i++)
        symbol_visit(file, &reader, strings, visit);
}
