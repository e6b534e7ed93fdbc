#include "analyse/search.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "model/autostart.h"

/* Below this a place is not followed. One start edge to a rare process weighs about 0.8. */
static const double least_weight = 0.01;

enum {
    FACT_ROWS = 64,     /* first observations of a process: start, parent, program */
    LAST_FACT_ROWS = 8, /* its last ones: some sensors name the parent only at the end */
    RELATIONS = 32,
    ENTRY_ROWS = 200,
};

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
    if (status == 0)
        place->rarity = pow(1 + (double)rows / 16, -0.35);
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

/* --- going through a place --- */

struct expansion {
    struct search *search;
    uint32_t place, rows, limit;
    int direction, status;
    uint32_t parent; /* facts: the parent's place */
    int64_t start;
    uint32_t *ties, tie_count, tie_room;
};

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

/* Count a row; false when this place, or the whole search, has read enough. */
static bool expansion_goes_on(struct expansion *expansion)
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

static bool is_place(const struct thing *thing, struct bytes host, const struct place *place)
{
    return thing->type == place->thing.type && thing->value.len == place->thing.value.len &&
           thing_identity(thing, host) == place->identity;
}

static int expansion_tie(struct expansion *expansion, const struct dependency *dependency,
                         struct bytes host, int64_t time, struct event_id event)
{
    struct search *search = expansion->search;
    bool back = expansion->direction == BACK;
    struct tie tie = {.relation = dependency->relation,
                      .strength = dependency->strength,
                      .fleeting = dependency->fleeting,
                      .time = time,
                      .event = event};
    uint32_t far, index;
    int status =
        graph_place(&search->graph, back ? &dependency->from : &dependency->to, host, time, &far);
    if (status || far == expansion->place)
        return status;
    tie.from = back ? far : expansion->place;
    tie.to = back ? expansion->place : far;
    status = graph_tie(&search->graph, &tie, back, &index);
    return status ? status : expansion_note(expansion, index);
}

static struct event_id event_of(const struct batch *batch, uint32_t row)
{
    return (struct event_id){batch->columns.event_source[row], batch->columns.event_offset[row]};
}

static int visit_dependencies(void *context, const struct batch *batch, uint32_t row)
{
    struct expansion *expansion = context;
    if (!expansion_goes_on(expansion))
        return 1;
    struct dependencies all;
    struct bytes host = batch_text(batch, batch->columns.host_name, row);
    row_dependencies(batch, row, &all);
    for (uint32_t i = 0; i < all.count && expansion->status == 0; i++) {
        const struct dependency *dependency = &all.at[i];
        bool fact =
            dependency->relation == relation_started || dependency->relation == relation_ran_as;
        const struct place *place = &expansion->search->graph.places[expansion->place];
        const struct thing *near =
            expansion->direction == BACK ? &dependency->to : &dependency->from;
        /* What started a process is looked up once, and dated by the start. */
        if ((fact && expansion->direction == BACK) || !is_place(near, host, place))
            continue;
        expansion->status = expansion_tie(expansion, dependency, host, batch->columns.time[row],
                                          event_of(batch, row));
    }
    return expansion->status ? 1 : 0;
}

/* A full graph ends the search, it does not fail it. */
static int expansion_settle(struct expansion *expansion, int status)
{
    if (expansion->status == -ENOSPC) {
        expansion->search->cut_off = true;
        return 0;
    }
    if (expansion->status)
        return expansion->status;
    return status < 0 ? status : 0;
}

/* --- what is to be known of a process: start, parent, program --- */

static int visit_facts(void *context, const struct batch *batch, uint32_t row)
{
    struct expansion *expansion = context;
    if (!expansion_goes_on(expansion))
        return 1;
    struct graph *graph = &expansion->search->graph;
    struct dependencies all;
    struct bytes host = batch_text(batch, batch->columns.host_name, row);
    int64_t time = batch->columns.time[row];
    if (time < expansion->start)
        expansion->start = time;
    row_dependencies(batch, row, &all);
    for (uint32_t i = 0; i < all.count; i++) {
        const struct dependency *dependency = &all.at[i];
        bool fact =
            dependency->relation == relation_started || dependency->relation == relation_ran_as;
        if (!fact || !is_place(&dependency->to, host, &graph->places[expansion->place]))
            continue;
        uint32_t self;
        expansion->status = graph_place(graph, &dependency->to, host, time, &self);
        if (expansion->status == 0)
            expansion->status =
                expansion_tie(expansion, dependency, host, time, event_of(batch, row));
        if (expansion->status)
            return 1;
        if (dependency->relation == relation_started)
            expansion->parent = expansion->place;
    }
    return 0;
}

