/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-or-later */
#include "emulate/fragment.h"

#include "emulate/system_call.h"

enum { SEARCH_BELOW = 0x40, SEARCH_ABOVE = 0x100, INET_SIZE = 16, INET = 2 };

uint64_t fragment_arguments(struct trial *trial, uint64_t otherwise)
{
    struct machine *machine = trial->machine;
    uint64_t sp = machine_register(machine, machine->cpu->sp);
    for (uint64_t at = sp - SEARCH_BELOW; at < sp + SEARCH_ABOVE; at += 4) {
        uint64_t address = machine_integer(machine, at + 4, 4);
        if (machine_integer(machine, at + 8, 4) == INET_SIZE && machine_mapped(machine, address) &&
            machine_integer(machine, address, 2) == INET)
            return at;
    }
    return otherwise;
}

static bool has_call(const struct trial *trial, const char *name)
{
    for (uint32_t i = 0; i < trial->record->run.count; i++)
        if (bytes_equal(trial->record->calls[i].name, bytes_of(name)))
            return true;
    return false;
}

void fragment_finish(struct trial *trial)
{
    struct machine *machine = trial->machine;
    if (trial->ended || trial->system->platform != SHELLCODE_LINUX_X86 ||
        !has_call(trial, "socket") || has_call(trial, "bind") || has_call(trial, "connect"))
        return;
    uint64_t at = fragment_arguments(trial, 0);
    uint64_t which = machine_register(machine, UC_X86_REG_EBX) & 0xff;
    if (!at || (which != 2 && which != 3))
        return;
    struct system_call call = {
        .name = "socketcall", .arguments = {which, at}, .place = CODE_START, .word = 4};
    (void)system_call_socket(trial, &call);
    trial->assumed = true;
    record_note(trial->record, "ends before the call that everything is laid out for");
}
