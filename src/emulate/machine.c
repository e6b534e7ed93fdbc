/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-or-later */
#include "emulate/machine.h"

#include <errno.h>
#include <stdlib.h>

enum { MAP_MOST = 1 << 20, MAP_BASE = 0x30000000, BLANK_LEAST = 0x10000 };

/* clang-format off */
static const struct cpu CPUS_KNOWN[CPUS] = {
    [CPU_X86] = {UC_ARCH_X86, UC_MODE_32, 4, 1, false, UC_X86_REG_EIP, UC_X86_REG_ESP,
        UC_X86_REG_EAX, UC_X86_REG_EAX,
        {UC_X86_REG_EBX, UC_X86_REG_ECX, UC_X86_REG_EDX, UC_X86_REG_ESI, UC_X86_REG_EDI,
         UC_X86_REG_EBP}},
    [CPU_X86_64] = {UC_ARCH_X86, UC_MODE_64, 8, 1, false, UC_X86_REG_RIP, UC_X86_REG_RSP,
        UC_X86_REG_RAX, UC_X86_REG_RAX,
        {UC_X86_REG_RDI, UC_X86_REG_RSI, UC_X86_REG_RDX, UC_X86_REG_R10, UC_X86_REG_R8,
         UC_X86_REG_R9}},
    [CPU_ARM] = {UC_ARCH_ARM, UC_MODE_ARM, 4, 4, false, UC_ARM_REG_PC, UC_ARM_REG_SP,
        UC_ARM_REG_R7, UC_ARM_REG_R0,
        {UC_ARM_REG_R0, UC_ARM_REG_R1, UC_ARM_REG_R2, UC_ARM_REG_R3, UC_ARM_REG_R4,
         UC_ARM_REG_R5}},
    [CPU_ARM64] = {UC_ARCH_ARM64, UC_MODE_ARM, 8, 4, false, UC_ARM64_REG_PC, UC_ARM64_REG_SP,
        UC_ARM64_REG_X8, UC_ARM64_REG_X0,
        {UC_ARM64_REG_X0, UC_ARM64_REG_X1, UC_ARM64_REG_X2, UC_ARM64_REG_X3, UC_ARM64_REG_X4,
         UC_ARM64_REG_X5}},
    [CPU_MIPS] = {UC_ARCH_MIPS, UC_MODE_MIPS32 | (int)UC_MODE_BIG_ENDIAN, 4, 4, true,
        UC_MIPS_REG_PC, UC_MIPS_REG_SP, UC_MIPS_REG_V0, UC_MIPS_REG_V0,
        {UC_MIPS_REG_A0, UC_MIPS_REG_A1, UC_MIPS_REG_A2, UC_MIPS_REG_A3, 0, 0}},
    [CPU_MIPSEL] = {UC_ARCH_MIPS, UC_MODE_MIPS32, 4, 4, false,
        UC_MIPS_REG_PC, UC_MIPS_REG_SP, UC_MIPS_REG_V0, UC_MIPS_REG_V0,
        {UC_MIPS_REG_A0, UC_MIPS_REG_A1, UC_MIPS_REG_A2, UC_MIPS_REG_A3, 0, 0}},
    [CPU_PPC] = {UC_ARCH_PPC, UC_MODE_PPC32 | (int)UC_MODE_BIG_ENDIAN, 4, 4, true,
        UC_PPC_REG_PC, UC_PPC_REG_1, UC_PPC_REG_0, UC_PPC_REG_3,
        {UC_PPC_REG_3, UC_PPC_REG_4, UC_PPC_REG_5, UC_PPC_REG_6, UC_PPC_REG_7, UC_PPC_REG_8}},
    [CPU_RISCV64] = {UC_ARCH_RISCV, UC_MODE_RISCV64, 8, 2, false, UC_RISCV_REG_PC, UC_RISCV_REG_SP,
        UC_RISCV_REG_A7, UC_RISCV_REG_A0,
        {UC_RISCV_REG_A0, UC_RISCV_REG_A1, UC_RISCV_REG_A2, UC_RISCV_REG_A3, UC_RISCV_REG_A4,
         UC_RISCV_REG_A5}},
};
/* clang-format on */

const struct cpu *cpu_of(enum cpu_name name)
{
    return &CPUS_KNOWN[name];
}

int machine_open(struct machine *machine, enum cpu_name name)
{
    *machine = (struct machine){.cpu = cpu_of(name)};
    uc_err error = uc_open(machine->cpu->arch, (uc_mode)machine->cpu->mode, &machine->uc);
    if (error != UC_ERR_OK)
        return error == UC_ERR_NOMEM ? -ENOMEM : -ENOSYS;
    machine->code = aligned_alloc(PAGE, CODE_SIZE);
    machine->stack = aligned_alloc(PAGE, STACK_SIZE);
    if (machine->code && machine->stack &&
        uc_context_alloc(machine->uc, &machine->fresh) == UC_ERR_OK &&
        uc_context_save(machine->uc, machine->fresh) == UC_ERR_OK &&
        uc_mem_map_ptr(machine->uc, CODE_BASE, CODE_SIZE, UC_PROT_ALL, machine->code) == UC_ERR_OK)
        return 0;
    machine_close(machine);
    return -ENOMEM;
}

void machine_close(struct machine *machine)
{
    if (machine->fresh)
        uc_context_free(machine->fresh);
    if (machine->uc)
        uc_close(machine->uc);
    free(machine->code);
    free(machine->stack);
    *machine = (struct machine){0};
}

/* Unicorn keeps translations of code whose memory we rewrite behind its back: forget them. */
static void translations_forget(struct machine *machine, uint64_t at, size_t size)
{
    (void)uc_ctl_remove_cache(machine->uc, at, at + size);
}

