#include "analyse/trace.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "analyse/search.h"
#include "base/json.h"

enum {
    DEFAULT_NODES = 400,
    START_ROWS = 4000, /* observations looked through for what a start names */
    START_PLACES = 64,
};

/* --- where it begins --- */

struct starting {
    struct search *search;
    struct thing wanted;
    uint32_t rows, places[START_PLACES], count;
    bool actors; /* take who acted, not the thing itself: for hashes, users, hosts */
    int status;
};

static bool same_text(struct bytes a, struct bytes b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (ascii_lower(a.at[i]) != ascii_lower(b.at[i]))
            return false;
    return true;
}

static bool is_wanted(const struct starting *starting, const struct thing *thing)
{
    if (starting->actors)
        return thing->type == OBSERVABLE_process;
    return thing->type == starting->wanted.type &&
           same_text(thing->value, starting->wanted.value) &&
           (starting->wanted.port == 0 || starting->wanted.port == thing->port);
}

static int start_add(struct starting *starting, const struct thing *thing, struct bytes host,
                     int64_t time)
{
    uint32_t place;
    int status = graph_place(&starting->search->graph, thing, host, time, &place);
    if (status)
        return status;
    for (uint32_t i = 0; i < starting->count; i++)
        if (starting->places[i] == place)
            return 0;
    if (starting->count == START_PLACES)
        starting->search->cut_off = true;
    else
        starting->places[starting->count++] = place;
    return 0;
}

static int visit_start(void *context, const struct batch *batch, uint32_t row)
{
    struct starting *starting = context;
    struct dependencies all;
    struct bytes host = batch_text(batch, batch->columns.host_name, row);
    row_dependencies(batch, row, &all);
    for (uint32_t i = 0; i < all.count && starting->status == 0; i++) {
        const struct thing *ends[] = {&all.at[i].from, &all.at[i].to};
        for (int end = 0; end < 2 && starting->status == 0; end++)
            if (is_wanted(starting, ends[end]))
                starting->status = start_add(starting, ends[end], host, batch->columns.time[row]);
    }
    bool enough = starting->actors || starting->wanted.type == OBSERVABLE_process;
    return starting->status || ++starting->rows >= START_ROWS || (enough && starting->count);
}

/* "10.0.0.5:445" is an address and a port; an IPv6 address has more colons. */
static void split_port(struct thing *thing)
{
    const char *colon = thing->value.len ? memrchr(thing->value.at, ':', thing->value.len) : NULL;
    struct ip ip;
    if (thing->type != OBSERVABLE_ip || !colon || ip_parse(thing->value, &ip))
        return;
    uint32_t port = 0;
    for (const char *at = colon + 1; at < thing->value.at + thing->value.len; at++) {
        if (*at < '0' || *at > '9' || port > UINT16_MAX)
            return;
        port = port * 10 + (uint32_t)(*at - '0');
    }
    if (port > UINT16_MAX)
        return;
    thing->port = (uint16_t)port;
    thing->value.len = (size_t)(colon - thing->value.at);
}

static int start_find(struct starting *starting, const struct observable *observable)
{
    starting->wanted = (struct thing){observable->type, observable->value, {"", 0}, 0};
    split_port(&starting->wanted);
    starting->rows = 0;
    struct observable asked = {observable->type, starting->wanted.value};
    enum observable_type type = observable->type;
    starting->actors =
        type == OBSERVABLE_hash || type == OBSERVABLE_user || type == OBSERVABLE_host;
    struct store_span span = {INT64_MIN, INT64_MAX, true};
    uint32_t before = starting->count;
    int status = store_pivot(starting->search->store, &asked, span, visit_start, starting);
    if (status >= 0 && starting->status == 0 && starting->count == before && !starting->actors) {
        starting->actors = true; /* a thing no dependency names: who acted where it is named */
        status = store_pivot(starting->search->store, &asked, span, visit_start, starting);
    }
    return starting->status ? starting->status : status < 0 ? status : 0;
}

