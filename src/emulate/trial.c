/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-or-later */
#include "emulate/trial.h"

#include <errno.h>
#include <seccomp.h>

#include "emulate/convention.h"
#include "emulate/fragment.h"
#include "emulate/lenient.h"
#include "emulate/windows.h"

enum {
    CALLS_MOST = 3000,    /* of one run */
    REPEATS_MOST = 300,   /* of one call from one place */
    RECEIVED_MOST = 4096, /* bytes a peer is thought to send at once */
    EDGE_COST = 100,
    MIPS_UNALIGNED_LOAD = 12,
    MIPS_UNALIGNED_STORE = 13,
    WRITE_COST = 300,
    TAIL_SIZE = 48, /* zeroes behind the shellcode, as behind a string */
};

/* The top of a user's memory on all 32-bit systems, MIPS included. */
static const uint64_t STACK_BASE = 0x7ffe0000;

static const struct system SYSTEMS[SHELLCODE_PLATFORMS] = {
    [SHELLCODE_LINUX_X86] = {SHELLCODE_LINUX_X86, CPU_X86, FAMILY_LINUX, SCMP_ARCH_X86},
    [SHELLCODE_LINUX_X86_64] = {SHELLCODE_LINUX_X86_64, CPU_X86_64, FAMILY_LINUX, SCMP_ARCH_X86_64},
    [SHELLCODE_WINDOWS_X86] = {SHELLCODE_WINDOWS_X86, CPU_X86, FAMILY_WINDOWS, 0},
    [SHELLCODE_WINDOWS_X86_64] = {SHELLCODE_WINDOWS_X86_64, CPU_X86_64, FAMILY_WINDOWS, 0},
    [SHELLCODE_BSD_X86] = {SHELLCODE_BSD_X86, CPU_X86, FAMILY_BSD, 0},
    [SHELLCODE_BSD_X86_64] = {SHELLCODE_BSD_X86_64, CPU_X86_64, FAMILY_BSD, 0},
    [SHELLCODE_SOLARIS_X86] = {SHELLCODE_SOLARIS_X86, CPU_X86, FAMILY_SOLARIS, 0},
    [SHELLCODE_LINUX_ARM] = {SHELLCODE_LINUX_ARM, CPU_ARM, FAMILY_LINUX, SCMP_ARCH_ARM},
    [SHELLCODE_LINUX_ARM64] = {SHELLCODE_LINUX_ARM64, CPU_ARM64, FAMILY_LINUX, SCMP_ARCH_AARCH64},
    [SHELLCODE_LINUX_MIPS] = {SHELLCODE_LINUX_MIPS, CPU_MIPS, FAMILY_LINUX, SCMP_ARCH_MIPS},
    [SHELLCODE_LINUX_MIPSEL] = {SHELLCODE_LINUX_MIPSEL, CPU_MIPSEL, FAMILY_LINUX, SCMP_ARCH_MIPS},
    [SHELLCODE_LINUX_PPC] = {SHELLCODE_LINUX_PPC, CPU_PPC, FAMILY_LINUX, SCMP_ARCH_PPC},
    [SHELLCODE_LINUX_RISCV64] = {SHELLCODE_LINUX_RISCV64, CPU_RISCV64, FAMILY_LINUX,
                                 SCMP_ARCH_RISCV64},
};

const struct system *system_of(enum shellcode_platform platform)
{
    return &SYSTEMS[platform];
}

void trial_end(struct trial *trial, enum shellcode_ending ending)
{
    if (!trial->ended) {
        trial->ended = true;
        trial->ending = ending;
    }
    (void)uc_emu_stop(trial->machine->uc);
}

bool trial_count(struct trial *trial, uint64_t place)
{
    trial->repeats = place == trial->last_place ? trial->repeats + 1 : 0;
    trial->last_place = place;
    if (++trial->calls <= CALLS_MOST && trial->repeats <= REPEATS_MOST)
        return true;
    trial_end(trial, SHELLCODE_REPEATED);
    return false;
}

uint32_t trial_handle(struct trial *trial)
{
    uint32_t handle = trial->next_fd;
    if (trial->next_fd < FDS_MOST - 1)
        trial->next_fd++;
    return handle;
}

uint64_t trial_receive(struct trial *trial, uint64_t handle, uint64_t at, uint64_t size)
{
    /* a file or a peer has an end, so that loops until there is no more come to theirs */
    uint8_t *reads = &trial->reads[handle < FDS_MOST ? handle : FDS_MOST - 1];
    if (*reads >= 2)
        return 0;
    (*reads)++;
    if (size > RECEIVED_MOST)
        size = RECEIVED_MOST;
    if (!machine_mapped(trial->machine, at))
        return 0;
    trial->received_at = at;
    trial->received_size = size;
    return size;
}

