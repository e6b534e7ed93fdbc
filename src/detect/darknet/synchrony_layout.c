/* Places for the nodes of a graph: each group round its own spot, by springs within it. */
#include <math.h>
#include <stdlib.h>

#include "detect/darknet/synchrony_groups.h"

enum { STEPS = 60 };

/* Sunflower: spots of an even spread, the first in the middle. */
static void spot(uint32_t number, uint32_t of, double *ret_x, double *ret_y)
{
    static const double golden = 2.399963229728653;
    double radius = sqrt(((double)number + 0.5) / of), angle = golden * number;
    *ret_x = radius * cos(angle);
    *ret_y = radius * sin(angle);
}

struct push {
    double x, y;
};

/* Nodes of a group push each other apart (Fruchterman and Reingold, 1991). */
static void push_apart(const struct synchrony_node *nodes, uint32_t from, uint32_t to, double wide,
                       struct push *pushes)
{
    for (uint32_t i = from; i < to; i++)
        for (uint32_t j = from; j < to; j++) {
            double x = nodes[i].x - nodes[j].x, y = nodes[i].y - nodes[j].y;
            double apart = x * x + y * y + 1e-9;
            pushes[i].x += i == j ? 0 : x / apart * wide * wide;
            pushes[i].y += i == j ? 0 : y / apart * wide * wide;
        }
}

static void pull_together(const struct synchrony_node *nodes, const struct synchrony_edge *edges,
                          uint32_t edge_count, double wide, struct push *pushes)
{
    for (uint32_t e = 0; e < edge_count; e++) {
        uint32_t a = edges[e].first, b = edges[e].second;
        double x = nodes[a].x - nodes[b].x, y = nodes[a].y - nodes[b].y;
        double far = sqrt(x * x + y * y) / wide;
        pushes[a].x -= x * far;
        pushes[a].y -= y * far;
        pushes[b].x += x * far;
        pushes[b].y += y * far;
    }
}

static void move(struct synchrony_node *nodes, const struct push *pushes, uint32_t count,
                 double most)
{
    for (uint32_t i = 0; i < count; i++) {
        double length = sqrt(pushes[i].x * pushes[i].x + pushes[i].y * pushes[i].y) + 1e-12;
        double step = length < most ? 1 : most / length;
        nodes[i].x += pushes[i].x * step;
        nodes[i].y += pushes[i].y * step;
    }
}

/* Into [0,1], with a margin. */
static void fit(struct synchrony_node *nodes, uint32_t count)
{
    double low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};
    for (uint32_t i = 0; i < count; i++) {
        low[0] = fmin(low[0], nodes[i].x), high[0] = fmax(high[0], nodes[i].x);
        low[1] = fmin(low[1], nodes[i].y), high[1] = fmax(high[1], nodes[i].y);
    }
    for (uint32_t i = 0; i < count; i++) {
        nodes[i].x = 0.03 + 0.94 * (nodes[i].x - low[0]) / fmax(high[0] - low[0], 1e-9);
        nodes[i].y = 0.03 + 0.94 * (nodes[i].y - low[1]) / fmax(high[1] - low[1], 1e-9);
    }
}

/* Start: groups on spots of a large sunflower, their nodes on a small one round it. */
static void start(struct synchrony_node *nodes, uint32_t count)
{
    uint32_t groups = nodes[count - 1].group;
    for (uint32_t i = 0, first = 0; i < count; i++) {
        if (nodes[i].group != nodes[first].group)
            first = i;
        uint32_t members = first;
        while (members < count && nodes[members].group == nodes[i].group)
            members++;
        double x, y, group_x, group_y;
        spot(nodes[i].group - 1, groups, &group_x, &group_y);
        spot(i - first, members - first, &x, &y);
        double size = 0.9 * sqrt((double)(members - first) / count);
        nodes[i].x = group_x + size * x;
        nodes[i].y = group_y + size * y;
    }
}

void synchrony_layout(struct synchrony_node *nodes, uint32_t node_count,
                      const struct synchrony_edge *edges, uint32_t edge_count)
{
    if (node_count == 0)
        return;
    static const struct push none;
    struct push pushes[SYNCHRONY_NODES];
    double wide = 0.6 / sqrt(node_count);
    start(nodes, node_count);
    for (int step = 0; step < STEPS; step++) {
        for (uint32_t i = 0; i < node_count; i++)
            pushes[i] = none;
        for (uint32_t from = 0, to; from < node_count; from = to) {
            to = from;
            while (to < node_count && nodes[to].group == nodes[from].group)
                to++;
            push_apart(nodes, from, to, wide, pushes);
        }
        pull_together(nodes, edges, edge_count, wide, pushes);
        move(nodes, pushes, node_count, 0.05 * (1 - (double)step / STEPS));
    }
    fit(nodes, node_count);
}
