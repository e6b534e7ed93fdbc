/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-or-later */
#include "emulate/convention.h"

#include "emulate/numbers.h"
#include "emulate/system_call.h"

enum {
    INTERRUPT_X86_LINUX = 0x80,
    INTERRUPT_X86_SOLARIS = 0x91,
    INTERRUPT_PROTECTION = 13, /* what a far call through a gate that isn't there gives */
    INTERRUPT_ARM = 2,
    INTERRUPT_MIPS = 17,
    INTERRUPT_PPC = 8,
    INTERRUPT_RISCV = 8,
    FLAG_CARRY = 1,
    ERRNO_MOST = 4095,
    SYSCALL_INDIRECT = 0, /* the BSDs' syscall(number, ...) */
};

static void name_and_make(struct trial *trial, bool i386, uint64_t number, struct system_call *call,
                          int64_t *ret_result)
{
    char name[CALL_NAME_SIZE];
    uint64_t pc = machine_register(trial->machine, trial->machine->cpu->pc);
    call->place = pc ^ number << 48;
    *ret_result = -38; /* ENOSYS */
    if (!number_name(trial->system, i386, number, name)) {
        trial->score -= 4;
        trial->flaws++;
        if (++trial->unknown > 4)
            trial_end(trial, SHELLCODE_FAULTED);
        return;
    }
    call->name = name;
    *ret_result = strcmp(name, "socketcall") == 0 ? system_call_socket(trial, call)
                                                  : system_call_make(trial, call);
}

/* Linux: number and arguments in registers, more of them (MIPS) on the stack. */
static void linux_call(struct trial *trial, const struct cpu *cpu, uint64_t number)
{
    struct machine *machine = trial->machine;
    struct system_call call = {.word = cpu->word};
    for (unsigned i = 0; i < 6; i++)
        call.arguments[i] =
            cpu->arguments[i]
                ? machine_register(machine, cpu->arguments[i])
                : machine_integer(machine,
                                  machine_register(machine, cpu->sp) + (uint64_t)i * cpu->word,
                                  cpu->word);
    if (cpu->word == 4)
        for (unsigned i = 0; i < 6; i++)
            call.arguments[i] = (uint32_t)call.arguments[i];
    int64_t result;
    bool i386 = cpu == cpu_of(CPU_X86);
    name_and_make(trial, i386, number, &call, &result);
    bool failed = result < 0 && result >= -ERRNO_MOST;
    if (cpu->arch == UC_ARCH_MIPS)
        machine_register_set(machine, UC_MIPS_REG_A3, failed);
    if (cpu->arch == UC_ARCH_MIPS && failed)
        result = -result;
    machine_register_set(machine, cpu->result, (uint64_t)result);
}

/* The BSDs and Solaris on 32-bit x86: arguments on the stack, above a return address. */
static void stack_call(struct trial *trial)
{
    struct machine *machine = trial->machine;
    uint64_t sp = machine_register(machine, UC_X86_REG_ESP);
    uint64_t number = machine_register(machine, UC_X86_REG_EAX);
    if (number == SYSCALL_INDIRECT && trial->system->family == FAMILY_BSD) {
        number = machine_integer(machine, sp + 4, 4);
        sp += 4;
    }
    struct system_call call = {.word = 4};
    for (unsigned i = 0; i < SYSTEM_CALL_ARGUMENTS; i++)
        call.arguments[i] = machine_integer(machine, sp + 4 + 4 * (uint64_t)i, 4);
    int64_t result;
    name_and_make(trial, false, number, &call, &result);
    bool failed = result < 0 && result >= -ERRNO_MOST;
    uint64_t flags = machine_register(machine, UC_X86_REG_EFLAGS) & ~(uint64_t)FLAG_CARRY;
    machine_register_set(machine, UC_X86_REG_EFLAGS, flags | (failed ? FLAG_CARRY : 0));
    machine_register_set(machine, UC_X86_REG_EAX, (uint64_t)(failed ? -result : result));
}