static int start_reach(struct starting *starting, const struct trace_request *request,
                       struct trace_span span, uint32_t first)
{
    struct search *search = starting->search;
    if (request->time != TIME_NONE)
        span = (struct trace_span){request->time, request->time};
    for (uint32_t i = first; i < starting->count; i++) {
        uint32_t place = starting->places[i];
        int status = 0;
        /* What was asked for by name is followed however common it is. */
        if (request->start_count == 1)
            search->graph.places[place].rarity = 1;
        if (request->back)
            status = search_reach(search, BACK, place, place, 1,
                                  span.last == TIME_NONE ? INT64_MAX : span.last);
        if (status == 0 && request->forward)
            status = search_reach(search, FORWARD, place, place, 1,
                                  span.first == TIME_NONE ? INT64_MIN : span.first);
        if (status)
            return status;
    }
    return 0;
}

static int search_start(struct search *search, const struct trace_request *request)
{
    struct starting starting = {.search = search};
    for (uint32_t i = 0; i < request->start_count; i++) {
        uint32_t first = starting.count;
        int status = start_find(&starting, &request->start[i]);
        if (status == 0)
            status = start_reach(&starting, request, request->spans[i], first);
        if (status)
            return status;
    }
    return starting.count ? 0 : -ENOENT;
}

/* --- what comes out --- */

struct shown {
    uint32_t place;
    int64_t time;
};

