#include <errno.h>
#include <stdlib.h>

#include "learn/isolation_inside.h"

enum {
    ABREAST = 16, /* rows that go down a tree together: their loads don't wait for each other */
    BLOCK = 256,  /* rows that meet all trees before the next do: in the nearest cache */
};

int isolation_forest_open(const struct isolation_options *options,
                          struct isolation_forest **ret_forest)
{
    if (options->columns == 0 || options->columns > ISOLATION_COLUMNS || options->trees == 0 ||
        options->trees > ISOLATION_TREES || options->sample < 2 ||
        options->sample > ISOLATION_SAMPLE)
        return -EINVAL;
    struct isolation_forest *forest = calloc(1, sizeof(*forest));
    if (!forest)
        return -ENOMEM;
    forest->columns = options->columns;
    forest->trees = options->trees;
    forest->sample = options->sample;
    forest->depth = isolation_depth(options->sample);
    size_t leaves = (size_t)options->trees << forest->depth;
    forest->splits = calloc(leaves, sizeof(*forest->splits));
    forest->values = calloc(2 * leaves, sizeof(*forest->values));
    if (!forest->splits || !forest->values) {
        isolation_forest_close(forest);
        return -ENOMEM;
    }
    *ret_forest = forest;
    return 0;
}

void isolation_forest_close(struct isolation_forest *forest)
{
    if (!forest)
        return;
    free(forest->splits);
    free(forest->values);
    free(forest);
}

uint32_t isolation_forest_columns(const struct isolation_forest *forest)
{
    return forest->columns;
}

void isolation_leaf_put(const struct isolation_heap *heap, uint32_t node, uint32_t level,
                        float value)
{
    for (; level < heap->depth; level++, node *= 2) {
        heap->splits[node] = (struct isolation_split){0, INFINITY};
        heap->values[node] = value;
    }
    heap->values[node] = value;
}

/* `abreast` is a constant where this is called, so that the rows' nodes stay in registers. */
static inline __attribute__((always_inline)) void rows_descend(const struct isolation_heap *heap,
                                                               const float *rows, size_t columns,
                                                               size_t abreast, double *lengths)
{
    size_t node[ABREAST];
    for (size_t i = 0; i < abreast; i++)
        node[i] = 1;
    for (uint32_t level = 0; level < heap->depth; level++)
        for (size_t i = 0; i < abreast; i++) {
            struct isolation_split split = heap->splits[node[i]];
            node[i] = 2 * node[i] + (rows[i * columns + split.column] > split.threshold);
        }
    for (size_t i = 0; i < abreast; i++)
        lengths[i] += (double)heap->values[node[i]];
}

static void block_descend(const struct isolation_heap *heap, const float *rows, size_t columns,
                          size_t count, double *lengths)
{
    size_t row = 0;
    for (; row + ABREAST <= count; row += ABREAST)
        rows_descend(heap, rows + row * columns, columns, ABREAST, lengths + row);
    for (; row < count; row++)
        rows_descend(heap, rows + row * columns, columns, 1, lengths + row);
}

void isolation_forest_score(const struct isolation_forest *forest, const float *rows, size_t count,
                            double *ret_scores)
{
    double scale = -1 / (forest->trees * isolation_mean_depth(forest->sample));
    for (size_t start = 0; start < count; start += BLOCK) {
        size_t most = count - start < BLOCK ? count - start : BLOCK;
        double lengths[BLOCK] = {0};
        for (uint32_t tree = 0; tree < forest->trees; tree++) {
            struct isolation_heap heap = isolation_heap_of(forest, tree);
            block_descend(&heap, rows + start * forest->columns, forest->columns, most, lengths);
        }
        for (size_t i = 0; i < most; i++)
            ret_scores[start + i] = exp2(lengths[i] * scale);
    }
}

double isolation_forest_explain(const struct isolation_forest *forest, const float *row,
                                double *ret_columns)
{
    double sum = 0;
    for (uint32_t column = 0; column < forest->columns; column++)
        ret_columns[column] = 0;
    for (uint32_t tree = 0; tree < forest->trees; tree++) {
        struct isolation_heap heap = isolation_heap_of(forest, tree);
        size_t node = 1;
        for (uint32_t level = 0; level < heap.depth; level++) {
            struct isolation_split split = heap.splits[node];
            size_t child = 2 * node + (row[split.column] > split.threshold);
            ret_columns[split.column] += (double)heap.values[node] - (double)heap.values[child];
            node = child;
        }
    }
    for (uint32_t column = 0; column < forest->columns; column++)
        sum += ret_columns[column] /= forest->trees;
    return sum;
}
