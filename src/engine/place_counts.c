#include "engine/place_counts.h"

#include <stdlib.h>

static void count_add(struct place_count *into, const struct place_count *from)
{
    into->packets += from->packets;
    into->sources += from->sources;
}

/* The system's entry, made where there is none; number 0 stands for what there is no room for. */
static struct place_system *system_find(struct place_counts *counts, uint32_t number)
{
    if (counts->system_count >= PLACE_SYSTEMS &&
        hash_table_get(&counts->by_number, number) == HASH_TABLE_NONE)
        number = 0;
    uint32_t at = hash_table_get(&counts->by_number, number);
    if (at != HASH_TABLE_NONE)
        return &counts->systems[at];
    if (counts->system_count == counts->system_room) {
        uint32_t room = counts->system_room ? 2 * counts->system_room : 256;
        struct place_system *systems = realloc(counts->systems, room * sizeof(*systems));
        if (!systems)
            return NULL;
        counts->systems = systems, counts->system_room = room;
    }
    at = counts->system_count;
    if (hash_table_put(&counts->by_number, number, at) != 0)
        return NULL;
    counts->systems[at] = (struct place_system){.number = number};
    counts->system_count++;
    return &counts->systems[at];
}

static bool system_add(struct place_counts *counts, uint32_t number,
                       const struct place_count *count)
{
    struct place_system *system = system_find(counts, number);
    if (system)
        count_add(&system->count, count);
    return system != NULL;
}

bool place_counts_add(struct place_counts *counts, const struct place *place,
                      const struct place_count *count)
{
    if (place->country[0])
        count_add(&counts->countries[(place->country[0] - 'A') * 26 + place->country[1] - 'A'],
                  count);
    return place->system == 0 || system_add(counts, place->system, count);
}

bool place_counts_merge(struct place_counts *into, const struct place_counts *from)
{
    bool all = true;
    for (uint32_t i = 0; i < PLACE_COUNTRIES; i++)
        count_add(&into->countries[i], &from->countries[i]);
    for (uint32_t i = 0; i < from->system_count; i++)
        all = system_add(into, from->systems[i].number, &from->systems[i].count) && all;
    return all;
}

void place_country_name(uint32_t country, char name[3])
{
    name[0] = (char)('A' + country / 26);
    name[1] = (char)('A' + country % 26);
    name[2] = '\0';
}

static int system_compare(const void *a, const void *b)
{
    const struct place_system *one = a, *other = b;
    if (one->count.packets != other->count.packets)
        return one->count.packets < other->count.packets ? 1 : -1;
    return one->number < other->number ? -1 : one->number > other->number;
}

void place_counts_sort(struct place_counts *counts)
{
    if (counts->system_count == 0)
        return;
    qsort(counts->systems, counts->system_count, sizeof(*counts->systems), system_compare);
    hash_table_clear(&counts->by_number);
    for (uint32_t i = 0; i < counts->system_count; i++) /* there was room for as many before */
        (void)!hash_table_put(&counts->by_number, counts->systems[i].number, i);
}

void place_counts_clear(struct place_counts *counts)
{
    memset(counts->countries, 0, sizeof(counts->countries));
    counts->system_count = 0;
    hash_table_clear(&counts->by_number);
}

void place_counts_finish(struct place_counts *counts)
{
    free(counts->systems);
    hash_table_finish(&counts->by_number);
    *counts = (struct place_counts){0};
}
