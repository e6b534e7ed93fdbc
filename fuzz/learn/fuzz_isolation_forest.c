/*
 * Any bytes as a forest: refused, or one that scores and explains every row with finite numbers and
 * is saved as the bytes it was read from.
 */
#include <math.h>
#include <stdlib.h>

#include "learn/isolation_forest.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    static float rows[17 * ISOLATION_COLUMNS];
    static double columns[ISOLATION_COLUMNS];
    static bool filled;
    double scores[17];
    struct isolation_forest *forest;
    struct cursor from = cursor_over((struct bytes){(const char *)at, length});
    if (isolation_forest_load(&from, &forest) != 0)
        return 0;
    for (size_t i = 0; !filled && i < sizeof(rows) / sizeof(*rows); i++)
        rows[i] = i % 31 == 0 ? NAN : (float)(i % 29) - 14;
    filled = true;
    isolation_forest_score(forest, rows, 17, scores);
    for (int i = 0; i < 17; i++)
        if (!(scores[i] >= 0 && scores[i] <= 1))
            abort();
    if (!isfinite(isolation_forest_explain(forest, rows, columns)))
        abort();
    struct buffer saved = {0};
    isolation_forest_save(forest, &saved);
    if (saved.failed || !bytes_equal(buffer_bytes(&saved),
                                     (struct bytes){(const char *)at, length - cursor_left(&from)}))
        abort();
    buffer_finish(&saved);
    isolation_forest_close(forest);
    return 0;
}
