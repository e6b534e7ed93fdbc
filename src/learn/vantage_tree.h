/*
 * learn/vantage_tree.h -- the nearest neighbours of a point, by Euclidean distance.
 *
 * A vantage point tree (Yianilos, SODA 1993): each node holds a point and the
 * median distance of the others under it, who are nearer on one side and
 * farther on the other. A search leaves a side out when the triangle inequality
 * says that nobody there is near enough; what it finds is exact.
 */
#ifndef LEARN_VANTAGE_TREE_H
#define LEARN_VANTAGE_TREE_H

#include <stdint.h>

enum { VANTAGE_NEIGHBOURS = 1024 }; /* most, of one search */

struct vantage_tree;

struct vantage_neighbour {
    double distance;
    uint32_t point;
};

/* `samples`: points x dimensions, kept by pointer. The same seed, the same tree. -ENOMEM. */
int vantage_tree_open(const double *samples, uint32_t points, uint32_t dimensions, uint64_t seed,
                      struct vantage_tree **ret_tree) __attribute__((warn_unused_result));

/*
 * The `most` points (<= VANTAGE_NEIGHBOURS) nearest to `point`, without itself,
 * the nearest first; how many. Of several at the last distance any may be left out.
 */
uint32_t vantage_tree_near(const struct vantage_tree *tree, uint32_t point, uint32_t most,
                           struct vantage_neighbour *neighbours);

void vantage_tree_close(struct vantage_tree *tree);

#endif
