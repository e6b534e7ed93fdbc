/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-or-later */
/*
 * emulate/windows_image.h -- the memory of an imitated Windows process.
 *
 *     IMAGES_BASE    the libraries, 64 KiB each: headers, export table, one stub
 *                    a function; behind them the program itself
 *     BLOCKS_BASE    the thread and process blocks, the list of modules, names
 *
 * The same layout serves 4- and 8-byte words; offsets differ.
 */
#ifndef EMULATE_WINDOWS_IMAGE_H
#define EMULATE_WINDOWS_IMAGE_H

#include <stddef.h>

#include "emulate/windows_exports.h"

enum {
    IMAGES_BASE = 0x75000000,
    IMAGE_SIZE = 0x10000,
    IMAGES = LIBRARIES + 1, /* the last is the program */
    IMAGES_SIZE = IMAGE_SIZE * IMAGES,
    STUBS_AT = 0x1000,
    STUB_SIZE = 16,
    STUB_INTERRUPT = 0xf1,
    NUMBERED = 1600, /* places of kernel32's function table in front of the named functions */
    BLOCKS_BASE = 0x7ffd0000,
    BLOCKS_SIZE = 0x10000,
    THREAD_AT = BLOCKS_BASE + 0xf000,
    PROCESS_AT = BLOCKS_BASE + 0x7000,
    DESCRIPTORS_AT = BLOCKS_BASE + 0xe000,             /* x86's table of segments */
    THREAD_RETURN = IMAGES_BASE + IMAGE_SIZE + 0xff00, /* in kernel32: what called the code */
};

/* Write both, IMAGES_SIZE and BLOCKS_SIZE bytes that are zero. */
void windows_images_write(unsigned word, uint8_t *images);
void windows_blocks_write(unsigned word, uint64_t stack_base, size_t stack_size, uint8_t *blocks);

/* Where the code of a function begins. */
uint32_t windows_stub_at(uint32_t library, uint32_t function);
/*
 * The function whose stub holds the address; false when none does. Numbers from
 * the library's count on are places of the function table that have no name:
 * loaders that know a version's table by heart take them from there.
 */
bool windows_stub_find(uint64_t at, uint32_t *ret_library, uint32_t *ret_function);

#endif
