/* Any bytes as a table of executables: refused, or rows whose features are numbers. */
#include <math.h>
#include <stdlib.h>

#include "analyse/packer/features.h"
#include "analyse/packer/table.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    static struct extractor extractor;
    struct arena arena = {.newest = NULL};
    struct packer_table table;
    struct fault fault = {NULL, 0, 0};
    struct features features;
    if (!extractor.wide && extractor_open(&extractor) != 0)
        abort();
    int error = packer_table_read((struct bytes){(const char *)at, length}, &arena, &table, &fault);
    for (uint32_t i = 0; !error && i < table.count; i++) {
        features_extract(&extractor, &table.rows[i].specimen, &features);
        for (uint32_t j = 0; j < features.count; j++)
            if (!isfinite(features.values[j]) || features.columns[j] >= FEATURES_COLUMNS)
                abort();
    }
    if (error == -22 && !fault.why)
        abort();
    arena_finish(&arena);
    return 0;
}
