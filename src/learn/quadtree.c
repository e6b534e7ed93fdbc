#include "learn/quadtree.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum { DEPTH = 40, STACK = 4 * DEPTH + 4 }; /* points nearer than 2^-40 of all share a leaf */

struct node {
    double sum_x, sum_y; /* of the points in it; divided by the count once the tree is built */
    uint32_t count;
    uint32_t children; /* the first of four; 0: a leaf */
};

struct quadtree {
    struct node *nodes;
    uint32_t count, room;
    double left, bottom, width;
};

int quadtree_open(uint32_t points, struct quadtree **ret_tree)
{
    struct quadtree *tree = calloc(1, sizeof(*tree));
    if (!tree)
        return -ENOMEM;
    tree->room = 4 * points + 64;
    tree->nodes = calloc(tree->room, sizeof(*tree->nodes));
    if (!tree->nodes) {
        free(tree);
        return -ENOMEM;
    }
    *ret_tree = tree;
    return 0;
}

/* Where a cell is while a walk goes down into it. */
struct cell {
    double left, bottom, width;
};

static uint32_t quarter_of(struct cell *cell, double x, double y)
{
    cell->width /= 2;
    uint32_t right = x >= cell->left + cell->width, upper = y >= cell->bottom + cell->width;
    cell->left += right ? cell->width : 0;
    cell->bottom += upper ? cell->width : 0;
    return right + 2 * upper;
}

static int node_split(struct quadtree *tree, uint32_t node)
{
    if (tree->count + 4 > tree->room) {
        if (tree->room > UINT32_MAX / 2)
            return -ENOMEM;
        struct node *nodes = reallocarray(tree->nodes, 2 * (size_t)tree->room, sizeof(*nodes));
        if (!nodes)
            return -ENOMEM;
        tree->nodes = nodes;
        tree->room *= 2;
    }
    tree->nodes[node].children = tree->count;
    for (int i = 0; i < 4; i++)
        tree->nodes[tree->count++] = (struct node){0};
    return 0;
}

static void node_add(struct node *node, double x, double y, uint32_t count)
{
    node->sum_x += x;
    node->sum_y += y;
    node->count += count;
}

/* Down to an empty leaf; a leaf on the way passes what it holds on to a child of its own. */
static int point_add(struct quadtree *tree, double x, double y)
{
    struct cell cell = {tree->left, tree->bottom, tree->width};
    uint32_t at = 0;
    for (int depth = 0;; depth++) {
        struct node held = tree->nodes[at];
        if (held.children == 0 && (held.count == 0 || depth == DEPTH)) {
            node_add(&tree->nodes[at], x, y, 1);
            return 0;
        }
        if (held.children == 0) { /* one point: only the deepest leaves hold more */
            int error = node_split(tree, at);
            if (error)
                return error;
            struct cell place = cell;
            uint32_t quarter = quarter_of(&place, held.sum_x, held.sum_y);
            node_add(&tree->nodes[tree->nodes[at].children + quarter], held.sum_x, held.sum_y,
                     held.count);
        }
        node_add(&tree->nodes[at], x, y, 1);
        at = tree->nodes[at].children + quarter_of(&cell, x, y);
    }
}

int quadtree_build(struct quadtree *tree, const double *places, uint32_t points)
{
    double least[2] = {INFINITY, INFINITY}, most[2] = {-INFINITY, -INFINITY};
    for (uint32_t i = 0; i < 2 * points; i++) {
        least[i % 2] = fmin(least[i % 2], places[i]);
        most[i % 2] = fmax(most[i % 2], places[i]);
    }
    tree->left = least[0];
    tree->bottom = least[1];
    tree->width = fmax(most[0] - least[0], most[1] - least[1]) * (1 + 1e-9) + 1e-300;
    tree->nodes[0] = (struct node){0};
    tree->count = 1;
    for (uint32_t i = 0; i < points; i++) {
        int error = point_add(tree, places[2 * (size_t)i], places[2 * (size_t)i + 1]);
        if (error)
            return error;
    }
    for (uint32_t i = 0; i < tree->count; i++)
        if (tree->nodes[i].count > 1) {
            tree->nodes[i].sum_x /= tree->nodes[i].count;
            tree->nodes[i].sum_y /= tree->nodes[i].count;
        }
    return 0;
}

struct quadtree_sum quadtree_sum(const struct quadtree *tree, double x, double y, double theta)
{
    struct {
        uint32_t node;
        double width;
    } stack[STACK];
    struct quadtree_sum sum = {0};
    int height = 0;
    stack[height].node = 0;
    stack[height++].width = tree->width;
    while (height > 0) {
        const struct node *node = &tree->nodes[stack[--height].node];
        double width = stack[height].width, dx = x - node->sum_x, dy = y - node->sum_y;
        double square = dx * dx + dy * dy;
        if (node->count == 0)
            continue;
        if (node->children == 0 || width * width < theta * theta * square) {
            double weight = 1 / (1 + square);
            sum.weight += node->count * weight;
            sum.x += node->count * weight * weight * dx;
            sum.y += node->count * weight * weight * dy;
            continue;
        }
        for (uint32_t i = 0; i < 4; i++) {
            stack[height].node = node->children + i;
            stack[height++].width = width / 2;
        }
    }
    sum.weight -= 1; /* the point itself: w = 1, and no direction */
    return sum;
}

void quadtree_close(struct quadtree *tree)
{
    if (!tree)
        return;
    free(tree->nodes);
    free(tree);
}
