/*
 * Any bytes as code: what is called was named in the file, in order and each once, and reading
 * stays within what it may spend.
 */
#include <stdlib.h>

#include "analyse/android/app_code.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

static void calls_look(const struct app_code *code)
{
    for (uint32_t i = 0; i < code->call_count; i++) {
        const struct app_call *call = &code->calls[i];
        if (call->count == 0 || call->class.len == 0 || call->class.at[0] != 'L')
            abort();
        if (i && bytes_compare(call[-1].class, call->class) > 0)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    struct arena arena = {.limit = 256 << 20};
    struct notes notes = {0};
    struct fault fault = {0};
    struct app_code code;
    struct dex dex;
    struct bytes file = {(const char *)at, length};
    if (dex_read(file, &notes, &dex, &fault) == 0) {
        if (app_code_read(&dex, 1, &arena, &notes, &code) == 0) {
            calls_look(&code);
            if (code.instructions > length || code.classes > length / 32)
                abort();
        }
    } else if (!fault.why) {
        abort();
    }
    arena_finish(&arena);
    return 0;
}
