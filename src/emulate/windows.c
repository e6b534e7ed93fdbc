/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-or-later */
#include "emulate/windows.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "emulate/hunt.h"
#include "emulate/windows_addresses.h"
#include "emulate/windows_inside.h"

enum {
    SELECTOR_FLAT = 2 << 3, /* in our table of segments: all memory */
    SELECTOR = 3 << 3,      /* the thread's block */
    INTERRUPT_NATIVE = 0x2e,
    STATUS_ACCESS_VIOLATION = (int)0xc0000005,
    NARROW_ENTERED = 7, /* bytes of a stub up to the end of its interrupt */
    WIDE_ENTERED = 2,
    NAMELESS_AT = IMAGES_BASE + LIBRARIES * IMAGE_SIZE + STUBS_AT,
};

void windows_destroy(struct windows *windows)
{
    if (!windows)
        return;
    free(windows->images);
    free(windows->images_pristine);
    free(windows->blocks);
    free(windows->blocks_pristine);
    free(windows);
}

/* A flat segment descriptor whose base is `base`: data, present, of 4 KiB units. */
static void descriptor_put(uint8_t *at, uint32_t base)
{
    uint64_t value = UINT64_C(0x00cf92000000ffff) | (uint64_t)(base & 0xffffff) << 16 |
                     (uint64_t)(base >> 24) << 56;
    memcpy(at, &value, sizeof(value));
}

struct windows *windows_create(unsigned word)
{
    struct windows *windows = calloc(1, sizeof(*windows));
    if (!windows)
        return NULL;
    windows->word = word;
    windows->images = aligned_alloc(PAGE, IMAGES_SIZE);
    windows->images_pristine = calloc(1, IMAGES_SIZE);
    windows->blocks = aligned_alloc(PAGE, BLOCKS_SIZE);
    windows->blocks_pristine = calloc(1, BLOCKS_SIZE);
    if (!windows->images || !windows->images_pristine || !windows->blocks ||
        !windows->blocks_pristine) {
        windows_destroy(windows);
        return NULL;
    }
    windows_images_write(word, windows->images_pristine);
    windows_blocks_write(word, WINDOWS_STACK, STACK_SIZE, windows->blocks_pristine);
    /* functions asked for by name that we don't know get a stub in the program's image */
    for (uint32_t i = 0; i < NAMELESS_MOST; i++) {
        uint8_t *stub = windows->images_pristine + (NAMELESS_AT - IMAGES_BASE) + i * STUB_SIZE;
        stub[0] = 0xcd;
        stub[1] = STUB_INTERRUPT;
    }
    uint8_t *descriptors = windows->blocks_pristine + (DESCRIPTORS_AT - BLOCKS_BASE);
    descriptor_put(descriptors + SELECTOR_FLAT, 0);
    descriptor_put(descriptors + SELECTOR, THREAD_AT);
    memcpy(windows->images, windows->images_pristine, IMAGES_SIZE);
    return windows;
}

static void segment_set(struct trial *trial)
{
    struct machine *machine = trial->machine;
    if (trial->windows->word == 8) {
        machine_register_set(machine, UC_X86_REG_GS_BASE, THREAD_AT);
        return;
    }
    uc_x86_mmr table = {.base = DESCRIPTORS_AT, .limit = 0xff};
    (void)uc_reg_write(machine->uc, UC_X86_REG_GDTR, &table);
    /* Unicorn's own stack segment counts as one of 16 bits once any segment is loaded */
    machine_register_set(machine, UC_X86_REG_SS, SELECTOR_FLAT);
    machine_register_set(machine, UC_X86_REG_FS, SELECTOR);
}

int windows_lay(struct trial *trial)
{
    struct windows *windows = trial->windows;
    struct machine *machine = trial->machine;
    if (windows->touched)
        memcpy(windows->images, windows->images_pristine, IMAGES_SIZE);
    memcpy(windows->blocks, windows->blocks_pristine, BLOCKS_SIZE);
    windows->touched = false;
    windows->nameless_count = 0;
    int error = machine_map_bytes(machine, IMAGES_BASE, windows->images, IMAGES_SIZE,
                                  UC_PROT_READ | UC_PROT_EXEC);
    if (error == 0)
        error = machine_map_bytes(machine, BLOCKS_BASE, windows->blocks, BLOCKS_SIZE, UC_PROT_ALL);
    if (error)
        return error;
    segment_set(trial);
    machine_integer_put(machine, machine_register(machine, machine->cpu->sp), THREAD_RETURN,
                        windows->word);
    return 0;
}

