#include "observe/flow/templates.h"

#include <assert.h>
#include <stdlib.h>

struct template *template_find(const struct templates *templates, uint64_t key)
{
    uint32_t at = hash_table_get(&templates->index, key);
    return at == HASH_TABLE_NONE ? NULL : &templates->at[at];
}

static bool templates_grow(struct templates *templates)
{
    uint32_t room = templates->room ? 2 * templates->room : 8;
    void *grown = reallocarray(templates->at, room, sizeof(*templates->at));
    if (!grown)
        return false;
    templates->at = grown;
    templates->room = room;
    return true;
}

static struct template *template_oldest(struct templates *templates)
{
    struct template *oldest = &templates->at[0];
    for (uint32_t i = 1; i < templates->count; i++)
        if (templates->at[i].age < oldest->age)
            oldest = &templates->at[i];
    return oldest;
}

struct template *template_place(struct templates *templates, uint64_t key)
{
    struct template *place = template_find(templates, key);
    if (!place) {
        bool full = templates->count == EXPORT_TEMPLATES;
        if (!full && templates->count == templates->room && !templates_grow(templates))
            return NULL;
        assert(templates->at);
        if (!full) {
            place = &templates->at[templates->count++];
        } else {
            place = template_oldest(templates);
            hash_table_remove(&templates->index, place->key);
            templates->evicted++;
        }
        *place = (struct template){.key = key};
        if (hash_table_put(&templates->index, key, (uint32_t)(place - templates->at)))
            return NULL; /* a place nobody finds, until it is the oldest */
    }
    place->age = ++templates->age;
    place->count = 0;
    return place;
}

void templates_finish(struct templates *templates)
{
    hash_table_finish(&templates->index);
    free(templates->at);
}
