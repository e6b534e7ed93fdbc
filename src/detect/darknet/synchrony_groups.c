#include "detect/darknet/synchrony_groups.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * Of twelve independent samples a correlation is as high once in 2,000; of
 * hosts that follow one schedule, seldom lower.
 */
const double SYNCHRONY_CORRELATION = 0.85;

int synchrony_groups_init(struct synchrony_groups *groups, uint32_t most)
{
    *groups = (struct synchrony_groups){
        .groups = calloc(most / SYNCHRONY_GROUP_LEAST + 1, sizeof(*groups->groups)),
        .members = calloc(most, sizeof(*groups->members)),
        .nodes = calloc(SYNCHRONY_NODES, sizeof(*groups->nodes)),
        .edges = calloc(SYNCHRONY_EDGES, sizeof(*groups->edges)),
        .parent = calloc(most, sizeof(uint32_t)),
        .place = calloc(most, sizeof(uint32_t)),
        .size = calloc(most, sizeof(uint32_t)),
        .leads = calloc(most, sizeof(uint32_t)),
        .ports = calloc(most, sizeof(uint16_t)),
    };
    bool whole = groups->groups && groups->members && groups->nodes && groups->edges &&
                 groups->parent && groups->place && groups->size && groups->leads && groups->ports;
    return whole ? 0 : -ENOMEM;
}

void synchrony_groups_finish(struct synchrony_groups *groups)
{
    free(groups->groups);
    free(groups->members);
    free(groups->nodes);
    free(groups->edges);
    free(groups->parent);
    free(groups->place);
    free(groups->size);
    free(groups->leads);
    free(groups->ports);
}

static bool tied(const struct graphical_lasso *lasso, const double *covariance, uint32_t count,
                 uint32_t i, uint32_t j)
{
    double both = covariance[(size_t)i * count + j];
    double one = covariance[(size_t)i * count + i], other = covariance[(size_t)j * count + j];
    return both > 0 && both * both >= SYNCHRONY_CORRELATION * SYNCHRONY_CORRELATION * one * other &&
           graphical_lasso_precision(lasso, i, j) < 0;
}

/* The smallest member leads. */
static uint32_t leader(uint32_t *parent, uint32_t host)
{
    while (parent[host] != host)
        host = parent[host] = parent[parent[host]];
    return host;
}

static void join(struct synchrony_groups *groups, const struct graphical_lasso *lasso,
                 const double *covariance, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        groups->parent[i] = i;
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t j = i + 1; j < count; j++) {
            if (!tied(lasso, covariance, count, i, j))
                continue;
            uint32_t one = leader(groups->parent, i), other = leader(groups->parent, j);
            groups->parent[one > other ? one : other] = one > other ? other : one;
        }
    memset(groups->size, 0, count * sizeof(uint32_t));
    for (uint32_t i = 0; i < count; i++)
        groups->size[leader(groups->parent, i)]++;
}

/* The largest group not yet taken, by its leader; UINT32_MAX: none is large enough. */
static uint32_t next_largest(const struct synchrony_groups *groups, uint32_t count)
{
    uint32_t best = UINT32_MAX;
    for (uint32_t i = 0; i < count; i++)
        if (groups->size[i] >= SYNCHRONY_GROUP_LEAST &&
            (best == UINT32_MAX || groups->size[i] > groups->size[best]))
            best = i;
    return best;
}

static int port_order(const void *a, const void *b)
{
    return *(const uint16_t *)a - *(const uint16_t *)b;
}

/* The port most of the group's hosts looked for. */
static void group_take(struct synchrony_groups *groups, uint32_t lead,
                       const struct synchrony_hosts *hosts)
{
    struct synchrony_group *group = &groups->groups[groups->group_count];
    uint32_t count = 0, run = 0;
    *group = (struct synchrony_group){.hosts = groups->size[lead]};
    groups->leads[groups->group_count++] = lead;
    for (uint32_t i = lead; i < hosts->count; i++) {
        if (leader(groups->parent, i) != lead)
            continue;
        groups->ports[count] = synchrony_host_port(&hosts->at[i]);
        groups->members[groups->member_count++] = (struct synchrony_member){
            hosts->at[i].prefix, groups->group_count, groups->ports[count++]};
    }
    qsort(groups->ports, count, sizeof(*groups->ports), port_order);
    for (uint32_t p = 0; p < count; p++) {
        run = p && groups->ports[p] == groups->ports[p - 1] ? run + 1 : 1;
        if (run > group->port_hosts) {
            group->port_hosts = run;
            group->port = groups->ports[p];
        }
    }
}

static void nodes_take(struct synchrony_groups *groups, uint32_t number,
                       const struct synchrony_hosts *hosts)
{
    uint32_t lead = groups->leads[number];
    for (uint32_t i = lead; i < hosts->count && groups->node_count < SYNCHRONY_NODES; i++) {
        const struct synchrony_host *host = &hosts->at[i];
        if (leader(groups->parent, i) != lead)
            continue;
        groups->nodes[groups->node_count++] =
            (struct synchrony_node){.prefix = host->prefix,
                                    .group = number + 1,
                                    .packets = host->packets,
                                    .port = synchrony_host_port(host)};
        groups->place[i] = groups->node_count;
    }
}

static void edges_take(struct synchrony_groups *groups, const struct graphical_lasso *lasso,
                       const double *covariance, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t j = i + 1; groups->place[i] && j < count; j++) {
            if (!groups->place[j] || groups->edge_count == SYNCHRONY_EDGES ||
                leader(groups->parent, i) != leader(groups->parent, j) ||
                !tied(lasso, covariance, count, i, j))
                continue;
            groups->edges[groups->edge_count++] =
                (struct synchrony_edge){groups->place[i] - 1, groups->place[j] - 1};
        }
}

void synchrony_groups_make(struct synchrony_groups *groups, const struct graphical_lasso *lasso,
                           const double *covariance, const struct synchrony_hosts *hosts)
{
    uint32_t lead;
    groups->group_count = groups->member_count = 0;
    join(groups, lasso, covariance, hosts->count);
    while ((lead = next_largest(groups, hosts->count)) != UINT32_MAX) {
        group_take(groups, lead, hosts);
        groups->size[lead] = 0;
    }
}

void synchrony_groups_draw(struct synchrony_groups *groups, const struct graphical_lasso *lasso,
                           const double *covariance, const struct synchrony_hosts *hosts)
{
    groups->node_count = groups->edge_count = 0;
    memset(groups->place, 0, hosts->count * sizeof(uint32_t));
    for (uint32_t g = 0; g < groups->group_count; g++)
        nodes_take(groups, g, hosts);
    edges_take(groups, lasso, covariance, hosts->count);
    synchrony_layout(groups->nodes, groups->node_count, groups->edges, groups->edge_count);
}
