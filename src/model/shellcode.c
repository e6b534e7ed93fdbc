#include "model/shellcode.h"

#include <errno.h>

#include "base/cursor.h"
#include "base/frame.h"

enum { GREETING_SECCOMP = 1, GREETING_LANDLOCK = 2 };
static const char GREETING_MARK[4] = {'H', 'N', 'E', '1'};

static const char *const PLATFORM_NAMES[SHELLCODE_PLATFORMS] = {
    "any",        "linux_x86",    "linux_x86_64", "windows_x86",   "windows_x86_64",
    "bsd_x86",    "bsd_x86_64",   "solaris_x86",  "linux_arm",     "linux_arm64",
    "linux_mips", "linux_mipsel", "linux_ppc",    "linux_riscv64",
};

static const char *const ENDING_NAMES[SHELLCODE_ENDINGS] = {
    "nothing", "exited",   "executed", "returned", "staged", "ran_out", "faulted",
    "illegal", "repeated", "absent",   "hunted",   "spent",  "hung",    "crashed",
};

const char *shellcode_platform_name(enum shellcode_platform platform)
{
    return (unsigned)platform < SHELLCODE_PLATFORMS ? PLATFORM_NAMES[platform] : NULL;
}

enum shellcode_platform shellcode_platform_named(struct bytes name)
{
    unsigned platform = 0;
    while (platform < SHELLCODE_PLATFORMS && !bytes_equal(name, bytes_of(PLATFORM_NAMES[platform])))
        platform++;
    return (enum shellcode_platform)platform;
}

const char *shellcode_ending_name(enum shellcode_ending ending)
{
    return (unsigned)ending < SHELLCODE_ENDINGS ? ENDING_NAMES[ending] : NULL;
}

void shellcode_request_put(const struct shellcode_request *request, struct buffer *out)
{
    size_t start = frame_begin(out);
    buffer_put_u32(out, request->number);
    buffer_put_u8(out, (uint8_t)request->platform);
    buffer_put_block(out, request->code);
    frame_end(out, start);
}

int shellcode_request_take(struct bytes frame, struct shellcode_request *ret_request)
{
    struct cursor cursor = cursor_over(frame);
    struct shellcode_request request = {.number = cursor_u32(&cursor)};
    uint8_t platform = cursor_u8(&cursor);
    request.code = cursor_block(&cursor);
    if (!cursor_ok(&cursor) || cursor_left(&cursor) != 0 || platform >= SHELLCODE_PLATFORMS ||
        request.code.len > SHELLCODE_CODE_MOST)
        return -EBADMSG;
    request.platform = (enum shellcode_platform)platform;
    *ret_request = request;
    return 0;
}

void shellcode_greeting_put(const struct shellcode_greeting *greeting, struct buffer *out)
{
    size_t start = frame_begin(out);
    buffer_put(out, (struct bytes){GREETING_MARK, sizeof(GREETING_MARK)});
    buffer_put_u8(out, (uint8_t)((greeting->seccomp ? GREETING_SECCOMP : 0) |
                                 (greeting->landlock ? GREETING_LANDLOCK : 0)));
    buffer_put_block(out, greeting->engine);
    frame_end(out, start);
}

int shellcode_greeting_take(struct bytes frame, struct shellcode_greeting *ret_greeting)
{
    struct cursor cursor = cursor_over(frame);
    struct bytes mark = cursor_take(&cursor, sizeof(GREETING_MARK));
    uint8_t flags = cursor_u8(&cursor);
    struct bytes engine = cursor_block(&cursor);
    if (!cursor_ok(&cursor) || cursor_left(&cursor) != 0 ||
        memcmp(mark.at, GREETING_MARK, sizeof(GREETING_MARK)) != 0 ||
        engine.len > SHELLCODE_TEXT_MOST)
        return -EBADMSG;
    *ret_greeting = (struct shellcode_greeting){
        .seccomp = flags & GREETING_SECCOMP,
        .landlock = flags & GREETING_LANDLOCK,
        .engine = engine,
    };
    return 0;
}

static void call_put(const struct shellcode_call *call, struct buffer *out)
{
    buffer_put_block(out, call->name);
    buffer_put_varint(out, call->times);
    buffer_put_u8(out, (uint8_t)call->count);
    for (uint32_t i = 0; i < call->count; i++) {
        const struct shellcode_argument *argument = &call->arguments[i];
        buffer_put_block(out, argument->name);
        buffer_put_u8(out, (uint8_t)argument->kind);
        if (argument->kind == SHELLCODE_NUMBER)
            buffer_put_u64(out, (uint64_t)argument->number);
        else
            buffer_put_block(out, argument->text);
    }
}

