/* Windows that can be added up. */
#include <errno.h>
#include <stdlib.h>

#include "engine/telescope.h"

int telescope_window_open(struct telescope_window *window)
{
    *window = (struct telescope_window){
        .tcp_ports = calloc(TELESCOPE_PORTS, sizeof(struct telescope_port)),
        .udp_ports = calloc(TELESCOPE_PORTS, sizeof(struct telescope_port)),
        .prefixes = calloc(TELESCOPE_PREFIXES, sizeof(struct telescope_count)),
        .places = calloc(1, sizeof(struct place_counts)),
        .source_sketch = calloc(1, sizeof(struct distinct)),
        .destination_sketch = calloc(1, sizeof(struct distinct)),
    };
    if (window->tcp_ports && window->udp_ports && window->prefixes && window->places &&
        window->source_sketch && window->destination_sketch)
        return 0;
    telescope_window_finish(window);
    return -ENOMEM;
}

void telescope_window_clear(struct telescope_window *window)
{
    struct telescope_window empty = {
        .tcp_ports = window->tcp_ports,
        .udp_ports = window->udp_ports,
        .prefixes = window->prefixes,
        .places = window->places,
        .source_sketch = window->source_sketch,
        .destination_sketch = window->destination_sketch,
    };
    *window = empty;
    memset(window->tcp_ports, 0, TELESCOPE_PORTS * sizeof(*window->tcp_ports));
    memset(window->udp_ports, 0, TELESCOPE_PORTS * sizeof(*window->udp_ports));
    memset(window->prefixes, 0, TELESCOPE_PREFIXES * sizeof(*window->prefixes));
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

static void ports_add(struct telescope_port *into, const struct telescope_port *from)
{
    for (uint32_t i = 0; i < TELESCOPE_PORTS; i++) {
        into[i].packets += from[i].packets;
        into[i].sources += from[i].sources;
        into[i].surveys += from[i].surveys;
        into[i].survey_sources += from[i].survey_sources;
    }
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
    counts_add(into->prefixes, from->prefixes, TELESCOPE_PREFIXES);
    for (uint32_t i = 0; i < 256; i++)
        into->flags[i] += from->flags[i];
    place_counts_merge(into->places, from->places);
    ports_add(into->tcp_ports, from->tcp_ports);
    ports_add(into->udp_ports, from->udp_ports);
    distinct_merge(into->source_sketch, from->source_sketch);
    distinct_merge(into->destination_sketch, from->destination_sketch);
    into->sources = distinct_count(into->source_sketch);
    into->destinations = distinct_count(into->destination_sketch);
}

void telescope_window_finish(struct telescope_window *window)
{
    free(window->tcp_ports);
    free(window->udp_ports);
    free(window->prefixes);
    if (window->places)
        place_counts_finish(window->places);
    free(window->places);
    free(window->source_sketch);
    free(window->destination_sketch);
    *window = (struct telescope_window){0};
}
