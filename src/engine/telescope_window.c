/* Windows that can be added up. */
#include <errno.h>
#include <stdlib.h>

#include "engine/telescope.h"

int telescope_window_open(struct telescope_window *window)
{
    *window = (struct telescope_window){
        .ports = {calloc(1, sizeof(struct telescope_ports)),
                  calloc(1, sizeof(struct telescope_ports))},
        .prefixes = calloc(1, sizeof(struct telescope_prefixes)),
        .places = calloc(1, sizeof(struct place_counts)),
        .source_sketch = calloc(1, sizeof(struct distinct)),
        .destination_sketch = calloc(1, sizeof(struct distinct)),
    };
    if (window->ports[0] && window->ports[1] && window->prefixes && window->places &&
        window->source_sketch && window->destination_sketch)
        return 0;
    telescope_window_finish(window);
    return -ENOMEM;
}

static void ports_clear(struct telescope_ports *ports)
{
    TELESCOPE_EACH_USED(i, &ports->used)
    ports->at[i] = (struct telescope_port){0};
    memset(&ports->used, 0, sizeof(ports->used));
}

static void prefixes_clear(struct telescope_prefixes *prefixes)
{
    TELESCOPE_EACH_USED(i, &prefixes->used)
    prefixes->at[i] = (struct telescope_count){0};
    memset(&prefixes->used, 0, sizeof(prefixes->used));
}

void telescope_window_clear(struct telescope_window *window)
{
    *window = (struct telescope_window){
        .ports = {window->ports[0], window->ports[1]},
        .prefixes = window->prefixes,
        .places = window->places,
        .source_sketch = window->source_sketch,
        .destination_sketch = window->destination_sketch,
    };
    ports_clear(window->ports[0]);
    ports_clear(window->ports[1]);
    prefixes_clear(window->prefixes);
    place_counts_clear(window->places);
    memset(window->source_sketch, 0, sizeof(*window->source_sketch));
    memset(window->destination_sketch, 0, sizeof(*window->destination_sketch));
}

static void counts_add(struct telescope_count *into, const struct telescope_count *from,
                       uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        into[i].packets += from[i].packets;
        into[i].sources += from[i].sources;
    }
}

static void used_add(struct telescope_used *into, const struct telescope_used *from)
{
    for (uint32_t i = 0; i < TELESCOPE_NUMBERS / 64; i++)
        into->bits[i] |= from->bits[i];
}

static void ports_add(struct telescope_ports *into, const struct telescope_ports *from)
{
    used_add(&into->used, &from->used);
    TELESCOPE_EACH_USED(i, &from->used)
    {
        into->at[i].packets += from->at[i].packets;
        into->at[i].sources += from->at[i].sources;
        into->at[i].surveys += from->at[i].surveys;
        into->at[i].survey_sources += from->at[i].survey_sources;
    }
}

static void prefixes_add(struct telescope_prefixes *into, const struct telescope_prefixes *from)
{
    used_add(&into->used, &from->used);
    TELESCOPE_EACH_USED(i, &from->used)
    counts_add(&into->at[i], &from->at[i], 1);
}

static void span_add(struct telescope_window *into, const struct telescope_window *from)
{
    if (from->packets == 0)
        return;
    if (into->packets == 0 || from->first < into->first)
        into->first = from->first;
    if (into->packets == 0 || from->last > into->last)
        into->last = from->last;
    into->packets += from->packets;
}

void telescope_window_add(struct telescope_window *into, const struct telescope_window *from)
{
    span_add(into, from);
    into->bytes += from->bytes;
    into->addresses = from->addresses;
    into->excluded += from->excluded;
    into->late += from->late;
    into->evicted += from->evicted;
    into->missing += from->missing;
    into->tcp += from->tcp;
    into->udp += from->udp;
    into->icmp += from->icmp;
    into->other += from->other;
    counts_add(into->classes, from->classes, SOURCE_CLASS_COUNT);
    counts_add(into->told, from->told, TELESCOPE_TOLD);
    counts_add(into->kinds, from->kinds, SOURCE_KIND_COUNT);
    counts_add(into->marks, from->marks, MARK_COUNT);
    prefixes_add(into->prefixes, from->prefixes);
    for (uint32_t i = 0; i < 256; i++)
        into->flags[i] += from->flags[i];
    place_counts_merge(into->places, from->places);
    ports_add(into->ports[0], from->ports[0]);
    ports_add(into->ports[1], from->ports[1]);
    distinct_merge(into->source_sketch, from->source_sketch);
    distinct_merge(into->destination_sketch, from->destination_sketch);
}

void telescope_window_count(struct telescope_window *window)
{
    window->sources = distinct_count(window->source_sketch);
    window->destinations = distinct_count(window->destination_sketch);
}

void telescope_window_finish(struct telescope_window *window)
{
    free(window->ports[0]);
    free(window->ports[1]);
    free(window->prefixes);
    if (window->places)
        place_counts_finish(window->places);
    free(window->places);
    free(window->source_sketch);
    free(window->destination_sketch);
    *window = (struct telescope_window){0};
}
