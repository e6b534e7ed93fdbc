#include "analyse/expand.h"

#include <errno.h>
#include <stdlib.h>

#include "analyse/join.h"

enum {
    FACT_ROWS = 3000,    /* first observations of a process, until one names its parent */
    LAST_FACT_ROWS = 16, /* its last ones: some sensors name the parent only at the end */
};

static const struct store_span all_time = {INT64_MIN, INT64_MAX, false};

static bool is_place(const struct thing *thing, struct bytes host, const struct place *place)
{
    return thing->type == place->thing.type && thing->value.len == place->thing.value.len &&
           thing_identity(thing, host) == place->identity;
}

static bool is_fact(const struct dependency *dependency)
{
    return dependency->relation == relation_started || dependency->relation == relation_ran_as;
}

/* --- what is to be known of a process: start, parent, program, account --- */

static void learn_account(struct expansion *expansion, const struct batch *batch, uint32_t row)
{
    struct arena *arena = &expansion->search->graph.arena;
    struct bytes user = batch_text(batch, batch->columns.user_name, row);
    struct bytes logon = batch_text(batch, batch->columns.logon_id, row);
    if (expansion->user.len == 0 && user.len)
        expansion->user = arena_copy(arena, user);
    if (expansion->logon_id.len == 0 && logon.len)
        expansion->logon_id = arena_copy(arena, logon);
}

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
        uint32_t self;
        const struct dependency *dependency = &all.at[i];
        if (!is_fact(dependency) || !is_place(&dependency->to, host, expansion_place(expansion)))
            continue;
        learn_account(expansion, batch, row);
        expansion->status = graph_place(graph, &dependency->to, host, time, &self);
        if (expansion->status == 0)
            expansion->status =
                expansion_tie(expansion, dependency, host, time, event_of(batch, row), false);
        if (expansion->status)
            return 1;
        if (dependency->relation == relation_started)
            expansion->parent = expansion->place;
    }
    return expansion->parent != HASH_TABLE_NONE;
}

static int process_learn(struct expansion *expansion)
{
    struct search *search = expansion->search;
    struct place *place = expansion_place(expansion);
    struct observable process = {OBSERVABLE_process, place->thing.value};
    int direction = expansion->direction;
    expansion->direction = BACK; /* the facts are about what came before, wherever we go */
    expansion->limit = expansion->rows + FACT_ROWS;
    int status = store_pivot(search->store, &process, all_time, visit_facts, expansion);
    status = expansion_settle(expansion, status);
    if (status == 0 && expansion->parent == HASH_TABLE_NONE) {
        struct store_span newest = {INT64_MIN, INT64_MAX, true};
        expansion->limit = expansion->rows + LAST_FACT_ROWS;
        status = store_pivot(search->store, &process, newest, visit_facts, expansion);
        status = expansion_settle(expansion, status);
    }
    expansion->direction = direction;
    place = expansion_place(expansion);
    place->known = true;
    if (expansion->start != INT64_MAX)
        place->time = expansion->start;
    for (uint32_t i = 0; i < expansion->tie_count; i++)
        search->graph.ties[expansion->ties[i]].time = place->time;
    return status;
}

/* --- what observations state --- */

/* Count the row for the thing at the other end; `written`: by us. */
static int note_seen(struct expansion *expansion, const struct thing *thing, struct bytes host,
                     bool written)
{
    uint64_t identity = thing_identity(thing, host);
    uint32_t found = hash_table_get(&expansion->seen_index, identity);
    if (found == HASH_TABLE_NONE) {
        if (expansion->seen_count == expansion->seen_room) {
            uint32_t room = expansion->seen_room ? expansion->seen_room * 2 : 64;
            struct seen *grown = realloc(expansion->seen, room * sizeof(*grown));
            if (!grown)
                return -ENOMEM;
            expansion->seen = grown;
            expansion->seen_room = room;
        }
        int status = hash_table_put(&expansion->seen_index, identity, expansion->seen_count);
        if (status)
            return status;
        found = expansion->seen_count++;
        expansion->seen[found] = (struct seen){0, 0, false};
    }
    struct seen *seen = &expansion->seen[found];
    seen->rows += seen->last_row != expansion->rows;
    seen->last_row = expansion->rows;
    seen->written |= written;
    return 0;
}

/* What the row says of the far end of a dependency of ours, whichever way it points. */
static int note_far(struct expansion *expansion, const struct dependency *dependency,
                    struct bytes host)
{
    const struct place *place = expansion_place(expansion);
    bool from = is_place(&dependency->from, host, place);
    if (!from && !is_place(&dependency->to, host, place))
        return 0;
    const struct thing *far = from ? &dependency->to : &dependency->from;
    bool kept = far->type == OBSERVABLE_file || far->type == OBSERVABLE_registry;
    return note_seen(expansion, far, host, from && kept && !dependency->fleeting);
}