/* Nothing but zeroes where the shellcode goes on: its own bytes are over. */
static bool ran_out(struct trial *trial, uint64_t at)
{
    uint64_t next = 0;
    return at >= CODE_START + trial->code_len && at < CODE_BASE + CODE_SIZE &&
           machine_memory_read(trial->machine, at, &next, sizeof(next)) && next == 0;
}

/* The shellcode ends in the middle of something. */
static void run_out(struct trial *trial)
{
    fragment_finish(trial);
    trial_end(trial, SHELLCODE_RAN_OUT);
}

/* Behind the last byte, up to the instruction that interrupts. */
static bool is_behind(const struct trial *trial, uint64_t at)
{
    return at >= CODE_START + trial->code_len && at <= CODE_START + trial->code_len + TAIL_SIZE + 8;
}

static void hook_block(uc_engine *uc, uint64_t at, uint32_t size, void *user)
{
    struct trial *trial = ((struct machine *)user)->user;
    (void)uc;
    trial->block_end = at + size;
    if (trial->ended) {
        (void)uc_emu_stop(trial->machine->uc);
        return;
    }
    if (++trial->blocks > trial->manner.blocks_most)
        trial_end(trial, SHELLCODE_SPENT);
    else if (at - trial->received_at < trial->received_size)
        trial_end(trial, SHELLCODE_STAGED);
    else if (ran_out(trial, at))
        run_out(trial);
}

/* Translating is a hundred times dearer than running what was translated already. */
static void hook_edge(uc_engine *uc, uc_tb *now, uc_tb *before, void *user)
{
    struct trial *trial = ((struct machine *)user)->user;
    (void)uc;
    (void)now;
    (void)before;
    trial->blocks += EDGE_COST;
}

/* A write to memory with code in it is dearer still: Unicorn undoes what it makes void. */
static void hook_code_write(uc_engine *uc, uc_mem_type type, uint64_t at, int size, int64_t value,
                            void *user)
{
    struct trial *trial = ((struct machine *)user)->user;
    (void)uc;
    (void)type;
    (void)at;
    (void)size;
    (void)value;
    trial->blocks += WRITE_COST;
}

static void hook_instruction(uc_engine *uc, uint64_t at, uint32_t size, void *user)
{
    (void)uc;
    (void)size;
    ((struct machine *)user)->last_pc = at;
}

static void hook_interrupt(uc_engine *uc, uint32_t number, void *user)
{
    struct trial *trial = ((struct machine *)user)->user;
    (void)uc;
    if (trial->ended)
        return;
    bool ours = trial->system->family == FAMILY_WINDOWS ? windows_interrupt(trial, number)
                                                        : convention_interrupt(trial, number);
    uint64_t pc = machine_register(trial->machine, trial->machine->cpu->pc);
    if (ours)
        return;
    if (trial->machine->cpu->arch == UC_ARCH_MIPS)
        pc = trial->machine->last_pc; /* Unicorn's own isn't that of the instruction */
    bool aligns = number == MIPS_UNALIGNED_LOAD || number == MIPS_UNALIGNED_STORE;
    if (is_behind(trial, pc)) {
        run_out(trial);
    } else if (aligns && lenient_access(trial->machine, pc)) {
        trial->resume = pc + 4;
        (void)uc_emu_stop(trial->machine->uc);
    } else if (lenient_replace(trial->machine, pc)) {
        trial->resume = pc;
        (void)uc_emu_stop(trial->machine->uc);
    } else {
        trial_end(trial, SHELLCODE_ILLEGAL);
    }
}

static void hook_syscall(uc_engine *uc, void *user)
{
    struct trial *trial = ((struct machine *)user)->user;
    (void)uc;
    if (trial->ended)
        return;
    if (trial->system->cpu != CPU_X86_64)
        trial_end(trial, SHELLCODE_ILLEGAL);
    else if (trial->system->family == FAMILY_WINDOWS)
        windows_system_call(trial);
    else
        convention_syscall(trial);
}

static void hook_sysenter(uc_engine *uc, void *user)
{
    struct trial *trial = ((struct machine *)user)->user;
    (void)uc;
    if (trial->ended)
        return;
    if (trial->system->family == FAMILY_WINDOWS)
        windows_system_call(trial);
    else
        convention_sysenter(trial);
}

