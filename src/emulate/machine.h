/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-or-later */
/*
 * emulate/machine.h -- a processor with a little memory, made by Unicorn.
 *
 * The guest sees the code, a stack, whatever the operating system's imitation
 * lays out, and blank pages where it reaches for memory that isn't there (a
 * few; then it faults). Nothing of the guest is the host's: its memory is
 * blocks of ours that are written afresh before each run.
 */
#ifndef EMULATE_MACHINE_H
#define EMULATE_MACHINE_H

#include <unicorn/unicorn.h>

#include "base/bytes.h"

enum cpu_name {
    CPU_X86,
    CPU_X86_64,
    CPU_ARM,
    CPU_ARM64,
    CPU_MIPS,
    CPU_MIPSEL,
    CPU_PPC,
    CPU_RISCV64,
    CPUS
};

struct cpu {
    uc_arch arch;
    int mode;
    uint8_t word, step; /* bytes of a register, and the alignment of instructions */
    bool big;           /* big-endian */
    int pc, sp;
    int number, result; /* of a system call */
    int arguments[6];
};

enum {
    CODE_BASE = 0x00400000,
    CODE_START = CODE_BASE + 0x1000, /* the first byte of the shellcode */
    CODE_SIZE = 0x18000,
    STACK_SIZE = 0x10000,
    STACK_USED = 0x4000, /* what lies above the stack pointer at the start */
    PAGE = 0x1000,
    REGIONS_MOST = 40, /* mapped afterwards: module images, mmap, blank pages */
    BLANKS_MOST = 24,  /* of them, pages mapped because the guest reached for them */
};

/* Where a function returns to that was called by nobody; a run stops there. */
#define RETURN_SENTINEL UINT64_C(0)

struct region {
    uint64_t at;
    size_t size;
    void *bytes; /* ours, given by machine_map_bytes; NULL when Unicorn's own */
    bool mapped;
};

struct machine {
    const struct cpu *cpu;
    uc_engine *uc;
    uc_context *fresh; /* the registers of a machine that has not run */
    uint8_t *code, *stack;
    uint64_t stack_base;
    struct region regions[REGIONS_MOST];
    uint32_t region_count, blank_count;
    uint64_t last_pc;  /* MIPS: of the instruction that runs */
    bool hooked;       /* trial.c has put its hooks */
    void *user;        /* the trial that runs */
    uint64_t next_map; /* where the next block of memory the guest asks for will be */
};

const struct cpu *cpu_of(enum cpu_name name);

/* Open a machine; -ENOMEM, -ENOSYS when Unicorn lacks the processor. */
int machine_open(struct machine *machine, enum cpu_name name) __attribute__((warn_unused_result));
void machine_close(struct machine *machine);

/*
 * Make it as if it had never run: registers, `code` at CODE_START with blank
 * memory around, an empty stack below `stack_base` + STACK_SIZE with the
 * sentinel as return address. -ENOMEM.
 */
int machine_reset(struct machine *machine, struct bytes code, uint64_t stack_base)
    __attribute__((warn_unused_result));

/*
 * Map `bytes` (page-sized, kept by the caller until the machine is reset) at
 * `at`; `allowed` is of uc_prot. -EFAULT.
 */
int machine_map_bytes(struct machine *machine, uint64_t at, void *bytes, size_t size,
                      uint32_t allowed) __attribute__((warn_unused_result));
/* Blank memory of `size` bytes (at most 1 MiB); its address, or 0. */
uint64_t machine_allocate(struct machine *machine, uint64_t size);
/*
 * A blank page around an address that isn't mapped; false when there were enough
 * of them, or where no system maps any (the first 64 KiB).
 */
bool machine_blank(struct machine *machine, uint64_t at);

uint64_t machine_register(struct machine *machine, int which);
void machine_register_set(struct machine *machine, int which, uint64_t value);

/* Guest memory. All false when any byte isn't mapped. */
bool machine_memory_read(struct machine *machine, uint64_t at, void *into, size_t size);
bool machine_write(struct machine *machine, uint64_t at, const void *from, size_t size);
bool machine_mapped(struct machine *machine, uint64_t at);
/* An integer of `size` bytes in the guest's order; 0 when it can't be read. */
uint64_t machine_integer(struct machine *machine, uint64_t at, unsigned size);
bool machine_integer_put(struct machine *machine, uint64_t at, uint64_t value, unsigned size);
/*
 * Text up to its NUL, at most `most` bytes (units of `unit` bytes, 1 or 2; of 2
 * only the low byte is kept). What could be read is in `into`; false when it
 * ends in unmapped memory or has no end within `most`.
 */
bool machine_memory_text(struct machine *machine, uint64_t at, unsigned unit, char *into,
                         size_t most, size_t *ret_len);

#endif
