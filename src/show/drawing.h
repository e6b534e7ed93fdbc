/*
 * show/drawing.h -- a trace laid out for drawing, as JSON.
 *
 * Time runs left to right in columns, each host has a lane, and in a lane the
 * nodes of a column stand below each other. Everything in a column happened
 * before everything in the next, and no edge stays within a column.
 */
#ifndef SHOW_DRAWING_H
#define SHOW_DRAWING_H

#include "analyse/trace.h"
#include "base/json.h"

enum { DRAWING_COLUMN_NODES = 5, DRAWING_NODES = 1000 };

/* Where a node stands: its column, and its row counted over all lanes. */
struct drawing_place {
    uint32_t column, lane, row;
};

/*
 * Lay out `count` nodes. `ret_places` has one entry a node, `ret_lane_rows` room
 * for as many lanes as there can be (count); returns the number of lanes in
 * `ret_lanes`. Rows count from 0 within a lane. -ENOMEM.
 */
int drawing_place(const struct trace *trace, struct drawing_place *ret_places,
                  uint32_t *ret_lane_rows, uint32_t *ret_lanes) __attribute__((warn_unused_result));

/* {"nodes","edges","lanes","truncated","visited"} with x and y in every node. */
int drawing_json(const struct trace *trace, struct json *json) __attribute__((warn_unused_result));

#endif
