/*
 * The trees as bytes: magic and version, columns, classes, trees, nodes of all; then of each tree
 * its number of nodes, and of each node column * 2 + missing_left + 1, or 0 for a leaf; the bits of
 * value and cover. All u32. Where a node's children are follows from the order (boosted_inside.h).
 */
#include <errno.h>
#include <math.h>

#include "learn/boosted_inside.h"

enum { MAGIC = 0x31544268 /* "hBT1" */, NODE_SIZE = 12 };

void boosted_trees_save(const struct boosted_trees *model, struct buffer *out)
{
    buffer_put_u32(out, MAGIC);
    buffer_put_u32(out, model->columns);
    buffer_put_u32(out, model->classes);
    buffer_put_u32(out, model->count);
    buffer_put_u32(out, model->starts[model->count]);
    for (uint32_t tree = 0; tree < model->count; tree++) {
        uint32_t start = model->starts[tree], end = model->starts[tree + 1];
        buffer_put_u32(out, end - start);
        for (uint32_t i = start; i < end; i++) {
            const struct boosted_node *node = &model->nodes[i];
            buffer_put_u32(out, node->left ? node->column * 2 + node->missing_left + 1 : 0);
            buffer_put_float(out, node->value);
            buffer_put_float(out, node->cover);
        }
    }
}

/* Every node but the root is the child of one before it, and none is deeper than allowed. */
static bool tree_load(struct boosted_node *nodes, uint32_t count, uint32_t columns,
                      struct cursor *from)
{
    uint32_t next = 1, level = 0, level_end = 1;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t asked = cursor_u32(from);
        nodes[i] = (struct boosted_node){.value = cursor_float(from)};
        nodes[i].cover = cursor_float(from);
        if (i >= next || !isfinite(nodes[i].value) || !isnormal(nodes[i].cover) ||
            nodes[i].cover < 0)
            return false;
        if (i == level_end) {
            level++;
            level_end = next;
        }
        if (asked == 0)
            continue;
        nodes[i].column = (asked - 1) / 2;
        nodes[i].missing_left = (asked - 1) % 2;
        nodes[i].left = next;
        next += 2;
        if (nodes[i].column >= columns || next > count || level >= BOOSTED_DEPTH)
            return false;
    }
    return next == count && cursor_ok(from);
}

static bool trees_load(struct boosted_trees *model, uint32_t nodes, struct cursor *from)
{
    for (uint32_t tree = 0; tree < model->count; tree++) {
        uint32_t count = cursor_u32(from), start = model->starts[tree];
        if (count == 0 || count > nodes - start ||
            !tree_load(model->nodes + start, count, model->columns, from))
            return false;
        model->starts[tree + 1] = start + count;
    }
    return model->starts[model->count] == nodes;
}

int boosted_trees_load(struct cursor *from, struct boosted_trees **ret_model)
{
    struct boosted_trees *model;
    if (cursor_u32(from) != MAGIC)
        return -EBADMSG;
    uint32_t columns = cursor_u32(from), classes = cursor_u32(from), count = cursor_u32(from);
    uint32_t nodes = cursor_u32(from);
    if (!cursor_ok(from) || nodes > cursor_left(from) / NODE_SIZE || count > nodes)
        return -EBADMSG; /* no memory for what can't come */
    int status = boosted_trees_open(columns, classes, count, nodes, &model);
    if (status)
        return status == -EINVAL ? -EBADMSG : status;
    if (!trees_load(model, nodes, from)) {
        boosted_trees_close(model);
        return -EBADMSG;
    }
    *ret_model = model;
    return 0;
}
