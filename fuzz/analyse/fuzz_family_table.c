/* Any bytes as a table of behaviours: refused, or rows whose features are numbers and tellable. */
#include <math.h>
#include <stdlib.h>

#include "analyse/family/family_table.h"
#include "analyse/family/sketch.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    struct arena arena = {.newest = NULL};
    struct family_table table;
    struct family_features features;
    struct fault fault = {NULL, 0, 0};
    char text[FAMILY_FEATURE_TEXT];
    int error = family_table_read((struct bytes){(const char *)at, length}, &arena, &table, &fault);
    for (uint32_t i = 0; !error && i < table.count; i++) {
        if (family_features_make(&table.rows[i].behaviour, &arena, &features) != 0)
            abort();
        for (uint32_t j = 0; j < features.count; j++) {
            if (!isfinite(features.list[j].value) || features.list[j].value <= 0)
                abort();
            family_feature_tell(&table.rows[i].behaviour, &features.list[j], text);
        }
        struct sketch sketch = sketch_make(&features);
        if (!sketch.empty && sketch_likeness(&sketch, &sketch) < 1)
            abort();
    }
    if (error == -22 && !fault.why)
        abort();
    arena_finish(&arena);
    return 0;
}
