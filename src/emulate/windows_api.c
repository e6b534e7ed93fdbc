/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-or-later */
#include <stdio.h>

#include "emulate/socket_address.h"
#include "emulate/windows_inside.h"

enum {
    TEXT_MOST = 1024,
    SPARE_SIZE = 0x1000, /* what a function allocates whose size isn't an argument */
    UNSIZED = 255,
    ABSENT_SCORE = 4,
    SPOKEN_SCORE = 8, /* more for text among the arguments */
};

static const char DIRECTORY[] = "C:\\WINDOWS\\system32";

void windows_return(struct trial *trial, uint64_t back, uint64_t sp, uint64_t result)
{
    struct machine *machine = trial->machine;
    bool wide = trial->windows->word == 8;
    machine_register_set(machine, wide ? UC_X86_REG_RAX : UC_X86_REG_EAX, result);
    machine_register_set(machine, machine->cpu->sp, sp);
    machine_register_set(machine, machine->cpu->pc, back);
    trial->resume = back;
    (void)uc_emu_stop(machine->uc);
}

static bool text_is_sane(struct bytes text)
{
    bool sane = text.len > 0;
    for (size_t i = 0; sane && i < text.len; i++)
        sane = (uint8_t)text.at[i] >= ' ' || text.at[i] == '\n' || text.at[i] == '\t' ||
               text.at[i] == '\r';
    return sane;
}

static void argument_text(struct api *api, const char *name, uint64_t at, unsigned unit)
{
    char text[TEXT_MOST];
    size_t len = 0;
    if (at < 0x10000) /* NULL, an ordinal, an atom */
        return;
    (void)machine_memory_text(api->trial->machine, at, unit, text, sizeof(text), &len);
    api->absurd |= len > 0 && !text_is_sane((struct bytes){text, len});
    api->absurd |= !machine_mapped(api->trial->machine, at);
    record_text(api->trial->record, name, (struct bytes){text, len});
}

static void argument_data(struct api *api, const char *name, uint64_t at, uint64_t size)
{
    char data[TEXT_MOST];
    size_t len = size < sizeof(data) ? (size_t)size : sizeof(data);
    if (!machine_memory_read(api->trial->machine, at, data, len))
        api->absurd = true;
    else
        record_text(api->trial->record, name, (struct bytes){data, len});
}

static void argument_tell(struct api *api, const char *name, char kind, uint32_t index)
{
    uint64_t value = api->arguments[index];
    struct record *record = api->trial->record;
    char text[24];
    switch (kind) {
    case 'n':
        record_number(record, name, (int32_t)value);
        break;
    case 'x':
        snprintf(text, sizeof(text), "%#llx", (unsigned long long)value);
        record_text(record, name, bytes_of(text));
        break;
    case 'h':
        record_number(record, name, (int64_t)value);
        break;
    case 's':
        argument_text(api, name, value, 1);
        break;
    case 'w':
        argument_text(api, name, value, 2);
        break;
    case 'b':
        argument_data(api, name, value, (uint32_t)api->arguments[index + 1]);
        break;
    case 'a':
        api->absurd |= value != 0 && !socket_address_record(api->trial, value,
                                                            (uint32_t)api->arguments[index + 1]);
        break;
    default:
        break;
    }
}

static void arguments_tell(struct api *api)
{
    const char *described = api->export->arguments;
    while (*described && api->count < API_ARGUMENTS) {
        char name[24];
        size_t len = strcspn(described, ":");
        snprintf(name, sizeof(name), "%.*s", (int)len, described);
        argument_tell(api, name, described[len + 1], api->count++);
        described += len + 2;
        described += *described == ' ';
    }
}

static bool name_equal(struct bytes asked, const char *known)
{
    size_t i = 0;
    while (i < asked.len && known[i] && ascii_lower(asked.at[i]) == known[i])
        i++;
    return i == asked.len && (known[i] == '\0' || strcmp(known + i, ".dll") == 0);
}

