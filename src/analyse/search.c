#include "analyse/search.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "analyse/expand.h"
#include "analyse/join.h"

/*
 * Below this a place is not followed. A start edge to a rare process weighs
 * about 0.9. Consequences lie at the end of longer ways than causes do: back,
 * the chain of starts leads straight to the root; forward, it fans out.
 */
static const double least_weight[DIRECTIONS] = {[BACK] = 0.02, [FORWARD] = 0.01};

enum { RELATIONS = 32 }; /* kinds told apart when counting how many of each leave a place */

/* --- the frontier --- */

static bool heavier(const struct ahead *a, const struct ahead *b)
{
    return a->weight > b->weight || (a->weight == b->weight && a->place < b->place);
}

static int frontier_push(struct frontier *frontier, struct ahead ahead)
{
    if (frontier->count == frontier->room) {
        uint32_t room = frontier->room ? frontier->room * 2 : 256;
        struct ahead *items = realloc(frontier->items, room * sizeof(*items));
        if (!items)
            return -ENOMEM;
        frontier->items = items;
        frontier->room = room;
    }
    uint32_t at = frontier->count++;
    for (; at > 0 && heavier(&ahead, &frontier->items[(at - 1) / 2]); at = (at - 1) / 2)
        frontier->items[at] = frontier->items[(at - 1) / 2];
    frontier->items[at] = ahead;
    return 0;
}

static struct ahead frontier_pop(struct frontier *frontier)
{
    struct ahead top = frontier->items[0], last = frontier->items[--frontier->count];
    uint32_t at = 0;
    for (;;) {
        uint32_t child = 2 * at + 1;
        if (child >= frontier->count)
            break;
        if (child + 1 < frontier->count &&
            heavier(&frontier->items[child + 1], &frontier->items[child]))
            child++;
        if (!heavier(&frontier->items[child], &last))
            break;
        frontier->items[at] = frontier->items[child];
        at = child;
    }
    frontier->items[at] = last;
    return top;
}

/* --- weights --- */

double search_weight(const struct place *place, int direction)
{
    return place->reach[direction].prior * (place->rarity > 0 ? place->rarity : 1);
}

/* What is long ago counts less; what a pipe carried counts only at once. */
static double nearness(int64_t from, int64_t to, bool fleeting)
{
    if (from == INT64_MAX || from == INT64_MIN)
        return fleeting ? 0.3 : 1;
    double distance = fabs((double)from - (double)to);
    return fleeting ? pow(1 + distance / (double)(5 * TIME_SECOND), -1)
                    : pow(1 + distance / (double)TIME_HOUR, -0.25);
}

static struct observable observable_of(const struct place *place)
{
    return (struct observable){place->thing.type, place->thing.value};
}

static const struct store_span all_time = {INT64_MIN, INT64_MAX, false};

static int place_weigh(struct search *search, struct place *place)
{
    struct observable observable = observable_of(place);
    uint64_t rows = 0;
    int status = store_pivot_count(search->store, &observable, all_time, &rows);
    place->rows = rows;
    if (status == 0)
        place->rarity =
            place->passing ? 1 / (1 + (double)rows / 8) : pow(1 + (double)rows / 128, -0.5);
    return status;
}

static bool reaches_further(int direction, int64_t bound, int64_t than)
{
    return direction == BACK ? bound > than : bound < than;
}

int search_reach(struct search *search, int direction, uint32_t index, uint32_t via, double prior,
                 int64_t bound)
{
    struct place *place = &search->graph.places[index];
    struct reach *reach = &place->reach[direction];
    bool first = reach->prior == 0, better = prior > reach->prior;
    search->considered++;
    if (first) {
        reach->via = via;
        reach->bound = bound;
    }
    bool further = reaches_further(direction, bound, reach->bound);
    if (further)
        reach->bound = bound;
    if (better)
        reach->prior = prior;
    bool again = further && reach->rounds > 0 && reach->rounds < SEARCH_ROUNDS;
    if ((reach->rounds == 0 && better) || again)
        return frontier_push(&search->frontier[direction],
                             (struct ahead){search_weight(place, direction), index});
    return 0;
}

