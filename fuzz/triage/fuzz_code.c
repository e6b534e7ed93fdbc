/* Any bytes are a program: reading them ends, within its bounds, and what it is worth is printed.
 */
#include <stdlib.h>

#include "triage/code/code.h"
#include "triage/shell/shell.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    struct arena arena = {.limit = 256 << 20};
    struct code_result result;
    struct bytes pattern;
    double bits;
    if (code_run((struct bytes){(const char *)at, length}, &arena, &result) != 0)
        abort();
    if (result.command_count > CODE_COMMANDS || result.pattern_count > CODE_PATTERNS ||
        result.value.len > CODE_TEXT || !(result.seconds >= 0))
        abort();
    if (shell_output_pattern(result.value, &arena, &pattern, &bits) != 0)
        abort();
    arena_finish(&arena);
    return 0;
}