/* The base of a library; for one we don't have, the program's: its functions stay nameless. */
static uint64_t library_load(struct api *api, uint64_t at, unsigned unit)
{
    char text[TEXT_MOST];
    size_t len = 0;
    uint64_t program = (uint64_t)IMAGES_BASE + LIBRARIES * IMAGE_SIZE;
    if (at == 0)
        return program;
    (void)machine_memory_text(api->trial->machine, at, unit, text, sizeof(text), &len);
    struct bytes asked = bytes_base_name((struct bytes){text, len});
    while (asked.len && asked.at[asked.len - 1] == ' ')
        asked.len--;
    for (uint32_t i = 0; i < LIBRARIES; i++)
        if (name_equal(asked, LIBRARIES_KNOWN[i].name))
            return (uint64_t)IMAGES_BASE + i * IMAGE_SIZE;
    return program;
}

static uint64_t nameless_add(struct windows *windows, const char *name)
{
    if (windows->nameless_count == NAMELESS_MOST)
        return 0;
    snprintf(windows->nameless[windows->nameless_count], NAMELESS_SIZE, "%s", name);
    return (uint64_t)IMAGES_BASE + LIBRARIES * IMAGE_SIZE + STUBS_AT +
           (uint64_t)windows->nameless_count++ * STUB_SIZE;
}

static uint64_t function_resolve(struct api *api)
{
    uint64_t index = (api->arguments[0] - IMAGES_BASE) / IMAGE_SIZE;
    char name[NAMELESS_SIZE] = "";
    size_t len = 0;
    uint64_t asked = api->arguments[1];
    bool ordinal = asked < 0x10000;
    if (!ordinal)
        (void)machine_memory_text(api->trial->machine, asked, 1, name, sizeof(name) - 1, &len);
    name[len] = '\0';
    for (uint32_t i = 0; i < LIBRARIES; i++)
        for (uint32_t j = 0; j < LIBRARIES_KNOWN[i].count; j++)
            if (ordinal ? i == index && LIBRARIES_KNOWN[i].exports[j].ordinal == asked && asked
                        : strcmp(LIBRARIES_KNOWN[i].exports[j].name, name) == 0)
                return windows_stub_at(i, j);
    if (ordinal || !text_is_sane((struct bytes){name, len})) {
        api->absurd = true;
        return 0;
    }
    return nameless_add(api->trial->windows, name);
}

static uint64_t directory_write(struct api *api, uint64_t at)
{
    (void)machine_write(api->trial->machine, at, DIRECTORY, sizeof(DIRECTORY));
    return sizeof(DIRECTORY) - 1;
}

static uint64_t text_copy(struct api *api, bool append)
{
    char text[TEXT_MOST + 1];
    size_t len = 0;
    uint64_t to = api->arguments[0];
    if (append) {
        (void)machine_memory_text(api->trial->machine, to, 1, text, TEXT_MOST, &len);
        to += len;
    }
    (void)machine_memory_text(api->trial->machine, api->arguments[1], 1, text, TEXT_MOST, &len);
    text[len] = '\0';
    (void)machine_write(api->trial->machine, to, text, len + 1);
    return api->arguments[0];
}

static uint64_t data_copy(struct api *api)
{
    char data[TEXT_MOST];
    size_t size = api->arguments[2] < sizeof(data) ? (size_t)api->arguments[2] : sizeof(data);
    if (machine_memory_read(api->trial->machine, api->arguments[1], data, size))
        (void)machine_write(api->trial->machine, api->arguments[0], data, size);
    return api->arguments[0];
}

static uint64_t receive(struct api *api)
{
    uint64_t size = trial_receive(api->trial, api->arguments[0], api->arguments[1],
                                  (uint32_t)api->arguments[2]);
    if (size == 4) /* the length of what is to come */
        (void)machine_integer_put(api->trial->machine, api->arguments[1], 1024, 4);
    return size;
}