void shellcode_run_put(const struct shellcode_run *run, struct buffer *out)
{
    size_t start = frame_begin(out);
    buffer_put_u32(out, run->number);
    buffer_put_u8(out, (uint8_t)run->platform);
    buffer_put_u8(out, (uint8_t)run->ending);
    buffer_put_u8(out, run->assumed);
    buffer_put_u32(out, run->entry);
    buffer_put_u32(out, run->runs);
    buffer_put_u64(out, run->blocks);
    buffer_put_u64(out, run->delay);
    buffer_put_u64(out, run->address);
    buffer_put_u32(out, run->lost);
    buffer_put_block(out, run->note);
    buffer_put_varint(out, run->count);
    for (uint32_t i = 0; i < run->count; i++)
        call_put(&run->calls[i], out);
    frame_end(out, start);
}

/* A list is blocks to its very end, each of a bearable length. */
static bool list_is_whole(struct bytes list)
{
    struct cursor cursor = cursor_over(list);
    while (cursor_ok(&cursor) && cursor_left(&cursor) > 0)
        if (cursor_block(&cursor).len > SHELLCODE_TEXT_MOST)
            return false;
    return cursor_ok(&cursor);
}

static bool argument_take(struct cursor *cursor, struct shellcode_argument *argument)
{
    argument->name = cursor_block(cursor);
    uint8_t kind = cursor_u8(cursor);
    if (kind > SHELLCODE_LIST || argument->name.len > SHELLCODE_TEXT_MOST)
        return false;
    argument->kind = (enum shellcode_kind)kind;
    if (kind == SHELLCODE_NUMBER) {
        argument->number = (int64_t)cursor_u64(cursor);
        return cursor_ok(cursor);
    }
    argument->text = cursor_block(cursor);
    return cursor_ok(cursor) &&
           (kind == SHELLCODE_LIST ? list_is_whole(argument->text)
                                   : argument->text.len <= SHELLCODE_TEXT_MOST);
}

static bool call_take(struct cursor *cursor, struct shellcode_call *call)
{
    call->name = cursor_block(cursor);
    uint64_t times = cursor_varint(cursor);
    call->count = cursor_u8(cursor);
    if (!cursor_ok(cursor) || call->count > SHELLCODE_ARGUMENTS_MOST || times > UINT32_MAX ||
        call->name.len > SHELLCODE_TEXT_MOST)
        return false;
    call->times = (uint32_t)times;
    for (uint32_t i = 0; i < call->count; i++)
        if (!argument_take(cursor, &call->arguments[i]))
            return false;
    return true;
}

static bool calls_take(struct cursor *cursor, struct shellcode_run *run)
{
    for (uint32_t i = 0; i < run->count; i++)
        if (!call_take(cursor, &run->calls[i]))
            return false;
    return cursor_ok(cursor) && cursor_left(cursor) == 0;
}

int shellcode_run_take(struct bytes frame, struct arena *keep, struct shellcode_run *ret_run)
{
    struct cursor cursor = cursor_over(frame);
    struct shellcode_run run = {.number = cursor_u32(&cursor)};
    uint8_t platform = cursor_u8(&cursor);
    uint8_t ending = cursor_u8(&cursor);
    run.assumed = cursor_u8(&cursor) != 0;
    run.entry = cursor_u32(&cursor);
    run.runs = cursor_u32(&cursor);
    run.blocks = cursor_u64(&cursor);
    run.delay = cursor_u64(&cursor);
    run.address = cursor_u64(&cursor);
    run.lost = cursor_u32(&cursor);
    run.note = cursor_block(&cursor);
    uint64_t count = cursor_varint(&cursor);
    if (!cursor_ok(&cursor) || platform >= SHELLCODE_PLATFORMS || ending >= SHELLCODE_ENDINGS ||
        count > SHELLCODE_CALLS_MOST || run.note.len > SHELLCODE_TEXT_MOST)
        return -EBADMSG;
    run.platform = (enum shellcode_platform)platform;
    run.ending = (enum shellcode_ending)ending;
    run.count = (uint32_t)count;
    run.calls = arena_take_array(keep, run.count + 1, sizeof(*run.calls));
    if (!run.calls)
        return -ENOMEM;
    if (!calls_take(&cursor, &run))
        return -EBADMSG;
    *ret_run = run;
    return 0;
}

const struct shellcode_argument *shellcode_argument_find(const struct shellcode_call *call,
                                                         const char *name)
{
    for (uint32_t i = 0; i < call->count; i++)
        if (bytes_equal(call->arguments[i].name, bytes_of(name)))
            return &call->arguments[i];
    return NULL;
}
