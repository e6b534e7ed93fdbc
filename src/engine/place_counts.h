/*
 * engine/place_counts.h -- packets and sources by country and by autonomous system.
 *
 * A part of a telescope window, so it can be added up. Limit: PLACE_SYSTEMS
 * systems; what comes from others counts under system 0.
 */
#ifndef ENGINE_PLACE_COUNTS_H
#define ENGINE_PLACE_COUNTS_H

#include "base/hash_table.h"
#include "observe/geography/geography.h"

enum { PLACE_COUNTRIES = 26 * 26, PLACE_SYSTEMS = 1 << 17 };

struct place_count {
    uint64_t packets, sources;
};

struct place_system {
    uint32_t number;
    struct place_count count;
};

/* All zero: empty. */
struct place_counts {
    struct place_count countries[PLACE_COUNTRIES]; /* AA, AB, … ZZ */
    struct place_system *systems;                  /* in no order */
    uint32_t system_count, system_room;
    struct hash_table by_number;
};

/* Count a source. False: out of memory, its system is not counted. */
bool place_counts_add(struct place_counts *counts, const struct place *place,
                      const struct place_count *count);

/* False: out of memory, some systems are missing. */
bool place_counts_merge(struct place_counts *into, const struct place_counts *from);

/* "JP" of a place in `countries`. */
void place_country_name(uint32_t country, char name[3]);

/* Put the systems in order: most packets first, of equal ones the lower number. */
void place_counts_sort(struct place_counts *counts);

void place_counts_clear(struct place_counts *counts);
void place_counts_finish(struct place_counts *counts);

#endif
