#include "analyse/packer/specimen.h"

#include <errno.h>

#include "analyse/image/entropy.h"

static float entropy_at(struct bytes file, uint64_t offset, uint64_t size, bool exact)
{
    struct bytes part = {file.at + offset, (size_t)size};
    return (float)(exact ? entropy_of(part) : entropy_sampled(part, SPECIMEN_SAMPLE));
}

static void section_take(struct bytes file, const struct image_section *from, bool exact,
                         struct specimen_section *into)
{
    int len = SPECIMEN_NAME;
    while (len > 0 && from->name[len - 1] == '\0')
        len--;
    for (int i = 0; i < len; i++)
        into->name[i] = from->name[i] >= ' ' && from->name[i] <= '~' ? from->name[i] : '?';
    into->memory = from->memory;
    into->declared = from->declared;
    into->flags = from->flags;
    into->entropy = entropy_at(file, from->offset, from->size, exact);
}

int specimen_of_image(struct bytes file, const struct image *image, bool exact,
                      struct specimen *ret_specimen)
{
    if (image->format == IMAGE_OTHER)
        return -ENOTSUP;
    struct specimen *specimen = ret_specimen;
    *specimen = (struct specimen){.format = image->format,
                                  .machine = image->machine,
                                  .type = image->type,
                                  .bits = image->bits,
                                  .size = image->size,
                                  .entry = image->entry,
                                  .overlay = image->overlay,
                                  .entry_section = image->entry_section,
                                  .sections = image->sections_declared,
                                  .segments = image->segments_declared,
                                  .imports = image->imports,
                                  .libraries = image->libraries};
    if (image->format != IMAGE_ELF && image->format != IMAGE_PE)
        specimen->entry_section = -1;
    uint64_t size = image->entry_size < SPECIMEN_ENTRY ? image->entry_size : SPECIMEN_ENTRY;
    specimen->entry_size = (uint32_t)size;
    if (size)
        memcpy(specimen->entry_bytes, file.at + image->entry_offset, size);
    specimen->entropy = entropy_at(file, 0, file.len, exact);
    if (image->format != IMAGE_PE)
        return 0;
    for (uint32_t i = 0; i < image->section_count && i < SPECIMEN_SECTIONS; i++)
        section_take(file, &image->sections[i], exact,
                     &specimen->section[specimen->section_count++]);
    if (specimen->entry_section >= SPECIMEN_SECTIONS)
        specimen->entry_section = -1;
    return 0;
}
