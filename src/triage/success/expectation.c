#include "triage/success/expectation.h"

struct expectation *expectations_add(struct expectations *expectations, struct arena *arena)
{
    if (expectations->count == EXPECTATIONS) {
        expectations->dropped++;
        return NULL;
    }
    if (expectations->count == expectations->capacity) {
        uint32_t capacity = expectations->capacity ? expectations->capacity * 2 : 4;
        struct expectation *items = arena_take_array(arena, capacity, sizeof(*items));
        if (!items)
            return NULL;
        if (expectations->count)
            memcpy(items, expectations->items, expectations->count * sizeof(*items));
        expectations->items = items;
        expectations->capacity = capacity;
    }
    return &expectations->items[expectations->count++];
}

const char *expectation_kind_name(enum expectation_kind kind)
{
    static const char *const names[] = {
#define X(name, doc) #name,
        EXPECTATION_KINDS(X)
#undef X
    };
    return (unsigned)kind < EXPECTATION_KIND_COUNT ? names[kind] : "";
}
