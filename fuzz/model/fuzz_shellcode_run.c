/* What the helper answers may be anything: a run is taken whole or refused, and says the same
 * again. */
#include "model/shellcode_effect.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    struct bytes frame = {(const char *)at, length};
    struct arena keep = {0};
    struct shellcode_run run = {0};
    struct shellcode_greeting greeting = {0};
    struct shellcode_effects effects = {0};
    struct buffer out = {0};
    (void)shellcode_greeting_take(frame, &greeting);
    if (shellcode_run_take(frame, &keep, &run) == 0) {
        struct shellcode_run again = {0};
        shellcode_run_put(&run, &out);
        if (out.failed ||
            shellcode_run_take(bytes_from(buffer_bytes(&out), 4), &keep, &again) != 0 ||
            again.count != run.count)
            abort();
        if (shellcode_effects_of(&run, &keep, &effects) == 0 &&
            effects.count > SHELLCODE_EFFECTS_MOST)
            abort();
    } else if (run.calls) {
        abort(); /* an output was touched on failure */
    }
    buffer_finish(&out);
    arena_finish(&keep);
    return 0;
}
