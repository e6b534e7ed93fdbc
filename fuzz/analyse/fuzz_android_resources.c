/* Any bytes as a table of resources: every id is looked up, and a text is part of what was decoded.
 */
#include <stdlib.h>

#include "analyse/android/chunk.h"
#include "analyse/android/resources.h"

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *at, size_t length)
{
    struct arena arena = {.limit = 64 << 20};
    struct notes notes = {0};
    struct fault fault = {0};
    struct resources resources;
    struct bytes file = {(const char *)at, length};
    if (resources_read(file, &arena, &notes, &resources, &fault) == 0) {
        for (uint32_t i = 0; i < resources.type_count && i < 16; i++)
            for (uint32_t entry = 0; entry < 64; entry++) {
                const struct resource_type *type = &resources.types[i];
                uint32_t id = (uint32_t)type->package << 24 | (uint32_t)type->type << 16 | entry;
                struct resource_value value;
                if (!resources_find(&resources, id, &value))
                    continue;
                if (value.type == VALUE_REFERENCE || (value.type == VALUE_STRING && !value.text.at))
                    abort();
            }
    } else if (!fault.why) {
        abort();
    }
    arena_finish(&arena);
    return 0;
}