bool windows_touch(struct trial *trial, uint64_t at)
{
    if (at < IMAGES_BASE || at >= IMAGES_BASE + (uint64_t)IMAGES_SIZE)
        return false;
    trial->windows->touched = true;
    return uc_mem_protect(trial->machine->uc, IMAGES_BASE, IMAGES_SIZE, UC_PROT_ALL) == UC_ERR_OK;
}

static bool native_probe(struct trial *trial)
{
    static const struct described probe = {"NtAccessCheckAndAuditAlarm", "address:p", SUCCEEDS, 0};
    struct machine *machine = trial->machine;
    struct system_call call = {
        .name = probe.name,
        .arguments = {machine_register(machine, UC_X86_REG_EDX)},
        .place = machine_register(machine, machine->cpu->pc),
        .word = trial->windows->word,
    };
    int64_t result = machine_mapped(machine, call.arguments[0]) ? 0 : -EFAULT;
    if (!hunt_step(trial, &call, &probe, &result) && !trial_count(trial, call.place))
        return true;
    machine_register_set(machine, UC_X86_REG_EAX,
                         result == -EFAULT ? (uint32_t)STATUS_ACCESS_VIOLATION : 0);
    return true;
}

void windows_system_call(struct trial *trial)
{
    (void)native_probe(trial);
}

bool windows_interrupt(struct trial *trial, uint32_t number)
{
    struct machine *machine = trial->machine;
    bool narrow = trial->windows->word == 4;
    uint64_t pc = machine_register(machine, machine->cpu->pc);
    uint64_t sp = machine_register(machine, machine->cpu->sp);
    uint32_t library;
    uint32_t function;
    if (number == INTERRUPT_NATIVE)
        return native_probe(trial);
    if (number != STUB_INTERRUPT)
        return false;
    if (pc == THREAD_RETURN + WIDE_ENTERED) {
        trial_end(trial, SHELLCODE_RETURNED);
        return true;
    }
    uint64_t nameless = (pc - WIDE_ENTERED - NAMELESS_AT) / STUB_SIZE;
    if (pc >= NAMELESS_AT && nameless < trial->windows->nameless_count) {
        windows_nameless_call(trial, trial->windows->nameless[nameless], sp);
        return true;
    }
    if (!windows_stub_find(pc - (narrow ? NARROW_ENTERED : WIDE_ENTERED), &library, &function))
        return false;
    if (narrow) { /* the stub has pushed the frame pointer: take it back */
        machine_register_set(machine, UC_X86_REG_EBP, machine_integer(machine, sp, 4));
        sp += 4;
    }
    if (function >= LIBRARIES_KNOWN[library].count) {
        char name[NAMELESS_SIZE];
        snprintf(name, sizeof(name), "%s function %u", LIBRARIES_KNOWN[library].name,
                 function - LIBRARIES_KNOWN[library].count);
        windows_unnamed_call(trial, name, sp);
        return true;
    }
    struct api api = windows_api_begin(trial, library, function, sp);
    windows_api_call(&api);
    return true;
}

bool windows_absent(struct trial *trial, uint64_t at)
{
    struct machine *machine = trial->machine;
    uint64_t sp = machine_register(machine, machine->cpu->sp);
    const struct windows_address *known =
        trial->windows->word == 4 ? windows_address_find(at) : NULL;
    uint32_t library;
    uint32_t function;
    if (known && windows_function_find(known->function, &library, &function)) {
        record_note(trial->record, "calls %s at its address in %s", known->function,
                    known->version);
        struct api api = windows_api_begin(trial, library, function, sp);
        windows_api_call(&api);
        return true;
    }
    if (at < 0x70000000 || at > 0x80000000)
        return false;
    char name[NAMELESS_SIZE];
    snprintf(name, sizeof(name), "fixed address %#llx", (unsigned long long)at);
    windows_unnamed_call(trial, name, sp);
    return true;
}