static int process_learn(struct expansion *expansion)
{
    struct search *search = expansion->search;
    struct observable observable = observable_of(&search->graph.places[expansion->place]);
    int direction = expansion->direction;
    expansion->direction = BACK;
    expansion->limit = FACT_ROWS;
    int status = store_pivot(search->store, &observable, all_time, visit_facts, expansion);
    status = expansion_settle(expansion, status);
    if (status == 0 && expansion->parent == HASH_TABLE_NONE) {
        expansion->limit += LAST_FACT_ROWS;
        status =
            store_pivot(search->store, &observable, (struct store_span){INT64_MIN, INT64_MAX, true},
                        visit_facts, expansion);
        status = expansion_settle(expansion, status);
    }
    expansion->direction = direction;
    struct place *place = &search->graph.places[expansion->place];
    place->known = true;
    if (expansion->start != INT64_MAX)
        place->time = expansion->start;
    for (uint32_t i = 0; i < expansion->tie_count; i++)
        search->graph.ties[expansion->ties[i]].time = place->time;
    return status;
}

/* --- entries that start by themselves, where no event says which file they name --- */

static int visit_entries(void *context, const struct batch *batch, uint32_t row)
{
    struct expansion *expansion = context;
    if (!expansion_goes_on(expansion))
        return 1;
    struct search *search = expansion->search;
    const struct place *file = &search->graph.places[expansion->place];
    struct bytes host = batch_text(batch, batch->columns.host_name, row), name;
    struct thing entry = {
        OBSERVABLE_registry, batch_text(batch, batch->columns.registry_path, row), {"", 0}, 0};
    if (!bytes_equal(host, file->host) || !autostart_name(entry.value, &name))
        return 0;
    struct dependency dependency = {entry, file->thing, relation_starts, 0.8, false};
    uint32_t before = expansion->tie_count;
    expansion->status = expansion_tie(expansion, &dependency, host, batch->columns.time[row],
                                      (struct event_id){0, 0});
    if (expansion->status == 0 && expansion->tie_count > before)
        search->graph.ties[expansion->ties[before]].inferred = true;
    return expansion->status ? 1 : 0;
}

/* Back from a program or script: entries called like it, written before it ran. */
static int file_entries(struct expansion *expansion)
{
    struct search *search = expansion->search;
    const struct place *file = &search->graph.places[expansion->place];
    struct bytes stem = path_stem(file->thing.value);
    if (stem.len < 3 || path_of_system(file->thing.value))
        return 0;
    struct observable entry = {OBSERVABLE_service, stem};
    struct store_span span = {INT64_MIN, file->reach[BACK].bound, true};
    expansion->limit = expansion->rows + ENTRY_ROWS;
    return expansion_settle(expansion,
                            store_pivot(search->store, &entry, span, visit_entries, expansion));
}

