#include "analyse/expansion.h"

#include <errno.h>
#include <stdlib.h>

struct place *expansion_place(const struct expansion *expansion)
{
    return &expansion->search->graph.places[expansion->place];
}

struct event_id event_of(const struct batch *batch, uint32_t row)
{
    return (struct event_id){batch->columns.event_source[row], batch->columns.event_offset[row]};
}

/* Each tie once an expansion. */
static int expansion_note(struct expansion *expansion, uint32_t tie)
{
    struct tie *met = &expansion->search->graph.ties[tie];
    if (met->round == expansion->search->expansions)
        return 0;
    if (expansion->tie_count == expansion->tie_room) {
        uint32_t room = expansion->tie_room ? expansion->tie_room * 2 : 64;
        uint32_t *ties = realloc(expansion->ties, room * sizeof(*ties));
        if (!ties)
            return -ENOMEM;
        expansion->ties = ties;
        expansion->tie_room = room;
    }
    met->round = expansion->search->expansions;
    expansion->ties[expansion->tie_count++] = tie;
    return 0;
}

bool expansion_goes_on(struct expansion *expansion)
{
    struct search *search = expansion->search;
    if (expansion->rows >= expansion->limit || search->rows >= SEARCH_ROWS) {
        search->cut_off |= search->rows >= SEARCH_ROWS;
        return false;
    }
    expansion->rows++;
    search->rows++;
    return true;
}

int expansion_tie(struct expansion *expansion, const struct dependency *dependency,
                  struct bytes host, int64_t time, struct event_id event, bool inferred)
{
    struct search *search = expansion->search;
    bool back = expansion->direction == BACK;
    struct tie tie = {.relation = dependency->relation,
                      .strength = dependency->strength,
                      .fleeting = dependency->fleeting,
                      .inferred = inferred,
                      .time = time,
                      .event = event};
    uint32_t far, index;
    int status =
        graph_place(&search->graph, back ? &dependency->from : &dependency->to, host, time, &far);
    if (status || far == expansion->place)
        return status;
    struct place *place = &search->graph.places[far];
    place->passing |= dependency->fleeting && place->thing.type != OBSERVABLE_process;
    tie.from = back ? far : expansion->place;
    tie.to = back ? expansion->place : far;
    status = graph_tie(&search->graph, &tie, back, &index);
    return status ? status : expansion_note(expansion, index);
}

int expansion_settle(struct expansion *expansion, int status)
{
    if (expansion->status == -ENOSPC) {
        expansion->search->cut_off = true;
        expansion->status = 0;
        return 0;
    }
    return expansion->status ? expansion->status : status < 0 ? status : 0;
}

const struct seen *expansion_seen(const struct expansion *expansion, const struct place *place)
{
    uint32_t found = hash_table_get(&expansion->seen_index, place->identity);
    return found == HASH_TABLE_NONE ? NULL : &expansion->seen[found];
}

void expansion_finish(struct expansion *expansion)
{
    free(expansion->ties);
    free(expansion->seen);
    hash_table_finish(&expansion->seen_index);
    expansion->ties = NULL;
    expansion->seen = NULL;
}
