/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-or-later */
#include "emulate/system_call.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cursor.h"
#include "emulate/described.h"
#include "emulate/fragment.h"
#include "emulate/hunt.h"
#include "emulate/socket_address.h"

/* A call that is being looked at: which argument, and what was wrong so far. */
struct looking {
    struct trial *trial;
    const struct system_call *call;
    unsigned index;
    bool faulted; /* a pointer to nothing */
    bool absurd;  /* a value no sane caller would give */
};

static bool text_is_sane(struct bytes text)
{
    bool sane = text.len > 0;
    for (size_t i = 0; sane && i < text.len; i++)
        sane = (text.at[i] >= ' ' && text.at[i] < 0x7f) || text.at[i] == '\n' || text.at[i] == '\t';
    return sane;
}

static void look_text(struct looking *looking, const char *name, uint64_t at)
{
    char text[SHELLCODE_TEXT_MOST];
    size_t len;
    if (!machine_memory_text(looking->trial->machine, at, 1, text, sizeof(text), &len) &&
        len == 0) {
        looking->faulted = true;
        return;
    }
    looking->absurd |= !text_is_sane((struct bytes){text, len});
    record_text(looking->trial->record, name, (struct bytes){text, len});
}

static void look_data(struct looking *looking, const char *name, uint64_t at, uint64_t size)
{
    char data[SHELLCODE_TEXT_MOST];
    size_t len = size < sizeof(data) ? (size_t)size : sizeof(data);
    while (len > 0 && !machine_memory_read(looking->trial->machine, at, data, len))
        len /= 2;
    if (len == 0 && size > 0)
        looking->faulted = true;
    record_text(looking->trial->record, name, (struct bytes){data, len});
}

static void look_list(struct looking *looking, const char *name, uint64_t at)
{
    struct buffer list = {0};
    struct machine *machine = looking->trial->machine;
    if (at && !machine_mapped(machine, at))
        looking->absurd = true;
    for (unsigned i = 0; at && i < 32; i++) {
        uint64_t text_at =
            machine_integer(machine, at + i * looking->call->word, looking->call->word);
        char text[SHELLCODE_TEXT_MOST];
        size_t len;
        if (!text_at ||
            (!machine_memory_text(machine, text_at, 1, text, sizeof(text), &len) && len == 0))
            break;
        buffer_put_block(&list, (struct bytes){text, len});
    }
    record_list(looking->trial->record, name, buffer_bytes(&list));
    buffer_finish(&list);
}

static void look_delay(struct looking *looking, const char *name, uint64_t at)
{
    unsigned word = looking->call->word;
    uint64_t seconds = machine_integer(looking->trial->machine, at, word);
    uint64_t rest = machine_integer(looking->trial->machine, at + word, word);
    if (!machine_mapped(looking->trial->machine, at) || seconds > UINT32_MAX || rest > UINT32_MAX) {
        looking->faulted = true;
        return;
    }
    uint64_t delay = seconds * 1000000000 + rest;
    record_number(looking->trial->record, name, (int64_t)delay);
    looking->trial->record->run.delay += delay;
}

static void look_family(struct looking *looking, const char *name, uint64_t value)
{
    const char *family = socket_family_name(looking->trial->system->family, value);
    looking->absurd |= !family;
    if (family)
        record_text(looking->trial->record, name, bytes_of(family));
    else
        record_number(looking->trial->record, name, (int64_t)value);
}

static int64_t as_signed(const struct looking *looking, uint64_t value)
{
    return looking->call->word == 4 ? (int32_t)value : (int64_t)value;
}

static void look_octal(struct looking *looking, const char *name, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof(text), "%#o", (unsigned)value & 0177777);
    record_text(looking->trial->record, name, bytes_of(text));
}

static void look_hexadecimal(struct looking *looking, const char *name, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof(text), "%#llx", (unsigned long long)value);
    record_text(looking->trial->record, name, bytes_of(text));
}

static void look_argument(struct looking *looking, const char *name, char kind)
{
    uint64_t value = looking->call->arguments[looking->index++];
    struct record *record = looking->trial->record;
    switch (kind) {
    case 'n':
        record_number(record, name, as_signed(looking, value));
        break;
    case 'f':
        looking->absurd |= (uint32_t)value > 1023 && value != UINT64_MAX;
        record_number(record, name, (int32_t)value);
        break;
    case 'x':
        look_hexadecimal(looking, name, value);
        break;
    case 'o':
        look_octal(looking, name, value);
        break;
    case 's':
        look_text(looking, name, value);
        break;
    case 'b':
        look_data(looking, name, value, looking->call->arguments[looking->index]);
        break;
    case 'v':
        look_list(looking, name, value);
        break;
    case 'd':
        look_family(looking, name, value);
        break;
    case 't':
        look_delay(looking, name, value);
        break;
    case 'c': /* nobody connects to port 0: perhaps another manner of running it finds the port */
        looking->trial->flaws += machine_integer(looking->trial->machine, value + 2, 2) == 0;
        /* fall through */
    case 'a': /* of a socket that wasn't opened: this is the middle of something */
        looking->trial->flaws += looking->call->arguments[0] < FD_FIRST;
        if (!machine_mapped(looking->trial->machine, value) && value != 0)
            looking->faulted = true;
        else if (!socket_address_record(looking->trial, value,
                                        (uint32_t)looking->call->arguments[looking->index]))
            looking->absurd |= value != 0;
        break;
    case 'p':
        if (value != 0 && name[0] && !machine_mapped(looking->trial->machine, value))
            looking->faulted = true;
        break;
    default:
        break;
    }
}

