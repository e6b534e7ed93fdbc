/*
 * hinomi-inspect: what a file is and holds, told over a pipe; a program of its own, so that what
 * reads hostile bytes can reach nothing.
 *
 *     hinomi-inspect [MODELS [RULES]]    folders; "" stands for none
 *
 * Models and rules are read first. Then it shuts itself in (base/sandbox.h), greets with a frame of
 * JSON, and answers each frame (a block with the file's name, then its bytes) with one.
 */
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cursor.h"
#include "base/frame.h"
#include "base/sandbox.h"
#include "show/sample_report.h"

enum { REQUEST_MOST = SAMPLE_SIZE_MOST + 4096 };

static int answer(struct sample_tools *tools, struct bytes request, struct buffer *out)
{
    struct cursor cursor = cursor_over(request);
    struct bytes name = cursor_block(&cursor);
    if (!cursor_ok(&cursor))
        return -EBADMSG;
    struct bytes content = cursor_take(&cursor, cursor_left(&cursor));
    buffer_clear(out);
    size_t begin = frame_begin(out);
    int error = sample_report(tools, name, content, &(struct json){.out = out});
    frame_end(out, begin);
    return error;
}

/* Answer until there are no more requests; false when one was none. */
static bool serve(struct sample_tools *tools)
{
    struct buffer request = {0}, out = {0};
    int error;
    while ((error = frame_read(STDIN_FILENO, REQUEST_MOST, &request)) == 0) {
        error = answer(tools, buffer_bytes(&request), &out);
        if (!error && (out.failed || !frame_write(STDOUT_FILENO, buffer_bytes(&out))))
            error = -EPIPE;
        if (error)
            break;
    }
    buffer_finish(&request);
    buffer_finish(&out);
    return error == -ENODATA;
}

int main(int argc, char **argv)
{
    const char *models = argc > 1 && *argv[1] ? argv[1] : NULL;
    const char *rules = argc > 2 && *argv[2] ? argv[2] : NULL;
    struct sample_tools *tools = NULL;
    struct buffer greeting = {0};
    bool landlock = false;
    setlocale(LC_CTYPE, "C.UTF-8"); /* names in archives */
    size_t begin = frame_begin(&greeting);
    int error = sample_tools_open(models, rules, &(struct json){.out = &greeting}, &tools);
    frame_end(&greeting, begin);
    if (!error)
        error = sandbox_enter(&landlock);
    if (error) {
        fprintf(stderr, "hinomi-inspect: %s\n", strerror(-error));
        return EXIT_FAILURE;
    }
    bool well =
        !greeting.failed && frame_write(STDOUT_FILENO, buffer_bytes(&greeting)) && serve(tools);
    buffer_finish(&greeting);
    sample_tools_close(tools);
    return well ? EXIT_SUCCESS : EXIT_FAILURE;
}
