/*
 * learn/quadtree.h -- what many points on a plane do to one, far ones taken together.
 *
 * Barnes and Hut (Nature 324, 1986), for t-SNE's repulsion: the sums over all
 * other points y of w = 1 / (1 + |x - y|^2), and of w^2 (x - y).
 */
#ifndef LEARN_QUADTREE_H
#define LEARN_QUADTREE_H

#include <stdint.h>

struct quadtree;

struct quadtree_sum {
    double weight, x, y;
};

/* Room for trees over `points` points; it grows where they crowd. -ENOMEM. */
int quadtree_open(uint32_t points, struct quadtree **ret_tree) __attribute__((warn_unused_result));

/* A new tree over points x 2 places, instead of the last one. -ENOMEM. */
int quadtree_build(struct quadtree *tree, const double *places, uint32_t points)
    __attribute__((warn_unused_result));

/* What acts on a point; a cell of width s at distance d counts as one body if s < theta * d. */
struct quadtree_sum quadtree_sum(const struct quadtree *tree, double x, double y, double theta);

void quadtree_close(struct quadtree *tree);

#endif
