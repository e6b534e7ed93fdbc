#include "show/drawing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- layout ------------------------------------------------------------------------ */

enum { DEPTH_ROUNDS = 8 };

struct layout {
    const struct trace *trace;
    struct drawing_place *places;
    uint32_t *lane_rows, *in_column; /* by lane: tallest column so far; nodes in this column */
    uint32_t lanes, column;
};

struct ordering {
    const struct trace_node *nodes;
    const uint32_t *depth;
};

/* qsort_r: by time; of the same moment causes first; then by id, so that it is always the same. */
static int order_compare(const void *a, const void *b, void *context)
{
    const struct ordering *ordering = context;
    uint32_t first = *(const uint32_t *)a, second = *(const uint32_t *)b;
    int64_t first_time = ordering->nodes[first].time, second_time = ordering->nodes[second].time;

    if (first_time != second_time)
        return first_time < second_time ? -1 : 1;
    if (ordering->depth[first] != ordering->depth[second])
        return ordering->depth[first] < ordering->depth[second] ? -1 : 1;
    return (first > second) - (first < second);
}

/* How many steps of influence lead to a node within its own moment, at most DEPTH_ROUNDS. */
static void order_depths(const struct trace *trace, uint32_t *depth)
{
    bool changed = true;

    for (uint32_t round = 0; changed && round < DEPTH_ROUNDS; round++) {
        changed = false;
        for (uint32_t i = 0; i < trace->edge_count; i++) {
            const struct trace_edge *edge = &trace->edges[i];

            if (trace->nodes[edge->from].time == trace->nodes[edge->to].time &&
                depth[edge->to] <= depth[edge->from] && depth[edge->from] < DEPTH_ROUNDS) {
                depth[edge->to] = depth[edge->from] + 1;
                changed = true;
            }
        }
    }
}

static uint32_t lane_of(struct layout *layout, const uint32_t *order, uint32_t upto)
{
    struct bytes host = layout->trace->nodes[order[upto]].host;

    for (uint32_t i = 0; i < upto; i++)
        if (bytes_equal(layout->trace->nodes[order[i]].host, host))
            return layout->places[order[i]].lane;
    return layout->lanes++;
}

/* Whether a node already in the current column is joined to this one. */
static bool column_holds_neighbour(const struct layout *layout, uint32_t node, const bool *placed)
{
    for (uint32_t i = 0; i < layout->trace->edge_count; i++) {
        const struct trace_edge *edge = &layout->trace->edges[i];
        uint32_t other = edge->from == node ? edge->to : edge->to == node ? edge->from : node;

        if (other != node && placed[other] && layout->places[other].column == layout->column)
            return true;
    }
    return false;
}

static void layout_next_column(struct layout *layout)
{
    layout->column++;
    memset(layout->in_column, 0, layout->trace->node_count * sizeof *layout->in_column);
}

/* What belongs to no host (addresses, domains) stands below the hosts. */
static void layout_hostless_last(struct layout *layout)
{
    const struct trace_node *nodes = layout->trace->nodes;
    uint32_t hostless = UINT32_MAX, rows;

    for (uint32_t i = 0; i < layout->trace->node_count; i++)
        if (nodes[i].host.len == 0)
            hostless = layout->places[i].lane;
    if (hostless == UINT32_MAX)
        return;
    for (uint32_t i = 0; i < layout->trace->node_count; i++) {
        uint32_t *lane = &layout->places[i].lane;

        *lane = *lane == hostless ? layout->lanes - 1 : *lane - (*lane > hostless);
    }
    rows = layout->lane_rows[hostless];
    for (uint32_t lane = hostless; lane + 1 < layout->lanes; lane++)
        layout->lane_rows[lane] = layout->lane_rows[lane + 1];
    layout->lane_rows[layout->lanes - 1] = rows;
}

static void layout_run(struct layout *layout, const uint32_t *order, bool *placed)
{
    for (uint32_t i = 0; i < layout->trace->node_count; i++) {
        uint32_t node = order[i], lane = lane_of(layout, order, i);

        if (layout->in_column[lane] == DRAWING_COLUMN_NODES ||
            column_holds_neighbour(layout, node, placed))
            layout_next_column(layout);
        layout->places[node] = (struct drawing_place){
            .column = layout->column, .lane = lane, .row = layout->in_column[lane]++};
        placed[node] = true;
        if (layout->lane_rows[lane] < layout->in_column[lane])
            layout->lane_rows[lane] = layout->in_column[lane];
    }
}

