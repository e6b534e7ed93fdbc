/* Growing the trees of an isolation forest from rows, and taking over trees grown elsewhere. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "learn/isolation_inside.h"

/* What one tree is grown from; `rows` of it are its sample, `order` their order in the tree. */
struct growth {
    struct isolation_heap heap;
    struct random random;
    const float *rows;
    uint32_t columns, sample;
    uint32_t *order, *choice; /* choice: the columns, for drawing without replacement */
    uint32_t *taken;          /* row + 1 by hash, 0 is free; 2^(depth + 1) places */
};

static bool row_take(struct growth *growth, uint32_t row)
{
    uint32_t places = 1u << (growth->heap.depth + 1), at = row * 0x9e3779b1u >> 7 & (places - 1);
    for (; growth->taken[at]; at = (at + 1) & (places - 1))
        if (growth->taken[at] == row + 1)
            return false;
    growth->taken[at] = row + 1;
    return true;
}

/* `sample` of the rows, each at most once (Floyd's algorithm: Bentley and Floyd, CACM 1987). */
static void sample_draw(struct growth *growth, uint32_t count)
{
    memset(growth->taken, 0, sizeof(*growth->taken) << (growth->heap.depth + 1));
    for (uint32_t i = 0; i < growth->sample; i++) {
        uint32_t last = count - growth->sample + i, row = random_below(&growth->random, last + 1);
        if (!row_take(growth, row)) {
            row = last;
            row_take(growth, row);
        }
        growth->order[i] = row;
    }
}

static float value_of(const struct growth *growth, uint32_t place, uint32_t column)
{
    return growth->rows[(size_t)growth->order[place] * growth->columns + column];
}

/* A split of the rows in [first, end) by a column drawn from those that are not constant there. */
static bool split_draw(struct growth *growth, uint32_t first, uint32_t end,
                       struct isolation_split *ret_split)
{
    for (uint32_t left = growth->columns; left > 0; left--) {
        uint32_t drawn = random_below(&growth->random, left), column = growth->choice[drawn];
        growth->choice[drawn] = growth->choice[left - 1];
        growth->choice[left - 1] = column;
        float low = value_of(growth, first, column), high = low;
        for (uint32_t i = first + 1; i < end; i++) {
            float value = value_of(growth, i, column);
            low = value < low ? value : low;
            high = value > high ? value : high;
        }
        if (low == high)
            continue;
        double width = (double)high - (double)low;
        float threshold = (float)((double)low + random_unit(&growth->random) * width);
        *ret_split = (struct isolation_split){column, threshold < high ? threshold : low};
        return true;
    }
    return false;
}

static uint32_t rows_part(struct growth *growth, uint32_t first, uint32_t end,
                          struct isolation_split split)
{
    while (first < end) {
        if (value_of(growth, first, split.column) > split.threshold) {
            uint32_t row = growth->order[first];
            growth->order[first] = growth->order[--end];
            growth->order[end] = row;
        } else {
            first++;
        }
    }
    return first;
}

static double node_grow(struct growth *growth, uint32_t node, uint32_t level, uint32_t first,
                        uint32_t end)
{
    const struct isolation_heap *heap = &growth->heap;
    struct isolation_split split;
    if (level == heap->depth || end - first < 2 || !split_draw(growth, first, end, &split)) {
        double value = level + isolation_mean_depth(end - first);
        isolation_leaf_put(heap, node, level, (float)value);
        return value;
    }
    uint32_t middle = rows_part(growth, first, end, split);
    double low = node_grow(growth, 2 * node, level + 1, first, middle);
    double high = node_grow(growth, 2 * node + 1, level + 1, middle, end);
    double value = (low * (middle - first) + high * (end - middle)) / (end - first);
    heap->splits[node] = split;
    heap->values[node] = (float)value;
    return value;
}

static bool sample_finite(const struct growth *growth)
{
    for (uint32_t i = 0; i < growth->sample; i++)
        for (uint32_t column = 0; column < growth->columns; column++)
            if (!isfinite(value_of(growth, i, column)))
                return false;
    return true;
}

