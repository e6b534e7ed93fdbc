/*
 * analyse/family/cluster.h -- which samples belong together when nobody has named them.
 *
 * Leader clustering (Hartigan, "Clustering algorithms", 1975): samples come in turn, and each joins
 * the leader it is most like, where that is at least `least`, or leads a cluster of its own. Which
 * leaders are asked is found by banding of sketches (Leskovec, Rajaraman and Ullman, "Mining of
 * massive datasets", chapter 3): one that shares all CLUSTER_ROWS bins of one of CLUSTER_BANDS
 * bands, CLUSTER_ASKED of them a band at most. So a sample costs at most CLUSTER_BANDS times
 * CLUSTER_ASKED comparisons, whatever there is already: linear in the samples. Two that are 0.5
 * alike meet with a chance of 0.87, 0.7 alike of 0.9998.
 *
 * The order matters and is the table's: oldest first is what makes numbers of clusters last.
 * Leaders of one sample at the end are strangers, not clusters.
 */
#ifndef ANALYSE_FAMILY_CLUSTER_H
#define ANALYSE_FAMILY_CLUSTER_H

#include "analyse/family/sketch.h"

enum {
    CLUSTER_ROWS = 4, /* bins of a band */
    CLUSTER_BANDS = SKETCH_BINS / CLUSTER_ROWS,
    CLUSTER_ASKED = 8,
    CLUSTER_SAMPLES = 1 << 24, /* most */
};

struct cluster_place {
    uint32_t cluster; /* from 0, in the order of their leaders */
    double likeness;  /* to its leader; 1 of a leader itself */
};

struct cluster_counts {
    uint32_t clusters;    /* of two samples at least */
    uint32_t strangers;   /* leaders nobody joined */
    uint64_t comparisons; /* made */
};

/*
 * `ret_places`: one a sketch. An empty sketch is like nothing and a cluster of its own. `least` in
 * (0,1]. -EINVAL: too many samples, or `least`; -ENOMEM.
 */
int clusters_find(const struct sketch *sketches, uint32_t count, double least,
                  struct cluster_place *ret_places, struct cluster_counts *ret_counts)
    __attribute__((warn_unused_result));

/* How well clusters meet names: BCubed (Bagga and Baldwin, ACL 1998), each sample counted once. */
struct cluster_score {
    double precision, recall; /* share of a sample's cluster that has its name, and the reverse */
    double rand;              /* adjusted Rand index (Hubert and Arabie, 1985): 0 by chance, 1 */
};

/* names[i]: a number, equal for equal names. -ENOMEM. */
int clusters_score(const struct cluster_place *places, const uint32_t *names, uint32_t count,
                   struct cluster_score *ret_score) __attribute__((warn_unused_result));

#endif