/* Walk over "name:kind name:kind ..." */
static void look_arguments(struct looking *looking, const char *described)
{
    while (*described && looking->index < SYSTEM_CALL_ARGUMENTS) {
        char name[24];
        size_t len = strcspn(described, ":");
        snprintf(name, sizeof(name), "%.*s", (int)len, described);
        look_argument(looking, name, described[len + 1]);
        described += len + 2;
        described += *described == ' ';
    }
}

static int64_t pipe_make(struct trial *trial, uint64_t at)
{
    for (unsigned i = 0; i < 2; i++)
        if (!machine_integer_put(trial->machine, at + 4 * i, trial_handle(trial), 4))
            return -EFAULT;
    return 0;
}

static int64_t break_move(struct trial *trial, uint64_t to)
{
    if (trial->break_at == 0)
        trial->break_at = machine_allocate(trial->machine, 16 * PAGE);
    return (int64_t)(to > trial->break_at && to < trial->break_at + 16 * (uint64_t)PAGE
                         ? to
                         : trial->break_at);
}

static int64_t map_make(struct trial *trial, const struct system_call *call)
{
    uint64_t size = call->arguments[1];
    /* i386's old mmap has its arguments in memory */
    if (call->word == 4 && (size == 0 || size > UINT32_MAX / 2) && trial->system->cpu == CPU_X86 &&
        machine_mapped(trial->machine, call->arguments[0]))
        size = machine_integer(trial->machine, call->arguments[0] + 4, 4);
    uint64_t at = machine_allocate(trial->machine, size);
    return at ? (int64_t)at : -ENOMEM;
}

static int64_t execute(struct trial *trial, bool sane)
{
    if (sane)
        trial_end(trial, SHELLCODE_EXECUTED);
    return sane ? 0 : -ENOENT;
}

static int64_t answer(struct trial *trial, const struct system_call *call, enum behaviour behaviour,
                      bool sane)
{
    const uint64_t *arguments = call->arguments;
    switch (behaviour) {
    case OPENS:
        return sane ? (int64_t)trial_handle(trial) : -EINVAL;
    case DUPLICATES:
        return (int64_t)(uint32_t)arguments[1];
    case READS:
        return (int64_t)trial_receive(trial, arguments[0], arguments[1], arguments[2]);
    case WRITES:
        return (int64_t)arguments[2];
    case EXECUTES:
        return execute(trial, sane);
    case EXITS:
        trial_end(trial, SHELLCODE_EXITED);
        return 0;
    case FORKS:
        trial->forked = true;
        return trial->manner.parent ? 1001 : 0;
    case MAPS:
        return map_make(trial, call);
    case BREAKS:
        return break_move(trial, arguments[0]);
    case PIPES:
        return pipe_make(trial, arguments[0]);
    case IDENTITY:
        return 1000;
    case CLOCK:
        return 1000000000;
    case WAITS:
        return 1001;
    case SELECTS:
        return 1;
    default:
        return 0;
    }
}

static int64_t unknown_make(struct trial *trial, const struct system_call *call)
{
    trial->score -= 4;
    trial->flaws++;
    if (++trial->unknown > 4)
        trial_end(trial, SHELLCODE_FAULTED);
    record_begin(trial->record, call->name);
    (void)record_end(trial->record);
    return 0;
}

int64_t system_call_make(struct trial *trial, const struct system_call *call)
{
    const struct described *described = described_find(call->name);
    int64_t result;
    if (described && hunt_step(trial, call, described, &result))
        return result;
    if (!trial_count(trial, call->place))
        return 0;
    if (!described)
        return unknown_make(trial, call);
    struct looking looking = {.trial = trial, .call = call};
    record_begin(trial->record, call->name);
    look_arguments(&looking, described->arguments);
    if (looking.faulted) {
        record_probe(trial->record, call->name);
        trial->flaws++;
        return -EFAULT;
    }
    if (record_end(trial->record))
        trial->score += looking.absurd ? -2 : described->score;
    trial->flaws += looking.absurd;
    return answer(trial, call, described->behaviour, !looking.absurd);
}

int64_t system_call_socket(struct trial *trial, const struct system_call *call)
{
    static const char *const names[] = {
        NULL,          "socket",     "bind",    "connect", "listen",  "accept",   "getsockname",
        "getpeername", "socketpair", "send",    "recv",    "sendto",  "recvfrom", "shutdown",
        "setsockopt",  "getsockopt", "sendmsg", "recvmsg", "accept4",
    };
    uint64_t which = call->arguments[0];
    if (which == 0 || which >= sizeof(names) / sizeof(names[0])) {
        trial->score -= 2;
        trial->flaws++;
        return trial_count(trial, call->place) ? -EINVAL : 0;
    }
    struct system_call inner = {.name = names[which], .place = call->place, .word = call->word};
    bool addressed = which == 2 || which == 3;
    uint64_t from = addressed && trial->manner.start > START_HERE
                        ? fragment_arguments(trial, call->arguments[1])
                        : call->arguments[1];
    for (unsigned i = 0; i < 6; i++)
        inner.arguments[i] = machine_integer(trial->machine, from + 4 * i, 4);
    if (!machine_mapped(trial->machine, call->arguments[1]))
        return trial_count(trial, call->place) ? -EFAULT : 0;
    return system_call_make(trial, &inner);
}
