/*
 * Any bytes as cuts: refused, or ones that give every score a side, higher scores no lower one, and
 * are saved as the bytes they were read from.
 */
#include <math.h>
#include <stdlib.h>

#include "learn/conformal.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    struct conformal_band band;
    struct cursor from = cursor_over((struct bytes){(const char *)at, length});
    if (conformal_load(&from, &band) != 0)
        return 0;
    enum conformal_side side = CONFORMAL_FILTERED;
    double scores[] = {-INFINITY, -1, band.filter.threshold, band.raise.threshold, INFINITY};
    if (scores[1] > scores[2])
        scores[1] = scores[2];
    for (int i = 0; i < 5; i++) {
        enum conformal_side next = conformal_judge(&band, scores[i]);
        if (next < side)
            abort();
        side = next;
    }
    struct buffer saved = {0};
    conformal_save(&band, &saved);
    if (saved.failed || !bytes_equal(buffer_bytes(&saved),
                                     (struct bytes){(const char *)at, length - cursor_left(&from)}))
        abort();
    buffer_finish(&saved);
    return 0;
}
