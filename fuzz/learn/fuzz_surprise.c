/*
 * Any bytes as a distribution of scores: refused, or one by which higher scores are never less
 * surprising, and that is saved as the bytes it was read from.
 */
#include <stdlib.h>

#include "learn/surprise.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    struct surprise surprise;
    struct cursor from = cursor_over((struct bytes){(const char *)at, length});
    if (surprise_load(&from, &surprise) != 0)
        return 0;
    double last = 0;
    for (uint32_t i = 0; i < SURPRISE_POINTS; i++) {
        double told = surprise_of(&surprise, surprise.points[i]);
        if (!(told >= last && told <= SURPRISE_MOST))
            abort();
        last = told;
    }
    if (!(surprise_of(&surprise, surprise.points[SURPRISE_POINTS - 1] * 2 + 1) >= last))
        abort();
    struct buffer saved = {0};
    surprise_save(&surprise, &saved);
    if (saved.failed || !bytes_equal(buffer_bytes(&saved),
                                     (struct bytes){(const char *)at, length - cursor_left(&from)}))
        abort();
    buffer_finish(&saved);
    return 0;
}
