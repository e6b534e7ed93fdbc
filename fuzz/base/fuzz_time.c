/* Any text is a time or refused; what is a time survives being written and read again. */
#include "base/time.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    int64_t time = TIME_NONE;
    if (time_parse((struct bytes){(const char *)at, length}, &time) != 0) {
        if (time != TIME_NONE)
            abort(); /* an output was touched on failure */
        return 0;
    }
    char text[TIME_TEXT_SIZE];
    int64_t again = TIME_NONE;
    if (time_parse(time_format(time, text), &again) != 0 || again != time)
        abort();
    return 0;
}
