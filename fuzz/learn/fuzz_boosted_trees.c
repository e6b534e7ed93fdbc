/*
 * Any bytes as boosted trees: refused, or ones that judge and explain without reading where they
 * shouldn't and are saved as the bytes they were read from. Values may be as large as floats are,
 * covers as different, so what is said need not be finite.
 */
#include <math.h>
#include <stdlib.h>

#include "learn/boosted_trees.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    static float rows[2 * BOOSTED_COLUMNS];
    static double values[BOOSTED_CLASSES * (BOOSTED_COLUMNS + 1)];
    static bool filled;
    double shares[2 * BOOSTED_CLASSES];
    struct boosted_trees *model;
    struct cursor from = cursor_over((struct bytes){(const char *)at, length});
    if (boosted_trees_load(&from, &model) != 0)
        return 0;
    for (size_t i = 0; !filled && i < sizeof(rows) / sizeof(*rows); i++)
        rows[i] = i % 31 == 0 ? NAN : (float)(i % 29) - 14;
    filled = true;
    boosted_trees_judge(model, rows, 2, shares);
    boosted_trees_explain(model, rows, values);
    struct buffer saved = {0};
    boosted_trees_save(model, &saved);
    if (saved.failed || !bytes_equal(buffer_bytes(&saved),
                                     (struct bytes){(const char *)at, length - cursor_left(&from)}))
        abort();
    buffer_finish(&saved);
    boosted_trees_close(model);
    return 0;
}