/* Data that isn't there becomes a blank page, a few times; code that isn't there ends the run. */
static bool hook_unmapped(uc_engine *uc, uc_mem_type type, uint64_t at, int size, int64_t value,
                          void *user)
{
    struct trial *trial = ((struct machine *)user)->user;
    (void)uc;
    (void)size;
    (void)value;
    if (trial->ended)
        return false;
    if (type == UC_MEM_FETCH_UNMAPPED) {
        if (at == RETURN_SENTINEL)
            trial_end(trial, SHELLCODE_RETURNED);
        else if (trial->system->family != FAMILY_WINDOWS || !windows_absent(trial, at))
            trial_end(trial, SHELLCODE_FAULTED);
        return false;
    }
    if (type == UC_MEM_WRITE_PROT && trial->windows && windows_touch(trial, at))
        return true;
    return machine_blank(trial->machine, at);
}

/* Once for each machine: adding and removing hooks is dear. */
static int hooks_add(struct machine *machine)
{
    uc_engine *uc = machine->uc;
    uc_hook hook;
    if (machine->hooked)
        return 0;
    uc_err error = uc_hook_add(uc, &hook, UC_HOOK_BLOCK, (void *)hook_block, machine, 1, 0);
    if (error == UC_ERR_OK)
        error = uc_hook_add(uc, &hook, UC_HOOK_INTR, (void *)hook_interrupt, machine, 1, 0);
    if (error == UC_ERR_OK)
        error = uc_hook_add(uc, &hook, UC_HOOK_MEM_INVALID, (void *)hook_unmapped, machine, 1, 0);
    if (error == UC_ERR_OK)
        error = uc_hook_add(uc, &hook, UC_HOOK_EDGE_GENERATED, (void *)hook_edge, machine, 1, 0);
    if (error == UC_ERR_OK)
        error = uc_hook_add(uc, &hook, UC_HOOK_MEM_WRITE, (void *)hook_code_write, machine,
                            CODE_BASE, CODE_BASE + CODE_SIZE);
    if (machine->cpu->arch == UC_ARCH_X86 && error == UC_ERR_OK)
        error = uc_hook_add(uc, &hook, UC_HOOK_INSN, (void *)hook_syscall, machine, 1, 0,
                            UC_X86_INS_SYSCALL);
    if (machine->cpu->arch == UC_ARCH_X86 && error == UC_ERR_OK)
        error = uc_hook_add(uc, &hook, UC_HOOK_INSN, (void *)hook_sysenter, machine, 1, 0,
                            UC_X86_INS_SYSENTER);
    if (machine->cpu->arch == UC_ARCH_MIPS && error == UC_ERR_OK)
        error = uc_hook_add(uc, &hook, UC_HOOK_CODE, (void *)hook_instruction, machine, 1, 0);
    machine->hooked = error == UC_ERR_OK;
    return machine->hooked ? 0 : -ENOMEM;
}

/* The general registers of an x86 in the manner asked for; others start blank or here. */
static void start_set(struct trial *trial)
{
    struct machine *machine = trial->machine;
    static const int x86[] = {UC_X86_REG_EAX, UC_X86_REG_EBX, UC_X86_REG_ECX, UC_X86_REG_EDX,
                              UC_X86_REG_ESI, UC_X86_REG_EDI, UC_X86_REG_EBP};
    static const int x86_64[] = {UC_X86_REG_RAX, UC_X86_REG_RBX, UC_X86_REG_RCX, UC_X86_REG_RDX,
                                 UC_X86_REG_RSI, UC_X86_REG_RDI, UC_X86_REG_R8,  UC_X86_REG_R9,
                                 UC_X86_REG_R12, UC_X86_REG_R13, UC_X86_REG_R14, UC_X86_REG_R15};
    bool wide = trial->system->cpu == CPU_X86_64;
    const int *registers = wide ? x86_64 : x86;
    unsigned count = wide ? sizeof(x86_64) / sizeof(x86_64[0]) : sizeof(x86) / sizeof(x86[0]);
    enum start start = trial->manner.start;
    if (machine->cpu->arch != UC_ARCH_X86 || start == START_BLANK)
        return;
    for (unsigned i = 0; i < count; i++)
        machine_register_set(machine, registers[i],
                             start == START_HERE ? CODE_START + trial->manner.entry : FD_FIRST);
    if (start == START_HERE)
        return;
    trial->next_fd++;
    int data = wide ? UC_X86_REG_RDX : UC_X86_REG_EDX;
    int base = wide ? UC_X86_REG_RBX : UC_X86_REG_EBX;
    int counter = wide ? UC_X86_REG_RCX : UC_X86_REG_ECX;
    uint64_t sp = machine_register(machine, machine->cpu->sp);
    machine_register_set(machine, data, 0);
    machine_register_set(machine, counter, sp);
    machine_register_set(machine, base, start == START_CONNECT ? 2 : 1);
    if (start != START_SOCKET_DONE)
        machine_register_set(machine, wide ? UC_X86_REG_RAX : UC_X86_REG_EAX, 0x66);
    if (!wide)
        machine_register_set(machine, UC_X86_REG_EBP, sp + 0x40);
    for (unsigned i = 0; i < 2 && !wide; i++) /* socket(AF_INET, SOCK_STREAM, 0)'s arguments */
        machine_integer_put(machine, sp + 4 * i, 2 - i, 4);
    record_note(trial->record, "begins in the middle: taken to have opened a socket already");
}

