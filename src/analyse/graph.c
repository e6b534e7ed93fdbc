#include "analyse/graph.h"

#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"

enum { CHUNK = 256 };

/* Hash of the text with ASCII letters in lower case. */
static uint64_t hash_letters(uint64_t seed, struct bytes text)
{
    char chunk[CHUNK];
    for (size_t at = 0; at < text.len; at += CHUNK) {
        size_t length = text.len - at < CHUNK ? text.len - at : CHUNK;
        for (size_t i = 0; i < length; i++)
            chunk[i] = ascii_lower(text.at[at + i]);
        seed = hash_mix(seed, hash_bytes((struct bytes){chunk, length}));
    }
    return seed;
}

static bool belongs_to_host(enum observable_type type)
{
    return type == OBSERVABLE_file || type == OBSERVABLE_registry || type == OBSERVABLE_service ||
           type == OBSERVABLE_user;
}

uint64_t thing_identity(const struct thing *thing, struct bytes host)
{
    uint64_t identity = hash_mix((uint64_t)thing->type + 1, thing->port);
    identity = hash_letters(identity, thing->value);
    return belongs_to_host(thing->type) ? hash_mix(identity, hash_letters(1, host)) : identity;
}

/* Room for one more element; the limit is checked before it grows. */
static int make_room(void **items, uint32_t count, uint32_t *room, uint32_t limit, size_t size)
{
    if (count < *room)
        return 0;
    if (count >= limit)
        return -ENOSPC;
    uint32_t more = *room ? *room * 2 : 256;
    if (more > limit)
        more = limit;
    void *grown = realloc(*items, more * size);
    if (!grown)
        return -ENOMEM;
    *items = grown;
    *room = more;
    return 0;
}

static int place_add(struct graph *graph, const struct thing *thing, struct bytes host,
                     uint64_t identity, int64_t time)
{
    void *items = graph->places;
    int status = make_room(&items, graph->place_count, &graph->place_room, GRAPH_PLACES,
                           sizeof(struct place));
    graph->places = items;
    if (status)
        return status;
    bool local = belongs_to_host(thing->type) || thing->type == OBSERVABLE_process;
    struct place place = {.thing = *thing, .identity = identity, .time = time};
    place.thing.value = arena_copy(&graph->arena, thing->value);
    place.thing.name = arena_copy(&graph->arena, thing->name);
    place.host = local ? arena_copy(&graph->arena, host) : (struct bytes){"", 0};
    if (!place.thing.value.at || !place.thing.name.at || !place.host.at)
        return -ENOMEM;
    status = hash_table_put(&graph->place_index, identity, graph->place_count);
    if (status == 0)
        graph->places[graph->place_count++] = place;
    return status;
}

int graph_place(struct graph *graph, const struct thing *thing, struct bytes host, int64_t time,
                uint32_t *ret_place)
{
    uint64_t identity = thing_identity(thing, host);
    uint32_t found = hash_table_get(&graph->place_index, identity);
    if (found == HASH_TABLE_NONE) {
        int status = place_add(graph, thing, host, identity, time);
        if (status)
            return status;
        found = graph->place_count - 1;
    }
    struct place *place = &graph->places[found];
    if (place->thing.name.len == 0 && thing->name.len)
        place->thing.name = arena_copy(&graph->arena, thing->name);
    if (!place->known && time < place->time)
        place->time = time;
    *ret_place = found;
    return 0;
}

int graph_tie(struct graph *graph, const struct tie *tie, bool later, uint32_t *ret_tie)
{
    uint64_t identity =
        hash_mix(((uint64_t)tie->from << 32) | tie->to, hash_bytes(bytes_of(tie->relation)));
    uint32_t found = hash_table_get(&graph->tie_index, identity);
    if (found == HASH_TABLE_NONE) {
        void *items = graph->ties;
        int status =
            make_room(&items, graph->tie_count, &graph->tie_room, GRAPH_TIES, sizeof(struct tie));
        graph->ties = items;
        if (status == 0)
            status = hash_table_put(&graph->tie_index, identity, graph->tie_count);
        if (status)
            return status;
        found = graph->tie_count++;
        graph->ties[found] = *tie;
    } else if ((later && tie->time > graph->ties[found].time) ||
               (!later && tie->time < graph->ties[found].time)) {
        graph->ties[found].time = tie->time;
        graph->ties[found].event = tie->event;
    }
    *ret_tie = found;
    return 0;
}

void graph_finish(struct graph *graph)
{
    free(graph->places);
    free(graph->ties);
    hash_table_finish(&graph->place_index);
    hash_table_finish(&graph->tie_index);
    arena_finish(&graph->arena);
    *graph = (struct graph){0};
}
