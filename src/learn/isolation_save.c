/*
 * The forest as bytes: magic and version, columns, trees, sample; then each
 * tree's nodes, the parent before its children: column + 1, or 0 for a leaf;
 * the threshold, unless a leaf; the value. All u32 or the bits of floats.
 */
#include <errno.h>

#include "learn/isolation_inside.h"

enum { MAGIC = 0x31466968 /* "hiF1" */ };

static void node_save(const struct isolation_heap *heap, uint32_t node, uint32_t level,
                      struct buffer *out)
{
    if (level == heap->depth || isinf(heap->splits[node].threshold)) {
        buffer_put_u32(out, 0);
        buffer_put_float(out, heap->values[node]);
        return;
    }
    buffer_put_u32(out, heap->splits[node].column + 1);
    buffer_put_float(out, heap->splits[node].threshold);
    buffer_put_float(out, heap->values[node]);
    node_save(heap, 2 * node, level + 1, out);
    node_save(heap, 2 * node + 1, level + 1, out);
}

void isolation_forest_save(const struct isolation_forest *forest, struct buffer *out)
{
    buffer_put_u32(out, MAGIC);
    buffer_put_u32(out, forest->columns);
    buffer_put_u32(out, forest->trees);
    buffer_put_u32(out, forest->sample);
    for (uint32_t tree = 0; tree < forest->trees; tree++) {
        struct isolation_heap heap = isolation_heap_of(forest, tree);
        node_save(&heap, 1, 0, out);
    }
}

static bool value_valid(float value)
{
    return value >= 0 && value <= 64; /* depth 12 and c(4096) make 29 */
}

static bool node_load(const struct isolation_heap *heap, uint32_t columns, uint32_t node,
                      uint32_t level, struct cursor *from)
{
    uint32_t column = cursor_u32(from);
    if (column == 0) {
        float value = cursor_float(from);
        isolation_leaf_put(heap, node, level, value);
        return cursor_ok(from) && value_valid(value);
    }
    float threshold = cursor_float(from), value = cursor_float(from);
    if (!cursor_ok(from) || column > columns || !isfinite(threshold) || !value_valid(value) ||
        level == heap->depth)
        return false;
    heap->splits[node] = (struct isolation_split){column - 1, threshold};
    heap->values[node] = value;
    return node_load(heap, columns, 2 * node, level + 1, from) &&
           node_load(heap, columns, 2 * node + 1, level + 1, from);
}

int isolation_forest_load(struct cursor *from, struct isolation_forest **ret_forest)
{
    struct isolation_forest *forest;
    if (cursor_u32(from) != MAGIC)
        return -EBADMSG;
    struct isolation_options options = {.columns = cursor_u32(from)};
    options.trees = cursor_u32(from);
    options.sample = cursor_u32(from);
    if (!cursor_ok(from) || cursor_left(from) / 8 < options.trees)
        return -EBADMSG;
    int status = isolation_forest_open(&options, &forest);
    if (status)
        return status == -EINVAL ? -EBADMSG : status;
    bool good = true;
    for (uint32_t tree = 0; tree < options.trees && good; tree++) {
        struct isolation_heap heap = isolation_heap_of(forest, tree);
        good = node_load(&heap, options.columns, 1, 0, from);
    }
    if (!good) {
        isolation_forest_close(forest);
        return -EBADMSG;
    }
    *ret_forest = forest;
    return 0;
}
