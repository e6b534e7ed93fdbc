/*
 * observe/flow/templates.h -- what exporters said their records are made of. For export.c.
 *
 * At most EXPORT_TEMPLATES; beyond, the one that was told longest ago goes. How
 * an exporter samples is kept among them, under a key of its own: a place
 * without fields.
 */
#ifndef OBSERVE_FLOW_TEMPLATES_H
#define OBSERVE_FLOW_TEMPLATES_H

#include "base/hash_table.h"
#include "observe/flow/export.h"
#include "observe/flow/sampling.h"

struct template_field {
    uint16_t element, length;
};

struct template
{
    uint64_t key; /* of exporter, domain and number */
    uint64_t age;
    struct sampling sampling;
    bool options; /* its records are not of flows */
    uint16_t count;
    struct template_field fields[EXPORT_FIELDS];
};

/* All zero: none. */
struct templates {
    uint64_t age, evicted;
    uint32_t count, room;
    struct template *at;
    struct hash_table index; /* by key */
};

/* NULL: never told, or gone. */
struct template *template_find(const struct templates *templates, uint64_t key);

/* A place for a template: its own, a new one, or the oldest's; without fields. NULL: no memory. */
struct template *template_place(struct templates *templates, uint64_t key);

void templates_finish(struct templates *templates);

#endif
