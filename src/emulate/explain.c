/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-or-later */
#include "emulate/explain.h"

#include <errno.h>

#include "emulate/comments.h"
#include "emulate/windows.h"

enum {
    BLOCKS_FIRST = 200000,  /* of a run from the first byte */
    BLOCKS_WHOLE = 1500000, /* of one that was cut off there, when nothing else explained it */
    BLOCKS_BRIEF = 100000,  /* of a run that assumes something */
    BLOCKS_TOGETHER = 3000000,
    ENTRIES_MOST = 12, /* offsets of a kind that are tried on a system */
    PADDING_LEAST = 6, /* equal bytes in a row that are no code */
    TEXT_LEAST = 8,
    PENALTY_START = 3,   /* for assuming registers */
    PENALTY_ENTRY = 6,   /* for assuming another beginning */
    PENALTY_LISTING = 6, /* for leaving bytes out */
};

/* Systems of one processor follow each other: opening another one's machine is dear. */
static const enum shellcode_platform ORDER[] = {
    SHELLCODE_LINUX_X86,     SHELLCODE_WINDOWS_X86,  SHELLCODE_BSD_X86,
    SHELLCODE_SOLARIS_X86,   SHELLCODE_LINUX_X86_64, SHELLCODE_WINDOWS_X86_64,
    SHELLCODE_BSD_X86_64,    SHELLCODE_LINUX_ARM,    SHELLCODE_LINUX_ARM64,
    SHELLCODE_LINUX_MIPS,    SHELLCODE_LINUX_MIPSEL, SHELLCODE_LINUX_PPC,
    SHELLCODE_LINUX_RISCV64,
};

/* What is known while a request is being worked on. */
struct search {
    struct explainer *explainer;
    struct bytes code;
    enum shellcode_platform only;
    size_t left_out; /* bytes of comments that `code` is without */
    int best_score;
    uint32_t best_flaws;
    bool found;
    uint32_t best; /* which record holds the best run */
    uint32_t best_entry;
    uint64_t blocks;
    uint32_t runs;
    bool spent[SHELLCODE_PLATFORMS];  /* its budget was too small there */
    bool forked[SHELLCODE_PLATFORMS]; /* it forked there: the parent may be the one to follow */
};

static int machine_ready(struct explainer *explainer, enum cpu_name cpu)
{
    if (explainer->open && explainer->cpu == cpu)
        return 0;
    if (explainer->open)
        machine_close(&explainer->machine);
    explainer->open = false;
    int error = machine_open(&explainer->machine, cpu);
    explainer->open = error == 0;
    explainer->cpu = cpu;
    return error;
}

static int windows_ready(struct explainer *explainer, const struct system *system,
                         struct windows **ret_windows)
{
    *ret_windows = NULL;
    if (system->family != FAMILY_WINDOWS)
        return 0;
    bool wide = system->cpu == CPU_X86_64;
    if (!explainer->windows[wide])
        explainer->windows[wide] = windows_create(wide ? 8 : 4);
    *ret_windows = explainer->windows[wide];
    return *ret_windows ? 0 : -ENOMEM;
}

static int penalty_of(const struct manner *manner)
{
    return (manner->start != START_BLANK ? PENALTY_START : 0) +
           (manner->parent ? PENALTY_START : 0) + (manner->entry ? PENALTY_ENTRY : 0);
}

/* Run it in one manner; keep the run when it is better than the best so far. */
static int search_try(struct search *search, enum shellcode_platform platform, struct manner manner)
{
    struct explainer *explainer = search->explainer;
    const struct system *system = system_of(platform);
    uint32_t spare = search->found ? 1 - search->best : 0;
    struct trial trial = {
        .machine = &explainer->machine,
        .system = system,
        .record = &explainer->records[spare],
        .manner = manner,
    };
    if (search->blocks >= BLOCKS_TOGETHER)
        return 0;
    if (trial.manner.blocks_most > BLOCKS_TOGETHER - search->blocks)
        trial.manner.blocks_most = BLOCKS_TOGETHER - search->blocks;
    int error = machine_ready(explainer, system->cpu);
    if (error == -ENOSYS) /* this Unicorn lacks the processor */
        return 0;
    if (error == 0)
        error = windows_ready(explainer, system, &trial.windows);
    if (error == 0)
        error = trial_run(&trial, search->code);
    if (error)
        return error;
    search->runs++;
    search->blocks += trial.blocks;
    search->forked[platform] |= trial.forked;
    search->spent[platform] = trial.ending == SHELLCODE_SPENT;
    int score = trial.score - penalty_of(&manner) - (search->left_out ? PENALTY_LISTING : 0);
    if (search->left_out)
        record_note(trial.record, "%zu bytes that repeat what is in front of them were left out",
                    search->left_out);
    if (!search->found || score > search->best_score) {
        search->found = true;
        search->best = spare;
        search->best_score = score;
        search->best_flaws = trial.flaws;
        search->best_entry = manner.entry;
    }
    return 0;
}

