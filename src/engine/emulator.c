#include "engine/emulator.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/helper.h"

/* The helper is a child for so many shellcodes, then another takes over: leaks stay small. */
enum { ANSWERS_MOST = 5000 };

struct emulator {
    struct helper helper;
    uint32_t asked; /* of this child */
    struct buffer out;
    char engine_name[64];
    struct shellcode_greeting greeting;
};

int emulator_open(const char *path, int64_t patience, struct emulator **ret_emulator)
{
    struct emulator *emulator = calloc(1, sizeof(*emulator));
    if (!emulator)
        return -ENOMEM;
    int error = helper_find(path, "hinomi-emulate", "src/emulate", &emulator->helper);
    emulator->helper.patience = patience;
    emulator->helper.frame_most = SHELLCODE_FRAME_MOST;
    if (error)
        free(emulator);
    else
        *ret_emulator = emulator;
    return error;
}

void emulator_close(struct emulator *emulator)
{
    if (!emulator)
        return;
    helper_close(&emulator->helper);
    buffer_finish(&emulator->out);
    free(emulator);
}

static int child_greet(struct emulator *emulator)
{
    struct bytes frame = {0};
    struct shellcode_greeting greeting = {0};
    int error = helper_receive(&emulator->helper, helper_deadline(&emulator->helper), &frame);
    if (error == -EPIPE)
        return -EPERM; /* it left before it said a word: it could not shut itself in */
    if (error == 0)
        error = shellcode_greeting_take(frame, &greeting);
    if (error == 0 && !greeting.seccomp)
        error = -EPERM;
    if (error)
        return error;
    snprintf(emulator->engine_name, sizeof(emulator->engine_name), "%.*s", (int)greeting.engine.len,
             greeting.engine.at);
    greeting.engine = bytes_of(emulator->engine_name);
    emulator->greeting = greeting;
    return 0;
}

static int child_start(struct emulator *emulator)
{
    if (helper_runs(&emulator->helper) && emulator->asked >= ANSWERS_MOST)
        helper_end(&emulator->helper);
    if (helper_runs(&emulator->helper))
        return 0;
    emulator->asked = 0;
    int error = helper_start(&emulator->helper, NULL);
    if (error == 0)
        error = child_greet(emulator);
    if (error)
        helper_end(&emulator->helper);
    return error;
}

/* Ask the child that runs. */
static int child_ask(struct emulator *emulator, const struct shellcode_request *request,
                     struct arena *keep, struct shellcode_run *ret_run)
{
    int64_t deadline = helper_deadline(&emulator->helper);
    struct bytes frame = {0};
    buffer_clear(&emulator->out);
    shellcode_request_put(request, &emulator->out);
    if (emulator->out.failed)
        return -ENOMEM;
    int error = helper_send(&emulator->helper, buffer_bytes(&emulator->out), deadline);
    if (error == 0)
        error = helper_receive(&emulator->helper, deadline, &frame);
    if (error)
        return error;
    struct bytes kept = arena_copy(keep, frame);
    if (!kept.at)
        return -ENOMEM;
    error = shellcode_run_take(kept, keep, ret_run);
    return error == 0 && ret_run->number != request->number ? -EBADMSG : error;
}

/* Ask once; a helper that fails is ended, and how is the answer. */
static int explain_once(struct emulator *emulator, enum shellcode_platform platform,
                        struct bytes code, struct arena *keep, struct shellcode_run *ret_run)
{
    int error = child_start(emulator);
    if (error)
        return error;
    struct shellcode_request request = {++emulator->asked, platform, code};
    struct shellcode_run run = {0};
    error = child_ask(emulator, &request, keep, &run);
    if (error == -ENOMEM)
        return error;
    if (error) { /* it hangs, died, or talks nonsense: it's the shellcode's doing, and said so */
        helper_end(&emulator->helper);
        run = (struct shellcode_run){
            .number = request.number,
            .platform = platform,
            .ending = error == -ETIMEDOUT ? SHELLCODE_HUNG : SHELLCODE_CRASHED,
        };
    }
    *ret_run = run;
    return 0;
}

/* Code that kills the helper on one system may be meant for another: the one with most calls. */
static int explain_each(struct emulator *emulator, struct bytes code, struct arena *keep,
                        struct shellcode_run *run)
{
    int error = 0;
    for (int i = SHELLCODE_ANY + 1; i < SHELLCODE_PLATFORMS && error == 0; i++) {
        struct shellcode_run other = {0};
        error = explain_once(emulator, (enum shellcode_platform)i, code, keep, &other);
        if (error == 0 && other.count > run->count)
            *run = other;
    }
    return error;
}

int emulator_explain(struct emulator *emulator, enum shellcode_platform platform, struct bytes code,
                     struct arena *keep, struct shellcode_run *ret_run)
{
    struct shellcode_run run = {0};
    if (code.len > SHELLCODE_CODE_MOST)
        return -E2BIG;
    int error = explain_once(emulator, platform, code, keep, &run);
    if (error == 0 && run.ending == SHELLCODE_CRASHED && platform == SHELLCODE_ANY)
        error = explain_each(emulator, code, keep, &run);
    if (error == 0)
        *ret_run = run;
    return error;
}

const struct shellcode_greeting *emulator_greeting(const struct emulator *emulator)
{
    return emulator->helper.starts ? &emulator->greeting : NULL;
}

uint64_t emulator_starts(const struct emulator *emulator)
{
    return emulator->helper.starts;
}
