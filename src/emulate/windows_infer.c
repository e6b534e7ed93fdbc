/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-or-later */
#include "emulate/windows_inside.h"

enum { TEXT_MOST = 256, SHOW_MOST = 16 };

bool windows_function_find(const char *name, uint32_t *ret_library, uint32_t *ret_function)
{
    for (uint32_t i = 0; i < LIBRARIES; i++)
        for (uint32_t j = 0; j < LIBRARIES_KNOWN[i].count; j++)
            if (strcmp(LIBRARIES_KNOWN[i].exports[j].name, name) == 0) {
                *ret_library = i;
                *ret_function = j;
                return true;
            }
    return false;
}

struct api windows_api_begin(struct trial *trial, uint32_t library, uint32_t function, uint64_t sp)
{
    struct machine *machine = trial->machine;
    static const int registers[] = {UC_X86_REG_RCX, UC_X86_REG_RDX, UC_X86_REG_R8, UC_X86_REG_R9};
    struct api api = {
        .trial = trial,
        .library = &LIBRARIES_KNOWN[library],
        .export = &LIBRARIES_KNOWN[library].exports[function],
        .word = trial->windows->word,
        .sp = sp,
        .back = machine_integer(machine, sp, trial->windows->word),
    };
    for (uint32_t i = 0; i < API_ARGUMENTS; i++)
        api.arguments[i] =
            api.word == 8 && i < 4
                ? machine_register(machine, registers[i])
                : machine_integer(machine, sp + (i + 1) * (uint64_t)api.word, api.word);
    return api;
}

static struct bytes text_at(struct trial *trial, uint64_t at, char text[TEXT_MOST])
{
    size_t len = 0;
    bool ended =
        at >= 0x10000 && machine_memory_text(trial->machine, at, 1, text, TEXT_MOST - 1, &len);
    bool sane = ended && len >= 3;
    for (size_t i = 0; sane && i < len; i++)
        sane = text[i] >= ' ' && text[i] < 0x7f;
    text[len] = '\0';
    return (struct bytes){text, sane ? len : 0};
}

static bool is_library(struct bytes text)
{
    for (uint32_t i = 0; i < LIBRARIES; i++) {
        const char *known = LIBRARIES_KNOWN[i].name;
        size_t at = 0;
        while (at < text.len && known[at] && ascii_lower(text.at[at]) == known[at])
            at++;
        if (at == text.len && (known[at] == '\0' || strcmp(known + at, ".dll") == 0))
            return true;
    }
    return false;
}

/*
 * Which function that nobody can name is called, told by its arguments: a
 * library's name, a library and a function's name, a command, a socket's family
 * and type, a socket's address. False when they don't tell.
 */
static bool function_infer(struct trial *trial, uint64_t sp, uint32_t *ret_library,
                           uint32_t *ret_function)
{
    struct api call = windows_api_begin(trial, 0, 0, sp);
    char first_text[TEXT_MOST];
    char second_text[TEXT_MOST];
    struct bytes first = text_at(trial, call.arguments[0], first_text);
    struct bytes second = text_at(trial, call.arguments[1], second_text);
    uint32_t library;
    uint32_t function;
    bool of_library = call.arguments[0] >= IMAGES_BASE &&
                      call.arguments[0] < IMAGES_BASE + (uint64_t)IMAGES_SIZE &&
                      call.arguments[0] % IMAGE_SIZE == 0;
    const uint64_t *arguments = call.arguments;
    uint16_t family = (uint16_t)machine_integer(trial->machine, arguments[1], 2);
    bool socket = arguments[0] >= FD_FIRST && arguments[0] < FDS_MOST;
    bool addressed = machine_mapped(trial->machine, arguments[1]) && (uint32_t)arguments[2] == 16;
    if ((uint32_t)arguments[0] == 2 && (uint32_t)arguments[1] == 1 && (uint32_t)arguments[2] <= 6)
        return windows_function_find(arguments[3] == 0 && arguments[4] == 0 ? "WSASocketA"
                                                                            : "socket",
                                     ret_library, ret_function);
    if (socket && addressed && family == 2)
        return windows_function_find(
            machine_integer(trial->machine, arguments[1] + 4, 4) == 0 ? "bind" : "connect",
            ret_library, ret_function);
    if (first.len && is_library(first))
        return windows_function_find("LoadLibraryA", ret_library, ret_function);
    if (of_library && second.len && windows_function_find(second_text, &library, &function))
        return windows_function_find("GetProcAddress", ret_library, ret_function);
    if (first.len && (uint32_t)call.arguments[1] <= SHOW_MOST)
        return windows_function_find("WinExec", ret_library, ret_function);
    return false;
}

void windows_unnamed_call(struct trial *trial, const char *name, uint64_t sp)
{
    uint32_t library;
    uint32_t function;
    if (function_infer(trial, sp, &library, &function)) {
        record_note(trial->record, "calls %s, told by its arguments, as %s",
                    LIBRARIES_KNOWN[library].exports[function].name, name);
        struct api api = windows_api_begin(trial, library, function, sp);
        windows_api_call(&api);
        return;
    }
    windows_nameless_call(trial, name, sp);
    if (trial->windows->word == 4) { /* nobody knows how much of the stack is its own */
        record_note(trial->record, "calls %s of a version of Windows not known here", name);
        trial_end(trial, SHELLCODE_ABSENT);
    }
}