/* Remember a connection the other host may have seen, too. */
static void note_hop(struct expansion *expansion, const struct batch *batch, uint32_t row)
{
    const struct batch_columns *at = &batch->columns;
    bool accepted =
        at->network_direction[row] == DIRECTION_ingress || at->event_action[row] == ACTION_accept;
    struct hop hop = {at->source_ip[row], at->destination_ip[row], at->destination_port[row],
                      at->time[row]};
    if (at->event_category[row] != CATEGORY_network || accepted != (expansion->direction == BACK) ||
        !ip_given(&hop.source) || !ip_given(&hop.destination) ||
        expansion->hop_count == EXPANSION_HOPS)
        return;
    for (uint32_t i = 0; i < expansion->hop_count; i++) {
        const struct hop *known = &expansion->hops[i];
        if (memcmp(&known->source, &hop.source, sizeof(hop.source)) == 0 &&
            memcmp(&known->destination, &hop.destination, sizeof(hop.destination)) == 0 &&
            known->port == hop.port)
            return;
    }
    expansion->hops[expansion->hop_count++] = hop;
}

static int visit_dependencies(void *context, const struct batch *batch, uint32_t row)
{
    struct expansion *expansion = context;
    if (!expansion_goes_on(expansion))
        return 1;
    struct dependencies all;
    struct bytes host = batch_text(batch, batch->columns.host_name, row);
    bool back = expansion->direction == BACK;
    row_dependencies(batch, row, &all);
    for (uint32_t i = 0; i < all.count && expansion->status == 0; i++) {
        const struct dependency *dependency = &all.at[i];
        const struct thing *near = back ? &dependency->to : &dependency->from;
        expansion->status = note_far(expansion, dependency, host);
        if (expansion->status)
            break;
        /* What started a process is looked up once, and dated by the start. */
        if ((back && is_fact(dependency)) || !is_place(near, host, expansion_place(expansion)))
            continue;
        if (near->type == OBSERVABLE_process)
            note_hop(expansion, batch, row);
        expansion->status = expansion_tie(expansion, dependency, host, batch->columns.time[row],
                                          event_of(batch, row), false);
    }
    return expansion->status ? 1 : 0;
}

static struct store_span span_of(const struct reach *reach, int direction)
{
    if (direction == BACK)
        return (struct store_span){reach->rounds ? reach->done : INT64_MIN, reach->bound, true};
    return (struct store_span){reach->bound, reach->rounds ? reach->done : INT64_MAX, false};
}

static int read_joins(struct expansion *expansion)
{
    enum observable_type type = expansion_place(expansion)->thing.type;
    bool back = expansion->direction == BACK;
    int status = 0;
    if (type == OBSERVABLE_file && back)
        status = join_entries(expansion);
    if ((type == OBSERVABLE_registry || type == OBSERVABLE_service) && !back)
        status = join_files(expansion);
    if (type == OBSERVABLE_process)
        status = join_hops(expansion);
    if (status == 0 && type == OBSERVABLE_process && back)
        status = join_logon(expansion);
    if (status == 0 && type == OBSERVABLE_process && back)
        status = join_desktop(expansion);
    return status;
}

/* All there is to read of the place was read while going through the process that led here. */
static bool read_already(const struct expansion *expansion, const struct place *place)
{
    const struct reach *reach = &place->reach[expansion->direction];
    const struct place *via = &expansion->search->graph.places[reach->via];
    return place->thing.type != OBSERVABLE_process && via->thing.type == OBSERVABLE_process &&
           place->rarity > 0 && reach->met >= place->rows;
}

int expansion_read(struct expansion *expansion)
{
    const struct place *place = expansion_place(expansion);
    struct observable observable = {place->thing.type, place->thing.value};
    struct store_span span = span_of(&place->reach[expansion->direction], expansion->direction);
    int status = 0;
    if (place->thing.type == OBSERVABLE_process && !place->known)
        status = process_learn(expansion);
    if (status)
        return status;
    if (!read_already(expansion, expansion_place(expansion))) {
        expansion->limit = expansion->rows + SEARCH_PIVOT_ROWS;
        status =
            store_pivot(expansion->search->store, &observable, span, visit_dependencies, expansion);
        status = expansion_settle(expansion, status);
    }
    return status ? status : read_joins(expansion);
}