/* A number of dots and digits, in network order; -1 when it's none. */
static uint64_t address_number(struct api *api)
{
    char text[16];
    size_t len = 0;
    unsigned part[4];
    char rest;
    if (!machine_memory_text(api->trial->machine, api->arguments[0], 1, text, sizeof(text) - 1,
                             &len))
        return UINT32_MAX;
    text[len] = '\0';
    if (sscanf(text, "%3u.%3u.%3u.%3u%c", &part[0], &part[1], &part[2], &part[3], &rest) != 4)
        return UINT32_MAX;
    return part[0] | part[1] << 8 | part[2] << 16 | part[3] << 24;
}

/* A hostent whose one address is 192.0.2.1 (RFC 5737): which name it was is in the call. */
static uint64_t host_make(struct api *api)
{
    struct machine *machine = api->trial->machine;
    unsigned word = api->word;
    uint64_t at = machine_allocate(machine, PAGE);
    if (!at)
        return 0;
    uint64_t list = at + (word == 4 ? 12 : 24);
    (void)machine_integer_put(machine, at + 2 * word, 2, 2);
    (void)machine_integer_put(machine, at + 2 * word + 2, 4, 2);
    (void)machine_integer_put(machine, list, at + 0x100, word);
    (void)machine_integer_put(machine, at + 0x100, at + 0x200, word);
    (void)machine_integer_put(machine, at + 0x200, 0x010200c0, 4);
    return at;
}

static uint64_t native_allocate(struct api *api)
{
    struct machine *machine = api->trial->machine;
    uint64_t size = machine_integer(machine, api->arguments[3], api->word);
    uint64_t at = machine_allocate(machine, size);
    (void)machine_integer_put(machine, api->arguments[1], at, api->word);
    return at ? 0 : UINT32_C(0xc0000017);
}

/* LdrLoadDll: the name is a UNICODE_STRING, the base goes where the last argument says. */
static uint64_t native_load(struct api *api)
{
    struct machine *machine = api->trial->machine;
    uint64_t text = machine_integer(machine, api->arguments[2] + api->word, api->word);
    uint64_t base = library_load(api, text, 2);
    (void)machine_integer_put(machine, api->arguments[3], base, api->word);
    return 0;
}

static uint64_t allocate(struct api *api)
{
    uint8_t detail = api->export->detail;
    return machine_allocate(api->trial->machine,
                            detail == UNSIZED ? SPARE_SIZE : (uint32_t)api->arguments[detail]);
}

static uint64_t delay_add(struct api *api)
{
    api->trial->record->run.delay +=
        (uint64_t)(uint32_t)api->arguments[api->export->detail] * 1000000;
    return 0;
}

static uint64_t text_measure(struct api *api)
{
    char text[TEXT_MOST];
    size_t len = 0;
    (void)machine_memory_text(api->trial->machine, api->arguments[0], 1, text, sizeof(text), &len);
    return len;
}

static uint64_t written_tell(struct api *api, uint64_t size)
{
    (void)machine_integer_put(api->trial->machine, api->arguments[3], size, 4);
    return 1;
}

