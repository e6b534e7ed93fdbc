/*
 * analyse/image/image.h -- what an executable file says about how it is to be loaded.
 *
 * PE (PE32 and PE32+; Microsoft, "PE Format"), ELF (32 and 64 bits, both byte orders; System V ABI)
 * and scripts with an interpreter line. Read as hostile: every offset and count is checked against
 * the file, what does not fit is cut to what does, and headers that overlap sections, sections
 * without bytes and directories that point nowhere are read as a loader would read them, since
 * packers make them on purpose. Nothing is kept: the image is plain data and offsets into the file.
 *
 * Limits: the first IMAGE_SECTIONS sections or segments are kept of however many there are, the
 * first IMAGE_LIBRARIES libraries and IMAGE_IMPORTS imported functions are counted.
 */
#ifndef ANALYSE_IMAGE_IMAGE_H
#define ANALYSE_IMAGE_IMAGE_H

#include "base/bytes.h"

enum {
    IMAGE_SECTIONS = 96, /* what Windows itself loads at most */
    IMAGE_LIBRARIES = 1024,
    IMAGE_IMPORTS = 65536,
    IMAGE_NAME = 16, /* bytes of a section's name that are kept */
};

enum image_format { IMAGE_OTHER, IMAGE_PE, IMAGE_ELF, IMAGE_SCRIPT };

enum image_rights { IMAGE_READ = 1, IMAGE_WRITE = 2, IMAGE_EXECUTE = 4 };

struct image_section {
    char name[IMAGE_NAME]; /* padded with zeros, no terminator when full; any bytes */
    uint64_t address;      /* from the image's base (PE: RVA), or virtual address (ELF) */
    uint64_t memory;       /* bytes when loaded */
    uint64_t offset, size; /* in the file, within it: what is read when loaded */
    uint64_t declared;     /* bytes in the file as the header says */
    uint32_t flags;        /* the format's own */
    uint8_t rights;        /* of image_rights */
};

/* Sections of a PE; of an ELF the segments that are loaded, since sections may be absent or lie. */
struct image {
    enum image_format format;
    uint64_t size;    /* of the file */
    uint16_t machine; /* the format's own number */
    uint8_t bits;     /* 32 or 64; 0 of scripts */
    bool big_endian;
    bool managed;               /* a PE whose code is that of the .NET runtime */
    uint16_t type;              /* e_type of an ELF; Characteristics of a PE */
    uint64_t base;              /* preferred address of the image; 0 of ELF */
    uint64_t entry;             /* like section addresses */
    int32_t entry_section;      /* the kept section it is in; -1: none */
    uint64_t entry_offset;      /* of its bytes in the file; `size` when it has none there */
    uint64_t entry_size;        /* from there to the end of the section's bytes in the file */
    uint32_t section_count;     /* kept */
    uint32_t sections_declared; /* by the header; of an ELF those of the section table */
    uint32_t segments_declared; /* of an ELF */
    uint32_t imports, libraries;
    uint64_t overlay; /* bytes behind what is loaded; 0 of ELF and scripts */
    /* Of a PE the addresses of its import and delay-import directories, of an ELF where in the file
     * its dynamic section is; 0: it has none. What imports.h starts from. */
    uint64_t imports_at, delayed_at;
    uint64_t headers; /* of a PE: bytes mapped from the start of the file */
    struct image_section sections[IMAGE_SECTIONS];
};

/* Never fails: what is no executable has format IMAGE_OTHER, with `size` set. */
void image_read(struct bytes file, struct image *ret_image);

/* Where `address` (as section addresses) is in the file; false when it has no bytes there. */
bool image_offset(const struct image *image, uint64_t address, uint64_t *ret_offset);

/* The format's name: "pe", "elf", "script", "other". */
const char *image_format_name(enum image_format format);

/* Parts of image_read, each for a file that starts as its format does. False: it ends too early. */
bool pe_read(struct bytes file, struct image *image);
bool elf_read(struct bytes file, struct image *image);

#endif
