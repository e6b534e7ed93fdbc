/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-or-later */
#include "emulate/hunt.h"

#include <errno.h>

enum { HUNT_SCORE = 12, GENERAL_REGISTERS = 8 };

static const int X86[GENERAL_REGISTERS] = {UC_X86_REG_EAX, UC_X86_REG_EBX, UC_X86_REG_ECX,
                                           UC_X86_REG_EDX, UC_X86_REG_ESI, UC_X86_REG_EDI,
                                           UC_X86_REG_EBP, UC_X86_REG_EBP};
static const int X86_64[GENERAL_REGISTERS] = {UC_X86_REG_RAX, UC_X86_REG_RBX, UC_X86_REG_RCX,
                                              UC_X86_REG_RDX, UC_X86_REG_RSI, UC_X86_REG_RDI,
                                              UC_X86_REG_RBP, UC_X86_REG_R8};
static const int ARM[GENERAL_REGISTERS] = {UC_ARM_REG_R0, UC_ARM_REG_R1, UC_ARM_REG_R2,
                                           UC_ARM_REG_R3, UC_ARM_REG_R4, UC_ARM_REG_R5,
                                           UC_ARM_REG_R6, UC_ARM_REG_R8};
static const int ARM64[GENERAL_REGISTERS] = {UC_ARM64_REG_X0, UC_ARM64_REG_X1, UC_ARM64_REG_X2,
                                             UC_ARM64_REG_X3, UC_ARM64_REG_X4, UC_ARM64_REG_X5,
                                             UC_ARM64_REG_X6, UC_ARM64_REG_X7};

static const int *general_registers(enum cpu_name cpu)
{
    switch (cpu) {
    case CPU_X86:
        return X86;
    case CPU_X86_64:
        return X86_64;
    case CPU_ARM:
        return ARM;
    case CPU_ARM64:
        return ARM64;
    default:
        return NULL;
    }
}

/* Which argument the call is asked with: its first text or pointer; -1: none. */
static int pointer_index(const char *described)
{
    int index = 0;
    for (const char *at = strchr(described, ':'); at; at = strchr(at + 1, ':'), index++)
        if (at[1] == 's' || at[1] == 'p')
            return index;
    return -1;
}

/* Every register that points to about `at` now points to the page in front of the shellcode. */
static void hunt_move(struct trial *trial, uint64_t at)
{
    const int *registers = general_registers(trial->system->cpu);
    for (unsigned i = 0; registers && i < GENERAL_REGISTERS; i++) {
        uint64_t value = machine_register(trial->machine, registers[i]);
        if (value + 2 * PAGE > at && value < at + 2 * PAGE)
            machine_register_set(trial->machine, registers[i],
                                 CODE_START - PAGE + (value & (PAGE - 1)));
    }
}

bool hunt_step(struct trial *trial, const struct system_call *call,
               const struct described *described, int64_t *ret_result)
{
    int index = pointer_index(described->arguments);
    if (index < 0 || described->behaviour != SUCCEEDS)
        return false;
    uint64_t at = call->arguments[index];
    uint64_t before = trial->last_probe;
    bool same = call->place == trial->probe_place;
    trial->last_probe = at;
    trial->probe_place = call->place;
    if (!same || at <= before || at - before > 2 * PAGE)
        return false;
    bool mapped = machine_mapped(trial->machine, at);
    bool here = at >= CODE_START - 2 * PAGE && at < CODE_START + trial->code_len + PAGE / 4;
    record_probe(trial->record, call->name);
    if (!here && before >= CODE_START - 2 * PAGE && before < CODE_START + CODE_SIZE) {
        trial->score += HUNT_SCORE;
        trial_end(trial, SHELLCODE_HUNTED);
    } else if (!here && !mapped) {
        hunt_move(trial, at);
    }
    *ret_result = mapped ? -ENOENT : -EFAULT;
    return true;
}