static int trees_grow(struct isolation_forest *forest, struct growth *growth, uint32_t count)
{
    for (uint32_t column = 0; column < growth->columns; column++)
        growth->choice[column] = column;
    for (uint32_t tree = 0; tree < forest->trees; tree++) {
        growth->heap = isolation_heap_of(forest, tree);
        sample_draw(growth, count);
        if (!sample_finite(growth))
            return -EINVAL;
        node_grow(growth, 1, 0, 0, growth->sample);
    }
    return 0;
}

int isolation_forest_fit(const struct isolation_options *options, const float *rows, size_t count,
                         struct isolation_forest **ret_forest)
{
    struct isolation_options own = *options;
    struct isolation_forest *forest;
    if (count < 2 || count > UINT32_MAX - 1)
        return -EINVAL;
    if (own.sample > count && own.sample <= ISOLATION_SAMPLE)
        own.sample = (uint32_t)count;
    int status = isolation_forest_open(&own, &forest);
    if (status)
        return status;
    struct growth growth = {.random = {own.seed},
                            .rows = rows,
                            .columns = own.columns,
                            .sample = own.sample,
                            .order = calloc(own.sample, sizeof(uint32_t)),
                            .choice = calloc(own.columns, sizeof(uint32_t)),
                            .taken = calloc(2u << forest->depth, sizeof(uint32_t))};
    status = growth.order && growth.choice && growth.taken
                 ? trees_grow(forest, &growth, (uint32_t)count)
                 : -ENOMEM;
    free(growth.order);
    free(growth.choice);
    free(growth.taken);
    if (status)
        isolation_forest_close(forest);
    else
        *ret_forest = forest;
    return status;
}

/* The greatest float that isn't above `value`: floats compare with it as with `value` itself. */
static float float_below(double value)
{
    float nearest = (float)value;
    return (double)nearest > value ? nextafterf(nearest, -INFINITY) : nearest;
}

struct import {
    struct isolation_heap heap;
    const struct isolation_tree *tree;
    uint32_t columns;
    bool broken;
};

static double node_import(struct import *import, uint32_t node, uint32_t level, int64_t from)
{
    const struct isolation_tree *tree = import->tree;
    int64_t left = tree->left[from], right = tree->right[from], samples = tree->samples[from];
    import->broken |= samples< 1 || samples > ISOLATION_SAMPLE;
    if (left == -1 && right == -1) {
        double value = level + isolation_mean_depth((double)samples);
        isolation_leaf_put(&import->heap, node, level, (float)value);
        return value;
    }
    int64_t column = tree->column[from];
    import->broken |= left <= from || right <= from || left >= tree->nodes ||
                      right >= tree->nodes || column < 0 || column >= import->columns ||
                      !isfinite(float_below(tree->threshold[from])) ||
                      level == import->heap.depth;
    if (import->broken)
        return 0;
    double low = node_import(import, 2 * node, level + 1, left);
    double high = node_import(import, 2 * node + 1, level + 1, right);
    if (import->broken || tree->samples[left] + tree->samples[right] != samples) {
        import->broken = true;
        return 0;
    }
    double value =
        (low * (double)tree->samples[left] + high * (double)tree->samples[right]) / (double)samples;
    import->heap.splits[node] =
        (struct isolation_split){(uint32_t)column, float_below(tree->threshold[from])};
    import->heap.values[node] = (float)value;
    return value;
}

int isolation_forest_import(const struct isolation_options *options,
                            const struct isolation_tree *trees,
                            struct isolation_forest **ret_forest)
{
    struct isolation_forest *forest;
    int status = isolation_forest_open(options, &forest);
    if (status)
        return status;
    struct import import = {.columns = options->columns};
    for (uint32_t tree = 0; tree < options->trees && !import.broken; tree++) {
        import.heap = isolation_heap_of(forest, tree);
        import.tree = &trees[tree];
        import.broken = trees[tree].nodes == 0;
        if (!import.broken)
            node_import(&import, 1, 0, 0);
    }
    if (import.broken) {
        isolation_forest_close(forest);
        return -EINVAL;
    }
    *ret_forest = forest;
    return 0;
}
