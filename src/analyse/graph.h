/*
 * analyse/graph.h -- the graph a trace draws while it searches.
 *
 * Places are things on hosts, ties are the dependencies met between them. Each
 * thing is one place and each (from, to, relation) one tie, however many
 * observations say so. What the search knows of a place stands with it.
 */
#ifndef ANALYSE_GRAPH_H
#define ANALYSE_GRAPH_H

#include "analyse/dependency.h"
#include "base/arena.h"
#include "base/hash_table.h"

enum { BACK, FORWARD, DIRECTIONS };

enum {
    GRAPH_PLACES = 200000, /* things held at most; more are not followed */
    GRAPH_TIES = 400000,
};

/* What one direction of the search knows of a place. */
struct reach {
    double prior;   /* best product of strength and nearness from the start; 0: not reached */
    int64_t bound;  /* back: influence counts up to here; forward: from here on */
    int64_t done;   /* the bound it was expanded with */
    uint32_t via;   /* the place it was first reached from */
    uint8_t rounds; /* how often it was expanded */
    uint32_t met;   /* observations that name it, of those read while going through `via` */
    bool silent;    /* expanded, and nothing but `via` stands behind it */
};

struct place {
    struct thing thing; /* text owned by the graph's arena */
    struct bytes host;  /* empty where the thing belongs to no host */
    uint64_t identity;
    int64_t time;  /* process: its start once known; else when first met */
    double rarity; /* in (0,1]; 0: not asked yet */
    uint64_t rows; /* observations that name it, once rarity is known */
    bool known;    /* process: start, parent and image were looked up */
    bool passing;  /* a pipe: what many share says nothing of any of them */
    struct reach reach[DIRECTIONS];
};

struct tie {
    uint32_t from, to; /* places, in the direction of influence */
    const char *relation;
    double strength;
    int64_t time;
    struct event_id event;
    bool inferred, fleeting;
    uint32_t round; /* the expansion that met it last */
};

struct graph {
    struct arena arena;
    struct place *places;
    struct tie *ties;
    uint32_t place_count, place_room, tie_count, tie_room;
    struct hash_table place_index, tie_index;
};

/* Equal for equal things: case does not matter in paths, hosts separate what is local to one. */
uint64_t thing_identity(const struct thing *thing, struct bytes host);

/* The place of a thing, made if new. -ENOMEM, -ENOSPC. */
int graph_place(struct graph *graph, const struct thing *thing, struct bytes host, int64_t time,
                uint32_t *ret_place) __attribute__((warn_unused_result));

/*
 * The tie, made if new. An old one takes the new time where that reaches
 * further: `later` says whether later times do. -ENOMEM, -ENOSPC.
 */
int graph_tie(struct graph *graph, const struct tie *tie, bool later, uint32_t *ret_tie)
    __attribute__((warn_unused_result));

void graph_finish(struct graph *graph);

#endif