static uint64_t answer(struct api *api)
{
    const uint64_t *arguments = api->arguments;
    uint8_t detail = api->export->detail;
    switch (api->export->behaviour) {
    case API_TRUE:
        return 1;
    case API_HANDLE:
    case API_SOCKET:
        return trial_handle(api->trial);
    case API_LOADS:
        return library_load(api, arguments[0], 1);
    case API_LOADS_WIDE:
        return library_load(api, arguments[0], 2);
    case API_LOADS_NATIVE:
        return native_load(api);
    case API_RESOLVES:
        return function_resolve(api);
    case API_ALLOCATES:
        return allocate(api);
    case API_ALLOCATES_NATIVE:
        return native_allocate(api);
    case API_PROTECTS:
        (void)machine_integer_put(api->trial->machine, arguments[detail], 0x20, 4);
        return 1;
    case API_EXITS:
        trial_end(api->trial, SHELLCODE_EXITED);
        return 0;
    case API_SLEEPS:
        return delay_add(api);
    case API_RECEIVES:
        return receive(api);
    case API_READS:
        return written_tell(api, receive(api));
    case API_SENDS:
        return (uint32_t)arguments[2];
    case API_WRITES:
        return written_tell(api, (uint32_t)arguments[2]);
    case API_DIRECTORY:
        return directory_write(api, arguments[detail]);
    case API_COPIES:
        return text_copy(api, false);
    case API_APPENDS:
        return text_copy(api, true);
    case API_MEASURES:
        return text_measure(api);
    case API_COPIES_DATA:
        return data_copy(api);
    case API_SWAPS16:
        return __builtin_bswap16((uint16_t)arguments[0]);
    case API_SWAPS32:
        return __builtin_bswap32((uint32_t)arguments[0]);
    case API_NUMBERS_ADDRESS:
        return address_number(api);
    case API_HOST:
        return host_make(api);
    case API_SELF:
        return api->word == 8 ? UINT64_MAX : UINT32_MAX;
    default:
        return 0;
    }
}

/* CreateThread: what the thread would do is done at once, then its creator goes on. */
static void thread_run(struct api *api, uint64_t sp)
{
    struct machine *machine = api->trial->machine;
    uint64_t start = api->arguments[api->export->detail];
    uint64_t parameter = api->arguments[api->export->detail + 1];
    if (!machine_mapped(machine, start)) {
        windows_return(api->trial, api->back, sp, trial_handle(api->trial));
        return;
    }
    if (api->word == 4) {
        sp -= 4;
        (void)machine_integer_put(machine, sp, parameter, 4);
    } else {
        machine_register_set(machine, UC_X86_REG_RCX, parameter);
    }
    sp -= api->word;
    (void)machine_integer_put(machine, sp, api->back, api->word);
    windows_return(api->trial, start, sp, start);
}

void windows_api_call(struct api *api)
{
    struct trial *trial = api->trial;
    if (!trial_count(trial, api->back ^ (uint64_t)(api->export - api->library->exports + 1) << 40))
        return;
    record_begin(trial->record, api->export->name);
    arguments_tell(api);
    uint64_t result = answer(api);
    if (record_end(trial->record))
        trial->score += api->absurd ? -2 : api->export->score;
    trial->flaws += api->absurd;
    bool cleans = api->word == 4 && !api->library->caller_cleans;
    uint64_t sp = api->sp + api->word + (cleans ? (uint64_t)api->count * 4 : 0);
    if (trial->ended)
        return;
    if (api->export->behaviour == API_CALLS)
        thread_run(api, sp);
    else
        windows_return(trial, api->back, sp, result);
}

void windows_nameless_call(struct trial *trial, const char *name, uint64_t sp)
{
    struct machine *machine = trial->machine;
    unsigned word = trial->windows->word;
    static const int registers[] = {UC_X86_REG_RCX, UC_X86_REG_RDX, UC_X86_REG_R8, UC_X86_REG_R9};
    uint64_t back = machine_integer(machine, sp, word);
    if (!trial_count(trial, back))
        return;
    record_begin(trial->record, name);
    bool spoken = false;
    for (unsigned i = 0; i < 4; i++) {
        uint64_t value = word == 8 ? machine_register(machine, registers[i])
                                   : machine_integer(machine, sp + (i + 1) * 4, 4);
        char label[16];
        char text[TEXT_MOST];
        size_t len = 0;
        snprintf(label, sizeof(label), "argument%u", i);
        if (value >= 0x10000 && machine_memory_text(machine, value, 1, text, sizeof(text), &len) &&
            len > 2 && text_is_sane((struct bytes){text, len})) {
            record_text(trial->record, label, (struct bytes){text, len});
            spoken = true;
        }
    }
    if (record_end(trial->record))
        trial->score += ABSENT_SCORE + (spoken ? SPOKEN_SCORE : 0);
    windows_return(trial, back, sp + word, 1);
}
