/*
 * Executables built here byte by byte, and this test itself: what their headers say is read, what
 * lies is cut to the file, and what is no executable is none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyse/image/entropy.h"
#include "analyse/image/image.h"
#include "analyse/image/imports.h"
#include "base/buffer.h"
#include "base/random.h"

enum { HEADERS = 0x200, FILE_SIZE = 0x600 };

static void put16(char *file, size_t at, unsigned value)
{
    file[at] = (char)value;
    file[at + 1] = (char)(value >> 8);
}

static void put32(char *file, size_t at, uint32_t value)
{
    put16(file, at, value & 0xffff);
    put16(file, at + 2, value >> 16);
}

static void section_put(char *file, int index, const char *name, uint32_t address, uint32_t memory,
                        uint32_t offset, uint32_t size, uint32_t flags)
{
    size_t at = 0x138 + (size_t)index * 40;
    memcpy(file + at, name, strlen(name));
    put32(file, at + 8, memory);
    put32(file, at + 12, address);
    put32(file, at + 16, size);
    put32(file, at + 20, offset);
    put32(file, at + 36, flags);
}

/* Two sections; imports of one library with two functions in the first; the entry in the second. */
static void pe_make(char file[FILE_SIZE + 5])
{
    memset(file, 0, FILE_SIZE + 5);
    memcpy(file, "MZ", 2);
    put32(file, 0x3c, 0x40);
    memcpy(file + 0x40, "PE\0\0", 4);
    put16(file, 0x44, 0x14c);
    put16(file, 0x46, 2);
    put16(file, 0x54, 0xe0);
    put16(file, 0x58, 0x10b);
    put32(file, 0x68, 0x2010); /* entry */
    put32(file, 0x74, 0x400000);
    put32(file, 0x78, 0x1000);
    put32(file, 0x7c, 0x200);
    put32(file, 0x94, HEADERS);
    put32(file, 0xb4, 16);
    put32(file, 0xc0, 0x1000); /* imports */
    section_put(file, 0, ".rdata", 0x1000, 0x200, 0x200, 0x200, 0x40000040);
    section_put(file, 1, "UPX1\xff", 0x2000, 0x1000, 0x401, 0x200, 0xe0000020);
    put32(file, 0x200, 0x1040);
    put32(file, 0x20c, 0x1080);
    put32(file, 0x210, 0x1060);
    put32(file, 0x240, 0x10a0), put32(file, 0x244, 0x80000017);
    memcpy(file + 0x280, "WS2_32.dll", 10);
    memcpy(file + 0x2a2, "recvfrom", 8);
    memset(file + 0x400, 0x90, 0x200);
}

static void headers_of_a_pe_are_read(void **state)
{
    char file[FILE_SIZE + 5];
    struct image image;
    uint64_t offset;
    (void)state;
    pe_make(file);
    image_read((struct bytes){file, sizeof(file)}, &image);
    assert_int_equal(image.format, IMAGE_PE);
    assert_true(image.bits == 32 && image.machine == 0x14c && image.base == 0x400000);
    assert_true(image.section_count == 2 && image.entry_section == 1);
    assert_true(image.entry_offset == 0x410 && image.entry_size == 0x1f0); /* rounded to 0x400 */
    assert_true(image.libraries == 1 && image.imports == 2 && image.overlay == 5);
    assert_int_equal(image.sections[1].rights, IMAGE_READ | IMAGE_WRITE | IMAGE_EXECUTE);
    assert_int_equal(image.sections[0].rights, IMAGE_READ);
    assert_true(image_offset(&image, 0x2001, &offset) && offset == 0x401);
    assert_false(image_offset(&image, 0x2200, &offset)); /* loaded as zeros */
}

/* A packer's tricks: sections over the headers, sizes beyond the file, imports nowhere. */
static void lies_are_cut_to_the_file(void **state)
{
    char file[FILE_SIZE + 5];
    struct image image;
    (void)state;
    pe_make(file);
    section_put(file, 1, "X", 0x2000, 0x1000, 0x10, 0xfffffff0, 0xe0000020);
    put32(file, 0xc0, 0xfffffff0);
    image_read((struct bytes){file, sizeof(file)}, &image);
    assert_true(image.sections[1].offset == 0 && image.sections[1].size == sizeof(file));
    assert_true(image.entry_offset == 0x10 && image.overlay == 0);
    assert_true(image.imports == 0 && image.libraries == 0);
    put32(file, 0x68, 0x80); /* the entry in the headers */
    image_read((struct bytes){file, sizeof(file)}, &image);
    assert_true(image.entry_section == -1 && image.entry_offset == 0x80 &&
                image.entry_size == HEADERS - 0x80);
    put32(file, 0x68, 0x7fffffff); /* nowhere */
    section_put(file, 1, "X", 0x2000, 0x1000, 0x10, 0x200, 0xe0000020);
    image_read((struct bytes){file, sizeof(file)}, &image);
    assert_true(image.entry_section == -1 && image.entry_offset == image.size &&
                image.entry_size == 0);
}

static void every_end_is_survived(void **state)
{
    char file[FILE_SIZE + 5];
    struct image image;
    (void)state;
    pe_make(file);
    for (size_t len = 0; len <= sizeof(file); len++) {
        char *exact = malloc(len + 1);
        memcpy(exact, file, len);
        image_read((struct bytes){exact, len}, &image);
        assert_true(image.entry_offset <= len && image.entry_size <= len - image.entry_offset);
        assert_true(image.size == len && (image.format == IMAGE_PE) == (len >= 0x98));
        free(exact);
    }
    image_read(BYTES("#!/bin/sh\n"), &image);
    assert_true(image.format == IMAGE_SCRIPT && image.entry_size == 10);
    image_read(BYTES("PK\3\4"), &image);
    assert_int_equal(image.format, IMAGE_OTHER);
}

