#include "learn/vantage_tree.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* Of the points [from, to): the first is the vantage point, then the nearer half, then the rest. */
struct place {
    uint32_t point;
    double distance; /* to the vantage point above, while building */
    double radius;   /* of the nearer half around this one */
};

struct vantage_tree {
    const double *samples;
    uint32_t points, dimensions;
    uint64_t seed;
    struct place *places;
};

static double distance_of(const struct vantage_tree *tree, uint32_t a, uint32_t b)
{
    const double *one = tree->samples + (size_t)a * tree->dimensions;
    const double *other = tree->samples + (size_t)b * tree->dimensions;
    double sum = 0;
    for (uint32_t i = 0; i < tree->dimensions; i++)
        sum += (one[i] - other[i]) * (one[i] - other[i]);
    return sqrt(sum);
}

static void place_swap(struct place *a, struct place *b)
{
    struct place kept = *a;
    *a = *b;
    *b = kept;
}

static uint32_t draw(struct vantage_tree *tree, uint32_t below)
{
    tree->seed = tree->seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((tree->seed >> 33) % below);
}

/* Hoare's selection: places[middle] is where a sort would put it, the smaller before it. */
static void place_select(struct vantage_tree *tree, uint32_t from, uint32_t to, uint32_t middle)
{
    struct place *places = tree->places;
    while (to - from > 1) {
        double pivot = places[from + draw(tree, to - from)].distance;
        uint32_t less = from, at = from, more = to;
        while (at < more) /* three parts, so that equal distances cost nothing */
            if (places[at].distance < pivot)
                place_swap(&places[less++], &places[at++]);
            else if (places[at].distance > pivot)
                place_swap(&places[at], &places[--more]);
            else
                at++;
        if (middle < less)
            to = less;
        else if (middle >= more)
            from = more;
        else
            return;
    }
}

/* The middle of [from, to) behind its vantage point: the nearer half ends there. */
static uint32_t middle_of(uint32_t from, uint32_t to)
{
    return from + 1 + (to - from - 1) / 2;
}

static void tree_build(struct vantage_tree *tree, uint32_t from, uint32_t to)
{
    if (to - from < 2)
        return;
    struct place *places = tree->places;
    place_swap(&places[from], &places[from + draw(tree, to - from)]);
    for (uint32_t i = from + 1; i < to; i++)
        places[i].distance = distance_of(tree, places[from].point, places[i].point);
    uint32_t middle = middle_of(from, to);
    if (middle < to) {
        place_select(tree, from + 1, to, middle);
        places[from].radius = places[middle].distance;
    }
    tree_build(tree, from + 1, middle); /* halves: the depth is log2 of the points */
    tree_build(tree, middle, to);
}

int vantage_tree_open(const double *samples, uint32_t points, uint32_t dimensions, uint64_t seed,
                      struct vantage_tree **ret_tree)
{
    struct vantage_tree *tree = calloc(1, sizeof(*tree));
    if (!tree)
        return -ENOMEM;
    *tree = (struct vantage_tree){samples, points, dimensions, seed, NULL};
    tree->places = calloc(points ? points : 1, sizeof(*tree->places));
    if (!tree->places) {
        free(tree);
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < points; i++)
        tree->places[i].point = i;
    tree_build(tree, 0, points);
    *ret_tree = tree;
    return 0;
}

/* The neighbours so far, as a heap with the farthest in front. */
struct search {
    const struct vantage_tree *tree;
    uint32_t point, count, most;
    struct vantage_neighbour *near;
};

static void heap_sink(struct vantage_neighbour *heap, uint32_t count)
{
    struct vantage_neighbour moved = heap[0];
    uint32_t at = 0;
    for (uint32_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && heap[child + 1].distance > heap[child].distance)
            child++;
        if (heap[child].distance <= moved.distance)
            break;
        heap[at] = heap[child];
    }
    heap[at] = moved;
}

static void search_offer(struct search *search, uint32_t point, double distance)
{
    struct vantage_neighbour *heap = search->near;
    if (search->count == search->most) {
        if (distance >= heap[0].distance)
            return;
        heap[0] = (struct vantage_neighbour){distance, point};
        heap_sink(heap, search->count);
        return;
    }
    uint32_t at = search->count++;
    for (; at > 0 && heap[(at - 1) / 2].distance < distance; at = (at - 1) / 2)
        heap[at] = heap[(at - 1) / 2];
    heap[at] = (struct vantage_neighbour){distance, point};
}

static double search_reach(const struct search *search)
{
    return search->count < search->most ? INFINITY : search->near[0].distance;
}

static void search_range(struct search *search, uint32_t from, uint32_t to)
{
    if (from >= to)
        return;
    const struct place *place = &search->tree->places[from];
    double distance = distance_of(search->tree, search->point, place->point);
    if (place->point != search->point)
        search_offer(search, place->point, distance);
    uint32_t middle = middle_of(from, to);
    if (distance < place->radius) {
        if (distance - search_reach(search) < place->radius)
            search_range(search, from + 1, middle);
        if (distance + search_reach(search) > place->radius)
            search_range(search, middle, to);
        return;
    }
    if (distance + search_reach(search) > place->radius)
        search_range(search, middle, to);
    if (distance - search_reach(search) < place->radius)
        search_range(search, from + 1, middle);
}

static int neighbour_compare(const void *a, const void *b)
{
    const struct vantage_neighbour *one = a, *other = b;
    if (one->distance != other->distance)
        return one->distance < other->distance ? -1 : 1;
    return one->point < other->point ? -1 : one->point > other->point;
}

uint32_t vantage_tree_near(const struct vantage_tree *tree, uint32_t point, uint32_t most,
                           struct vantage_neighbour *neighbours)
{
    if (most > VANTAGE_NEIGHBOURS)
        most = VANTAGE_NEIGHBOURS;
    if (most == 0)
        return 0;
    struct search search = {.tree = tree, .point = point, .most = most, .near = neighbours};
    search_range(&search, 0, tree->points);
    qsort(neighbours, search.count, sizeof(*neighbours), neighbour_compare);
    return search.count;
}

void vantage_tree_close(struct vantage_tree *tree)
{
    if (!tree)
        return;
    free(tree->places);
    free(tree);
}
