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

#include "base/frame.h"
#include "base/sandbox.h"
#include "emulate/explain.h"

static bool greet(bool landlock)
{
    struct buffer out = {0};
    unsigned version = uc_version(NULL, NULL);
    char engine[32];
    snprintf(engine, sizeof(engine), "Unicorn %u.%u.%u", version >> 24, version >> 16 & 255,
             version >> 8 & 255);
    struct shellcode_greeting greeting = {true, landlock, bytes_of(engine)};
    shellcode_greeting_put(&greeting, &out);
    bool sent = !out.failed && frame_write(STDOUT_FILENO, buffer_bytes(&out));
    buffer_finish(&out);
    return sent;
}

/* Answer requests until there are no more; false when one was none. */
static bool serve(struct explainer *explainer)
{
    struct buffer out = {0}, frame = {0};
    bool well = true;
    int error = 0;
    while (well && (error = frame_read(STDIN_FILENO, SHELLCODE_FRAME_MOST, &frame)) == 0) {
        struct shellcode_request request;
        struct shellcode_run run;
        buffer_clear(&out);
        well = shellcode_request_take(buffer_bytes(&frame), &request) == 0 &&
               explain(explainer, &request, &run) == 0;
        if (well) {
            shellcode_run_put(&run, &out);
            well = !out.failed && frame_write(STDOUT_FILENO, buffer_bytes(&out));
        }
    }
    buffer_finish(&frame);
    buffer_finish(&out);
    return well && error == -ENODATA;
}

int main(void)
{
    static struct explainer explainer;
    bool landlock = false;
    int error = sandbox_enter(&landlock);
    if (error) {
        fprintf(stderr, "hinomi-emulate: no sandbox, so nothing is run: %s\n", strerror(-error));
        return EXIT_FAILURE;
    }
    bool well = greet(landlock) && serve(&explainer);
    explainer_finish(&explainer);
    return well ? EXIT_SUCCESS : EXIT_FAILURE;
}
