/*
 * detect/darknet/synchrony_groups.h -- who moved together, and where to draw them.
 *
 * Only synchrony.c uses it.
 */
#ifndef DETECT_DARKNET_SYNCHRONY_GROUPS_H
#define DETECT_DARKNET_SYNCHRONY_GROUPS_H

#include "detect/darknet/synchrony_hosts.h"
#include "learn/graphical_lasso.h"

enum { SYNCHRONY_GROUP_LEAST = 5 }; /* hosts: fewer meet by chance */

struct synchrony_groups {
    struct synchrony_group *groups;
    struct synchrony_member *members;
    struct synchrony_node *nodes;
    struct synchrony_edge *edges;
    uint32_t group_count, member_count, node_count, edge_count;
    uint32_t *parent, *place; /* by host: union-find; its node from 1, 0: none */
    uint32_t *size, *leads;   /* by host that leads a group; who leads each group */
    uint16_t *ports;          /* scratch: of one group's hosts */
};

int synchrony_groups_init(struct synchrony_groups *groups, uint32_t most)
    __attribute__((warn_unused_result));

extern const double SYNCHRONY_CORRELATION;

/*
 * Groups are the connected components, of SYNCHRONY_GROUP_LEAST hosts and more,
 * of those edges of the last solution of `lasso` whose ends move the same way
 * and correlate, in `covariance`, at SYNCHRONY_CORRELATION or more.
 */
void synchrony_groups_make(struct synchrony_groups *groups, const struct graphical_lasso *lasso,
                           const double *covariance, const struct synchrony_hosts *hosts);

/*
 * After synchrony_groups_make of the same solution: nodes and edges of the
 * largest groups, SYNCHRONY_NODES and SYNCHRONY_EDGES at most, in their places.
 */
void synchrony_groups_draw(struct synchrony_groups *groups, const struct graphical_lasso *lasso,
                           const double *covariance, const struct synchrony_hosts *hosts);

void synchrony_groups_finish(struct synchrony_groups *groups);

/* synchrony_layout.c: places in [0,1] for the nodes; the same graph gives the same picture. */
void synchrony_layout(struct synchrony_node *nodes, uint32_t node_count,
                      const struct synchrony_edge *edges, uint32_t edge_count);

#endif