static bool x86_interrupt(struct trial *trial, uint32_t number)
{
    static const uint8_t far_call[] = {0x9a};
    enum family family = trial->system->family;
    bool wide = trial->system->cpu == CPU_X86_64;
    if (number == INTERRUPT_PROTECTION && !wide && family != FAMILY_LINUX) {
        uint64_t pc = machine_register(trial->machine, UC_X86_REG_EIP);
        uint8_t at;
        if (!machine_memory_read(trial->machine, pc, &at, 1) || at != far_call[0])
            return false;
        machine_register_set(trial->machine, UC_X86_REG_EIP, pc + 7);
        stack_call(trial);
        return true;
    }
    bool gate = number == INTERRUPT_X86_LINUX ||
                (number == INTERRUPT_X86_SOLARIS && family == FAMILY_SOLARIS);
    if (!gate)
        return false;
    if (family == FAMILY_LINUX)
        linux_call(trial, cpu_of(CPU_X86),
                   (uint32_t)machine_register(trial->machine, UC_X86_REG_EAX));
    else if (!wide)
        stack_call(trial);
    return family == FAMILY_LINUX || !wide;
}

/* ARM: the number is in r7 (EABI) or in the instruction itself (OABI, from 0x900000 on). */
static void arm_call(struct trial *trial)
{
    uint64_t pc = machine_register(trial->machine, UC_ARM_REG_PC);
    uint64_t flags = machine_register(trial->machine, UC_ARM_REG_CPSR);
    bool thumb = flags & (1 << 5);
    uint64_t instruction = thumb ? 0 : machine_integer(trial->machine, pc - 4, 4) & 0xffffff;
    uint64_t number = instruction >= 0x900000 ? instruction - 0x900000
                                              : machine_register(trial->machine, UC_ARM_REG_R7);
    linux_call(trial, cpu_of(CPU_ARM), number);
}

bool convention_interrupt(struct trial *trial, uint32_t number)
{
    const struct cpu *cpu = trial->machine->cpu;
    switch (cpu->arch) {
    case UC_ARCH_X86:
        return x86_interrupt(trial, number);
    case UC_ARCH_ARM:
        if (number == INTERRUPT_ARM)
            arm_call(trial);
        return number == INTERRUPT_ARM;
    case UC_ARCH_ARM64:
        if (number != INTERRUPT_ARM)
            return false;
        break;
    case UC_ARCH_MIPS:
        if (number != INTERRUPT_MIPS)
            return false;
        break;
    default: /* PowerPC and RISC-V have the same number */
        if (number != INTERRUPT_PPC)
            return false;
        break;
    }
    linux_call(trial, cpu, machine_register(trial->machine, cpu->number));
    return true;
}

void convention_syscall(struct trial *trial)
{
    struct machine *machine = trial->machine;
    const struct cpu *cpu = cpu_of(CPU_X86_64);
    uint64_t number = machine_register(machine, UC_X86_REG_RAX);
    if (trial->system->family == FAMILY_LINUX) {
        linux_call(trial, cpu, number);
        return;
    }
    struct system_call call = {.word = 8};
    for (unsigned i = 0; i < 6; i++)
        call.arguments[i] = machine_register(machine, cpu->arguments[i]);
    int64_t result;
    name_and_make(trial, false, number, &call, &result);
    bool failed = result < 0 && result >= -ERRNO_MOST;
    uint64_t flags = machine_register(machine, UC_X86_REG_EFLAGS) & ~(uint64_t)FLAG_CARRY;
    machine_register_set(machine, UC_X86_REG_EFLAGS, flags | (failed ? FLAG_CARRY : 0));
    machine_register_set(machine, UC_X86_REG_RAX, (uint64_t)(failed ? -result : result));
}

void convention_sysenter(struct trial *trial)
{
    if (trial->system->family == FAMILY_LINUX)
        linux_call(trial, cpu_of(CPU_X86),
                   (uint32_t)machine_register(trial->machine, UC_X86_REG_EAX));
    else
        stack_call(trial);
}
