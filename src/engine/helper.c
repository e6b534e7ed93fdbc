#include "engine/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cursor.h"
#include "base/frame.h"
#include "base/time.h"

/* DIRECTORY of the program/INSIDE/NAME, when that can be run. */
static bool path_beside(const char *inside, const char *name, char path[PATH_MAX])
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
    int written = snprintf(path, PATH_MAX, "%s/%s/%s", program, inside, name);
    return written > 0 && written < PATH_MAX && access(path, X_OK) == 0;
}

int helper_find(const char *path, const char *name, const char *built_in, struct helper *ret_helper)
{
    struct helper helper = {.channel = -1};
    bool found =
        path ? snprintf(helper.path, sizeof(helper.path), "%s", path) < PATH_MAX &&
                   access(path, X_OK) == 0
             : path_beside(".", name, helper.path) || path_beside(built_in, name, helper.path);
    if (!found)
        return -ENOENT;
    *ret_helper = helper;
    return 0;
}

void helper_end(struct helper *helper)
{
    if (helper->channel >= 0)
        (void)close(helper->channel);
    helper->channel = -1;
    if (helper->child > 0) {
        (void)kill(helper->child, SIGKILL);
        while (waitpid(helper->child, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    helper->child = 0;
}

void helper_close(struct helper *helper)
{
    helper_end(helper);
    buffer_finish(&helper->frame);
}

int64_t helper_deadline(const struct helper *helper)
{
    return time_ticks() + helper->patience;
}

/* Wait until the channel is ready for `events`: 0, -ETIMEDOUT, -errno. */
static int channel_wait(const struct helper *helper, short events, int64_t deadline)
{
    for (;;) {
        int64_t left = (deadline - time_ticks() + 999999) / 1000000;
        struct pollfd channel = {.fd = helper->channel, .events = events};
        int ready = left > 0 ? poll(&channel, 1, left > INT_MAX ? INT_MAX : (int)left) : 0;
        if (ready > 0)
            return 0;
        if (ready == 0)
            return -ETIMEDOUT;
        if (errno != EINTR)
            return -errno;
    }
}

int helper_send(const struct helper *helper, struct bytes bytes, int64_t deadline)
{
    while (bytes.len > 0) {
        int error = channel_wait(helper, POLLOUT, deadline);
        if (error)
            return error;
        ssize_t sent = send(helper->channel, bytes.at, bytes.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno != EINTR && errno != EAGAIN)
            return -errno;
        bytes = bytes_from(bytes, sent > 0 ? (size_t)sent : 0);
    }
    return 0;
}

static int channel_receive(const struct helper *helper, char *into, size_t size, int64_t deadline)
{
    for (size_t got = 0; got < size;) {
        int error = channel_wait(helper, POLLIN, deadline);
        if (error)
            return error;
        ssize_t now = recv(helper->channel, into + got, size - got, MSG_DONTWAIT);
        if (now == 0)
            return -EPIPE;
        if (now < 0 && errno != EINTR && errno != EAGAIN)
            return -errno;
        got += now > 0 ? (size_t)now : 0;
    }
    return 0;
}

int helper_receive(struct helper *helper, int64_t deadline, struct bytes *ret_frame)
{
    char head[FRAME_HEAD];
    int error = channel_receive(helper, head, sizeof(head), deadline);
    if (error)
        return error;
    struct cursor cursor = cursor_over((struct bytes){head, sizeof(head)});
    uint32_t len = cursor_u32(&cursor);
    if (len > helper->frame_most)
        return -EBADMSG;
    buffer_clear(&helper->frame);
    if (!buffer_reserve(&helper->frame, (size_t)len + 1))
        return -ENOMEM;
    error = channel_receive(helper, helper->frame.at, len, deadline);
    if (error == 0)
        *ret_frame = (struct bytes){helper->frame.at, len};
    return error;
}

/* Start the program with the channel as its input and output, and nothing else of ours. */
static int child_spawn(struct helper *helper, char *const arguments[], int theirs)
{
    char *const alone[] = {helper->path, NULL};
    /* a library that starts threads of its own when it is loaded would find them forbidden */
    char *environment[] = {"OPENBLAS_NUM_THREADS=1", "OMP_NUM_THREADS=1", NULL};
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
        error = posix_spawn(&helper->child, helper->path, &actions, NULL,
                            arguments ? arguments : alone, environment);
    posix_spawn_file_actions_destroy(&actions);
    if (error)
        helper->child = 0;
    return -error;
}

int helper_start(struct helper *helper, char *const arguments[])
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return -errno;
    helper->channel = ends[0];
    int error = child_spawn(helper, arguments, ends[1]);
    (void)close(ends[1]);
    helper->starts += error == 0;
    if (error)
        helper_end(helper);
    return error;
}
