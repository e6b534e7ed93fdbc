#include "analyse/image/image.h"

void image_read(struct bytes file, struct image *ret_image)
{
    struct image image = {.size = file.len, .entry_section = -1, .entry_offset = file.len};
    const struct image other = image;
    bool good = true;
    if (bytes_start(file, BYTES("MZ")))
        good = pe_read(file, &image);
    else if (bytes_start(file, BYTES("\x7f"
                                     "ELF")))
        good = elf_read(file, &image);
    else if (bytes_start(file, BYTES("#!"))) {
        image.format = IMAGE_SCRIPT;
        image.entry_offset = 0;
        image.entry_size = file.len;
    }
    *ret_image = good ? image : other;
}

bool image_offset(const struct image *image, uint64_t address, uint64_t *ret_offset)
{
    for (uint32_t i = 0; i < image->section_count; i++) {
        const struct image_section *section = &image->sections[i];
        if (address >= section->address && address - section->address < section->size) {
            *ret_offset = section->offset + (address - section->address);
            return true;
        }
    }
    return false;
}

const char *image_format_name(enum image_format format)
{
    static const char *const names[] = {"other", "pe", "elf", "script"};
    return names[format];
}