static bool is_explained(const struct search *search)
{
    return search->best_score >= SCORE_EXPLAINED;
}

/* Nothing better is to be expected. */
static bool is_settled(const struct search *search)
{
    return is_explained(search) && search->best_flaws == 0;
}

/* As long as it isn't the middle of something that was found. */
static bool is_placed(const struct search *search)
{
    return is_explained(search) && (search->best_flaws == 0 || search->best_entry == 0);
}

static bool is_wanted(const struct search *search, enum shellcode_platform platform)
{
    return search->only == SHELLCODE_ANY || search->only == platform;
}

static int search_first_byte(struct search *search, enum shellcode_platform platform)
{
    struct manner manner = {.blocks_most = BLOCKS_FIRST};
    int error = search_try(search, platform, manner);
    manner.thumb = true;
    if (error == 0 && system_of(platform)->cpu == CPU_ARM && !is_settled(search))
        error = search_try(search, platform, manner);
    return error;
}

static int search_all(struct search *search, int (*step)(struct search *, enum shellcode_platform),
                      bool (*enough)(const struct search *))
{
    int error = 0;
    for (size_t i = 0; i < sizeof(ORDER) / sizeof(ORDER[0]) && error == 0 && !enough(search); i++)
        if (is_wanted(search, ORDER[i]))
            error = step(search, ORDER[i]);
    return error;
}

/* Perhaps it is a listing whose comments stand among its bytes. */
static int search_listing(struct search *search)
{
    struct bytes whole = search->code;
    struct buffer plain = {0};
    search->left_out = comments_drop(whole, &plain);
    search->code = buffer_bytes(&plain);
    int error = plain.failed ? -ENOMEM : 0;
    if (error == 0 && search->left_out > 0)
        error = search_all(search, search_first_byte, is_settled);
    search->code = whole;
    search->left_out = 0;
    buffer_finish(&plain);
    return error;
}

static int search_longer(struct search *search, enum shellcode_platform platform)
{
    struct manner manner = {.blocks_most = BLOCKS_WHOLE};
    return search->spent[platform] ? search_try(search, platform, manner) : 0;
}

static bool start_fits(enum start start, enum shellcode_platform platform)
{
    switch (start) {
    case START_HERE:
        return platform == SHELLCODE_LINUX_X86 || platform == SHELLCODE_LINUX_X86_64 ||
               platform == SHELLCODE_WINDOWS_X86;
    case START_SOCKET:
    case START_CONNECT:
        return platform == SHELLCODE_LINUX_X86;
    case START_SOCKET_DONE:
        return platform == SHELLCODE_LINUX_X86 || platform == SHELLCODE_LINUX_X86_64 ||
               platform == SHELLCODE_BSD_X86;
    default:
        return false;
    }
}

static int search_starts(struct search *search, enum shellcode_platform platform)
{
    int error = 0;
    for (int i = START_HERE; i < STARTS && error == 0 && !is_settled(search); i++) {
        struct manner manner = {.start = (enum start)i, .blocks_most = BLOCKS_BRIEF};
        if (start_fits(manner.start, platform))
            error = search_try(search, platform, manner);
    }
    struct manner parent = {.parent = true, .blocks_most = BLOCKS_BRIEF};
    if (error == 0 && search->forked[platform] && !is_explained(search))
        error = search_try(search, platform, parent);
    return error;
}

static bool bytes_hold(struct bytes code, uint8_t first, uint8_t second)
{
    for (size_t i = 0; i + 1 < code.len; i++)
        if ((uint8_t)code.at[i] == first && (uint8_t)code.at[i + 1] == second)
            return true;
    return false;
}

/* Whether to look for a beginning further on: what makes system calls shows how. */
static bool entries_fit(const struct search *search, enum shellcode_platform platform)
{
    struct bytes code = search->code;
    bool interrupts = bytes_hold(code, 0xcd, 0x80);
    bool calls = bytes_hold(code, 0x0f, 0x05);
    if (search->only != SHELLCODE_ANY)
        return true;
    switch (platform) {
    case SHELLCODE_LINUX_X86:
        return interrupts || !calls;
    case SHELLCODE_LINUX_X86_64:
        return calls;
    case SHELLCODE_BSD_X86:
        return interrupts;
    case SHELLCODE_WINDOWS_X86:
        return !interrupts && !calls;
    case SHELLCODE_WINDOWS_X86_64:
        return !interrupts && !calls && bytes_hold(code, 0x65, 0x48);
    case SHELLCODE_LINUX_ARM:
        return bytes_hold(code, 0x00, 0xef) || bytes_hold(code, 0x01, 0xdf);
    case SHELLCODE_LINUX_ARM64:
        return bytes_hold(code, 0x00, 0xd4);
    case SHELLCODE_LINUX_MIPS:
        return bytes_hold(code, 0x24, 0x02) && bytes_hold(code, 0x01, 0x0c);
    case SHELLCODE_LINUX_MIPSEL:
        return bytes_hold(code, 0x02, 0x24) && bytes_hold(code, 0x0c, 0x01);
    default:
        return false;
    }
}

