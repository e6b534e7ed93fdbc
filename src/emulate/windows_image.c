/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-or-later */
#include "emulate/windows_image.h"

#include <string.h>

/*
 * Portable Executable and the process' blocks as Microsoft documents them or
 * debuggers show them (PE format; _TEB, _PEB, _LDR_DATA_TABLE_ENTRY).
 */
enum {
    HEADER_AT = 0x80,    /* of the image: "PE" */
    EXPORTS_AT = 0x8000, /* the export directory and what it points to */
    DIRECTORY_SIZE = 40,
    MODULES_AT = BLOCKS_BASE, /* the entries of the list of modules */
    MODULE_SIZE = 0x100,
    LIST_AT = BLOCKS_BASE + 0x2000, /* the list's heads */
    NAMES_AT = BLOCKS_BASE + 0x3000,
    NAME_SIZE = 0x80,
    PARAMETERS_AT = BLOCKS_BASE + 0x6000,
};

static void put(uint8_t *at, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

static bool is_kernel(const struct library *library)
{
    return strncmp(library->name, "kernel", 6) == 0;
}

/* Places of the function table in front of those that are ours to give. */
static uint32_t ordinals_count(const struct library *library)
{
    uint32_t most = is_kernel(library) ? (uint32_t)NUMBERED : 0;
    for (uint32_t i = 0; i < library->count; i++)
        if (library->exports[i].ordinal > most)
            most = library->exports[i].ordinal;
    return most;
}

static uint32_t stubs_count(const struct library *library)
{
    return library->count + ordinals_count(library);
}

uint32_t windows_stub_at(uint32_t library, uint32_t function)
{
    return (uint32_t)IMAGES_BASE + library * IMAGE_SIZE + STUBS_AT + function * STUB_SIZE;
}

bool windows_stub_find(uint64_t at, uint32_t *ret_library, uint32_t *ret_function)
{
    uint64_t offset = at - IMAGES_BASE;
    uint64_t library = offset / IMAGE_SIZE;
    if (at < IMAGES_BASE || library >= LIBRARIES || offset % IMAGE_SIZE < STUBS_AT)
        return false;
    uint64_t function = (offset % IMAGE_SIZE - STUBS_AT) / STUB_SIZE;
    if (function >= stubs_count(&LIBRARIES_KNOWN[library]))
        return false;
    *ret_library = (uint32_t)library;
    *ret_function = (uint32_t)function;
    return true;
}

/* The beginning of every function of 32-bit Windows: loaders that skip hooks know it by heart. */
static void stubs_write(unsigned word, const struct library *library, uint8_t *image)
{
    static const uint8_t narrow[] = {0x8b, 0xff,           0x55, 0x8b, 0xec,
                                     0xcd, STUB_INTERRUPT, 0xc9, 0xc3};
    static const uint8_t wide[] = {0xcd, STUB_INTERRUPT, 0xc3};
    for (uint32_t i = 0; i < stubs_count(library); i++) {
        uint8_t *stub = image + STUBS_AT + i * STUB_SIZE;
        memcpy(stub, word == 4 ? narrow : wide, word == 4 ? sizeof(narrow) : sizeof(wide));
    }
}

static void headers_write(unsigned word, uint8_t *image, uint32_t exports_size)
{
    bool wide = word == 8;
    memcpy(image, "MZ", 2);
    put(image + 0x3c, HEADER_AT, 4);
    uint8_t *header = image + HEADER_AT;
    memcpy(header, "PE\0", 4);
    put(header + 4, wide ? 0x8664 : 0x14c, 2);
    put(header + 6, 1, 2);
    put(header + 0x14, wide ? 0xf0 : 0xe0, 2);
    put(header + 0x18, wide ? 0x20b : 0x10b, 2);
    put(header + 0x28, STUBS_AT, 4); /* entry point */
    put(header + 0x2c, STUBS_AT, 4); /* base of code */
    put(header + 0x50, IMAGE_SIZE, 4);
    put(header + (wide ? 0x84 : 0x74), 16, 4); /* directories */
    if (exports_size) {
        put(header + (wide ? 0x88 : 0x78), EXPORTS_AT, 4);
        put(header + (wide ? 0x8c : 0x7c), exports_size, 4);
    }
}

/*
 * Functions of a known ordinal stand at its place, the others behind the last
 * of those. Names are in order; a name's ordinal leads to its function.
 */
static void exports_write(unsigned word, uint32_t index, uint8_t *image)
{
    const struct library *library = &LIBRARIES_KNOWN[index];
    uint32_t reserved = ordinals_count(library);
    uint32_t functions = reserved + library->count;
    uint32_t functions_at = EXPORTS_AT + DIRECTORY_SIZE;
    uint32_t names_at = functions_at + 4 * functions;
    uint32_t ordinals_at = names_at + 4 * library->count;
    uint32_t text_at = ordinals_at + 2 * library->count;
    uint8_t *directory = image + EXPORTS_AT;
    for (uint32_t i = 0; i < reserved; i++)
        put(image + functions_at + 4 * i, STUBS_AT + (library->count + i) * STUB_SIZE, 4);
    put(directory + 12, text_at, 4);
    put(directory + 16, 1, 4);
    put(directory + 20, functions, 4);
    put(directory + 24, library->count, 4);
    put(directory + 28, functions_at, 4);
    put(directory + 32, names_at, 4);
    put(directory + 36, ordinals_at, 4);
    memcpy(image + text_at, library->name, strlen(library->name) + 1);
    text_at += (uint32_t)strlen(library->name) + 1;
    for (uint32_t i = 0; i < library->count; i++) {
        const struct export *export = &library->exports[i];
        uint32_t place = export->ordinal ? export->ordinal - 1u : reserved + i;
        put(image + functions_at + 4 * place, STUBS_AT + i * STUB_SIZE, 4);
        put(image + names_at + 4 * i, text_at, 4);
        put(image + ordinals_at + 2 * i, place, 2);
        memcpy(image + text_at, export->name, strlen(export->name) + 1);
        text_at += (uint32_t)strlen(export->name) + 1;
    }
    headers_write(word, image, text_at - EXPORTS_AT);
}

void windows_images_write(unsigned word, uint8_t *images)
{
    for (uint32_t i = 0; i < LIBRARIES; i++) {
        stubs_write(word, &LIBRARIES_KNOWN[i], images + (size_t)i * IMAGE_SIZE);
        exports_write(word, i, images + (size_t)i * IMAGE_SIZE);
    }
    headers_write(word, images + (size_t)LIBRARIES * IMAGE_SIZE, 0);
    /* where a function of the program's caller would go on: the run ends there */
    images[THREAD_RETURN - IMAGES_BASE] = 0xcd;
    images[THREAD_RETURN - IMAGES_BASE + 1] = STUB_INTERRUPT;
}

struct blocks {
    uint8_t *bytes;
    unsigned word;
};

static void put_word(const struct blocks *blocks, uint32_t at, uint64_t value)
{
    put(blocks->bytes + (at - BLOCKS_BASE), value, blocks->word);
}

/* A UNICODE_STRING at `at` whose text is written to the names' place of `module`. */
static void put_name(const struct blocks *blocks, uint32_t at, uint32_t text_at, const char *text)
{
    uint32_t len = (uint32_t)strlen(text);
    put(blocks->bytes + (at - BLOCKS_BASE), len * 2, 2);
    put(blocks->bytes + (at + 2 - BLOCKS_BASE), len * 2 + 2, 2);
    put_word(blocks, at + blocks->word, text_at);
    for (uint32_t i = 0; i < len; i++)
        blocks->bytes[text_at - BLOCKS_BASE + 2 * i] = (uint8_t)text[i];
}

/* Link the modules of `order` (MODULES long) in a ring with the head of list `list`, 0 to 2. */
static void put_ring(const struct blocks *blocks, unsigned list, const uint32_t *order,
                     uint32_t count)
{
    uint32_t word = blocks->word;
    uint32_t head = (uint32_t)LIST_AT + (word == 8 ? 0x10u : 0x0cu) + list * 2 * word;
    uint32_t link = head;
    for (uint32_t i = 0; i <= count; i++) {
        uint32_t next =
            i < count ? (uint32_t)MODULES_AT + order[i] * MODULE_SIZE + list * 2 * word : head;
        put_word(blocks, link, next);
        put_word(blocks, next + word, link);
        link = next;
    }
}

static void put_module(const struct blocks *blocks, uint32_t module)
{
    uint32_t word = blocks->word;
    uint32_t entry = MODULES_AT + module * MODULE_SIZE;
    uint32_t base = IMAGES_BASE + module * IMAGE_SIZE;
    uint32_t after = entry + 6 * word; /* behind the three links */
    bool program = module == LIBRARIES;
    const char *name = program ? "svchost.exe" : LIBRARIES_KNOWN[module].name;
    char path[NAME_SIZE / 2] = "C:\\WINDOWS\\system32\\";
    strncat(path, name, sizeof(path) - strlen(path) - 1);
    put_word(blocks, after, base);
    put_word(blocks, after + word, base + STUBS_AT);
    put(blocks->bytes + (after + 2 * word - BLOCKS_BASE), IMAGE_SIZE, 4);
    uint32_t text_at = NAMES_AT + module * 2 * NAME_SIZE;
    put_name(blocks, after + 3 * word, text_at, path);
    put_name(blocks, after + 5 * word, text_at + NAME_SIZE, name);
}

void windows_blocks_write(unsigned word, uint64_t stack_base, size_t stack_size, uint8_t *bytes)
{
    struct blocks blocks = {bytes, word};
    uint32_t order[IMAGES];
    order[0] = LIBRARIES;
    for (uint32_t i = 0; i < LIBRARIES; i++)
        order[i + 1] = i;
    for (uint32_t i = 0; i < IMAGES; i++)
        put_module(&blocks, i);
    put_ring(&blocks, 0, order, IMAGES);
    put_ring(&blocks, 1, order, IMAGES);
    put_ring(&blocks, 2, order + 1, LIBRARIES); /* by initialisation: without the program */
    uint32_t kernel = IMAGES_BASE + IMAGE_SIZE;
    put_word(&blocks, THREAD_AT, word == 4 ? THREAD_AT + 0x800 : 0); /* exception handlers */
    put_word(&blocks, THREAD_AT + 0x800, UINT64_MAX);
    put_word(&blocks, THREAD_AT + 0x800 + word, kernel + STUBS_AT);
    put_word(&blocks, THREAD_AT + word, stack_base + stack_size);
    put_word(&blocks, THREAD_AT + 2 * word, stack_base);
    put_word(&blocks, THREAD_AT + 6 * word, THREAD_AT);
    put_word(&blocks, THREAD_AT + 12 * word, PROCESS_AT);
    put_word(&blocks, PROCESS_AT + 2 * word, IMAGES_BASE + LIBRARIES * IMAGE_SIZE);
    put_word(&blocks, PROCESS_AT + 3 * word, LIST_AT);
    put_word(&blocks, PROCESS_AT + 4 * word, PARAMETERS_AT);
    put_word(&blocks, PROCESS_AT + 6 * word, 0x250000);                         /* the heap */
    put(bytes + (PROCESS_AT - BLOCKS_BASE) + (word == 4 ? 0xa4 : 0x118), 5, 4); /* Windows 5.1 */
    put(bytes + (PROCESS_AT - BLOCKS_BASE) + (word == 4 ? 0xa8 : 0x11c), 1, 4);
    put(bytes + (LIST_AT - BLOCKS_BASE), 0x28, 4);
    put(bytes + (LIST_AT - BLOCKS_BASE) + 4, 1, 4);
}
