/* Any bytes are a script for any shell: it ends, within its bounds, and its pattern is made. */
#include <stdlib.h>

#include "triage/shell/shell.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

/* The first byte chooses the shell and the user. */
int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    struct arena arena = {0};
    struct shell_result result;
    struct bytes pattern;
    double bits;
    if (length == 0)
        return 0;
    enum shell_profile profile = (enum shell_profile)(at[0] % SHELL_PROFILES);
    struct bytes script = {(const char *)at + 1, length - 1};
    if (shell_run_as(profile, at[0] & 0x40, script, &arena, &result) != 0)
        abort();
    if (result.output.len > SHELL_OUTPUT || result.errors.len > SHELL_OUTPUT ||
        result.effect_count > SHELL_EFFECTS)
        abort();
    if (shell_output_pattern(result.output, &arena, &pattern, &bits) != 0 || bits < 0)
        abort();
    arena_finish(&arena);
    return 0;
}
