/*
 * analyse/expansion.h -- what is read and tied while going through one place of the graph.
 *
 * Filled by analyse/expand.h from what observations state, and by analyse/join.h
 * from what they don't.
 */
#ifndef ANALYSE_EXPANSION_H
#define ANALYSE_EXPANSION_H

#include "analyse/search.h"

enum { EXPANSION_HOPS = 24 }; /* connections of one place followed to other hosts */

/* A connection that another host may have seen from its side. */
struct hop {
    struct ip source, destination;
    uint16_t port;
    int64_t time;
};

/* What the observations read about one place say of another. */
struct seen {
    uint32_t rows, last_row; /* how many name it; the last one counted */
    bool written;            /* the place we are going through wrote it itself */
};

struct expansion {
    struct search *search;
    uint32_t place;
    int direction, status;
    uint32_t rows, limit;                /* observations read, and to be read at most */
    uint32_t *ties, tie_count, tie_room; /* ties met; freed by expansion_finish */
    struct hash_table seen_index;        /* identity of a thing → seen */
    struct seen *seen;
    uint32_t seen_count, seen_room;
    struct hop hops[EXPANSION_HOPS];
    uint32_t hop_count;
    struct bytes user, logon_id; /* of a process, when its facts were learnt; the graph's arena */
    uint32_t parent;             /* its parent's place, or HASH_TABLE_NONE */
    int64_t start;
};

void expansion_finish(struct expansion *expansion);

/* What was seen of a place; NULL: nothing. */
const struct seen *expansion_seen(const struct expansion *expansion, const struct place *place);

/* Count a row; false when this place, or the whole search, has read enough. */
bool expansion_goes_on(struct expansion *expansion);

/* Tie the place to the far end of the dependency. -ENOMEM; -ENOSPC: the graph is full. */
int expansion_tie(struct expansion *expansion, const struct dependency *dependency,
                  struct bytes host, int64_t time, struct event_id event, bool inferred)
    __attribute__((warn_unused_result));

/* What a pivot with this expansion as context ended with: a full graph is no error. */
int expansion_settle(struct expansion *expansion, int status) __attribute__((warn_unused_result));

struct place *expansion_place(const struct expansion *expansion);
struct event_id event_of(const struct batch *batch, uint32_t row);

#endif