static int shown_order(const void *a, const void *b)
{
    const struct shown *x = a, *y = b;
    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

static int edge_order(const void *a, const void *b)
{
    const struct trace_edge *x = a, *y = b;
    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    if (x->from != y->from)
        return x->from < y->from ? -1 : 1;
    return (x->to > y->to) - (x->to < y->to);
}

static bool is_start(const struct place *place, uint32_t index)
{
    for (int direction = 0; direction < DIRECTIONS; direction++)
        if (place->reach[direction].prior > 0 && place->reach[direction].via == index)
            return true;
    return false;
}

static int8_t side_of(const struct place *place, uint32_t index)
{
    if (is_start(place, index))
        return 0;
    bool back = search_shows(place, BACK), forward = search_shows(place, FORWARD);
    if (back && forward)
        return search_weight(place, BACK) >= search_weight(place, FORWARD) ? -1 : 1;
    return back ? -1 : 1;
}

static struct bytes name_of(struct arena *arena, const struct thing *thing)
{
    if (thing->type == OBSERVABLE_process)
        return arena_copy(arena, thing->name.len ? thing->name : thing->value);
    if (thing->type != OBSERVABLE_ip || thing->port == 0)
        return arena_copy(arena, thing->value);
    char text[IP_TEXT_SIZE + 8];
    bool six = memchr(thing->value.at, ':', thing->value.len) != NULL;
    int length = snprintf(text, sizeof(text), six ? "[%.*s]:%u" : "%.*s:%u", (int)thing->value.len,
                          thing->value.at, thing->port);
    return arena_copy(arena, (struct bytes){text, length > 0 ? (size_t)length : 0});
}

static int node_make(struct trace *trace, const struct place *place, uint32_t index)
{
    struct trace_node node = {.id = trace->node_count, .type = place->thing.type};
    node.name = name_of(&trace->arena, &place->thing);
    node.entity_id = place->thing.type == OBSERVABLE_ip
                         ? node.name
                         : arena_copy(&trace->arena, place->thing.value);
    node.host = arena_copy(&trace->arena, place->host);
    node.time = place->time;
    node.side = side_of(place, index);
    double back = search_weight(place, BACK), forward = search_weight(place, FORWARD);
    node.weight = back > forward ? back : forward;
    if (!node.name.at || !node.entity_id.at || !node.host.at)
        return -ENOMEM;
    trace->nodes[trace->node_count++] = node;
    return 0;
}

static int trace_nodes(struct trace *trace, const struct graph *graph, uint32_t *node_of_place)
{
    struct shown *shown = calloc(graph->place_count + 1, sizeof(*shown));
    uint32_t count = 0;
    int status = shown ? 0 : -ENOMEM;
    for (uint32_t i = 0; status == 0 && i < graph->place_count; i++) {
        const struct place *place = &graph->places[i];
        node_of_place[i] = HASH_TABLE_NONE;
        if (search_shows(place, BACK) || search_shows(place, FORWARD))
            shown[count++] = (struct shown){i, place->time};
    }
    if (status == 0) {
        qsort(shown, count, sizeof(*shown), shown_order);
        trace->nodes = arena_take_array(&trace->arena, count + 1, sizeof(*trace->nodes));
        status = trace->nodes ? 0 : -ENOMEM;
    }
    for (uint32_t i = 0; status == 0 && i < count; i++) {
        node_of_place[shown[i].place] = i;
        status = node_make(trace, &graph->places[shown[i].place], shown[i].place);
    }
    free(shown);
    return status;
}

static int trace_edges(struct trace *trace, const struct graph *graph,
                       const uint32_t *node_of_place)
{
    trace->edges = arena_take_array(&trace->arena, graph->tie_count + 1, sizeof(*trace->edges));
    if (!trace->edges)
        return -ENOMEM;
    for (uint32_t i = 0; i < graph->tie_count; i++) {
        const struct tie *tie = &graph->ties[i];
        uint32_t from = node_of_place[tie->from], to = node_of_place[tie->to];
        if (from == HASH_TABLE_NONE || to == HASH_TABLE_NONE)
            continue;
        trace->edges[trace->edge_count++] =
            (struct trace_edge){from, to, tie->relation, tie->time, tie->event, tie->inferred};
    }
    qsort(trace->edges, trace->edge_count, sizeof(*trace->edges), edge_order);
    return 0;
}

static int trace_take(struct trace *trace, const struct search *search)
{
    uint32_t *node_of_place = calloc(search->graph.place_count + 1, sizeof(*node_of_place));
    int status = node_of_place ? trace_nodes(trace, &search->graph, node_of_place) : -ENOMEM;
    if (status == 0)
        status = trace_edges(trace, &search->graph, node_of_place);
    free(node_of_place);
    trace->considered = search->considered;
    trace->cut_off = search->cut_off;
    return status;
}

int trace_run(struct store *store, const struct trace_request *request, struct trace *ret_trace)
{
    struct search search = {.store = store};
    struct trace trace = {.node_count = 0};
    uint32_t budget = request->node_budget ? request->node_budget : DEFAULT_NODES;
    int status = search_start(&search, request);
    if (status == 0 && request->back)
        status = search_run(&search, BACK, budget);
    if (status == 0 && request->forward)
        status = search_run(&search, FORWARD, budget);
    if (status == 0)
        status = trace_take(&trace, &search);
    search_finish(&search);
    if (status)
        trace_finish(&trace);
    else
        *ret_trace = trace;
    return status;
}

void trace_finish(struct trace *trace)
{
    arena_finish(&trace->arena);
    *trace = (struct trace){0};
}

static void node_json(const struct trace_node *node, struct json *json)
{
    static const char *const sides[] = {"cause", "start", "scope"};
    json_object(json);
    json_key(json, "id"), json_unsigned(json, node->id);
    json_key_text(json, "type", bytes_of(observable_type_name(node->type)));
    json_key_text(json, "entity_id", node->entity_id);
    json_key_text(json, "name", node->name);
    json_key_text(json, "host", node->host);
    json_key(json, "time"), json_time(json, node->time);
    json_key_text(json, "side", bytes_of(sides[node->side + 1]));
    json_key(json, "weight"), json_number(json, node->weight);
    json_end_object(json);
}

static void edge_json(const struct trace_edge *edge, struct json *json)
{
    json_object(json);
    json_key(json, "from"), json_unsigned(json, edge->from);
    json_key(json, "to"), json_unsigned(json, edge->to);
    json_key_text(json, "relation", bytes_of(edge->relation));
    json_key(json, "time"), json_time(json, edge->time);
    json_key(json, "inferred"), json_bool(json, edge->inferred);
    if (!edge->inferred) {
        char text[48];
        int length = snprintf(text, sizeof(text), "%u:%llu", edge->event.source,
                              (unsigned long long)edge->event.offset);
        json_key_text(json, "event", (struct bytes){text, length > 0 ? (size_t)length : 0});
    }
    json_end_object(json);
}

void trace_json(const struct trace *trace, struct json *json)
{
    json_object(json);
    json_key(json, "nodes"), json_array(json);
    for (uint32_t i = 0; i < trace->node_count; i++)
        node_json(&trace->nodes[i], json);
    json_end_array(json);
    json_key(json, "edges"), json_array(json);
    for (uint32_t i = 0; i < trace->edge_count; i++)
        edge_json(&trace->edges[i], json);
    json_end_array(json);
    json_key(json, "truncated"), json_bool(json, trace->cut_off);
    json_key(json, "visited"), json_unsigned(json, trace->considered);
    json_end_object(json);
}
