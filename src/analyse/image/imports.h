/*
 * analyse/image/imports.h -- what an executable asks others for, by name, and the texts within it.
 *
 * Imports: the import and delay-import directories of a PE; the undefined dynamic symbols of an
 * ELF. Read as hostile, as image.h says; no name is longer than IMPORT_NAME bytes.
 */
#ifndef ANALYSE_IMAGE_IMPORTS_H
#define ANALYSE_IMAGE_IMPORTS_H

#include "analyse/image/image.h"

enum { IMPORT_NAME = 512, TEXT_LEAST = 5, TEXT_MOST = 4096 };

struct image_import {
    struct bytes library; /* empty of an ELF, which does not say */
    struct bytes name;    /* empty when the function is known by its number only */
    uint16_t number;
    uint64_t offset; /* in the file: of the name, or of the entry with the number */
};

/* Visit each import, at most IMAGE_IMPORTS, in the file's order. */
void image_imports_visit(struct bytes file, const struct image *image,
                         void (*visit)(void *context, const struct image_import *import),
                         void *context);

/* The name of a function of ws2_32.dll that programs ask for by number; empty: not known here. */
struct bytes import_number_name(struct bytes library, uint16_t number);

/*
 * Visit runs of TEXT_LEAST and more printable ASCII characters, one byte or two (UTF-16, little
 * endian) each, with the offset they start at; longer ones than TEXT_MOST come in pieces. The text
 * is valid within the call only.
 */
void image_texts_visit(struct bytes file,
                       void (*visit)(void *context, struct bytes text, uint64_t offset),
                       void *context);

/* Parts of image_imports_visit. */
struct import_visit {
    void (*visit)(void *context, const struct image_import *import);
    void *context;
    uint32_t count;
};
void pe_imports_visit(struct bytes file, const struct image *image, struct import_visit *visit);
void elf_imports_visit(struct bytes file, const struct image *image, struct import_visit *visit);

#endif
