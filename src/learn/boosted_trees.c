#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "learn/boosted_inside.h"

enum {
    ABREAST = 8, /* rows that go down a tree together: their loads don't wait for each other */
    BLOCK = 128, /* rows that meet all trees before the next do */
};

int boosted_trees_open(uint32_t columns, uint32_t classes, uint32_t count, uint32_t nodes,
                       struct boosted_trees **ret_model)
{
    if (columns == 0 || columns > BOOSTED_COLUMNS || classes < 2 || classes > BOOSTED_CLASSES)
        return -EINVAL;
    uint32_t outputs = classes == 2 ? 1 : classes;
    if (count == 0 || count > outputs * BOOSTED_ROUNDS || count % outputs != 0 || nodes < count ||
        nodes > BOOSTED_NODES)
        return -EINVAL;
    struct boosted_trees *model = calloc(1, sizeof(*model));
    if (!model)
        return -ENOMEM;
    *model = (struct boosted_trees){columns, classes, outputs, count, NULL, NULL};
    model->starts = calloc((size_t)count + 1, sizeof(*model->starts));
    model->nodes = calloc(nodes, sizeof(*model->nodes));
    if (!model->starts || !model->nodes) {
        boosted_trees_close(model);
        return -ENOMEM;
    }
    *ret_model = model;
    return 0;
}

void boosted_trees_close(struct boosted_trees *model)
{
    if (!model)
        return;
    free(model->starts);
    free(model->nodes);
    free(model);
}

uint32_t boosted_trees_columns(const struct boosted_trees *model)
{
    return model->columns;
}

uint32_t boosted_trees_classes(const struct boosted_trees *model)
{
    return model->classes;
}

uint32_t boosted_trees_outputs(const struct boosted_trees *model)
{
    return model->outputs;
}

/* `abreast` is a constant where this is called. Who is at a leaf waits there for the others. */
static inline __attribute__((always_inline)) void rows_descend(const struct boosted_node *nodes,
                                                               const float *rows, size_t columns,
                                                               size_t abreast, double *outputs,
                                                               size_t stride)
{
    uint32_t at[ABREAST] = {0}, moved;
    do {
        moved = 0;
        for (size_t i = 0; i < abreast; i++) {
            const struct boosted_node *node = &nodes[at[i]];
            uint32_t next = boosted_next(node, rows + i * columns);
            at[i] = node->left ? next : at[i];
            moved |= node->left;
        }
    } while (moved);
    for (size_t i = 0; i < abreast; i++)
        outputs[i * stride] += (double)nodes[at[i]].value;
}

/* A row's outputs stand `classes` from those of the one before. */
static void block_sum(const struct boosted_trees *model, const float *rows, size_t count,
                      double *outputs)
{
    for (size_t i = 0; i < count * model->classes; i++)
        outputs[i] = 0;
    for (uint32_t tree = 0, output = 0; tree < model->count; tree++) {
        const struct boosted_node *nodes = model->nodes + model->starts[tree];
        size_t i = 0, columns = model->columns, classes = model->classes;
        for (; i + ABREAST <= count; i += ABREAST)
            rows_descend(nodes, rows + i * columns, columns, ABREAST,
                         outputs + i * classes + output, classes);
        for (; i < count; i++)
            rows_descend(nodes, rows + i * columns, columns, 1, outputs + i * classes + output,
                         classes);
        output = output + 1 < model->outputs ? output + 1 : 0;
    }
}

static void shares_make(double *shares, uint32_t classes)
{
    uint32_t top = 0;
    for (uint32_t i = 1; i < classes; i++)
        top = shares[i] > shares[top] ? i : top;
    double most = shares[top], sum = 1; /* the top one's */
    for (uint32_t i = 0; i < classes; i++) {
        shares[i] = exp(shares[i] - most);
        sum += i == top ? 0 : shares[i];
    }
    for (uint32_t i = 0; i < classes; i++)
        shares[i] /= sum;
}

void boosted_trees_judge(const struct boosted_trees *model, const float *rows, size_t count,
                         double *ret_shares)
{
    for (size_t i = 0; i < count; i++) {
        double *shares = ret_shares + i * model->classes;
        if (i % BLOCK == 0)
            block_sum(model, rows + i * model->columns, count - i < BLOCK ? count - i : BLOCK,
                      shares);
        if (model->outputs == 1) { /* log odds of the second: the first's output is 0 */
            shares[1] = shares[0];
            shares[0] = 0;
        }
        shares_make(shares, model->classes);
    }
}