/* Forward from an entry: files the trace already knows that are called like it. */
static int entry_files(struct expansion *expansion)
{
    struct graph *graph = &expansion->search->graph;
    struct place entry = graph->places[expansion->place];
    struct bytes name = entry.thing.value;
    if (entry.thing.type == OBSERVABLE_registry && !autostart_name(name, &name))
        return 0;
    struct thing called = {OBSERVABLE_service, path_stem(name), {"", 0}, 0};
    uint64_t wanted = thing_identity(&called, entry.host);
    for (uint32_t i = 0, count = graph->place_count; i < count; i++) {
        struct place file = graph->places[i];
        struct thing stem = {OBSERVABLE_service, path_stem(file.thing.value), {"", 0}, 0};
        if (file.thing.type != OBSERVABLE_file || thing_identity(&stem, file.host) != wanted)
            continue;
        struct dependency dependency = {entry.thing, file.thing, relation_starts, 0.8, false};
        uint32_t before = expansion->tie_count;
        int status =
            expansion_tie(expansion, &dependency, file.host, entry.time, (struct event_id){0, 0});
        if (status)
            return status == -ENOSPC ? 0 : status;
        if (expansion->tie_count > before)
            graph->ties[expansion->ties[before]].inferred = true;
    }
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
    return pow(count, place->thing.type == OBSERVABLE_process ? -0.3 : -0.8);
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

static int expansion_spread(struct expansion *expansion)
{
    struct search *search = expansion->search;
    struct fans fans = {.count = 0};
    int direction = expansion->direction;
    const struct reach *here = &search->graph.places[expansion->place].reach[direction];
    double weight = search_weight(&search->graph.places[expansion->place], direction);
    double certain = here->prior; /* whatever else a busy process does, its parent started it */
    int64_t bound = search->graph.places[expansion->place].reach[direction].bound;
    for (uint32_t i = 0; i < expansion->tie_count; i++) {
        const struct tie *tie = &search->graph.ties[expansion->ties[i]];
        uint32_t far = direction == BACK ? tie->from : tie->to;
        if (reaches_further(direction, tie->time, bound) || far == expansion->place)
            continue;
        bool parent = direction == BACK && tie->relation == relation_started;
        double prior = (parent ? certain : weight) * tie->strength *
                       nearness(bound, tie->time, tie->fleeting) *
                       fan_of(&fans, expansion, tie->relation);
        int status = search_reach(search, direction, far, expansion->place, prior, tie->time);
        if (status)
            return status;
    }
    return 0;
}

/* What nobody made and nothing came out of tells no cause. */
static bool expansion_is_silent(const struct expansion *expansion)
{
    const struct graph *graph = &expansion->search->graph;
    const struct place *place = &graph->places[expansion->place];
    enum observable_type type = place->thing.type;
    uint32_t via = place->reach[expansion->direction].via;
    if (expansion->direction == FORWARD || via == expansion->place ||
        (type != OBSERVABLE_file && type != OBSERVABLE_registry && type != OBSERVABLE_service))
        return false;
    for (uint32_t i = 0; i < expansion->tie_count; i++)
        if (graph->ties[expansion->ties[i]].from != via)
            return false;
    return true;
}

static struct store_span span_of(const struct reach *reach, int direction)
{
    if (direction == BACK)
        return (struct store_span){reach->rounds ? reach->done : INT64_MIN, reach->bound, true};
    return (struct store_span){reach->bound, reach->rounds ? reach->done : INT64_MAX, false};
}

static int place_read(struct expansion *expansion)
{
    struct search *search = expansion->search;
    const struct place *place = &search->graph.places[expansion->place];
    struct observable observable = observable_of(place);
    struct store_span span = span_of(&place->reach[expansion->direction], expansion->direction);
    enum observable_type type = place->thing.type;
    int status = 0;
    if (type == OBSERVABLE_process && !place->known)
        status = process_learn(expansion);
    if (status)
        return status;
    expansion->limit = expansion->rows + SEARCH_PIVOT_ROWS;
    status = expansion_settle(
        expansion, store_pivot(search->store, &observable, span, visit_dependencies, expansion));
    if (status == 0 && type == OBSERVABLE_file && expansion->direction == BACK)
        status = file_entries(expansion);
    if (status == 0 && (type == OBSERVABLE_registry || type == OBSERVABLE_service) &&
        expansion->direction == FORWARD)
        status = entry_files(expansion);
    return status;
}

static int place_expand(struct search *search, int direction, uint32_t index)
{
    struct expansion expansion = {.search = search,
                                  .place = index,
                                  .direction = direction,
                                  .parent = HASH_TABLE_NONE,
                                  .start = INT64_MAX};
    search->expansions++;
    int status = place_read(&expansion);
    if (status == 0)
        status = expansion_spread(&expansion);
    struct reach *reach = &search->graph.places[index].reach[direction];
    bool silent = expansion_is_silent(&expansion);
    reach->silent = reach->rounds ? reach->silent && silent : silent;
    reach->rounds++;
    reach->done = reach->bound;
    free(expansion.ties);
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
        if (top.weight < least_weight)
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

int search_run(struct search *search, int direction, uint32_t budget)
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

void search_finish(struct search *search)
{
    for (int direction = 0; direction < DIRECTIONS; direction++)
        free(search->frontier[direction].items);
    graph_finish(&search->graph);
}
