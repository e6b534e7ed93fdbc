#include "engine/emulator.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cursor.h"

/* The helper is a child for so many shellcodes, then another takes over: leaks stay small. */
enum { ANSWERS_MOST = 5000 };

struct emulator {
    char path[PATH_MAX];
    int64_t patience;
    pid_t child; /* 0: none runs */
    int channel;
    uint32_t asked; /* of this child */
    uint64_t starts;
    struct buffer out;
    char *frame; /* SHELLCODE_FRAME_MOST bytes: the answer that is being read */
    char engine_name[64];
    struct shellcode_greeting greeting;
};

static int64_t clock_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* DIRECTORY of the program/NAME, when that can be run. */
static bool path_beside(const char *name, char path[PATH_MAX])
{
    char program[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 1);
    if (len <= 0)
        return false;
    program[len] = '\0';
    char *slash = strrchr(program, '/');
    if (!slash)
        return false;
    *slash = '\0';
    int written = snprintf(path, PATH_MAX, "%s/%s", program, name);
    return written > 0 && written < PATH_MAX && access(path, X_OK) == 0;
}

int emulator_open(const char *path, int64_t patience, struct emulator **ret_emulator)
{
    struct emulator *emulator = calloc(1, sizeof(*emulator));
    if (!emulator)
        return -ENOMEM;
    emulator->patience = patience;
    emulator->channel = -1;
    emulator->frame = malloc(SHELLCODE_FRAME_MOST);
    bool found = path ? snprintf(emulator->path, sizeof(emulator->path), "%s", path) < PATH_MAX &&
                            access(path, X_OK) == 0
                      : path_beside("hinomi-emulate", emulator->path) ||
                            path_beside("src/emulate/hinomi-emulate", emulator->path);
    if (!found || !emulator->frame) {
        int error = emulator->frame ? -ENOENT : -ENOMEM;
        emulator_close(emulator);
        return error;
    }
    *ret_emulator = emulator;
    return 0;
}

static void child_end(struct emulator *emulator)
{
    if (emulator->channel >= 0)
        (void)close(emulator->channel);
    emulator->channel = -1;
    if (emulator->child > 0) {
        (void)kill(emulator->child, SIGKILL);
        while (waitpid(emulator->child, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    emulator->child = 0;
    emulator->asked = 0;
}

void emulator_close(struct emulator *emulator)
{
    if (!emulator)
        return;
    child_end(emulator);
    buffer_finish(&emulator->out);
    free(emulator->frame);
    free(emulator);
}

/* Wait until the channel is ready for `events`: 0, -ETIMEDOUT, -errno. */
static int channel_wait(const struct emulator *emulator, short events, int64_t deadline)
{
    for (;;) {
        int64_t left = (deadline - clock_now() + 999999) / 1000000;
        struct pollfd channel = {.fd = emulator->channel, .events = events};
        int ready = left > 0 ? poll(&channel, 1, left > INT_MAX ? INT_MAX : (int)left) : 0;
        if (ready > 0)
            return 0;
        if (ready == 0)
            return -ETIMEDOUT;
        if (errno != EINTR)
            return -errno;
    }
}

static int channel_send(const struct emulator *emulator, struct bytes bytes, int64_t deadline)
{
    while (bytes.len > 0) {
        int error = channel_wait(emulator, POLLOUT, deadline);
        if (error)
            return error;
        ssize_t sent = send(emulator->channel, bytes.at, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno != EINTR && errno != EAGAIN)
            return -errno;
        bytes = bytes_from(bytes, sent > 0 ? (size_t)sent : 0);
    }
    return 0;
}

static int channel_receive(const struct emulator *emulator, char *into, size_t size,
                           int64_t deadline)
{
    for (size_t got = 0; got < size;) {
        int error = channel_wait(emulator, POLLIN, deadline);
        if (error)
            return error;
        ssize_t now = recv(emulator->channel, into + got, size - got, MSG_DONTWAIT);
        if (now == 0)
            return -EPIPE;
        if (now < 0 && errno != EINTR && errno != EAGAIN)
            return -errno;
        got += now > 0 ? (size_t)now : 0;
    }
    return 0;
}

/* A frame's body, in emulator->frame. */
static int frame_receive(struct emulator *emulator, int64_t deadline, struct bytes *ret_frame)
{
    char head[4];
    int error = channel_receive(emulator, head, sizeof(head), deadline);
    if (error)
        return error;
    struct cursor cursor = cursor_over((struct bytes){head, sizeof(head)});
    uint32_t len = cursor_u32(&cursor);
    if (len > SHELLCODE_FRAME_MOST)
        return -EBADMSG;
    error = channel_receive(emulator, emulator->frame, len, deadline);
    if (error == 0)
        *ret_frame = (struct bytes){emulator->frame, len};
    return error;
}

/* Start the program with the channel as its input and output, and nothing else of ours. */
static int child_spawn(struct emulator *emulator, int theirs)
{
    char *arguments[] = {emulator->path, NULL};
    char *environment[] = {NULL};
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error)
        return -error;
    error = posix_spawn_file_actions_adddup2(&actions, theirs, STDIN_FILENO);
    if (!error)
        error = posix_spawn_file_actions_adddup2(&actions, theirs, STDOUT_FILENO);
    if (!error)
        error = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    if (!error)
        error =
            posix_spawn(&emulator->child, emulator->path, &actions, NULL, arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    if (error)
        emulator->child = 0;
    return -error;
}

static int child_greet(struct emulator *emulator)
{
    struct bytes frame = {0};
    struct shellcode_greeting greeting = {0};
    int error = frame_receive(emulator, clock_now() + emulator->patience, &frame);
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
    int ends[2];
    if (emulator->child && emulator->asked >= ANSWERS_MOST)
        child_end(emulator);
    if (emulator->child)
        return 0;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return -errno;
    emulator->channel = ends[0];
    int error = child_spawn(emulator, ends[1]);
    (void)close(ends[1]);
    emulator->starts += error == 0;
    if (error == 0)
        error = child_greet(emulator);
    if (error)
        child_end(emulator);
    return error;
}

/* Ask the child that runs. */
static int child_ask(struct emulator *emulator, const struct shellcode_request *request,
                     struct arena *keep, struct shellcode_run *ret_run)
{
    int64_t deadline = clock_now() + emulator->patience;
    struct bytes frame = {0};
    buffer_clear(&emulator->out);
    shellcode_request_put(request, &emulator->out);
    if (emulator->out.failed)
        return -ENOMEM;
    int error = channel_send(emulator, buffer_bytes(&emulator->out), deadline);
    if (error == 0)
        error = frame_receive(emulator, deadline, &frame);
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
        child_end(emulator);
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
    return emulator->starts ? &emulator->greeting : NULL;
}

uint64_t emulator_starts(const struct emulator *emulator)
{
    return emulator->starts;
}