/* --- the search --- */

/* Many of a kind share the suspicion: a process that touched a thousand files says little of each.
 */
static double fan_out(const struct expansion *expansion, const char *relation)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < expansion->tie_count; i++)
        count += expansion->search->graph.ties[expansion->ties[i]].relation == relation;
    const struct place *place = &expansion->search->graph.places[expansion->place];
    return pow(count, place->thing.type != OBSERVABLE_process ? -0.8
                      : relation == relation_started          ? -0.15
                                                              : -0.3);
}

struct fans {
    const char *relation[RELATIONS];
    double value[RELATIONS];
    uint32_t count;
};

static double fan_of(struct fans *fans, const struct expansion *expansion, const char *relation)
{
    for (uint32_t i = 0; i < fans->count; i++)
        if (fans->relation[i] == relation)
            return fans->value[i];
    double value = fan_out(expansion, relation);
    if (fans->count < RELATIONS) {
        fans->relation[fans->count] = relation;
        fans->value[fans->count++] = value;
    }
    return value;
}

/* Who started it, reached it or opened its session did so whatever else it is busy with. */
static bool is_sure(const struct tie *tie)
{
    return tie->relation == relation_started || tie->relation == relation_reached ||
           tie->relation == relation_session;
}

/* How promising the far end of a tie is, before its rarity is asked. */
static double tie_prior(const struct expansion *expansion, const struct tie *tie,
                        const struct seen *seen, struct fans *fans)
{
    int direction = expansion->direction;
    const struct place *place = &expansion->search->graph.places[expansion->place];
    bool sure = direction == BACK && is_sure(tie);
    double prior = sure ? place->reach[direction].prior : search_weight(place, direction);
    /* What it reads back of its own writing is no news. */
    bool own = direction == BACK && seen && seen->written;
    return prior * tie->strength * (own ? 0.1 : 1) *
           nearness(place->reach[direction].bound, tie->time, tie->fleeting) *
           fan_of(fans, expansion, tie->relation);
}

static int expansion_spread(struct expansion *expansion)
{
    struct search *search = expansion->search;
    struct fans fans = {.count = 0};
    int direction = expansion->direction;
    int64_t bound = search->graph.places[expansion->place].reach[direction].bound;
    for (uint32_t i = 0; i < expansion->tie_count; i++) {
        const struct tie *tie = &search->graph.ties[expansion->ties[i]];
        uint32_t far = direction == BACK ? tie->from : tie->to;
        if (reaches_further(direction, tie->time, bound) || far == expansion->place)
            continue;
        struct place *place = &search->graph.places[far];
        const struct seen *seen = expansion_seen(expansion, place);
        if (place->reach[direction].prior == 0 && seen)
            place->reach[direction].met = seen->rows;
        int status = search_reach(search, direction, far, expansion->place,
                                  tie_prior(expansion, tie, seen, &fans), tie->time);
        if (status)
            return status;
    }
    return 0;
}

/* Things that tell a cause only if somebody made them; a process or an address tells by itself. */
static bool is_made(const struct place *place)
{
    enum observable_type type = place->thing.type;
    return type == OBSERVABLE_file || type == OBSERVABLE_registry || type == OBSERVABLE_service;
}

/* What nobody made but the one that led here tells no cause. */
static bool expansion_is_silent(const struct expansion *expansion)
{
    const struct graph *graph = &expansion->search->graph;
    const struct place *place = &graph->places[expansion->place];
    uint32_t via = place->reach[expansion->direction].via;
    if (expansion->direction == FORWARD || via == expansion->place || !is_made(place))
        return false;
    for (uint32_t i = 0; i < expansion->tie_count; i++)
        if (graph->ties[expansion->ties[i]].from != via)
            return false;
    return true;
}