static bool is_printable(char byte)
{
    return byte >= ' ' && byte < 0x7f;
}

/* Text before and behind: more of it than a word that is pushed. */
static bool is_inside_text(struct bytes code, size_t at)
{
    if (at < TEXT_LEAST / 2 || at + TEXT_LEAST > code.len)
        return false;
    for (size_t i = at - TEXT_LEAST / 2; i < at + TEXT_LEAST; i++)
        if (!is_printable(code.at[i]))
            return false;
    return true;
}

/* x86 code often begins with these: clearing, calling, pushing, finding where it is. */
static bool is_x86_beginning(struct bytes code, size_t at)
{
    static const uint8_t first[] = {0x31, 0x33, 0x29, 0x2b, 0x6a, 0xe8, 0xeb, 0xfc,
                                    0xd9, 0xdb, 0xdd, 0x55, 0x60, 0x48, 0x4d, 0x81,
                                    0x83, 0x89, 0x8b, 0xb8, 0x99, 0x64, 0x65, 0x68};
    return memchr(first, (uint8_t)code.at[at], sizeof(first)) != NULL && !is_inside_text(code, at);
}

/* Where something else ends: a run of one byte (a sled, a filling), or text. */
static bool is_behind_padding(struct bytes code, size_t at)
{
    bool same = at >= PADDING_LEAST && code.at[at] != code.at[at - 1];
    bool text = at >= TEXT_LEAST && !is_printable(code.at[at]);
    for (size_t i = 2; same && i <= PADDING_LEAST; i++)
        same = code.at[at - i] == code.at[at - 1];
    for (size_t i = 1; text && i <= TEXT_LEAST; i++)
        text = is_printable(code.at[at - i]);
    return same || text;
}

static bool is_anything(struct bytes code, size_t at)
{
    (void)code;
    (void)at;
    return true;
}

/* Try the offsets that look like a beginning to `is_beginning`, the first ENTRIES_MOST of them. */
static int entries_try(struct search *search, enum shellcode_platform platform,
                       bool (*is_beginning)(struct bytes code, size_t at),
                       bool (*enough)(const struct search *))
{
    uint32_t step = cpu_of(system_of(platform)->cpu)->step;
    uint32_t tried = 0;
    int error = 0;
    for (uint32_t entry = step;
         entry < search->code.len && tried < ENTRIES_MOST && error == 0 && !enough(search);
         entry += step) {
        if (!is_beginning(search->code, entry))
            continue;
        struct manner manner = {.entry = entry, .blocks_most = BLOCKS_BRIEF};
        error = search_try(search, platform, manner);
        tried++;
    }
    return error;
}

/* A request has text and fillings in front, which run as code, too, and do damage to the rest. */
static int search_behind_padding(struct search *search, enum shellcode_platform platform)
{
    if (!entries_fit(search, platform))
        return 0;
    return entries_try(search, platform, is_behind_padding, is_settled);
}

static int search_entries(struct search *search, enum shellcode_platform platform)
{
    bool x86 = cpu_of(system_of(platform)->cpu)->arch == UC_ARCH_X86;
    if (!entries_fit(search, platform))
        return 0;
    return entries_try(search, platform, x86 ? is_x86_beginning : is_anything, is_placed);
}

int explain(struct explainer *explainer, const struct shellcode_request *request,
            struct shellcode_run *ret_run)
{
    struct search search = {
        .explainer = explainer,
        .code = request->code,
        .only = request->platform,
    };
    int error = search_all(&search, search_first_byte, is_settled);
    if (error == 0 && !is_settled(&search))
        error = search_listing(&search);
    if (error == 0)
        error = search_all(&search, search_behind_padding, is_settled);
    if (error == 0)
        error = search_all(&search, search_starts, is_settled);
    if (error == 0)
        error = search_all(&search, search_longer, is_explained);
    if (error == 0)
        error = search_all(&search, search_entries, is_placed);
    /* a machine is not used for another shellcode: what it has learned is gone */
    if (explainer->open)
        machine_close(&explainer->machine);
    explainer->open = false;
    if (error)
        return error;
    struct shellcode_run run = {.ending = SHELLCODE_NOTHING};
    if (search.found && search.best_score > 0)
        run = explainer->records[search.best].run;
    run.number = request->number;
    run.runs = search.runs;
    run.blocks = search.blocks;
    *ret_run = run;
    return 0;
}

void explainer_finish(struct explainer *explainer)
{
    if (explainer->open)
        machine_close(&explainer->machine);
    for (unsigned i = 0; i < 2; i++) {
        windows_destroy(explainer->windows[i]);
        record_finish(&explainer->records[i]);
    }
    *explainer = (struct explainer){0};
}
