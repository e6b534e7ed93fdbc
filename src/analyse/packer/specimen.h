/*
 * analyse/packer/specimen.h -- what there is to tell a packer by, from a file or from a row of a
 * table.
 *
 * The first bytes that run, how the file is laid out, and how random its parts look. The same
 * things whether a file was read here or somebody else's table names them, so that one model serves
 * both.
 */
#ifndef ANALYSE_PACKER_SPECIMEN_H
#define ANALYSE_PACKER_SPECIMEN_H

#include "analyse/image/image.h"

enum {
    SPECIMEN_ENTRY = 1024,  /* bytes from the entry point on */
    SPECIMEN_SECTIONS = 24, /* kept; packers have fewer */
    SPECIMEN_NAME = 8,
    SPECIMEN_SAMPLE = 8192, /* bytes that a section's entropy is estimated from */
};

struct specimen_section {
    char name[SPECIMEN_NAME]; /* bytes that are no printable ASCII are '?'; padded with zeros */
    uint64_t memory, declared;
    uint32_t flags;
    float entropy; /* bits a byte */
};

struct specimen {
    enum image_format format; /* never IMAGE_OTHER */
    uint16_t machine, type;
    uint8_t bits;
    uint64_t size, entry, overlay;
    int32_t entry_section;  /* -1: none, or not kept */
    uint32_t section_count; /* kept */
    uint32_t sections, segments, imports, libraries;
    float entropy;
    uint32_t entry_size;
    uint8_t entry_bytes[SPECIMEN_ENTRY];
    struct specimen_section section[SPECIMEN_SECTIONS]; /* of a PE; none of other formats */
};

/*
 * Of a file read as `image`. Entropies are those of whole parts when `exact`, else estimated from
 * SPECIMEN_SAMPLE bytes each, which is many times faster. -ENOTSUP: no executable.
 */
int specimen_of_image(struct bytes file, const struct image *image, bool exact,
                      struct specimen *ret_specimen) __attribute__((warn_unused_result));

#endif