/* Was it made by another that the trace shows, too? */
static void mark_made(const struct graph *graph, bool *made)
{
    for (uint32_t i = 0; i < graph->tie_count; i++) {
        const struct tie *tie = &graph->ties[i];
        const struct reach *reach = &graph->places[tie->to].reach[BACK];
        if (tie->from != reach->via && search_shows(&graph->places[tie->from], BACK))
            made[tie->to] = true;
    }
}

/* Hide causes whose maker turned out to be too far away to be shown. -ENOMEM. */
static int search_prune(struct search *search)
{
    struct graph *graph = &search->graph;
    bool *made = calloc(graph->place_count + 1, sizeof(*made));
    if (!made)
        return -ENOMEM;
    mark_made(graph, made);
    for (uint32_t i = 0; i < graph->place_count; i++) {
        struct reach *reach = &graph->places[i].reach[BACK];
        if (is_made(&graph->places[i]) && reach->rounds && reach->via != i && !made[i])
            reach->silent = true;
    }
    free(made);
    return 0;
}

static int place_expand(struct search *search, int direction, uint32_t index)
{
    struct expansion expansion = {.search = search,
                                  .place = index,
                                  .direction = direction,
                                  .parent = HASH_TABLE_NONE,
                                  .start = INT64_MAX};
    search->expansions++;
    int status = expansion_read(&expansion);
    if (status == 0)
        status = expansion_spread(&expansion);
    struct reach *reach = &search->graph.places[index].reach[direction];
    bool silent = expansion_is_silent(&expansion);
    reach->silent = reach->rounds ? reach->silent && silent : silent;
    reach->rounds++;
    reach->done = reach->bound;
    expansion_finish(&expansion);
    return status;
}

bool search_shows(const struct place *place, int direction)
{
    return place->reach[direction].rounds > 0 && !place->reach[direction].silent;
}

/* The heaviest place still to be gone through; HASH_TABLE_NONE when none is promising. */
static int search_next(struct search *search, int direction, uint32_t *ret_place)
{
    struct frontier *frontier = &search->frontier[direction];
    while (frontier->count) {
        struct ahead top = frontier_pop(frontier);
        struct place *place = &search->graph.places[top.place];
        struct reach *reach = &place->reach[direction];
        if (reach->rounds && !reaches_further(direction, reach->bound, reach->done))
            continue;
        if (top.weight < least_weight[direction])
            break;
        int status = place->rarity > 0 ? 0 : place_weigh(search, place);
        double weight = search_weight(place, direction);
        if (status == 0 && top.weight < weight && place->rarity < 1)
            continue; /* it stands in the frontier a second time, heavier */
        if (status == 0 && top.weight <= weight) {
            *ret_place = top.place;
            return 0;
        }
        if (status == 0)
            status = frontier_push(frontier, (struct ahead){weight, top.place});
        if (status)
            return status;
    }
    *ret_place = HASH_TABLE_NONE;
    return 0;
}

static int search_spend(struct search *search, int direction, uint32_t budget)
{
    uint32_t shown = 0, next;
    while (shown < budget && search->rows < SEARCH_ROWS) {
        int status = search_next(search, direction, &next);
        if (status || next == HASH_TABLE_NONE)
            return status;
        bool before = search_shows(&search->graph.places[next], direction);
        status = place_expand(search, direction, next);
        if (status)
            return status;
        shown += !before && search_shows(&search->graph.places[next], direction);
    }
    search->cut_off = true;
    return 0;
}

int search_run(struct search *search, int direction, uint32_t budget)
{
    int status = search_spend(search, direction, budget);
    return status || direction == FORWARD ? status : search_prune(search);
}

void search_finish(struct search *search)
{
    for (int direction = 0; direction < DIRECTIONS; direction++)
        free(search->frontier[direction].items);
    graph_finish(&search->graph);
}