/*
 * TreeSHAP. A way from the root names the columns asked on it, each once: how much of the rows
 * learned from (`unknown`) and of the row itself (`known`: 1 or 0) goes that way, and the weights
 * of the ways in which 0, 1, … of them are known.
 */
struct step {
    uint32_t column;
    double unknown, known, weight;
};

struct way {
    struct step steps[BOOSTED_DEPTH + 1];
    uint32_t length;
};

struct explanation {
    const struct boosted_node *nodes;
    const float *row;
    double *values;
    uint32_t columns;
};

static void way_extend(struct way *way, uint32_t column, double unknown, double known)
{
    uint32_t length = way->length++;
    way->steps[length] = (struct step){column, unknown, known, length == 0};
    for (uint32_t i = length; i-- > 0;) {
        double weight = way->steps[i].weight / (length + 1);
        way->steps[i + 1].weight += known * weight * (i + 1);
        way->steps[i].weight = unknown * weight * (length - i);
    }
}

/* The weights as they were before step `at` was taken, into `weights`; their sum. */
static double way_without(const struct way *way, uint32_t at, double *weights)
{
    uint32_t last = way->length - 1;
    double known = way->steps[at].known, unknown = way->steps[at].unknown, sum = 0;
    double next = way->steps[last].weight;
    for (uint32_t i = last; i-- > 0;) {
        double weight = way->steps[i].weight;
        if (known != 0) {
            weights[i] = next * way->length / ((i + 1) * known);
            next = weight - weights[i] * unknown * (last - i) / way->length;
        } else {
            weights[i] = weight * way->length / (unknown * (last - i));
        }
        sum += weights[i];
    }
    return sum;
}

static struct step way_take_out(struct way *way, uint32_t at)
{
    double weights[BOOSTED_DEPTH + 1];
    struct step taken = way->steps[at];
    way_without(way, at, weights);
    way->length--;
    for (uint32_t i = at; i < way->length; i++)
        way->steps[i] = way->steps[i + 1];
    for (uint32_t i = 0; i < way->length; i++)
        way->steps[i].weight = weights[i];
    return taken;
}

static void leaf_explain(const struct explanation *explanation, const struct way *way, double value)
{
    double weights[BOOSTED_DEPTH + 1];
    for (uint32_t i = 1; i < way->length; i++) {
        const struct step *step = &way->steps[i];
        explanation->values[step->column] +=
            way_without(way, i, weights) * (step->known - step->unknown) * value;
    }
}

/* `way` is the one to here; `share` is that of the rows learned from that comes here at all. */
static void node_explain(const struct explanation *explanation, const struct way *to, uint32_t at,
                         double share)
{
    const struct boosted_node *node = explanation->nodes + at;
    if (!node->left) {
        leaf_explain(explanation, to, (double)node->value);
        explanation->values[explanation->columns] += share * (double)node->value;
        return;
    }
    struct way rest = *to;
    struct step before = {.unknown = 1, .known = 1};
    for (uint32_t i = 1; i < rest.length; i++)
        if (rest.steps[i].column == node->column) {
            before = way_take_out(&rest, i);
            break;
        }
    uint32_t taken = boosted_next(node, explanation->row);
    double cover = (double)explanation->nodes[node->left].cover +
                   (double)explanation->nodes[node->left + 1].cover;
    for (uint32_t child = node->left; child < node->left + 2; child++) {
        double part = (double)explanation->nodes[child].cover / cover;
        struct way way = rest;
        way_extend(&way, node->column, before.unknown * part, child == taken ? before.known : 0);
        node_explain(explanation, &way, child, share * part);
    }
}

void boosted_trees_explain(const struct boosted_trees *model, const float *row, double *ret_values)
{
    size_t width = (size_t)model->columns + 1;
    for (size_t i = 0; i < model->outputs * width; i++)
        ret_values[i] = 0;
    for (uint32_t tree = 0; tree < model->count; tree++) {
        struct explanation explanation = {model->nodes + model->starts[tree], row,
                                          ret_values + tree % model->outputs * width,
                                          model->columns};
        struct way way = {.length = 0};
        way_extend(&way, model->columns, 1, 1); /* the root, which no column leads to */
        node_explain(&explanation, &way, 0, 1);
    }
}
