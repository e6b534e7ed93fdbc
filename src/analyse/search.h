/*
 * analyse/search.h -- best-first search through the dependencies of a store.
 *
 * From the start outward, the most promising place first: how promising is the
 * product, along the best way there, of the strength of each dependency, its
 * nearness in time and how few others of its kind left the same place, times
 * how rare the place itself is. Rarity costs a look into the store and is asked
 * only when a place comes to the front. The search ends when nothing promising
 * is left, or at one of its budgets.
 */
#ifndef ANALYSE_SEARCH_H
#define ANALYSE_SEARCH_H

#include "analyse/graph.h"
#include "store/store.h"

enum {
    SEARCH_PIVOT_ROWS = 4000, /* observations read about one place: the nearest in time */
    SEARCH_ROWS = 400000,     /* observations read in all */
    SEARCH_ROUNDS = 3,        /* how often a place is gone through again for a wider time */
};

struct frontier {
    struct ahead {
        double weight;
        uint32_t place;
    } * items; /* a heap: heaviest first, then the older place */
    uint32_t count, room;
};

struct search {
    struct store *store;
    struct graph graph;
    struct frontier frontier[DIRECTIONS];
    uint64_t rows;       /* observations read so far */
    uint32_t considered; /* dependencies weighed */
    uint32_t expansions;
    bool cut_off;
};

/*
 * A place the search has come to, by way of `via` (itself at a start).
 * `bound`: the time its influence is followed from. -ENOMEM.
 */
int search_reach(struct search *search, int direction, uint32_t place, uint32_t via, double prior,
                 int64_t bound) __attribute__((warn_unused_result));

/* Go on in one direction until `budget` places stand in the result. -ENOMEM or the store's error.
 */
int search_run(struct search *search, int direction, uint32_t budget)
    __attribute__((warn_unused_result));

/* Prior times rarity: how promising a place is. */
double search_weight(const struct place *place, int direction);

/* True when the place belongs in the result: gone through, and more than a dead end. */
bool search_shows(const struct place *place, int direction);

void search_finish(struct search *search);

#endif
