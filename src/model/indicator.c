#include "model/indicator.h"

#include <errno.h>
#include <stdlib.h>

int indicator_set_add(struct indicator_set *set, const struct indicator *indicator)
{
    if (set->count == set->capacity) {
        uint32_t capacity = set->capacity ? 2 * set->capacity : 32;
        struct indicator *items = realloc(set->items, capacity * sizeof(*items));
        if (!items)
            return -ENOMEM;
        set->items = items;
        set->capacity = capacity;
    }
    set->items[set->count++] = *indicator;
    return 0;
}

void indicator_set_finish(struct indicator_set *set)
{
    free(set->items);
    arena_finish(&set->arena);
    *set = (struct indicator_set){.count = 0};
}