int drawing_place(const struct trace *trace, struct drawing_place *ret_places,
                  uint32_t *ret_lane_rows, uint32_t *ret_lanes)
{
    size_t count = trace->node_count ? trace->node_count : 1;
    uint32_t *order = calloc(count, sizeof *order), *in_column = calloc(count, sizeof *in_column);
    uint32_t *depth = calloc(count, sizeof *depth);
    bool *placed = calloc(count, sizeof *placed);
    struct layout layout = {trace, ret_places, ret_lane_rows, in_column, 0, 0};
    int error = order && in_column && depth && placed ? 0 : -ENOMEM;

    if (!error) {
        for (uint32_t i = 0; i < trace->node_count; i++)
            order[i] = i;
        order_depths(trace, depth);
        qsort_r(order, trace->node_count, sizeof *order, order_compare,
                &(struct ordering){trace->nodes, depth});
        memset(ret_lane_rows, 0, trace->node_count * sizeof *ret_lane_rows);
        layout_run(&layout, order, placed);
        layout_hostless_last(&layout);
        *ret_lanes = layout.lanes;
    }
    free(order);
    free(in_column);
    free(depth);
    free(placed);
    return error;
}

/* ---- JSON -------------------------------------------------------------------------- */

static void lanes_json(const struct trace *trace, const struct drawing_place *places,
                       const uint32_t *rows, uint32_t lanes, struct json *json)
{
    uint32_t top = 0;

    json_key(json, "lanes");
    json_array(json);
    for (uint32_t lane = 0; lane < lanes; lane++) {
        struct bytes host = {"", 0};

        for (uint32_t i = 0; i < trace->node_count && !host.len; i++)
            if (places[i].lane == lane)
                host = trace->nodes[i].host;
        json_object(json);
        json_key_text(json, "host", host);
        json_key(json, "top"), json_unsigned(json, top);
        json_key(json, "rows"), json_unsigned(json, rows[lane]);
        json_end_object(json);
        top += rows[lane];
    }
    json_end_array(json);
}

static void node_json(const struct trace_node *node, const struct drawing_place *place,
                      uint32_t lane_top, struct json *json)
{
    json_object(json);
    json_key(json, "id"), json_unsigned(json, node->id);
    json_key_text(json, "type", bytes_of(observable_type_name(node->type)));
    json_key_text(json, "entity_id", node->entity_id);
    json_key_text(json, "name", node->name);
    json_key_text(json, "host", node->host);
    json_key(json, "time"), json_time(json, node->time);
    json_key(json, "side"), json_integer(json, node->side);
    json_key(json, "weight"), json_number(json, node->weight);
    json_key(json, "x"), json_unsigned(json, place->column);
    json_key(json, "y"), json_unsigned(json, lane_top + place->row);
    json_end_object(json);
}

static void edge_json(const struct trace_edge *edge, struct json *json)
{
    char event[48] = "";

    if (!edge->inferred)
        snprintf(event, sizeof event, "%u:%llu", edge->event.source,
                 (unsigned long long)edge->event.offset);
    json_object(json);
    json_key(json, "from"), json_unsigned(json, edge->from);
    json_key(json, "to"), json_unsigned(json, edge->to);
    json_key_text(json, "relation", bytes_of(edge->relation));
    json_key(json, "time"), json_time(json, edge->time);
    json_key(json, "inferred"), json_bool(json, edge->inferred);
    json_key_text(json, "event", bytes_of(event));
    json_end_object(json);
}

static void nodes_json(const struct trace *trace, const struct drawing_place *places,
                       const uint32_t *lane_rows, struct json *json)
{
    json_key(json, "nodes");
    json_array(json);
    for (uint32_t i = 0; i < trace->node_count; i++) {
        uint32_t top = 0;

        for (uint32_t lane = 0; lane < places[i].lane; lane++)
            top += lane_rows[lane];
        node_json(&trace->nodes[i], &places[i], top, json);
    }
    json_end_array(json);
}

int drawing_json(const struct trace *trace, struct json *json)
{
    size_t count = trace->node_count ? trace->node_count : 1;
    struct drawing_place *places = calloc(count, sizeof *places);
    uint32_t *lane_rows = calloc(count, sizeof *lane_rows), lanes = 0;
    int error = places && lane_rows ? drawing_place(trace, places, lane_rows, &lanes) : -ENOMEM;

    if (!error) {
        json_object(json);
        nodes_json(trace, places, lane_rows, json);
        json_key(json, "edges");
        json_array(json);
        for (uint32_t i = 0; i < trace->edge_count; i++)
            edge_json(&trace->edges[i], json);
        json_end_array(json);
        lanes_json(trace, places, lane_rows, lanes, json);
        json_key(json, "truncated"), json_bool(json, trace->cut_off);
        json_key(json, "visited"), json_unsigned(json, trace->considered);
        json_end_object(json);
    }
    free(places);
    free(lane_rows);
    return error;
}