/*
 * In front of the shellcode, and behind it and some zeroes, stand instructions
 * that interrupt: nothing is there to be run, nor worth translating.
 */
static void fences_put(struct trial *trial)
{
    static const uint32_t interrupts[CPUS] = {
        [CPU_ARM] = 0xe7f000f0,    [CPU_ARM64] = 0xd4200000,   [CPU_MIPS] = 0x0000000d,
        [CPU_MIPSEL] = 0x0000000d, [CPU_RISCV64] = 0x00100073,
    };
    uint32_t word =
        trial->machine->cpu->arch == UC_ARCH_X86 ? 0xf3cdf3cd : interrupts[trial->system->cpu];
    if (trial->machine->cpu->big)
        word = __builtin_bswap32(word);
    uint8_t *code = trial->machine->code;
    size_t end = (CODE_START - CODE_BASE + trial->code_len + TAIL_SIZE + 3) & ~(size_t)3;
    for (size_t i = 0; i < CODE_START - CODE_BASE; i += sizeof(word))
        memcpy(code + i, &word, sizeof(word));
    memcpy(code + end, &word, sizeof(word));
}

static enum shellcode_ending ending_of(uc_err error)
{
    switch (error) {
    case UC_ERR_OK: /* it halted the processor */
    case UC_ERR_INSN_INVALID:
    case UC_ERR_EXCEPTION:
        return SHELLCODE_ILLEGAL;
    default:
        return SHELLCODE_FAULTED;
    }
}

static void trial_clear(struct trial *trial, struct bytes code)
{
    record_reset(trial->record);
    trial->code_len = code.len;
    trial->ended = trial->forked = trial->assumed = false;
    trial->score = 0;
    trial->blocks = 0;
    trial->calls = trial->unknown = trial->repeats = trial->flaws = 0;
    trial->last_place = trial->last_probe = trial->probe_place = 0;
    trial->next_fd = FD_FIRST;
    memset(trial->reads, 0, sizeof(trial->reads));
    trial->received_at = trial->received_size = trial->break_at = 0;
}

/* Start, and start again where a hook has moved the program counter to. */
static void trial_go(struct trial *trial)
{
    struct machine *machine = trial->machine;
    uint64_t at = CODE_START + trial->manner.entry;
    trial->resume = 0;
    for (;;) {
        uc_err error =
            uc_emu_start(machine->uc, trial->manner.thumb ? at | 1 : at, RETURN_SENTINEL, 0, 0);
        uint64_t pc = machine_register(machine, machine->cpu->pc);
        if (!trial->ended && !trial->resume && error != UC_ERR_OK && lenient_replace(machine, pc))
            trial->resume = pc;
        /* where exactly in the block a fault was, Unicorn doesn't say */
        if (!trial->ended && !trial->resume && is_behind(trial, trial->block_end - 1))
            run_out(trial);
        bool returned = pc == RETURN_SENTINEL;
        if (trial->ended || !trial->resume) {
            trial_end(trial, returned ? SHELLCODE_RETURNED : ending_of(error));
            return;
        }
        at = trial->resume;
        trial->resume = 0;
    }
}

int trial_run(struct trial *trial, struct bytes code)
{
    struct machine *machine = trial->machine;
    bool windows = trial->system->family == FAMILY_WINDOWS;
    trial_clear(trial, code);
    int error = machine_reset(machine, code, windows ? WINDOWS_STACK : STACK_BASE);
    if (error == 0 && windows)
        error = windows_lay(trial);
    if (error)
        return error;
    fences_put(trial);
    start_set(trial);
    machine->user = trial;
    error = hooks_add(machine);
    if (error == 0)
        trial_go(trial);
    struct shellcode_run *run = &trial->record->run;
    run->platform = trial->system->platform;
    run->ending = trial->ending;
    run->entry = trial->manner.entry;
    run->blocks = trial->blocks;
    run->address = machine_register(machine, machine->cpu->pc);
    run->assumed = trial->assumed || trial->manner.start > START_HERE;
    return error;
}
