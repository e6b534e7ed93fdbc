/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-or-later */
/*
 * hinomi-emulate: what a shellcode would do, told over a pipe.
 *
 * Requests come on standard input, answers go to standard output
 * (model/shellcode.h). The program shuts itself in before it reads the first.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cursor.h"
#include "emulate/explain.h"
#include "emulate/sandbox.h"

static bool read_whole(void *into, size_t size)
{
    for (size_t got = 0; got < size;) {
        ssize_t now = read(STDIN_FILENO, (char *)into + got, size - got);
        if (now < 0 && errno == EINTR)
            continue;
        if (now <= 0)
            return false;
        got += (size_t)now;
    }
    return true;
}

static bool write_whole(struct bytes bytes)
{
    for (size_t put = 0; put < bytes.len;) {
        ssize_t now = write(STDOUT_FILENO, bytes.at + put, bytes.len - put);
        if (now < 0 && errno == EINTR)
            continue;
        if (now <= 0)
            return false;
        put += (size_t)now;
    }
    return true;
}

/* The next frame's body in `into`: 0, -ENODATA at the end, -EBADMSG when it is cut or too long. */
static int frame_read(char *into, size_t *ret_len)
{
    char head[4];
    if (!read_whole(head, sizeof(head)))
        return -ENODATA;
    struct cursor cursor = cursor_over((struct bytes){head, sizeof(head)});
    uint32_t len = cursor_u32(&cursor);
    if (len > SHELLCODE_FRAME_MOST || !read_whole(into, len))
        return -EBADMSG;
    *ret_len = len;
    return 0;
}

static bool greet(bool landlock)
{
    struct buffer out = {0};
    unsigned version = uc_version(NULL, NULL);
    char engine[32];
    snprintf(engine, sizeof(engine), "Unicorn %u.%u.%u", version >> 24, version >> 16 & 255,
             version >> 8 & 255);
    struct shellcode_greeting greeting = {true, landlock, bytes_of(engine)};
    shellcode_greeting_put(&greeting, &out);
    bool sent = !out.failed && write_whole(buffer_bytes(&out));
    buffer_finish(&out);
    return sent;
}

/* Answer requests until there are no more; false when one was none. */
static bool serve(struct explainer *explainer, char *frame)
{
    struct buffer out = {0};
    size_t len;
    bool well = true;
    int error = 0;
    while (well && (error = frame_read(frame, &len)) == 0) {
        struct shellcode_request request;
        struct shellcode_run run;
        buffer_clear(&out);
        well = shellcode_request_take((struct bytes){frame, len}, &request) == 0 &&
               explain(explainer, &request, &run) == 0;
        if (well) {
            shellcode_run_put(&run, &out);
            well = !out.failed && write_whole(buffer_bytes(&out));
        }
    }
    buffer_finish(&out);
    return well && error == -ENODATA;
}

int main(void)
{
    static struct explainer explainer;
    bool landlock = false;
    char *frame = malloc(SHELLCODE_FRAME_MOST);
    int error = frame ? sandbox_enter(&landlock) : -ENOMEM;
    if (error) {
        fprintf(stderr, "hinomi-emulate: no sandbox, so nothing is run: %s\n", strerror(-error));
        free(frame);
        return EXIT_FAILURE;
    }
    bool well = greet(landlock) && serve(&explainer, frame);
    explainer_finish(&explainer);
    free(frame);
    return well ? EXIT_SUCCESS : EXIT_FAILURE;
}