/* This very program, compared with what it knows of itself. */
static void an_elf_is_read(void **state)
{
    struct buffer file = {0};
    struct image image;
    FILE *self = fopen("/proc/self/exe", "rb");
    size_t got = 1;
    (void)state;
    while (self && got && buffer_reserve(&file, 1 << 16))
        file.len += got = fread(file.at + file.len, 1, 1 << 16, self);
    fclose(self);
    image_read(buffer_bytes(&file), &image);
    assert_int_equal(image.format, IMAGE_ELF);
    assert_int_equal(image.bits, sizeof(void *) * 8);
    assert_true(image.section_count >= 2 && image.libraries >= 1);
    assert_true(image.entry_section >= 0 && image.entry_size > 16);
    assert_true(image.sections[image.entry_section].rights & IMAGE_EXECUTE);
    assert_true(image.entry_offset + image.entry_size <= file.len);
    buffer_finish(&file);
}

static void entropy_is_shannons(void **state)
{
    static char bytes[1 << 20];
    float map[4];
    struct random random = {3};
    (void)state;
    assert_true(entropy_of((struct bytes){NULL, 0}) == 0);
    assert_true(entropy_of(BYTES("aaaaaaaaaaaaaaa")) == 0);
    assert_true(fabs(entropy_of(BYTES("abababab")) - 1) < 1e-6);
    assert_true(fabs(entropy_of(BYTES("abcdefgh")) - 3) < 1e-6);
    for (size_t i = 0; i < sizeof(bytes); i++) /* 5 bits a byte in the first half, 8 then */
        bytes[i] = (char)(random_next(&random) >> (i < sizeof(bytes) / 2 ? 59 : 56));
    struct bytes all = {bytes, sizeof(bytes)}, half = {bytes, sizeof(bytes) / 2};
    assert_true(fabs(entropy_sampled(all, 8192) - entropy_of(all)) < 0.05);
    assert_true(fabs(entropy_sampled(half, 8192) - 5) < 0.02);
    entropy_map(all, 4, map);
    assert_true(fabsf(map[0] - 5) < 0.01F && fabsf(map[1] - 5) < 0.01F);
    assert_true(map[2] > 7.99F && map[3] > 7.99F);
}

/* What was visited, behind one another. */
static void import_note(void *context, const struct image_import *import)
{
    struct bytes name =
        import->name.len ? import->name : import_number_name(import->library, import->number);
    buffer_put_format(context, "%.*s!%.*s@%x ", (int)import->library.len, import->library.at,
                      (int)name.len, name.at, (unsigned)import->offset);
}

static void imports_are_named(void **state)
{
    char file[FILE_SIZE + 5];
    struct image image;
    struct buffer seen = {0};
    (void)state;
    pe_make(file);
    image_read((struct bytes){file, sizeof(file)}, &image);
    image_imports_visit((struct bytes){file, sizeof(file)}, &image, import_note, &seen);
    assert_true(
        bytes_equal(buffer_bytes(&seen), BYTES("WS2_32.dll!recvfrom@2a2 WS2_32.dll!socket@244 ")));
    buffer_finish(&seen);
}

/* This test runs by cmocka, as its dynamic symbols say. */
static void own_imports_are_named(void **state)
{
    FILE *self = fopen("/proc/self/exe", "rb");
    struct buffer file = {0}, seen = {0};
    struct image image;
    size_t got = 1;
    (void)state;
    assert_non_null(self);
    while (got > 0 && buffer_reserve(&file, 1 << 16))
        file.len += got = fread(file.at + file.len, 1, 1 << 16, self);
    fclose(self);
    image_read(buffer_bytes(&file), &image);
    image_imports_visit(buffer_bytes(&file), &image, import_note, &seen);
    buffer_put_char(&seen, 0);
    assert_non_null(strstr(seen.at, "!_assert_true"));
    assert_non_null(strstr(seen.at, "!_cmocka_run_group_tests"));
    buffer_finish(&file);
    buffer_finish(&seen);
}

static void text_note(void *context, struct bytes text, uint64_t offset)
{
    buffer_put_format(context, "%.*s@%u ", (int)text.len, text.at, (unsigned)offset);
}

static void texts_of_one_and_two_bytes_are_found(void **state)
{
    static const char file[] = "\0abcdef\1abcd\2h\0e\0l\0l\0o\0!\0\xffw\0o\0\0last one";
    struct buffer seen = {0};
    (void)state;
    image_texts_visit((struct bytes){file, sizeof(file) - 1}, text_note, &seen);
    assert_true(bytes_equal(buffer_bytes(&seen), BYTES("abcdef@1 hello!@13 last one@31 ")));
    buffer_finish(&seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(imports_are_named),
        cmocka_unit_test(own_imports_are_named),
        cmocka_unit_test(texts_of_one_and_two_bytes_are_found),
        cmocka_unit_test(headers_of_a_pe_are_read),
        cmocka_unit_test(lies_are_cut_to_the_file),
        cmocka_unit_test(every_end_is_survived),
        cmocka_unit_test(an_elf_is_read),
        cmocka_unit_test(entropy_is_shannons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