static void regions_unmap(struct machine *machine)
{
    for (uint32_t i = 0; i < machine->region_count; i++) {
        struct region *region = &machine->regions[i];
        translations_forget(machine, region->at, region->size);
        (void)uc_mem_unmap(machine->uc, region->at, region->size);
    }
    machine->region_count = machine->blank_count = 0;
    machine->next_map = MAP_BASE;
}

static int stack_place(struct machine *machine, uint64_t stack_base)
{
    if (machine->stack_base) {
        translations_forget(machine, machine->stack_base, STACK_SIZE);
        if (machine->stack_base == stack_base)
            return 0;
        (void)uc_mem_unmap(machine->uc, machine->stack_base, STACK_SIZE);
    }
    machine->stack_base = stack_base;
    return uc_mem_map_ptr(machine->uc, stack_base, STACK_SIZE, UC_PROT_ALL, machine->stack) ==
                   UC_ERR_OK
               ? 0
               : -ENOMEM;
}

int machine_reset(struct machine *machine, struct bytes code, uint64_t stack_base)
{
    regions_unmap(machine);
    translations_forget(machine, CODE_BASE, CODE_SIZE);
    int error = stack_place(machine, stack_base);
    if (error)
        return error;
    memset(machine->code, 0, CODE_SIZE);
    memset(machine->stack, 0, STACK_SIZE);
    if (code.len)
        memcpy(machine->code + (CODE_START - CODE_BASE), code.at, code.len);
    if (uc_context_restore(machine->uc, machine->fresh) != UC_ERR_OK)
        return -ENOMEM;
    uint64_t sp = stack_base + STACK_SIZE - STACK_USED;
    machine_register_set(machine, machine->cpu->sp, sp);
    machine_integer_put(machine, sp, RETURN_SENTINEL, machine->cpu->word);
    return 0;
}

static struct region *region_add(struct machine *machine, uint64_t at, size_t size)
{
    if (machine->region_count == REGIONS_MOST)
        return NULL;
    struct region *region = &machine->regions[machine->region_count];
    *region = (struct region){.at = at, .size = size};
    return region;
}

int machine_map_bytes(struct machine *machine, uint64_t at, void *bytes, size_t size,
                      uint32_t allowed)
{
    struct region *region = region_add(machine, at, size);
    if (!region || uc_mem_map_ptr(machine->uc, at, size, allowed, bytes) != UC_ERR_OK)
        return -EFAULT;
    machine->region_count++;
    return 0;
}

uint64_t machine_allocate(struct machine *machine, uint64_t size)
{
    if (size == 0 || size > MAP_MOST)
        return 0;
    size = (size + PAGE - 1) & ~(uint64_t)(PAGE - 1);
    struct region *region = region_add(machine, machine->next_map, (size_t)size);
    if (!region ||
        uc_mem_map(machine->uc, machine->next_map, (size_t)size, UC_PROT_ALL) != UC_ERR_OK)
        return 0;
    machine->region_count++;
    machine->next_map += size + PAGE;
    return region->at;
}

bool machine_blank(struct machine *machine, uint64_t at)
{
    at &= ~(uint64_t)(PAGE - 1);
    struct region *region = region_add(machine, at, PAGE);
    if (!region || at < BLANK_LEAST || machine->blank_count == BLANKS_MOST ||
        uc_mem_map(machine->uc, at, PAGE, UC_PROT_ALL) != UC_ERR_OK)
        return false;
    machine->region_count++;
    machine->blank_count++;
    return true;
}

uint64_t machine_register(struct machine *machine, int which)
{
    uint64_t value = 0;
    (void)uc_reg_read(machine->uc, which, &value);
    return machine->cpu->word == 4 ? (uint32_t)value : value;
}

void machine_register_set(struct machine *machine, int which, uint64_t value)
{
    (void)uc_reg_write(machine->uc, which, &value);
}

bool machine_memory_read(struct machine *machine, uint64_t at, void *into, size_t size)
{
    return uc_mem_read(machine->uc, at, into, size) == UC_ERR_OK;
}

bool machine_write(struct machine *machine, uint64_t at, const void *from, size_t size)
{
    return uc_mem_write(machine->uc, at, from, size) == UC_ERR_OK;
}

bool machine_mapped(struct machine *machine, uint64_t at)
{
    uint8_t byte;
    return machine_memory_read(machine, at, &byte, 1);
}

uint64_t machine_integer(struct machine *machine, uint64_t at, unsigned size)
{
    uint8_t raw[8] = {0};
    uint64_t value = 0;
    if (!machine_memory_read(machine, at, raw, size))
        return 0;
    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)raw[i] << (8 * (machine->cpu->big ? size - 1 - i : i));
    return value;
}

bool machine_integer_put(struct machine *machine, uint64_t at, uint64_t value, unsigned size)
{
    uint8_t raw[8];
    for (unsigned i = 0; i < size; i++)
        raw[i] = (uint8_t)(value >> (8 * (machine->cpu->big ? size - 1 - i : i)));
    return machine_write(machine, at, raw, size);
}

bool machine_memory_text(struct machine *machine, uint64_t at, unsigned unit, char *into,
                         size_t most, size_t *ret_len)
{
    size_t len = 0;
    char raw[2] = {0};
    bool ended = false;
    while (len < most && machine_memory_read(machine, at + len * unit, raw, unit) &&
           !(ended = raw[0] == '\0' && raw[1] == '\0')) {
        into[len++] = raw[0];
    }
    *ret_len = len;
    return ended;
}
