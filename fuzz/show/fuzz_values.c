/* The values of options: any text is one or refused, and a refusal leaves the output alone. */
#include "show/options.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    struct bytes text = {(const char *)at, length};
    size_t size = SIZE_MAX;
    int64_t duration = TIME_NONE;
    int64_t moment = TIME_NONE;
    if (size_parse(text, &size) != 0 && size != SIZE_MAX)
        abort();
    if (duration_parse(text, &duration) != 0 && duration != TIME_NONE)
        abort();
    if (duration != TIME_NONE && duration < 0)
        abort();
    if (moment_parse(text, &moment) != 0 && moment != TIME_NONE)
        abort();
    return 0;
}
