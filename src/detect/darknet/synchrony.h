/*
 * detect/darknet/synchrony.h -- do the darknet's visitors move together?
 *
 * Machines that run the same malware send at the same times. After Han et al.,
 * "Real-Time Detection of Global Cyberthreat Based on Darknet by Estimating
 * Anomalous Synchronization Using Graphical Lasso", IEICE Trans. E103-D, 2020:
 * the TCP sources of a window of 10 minutes are gathered into hosts (their /16,
 * IPv6: /32); x is the natural logarithm of a host's packets in each of 12
 * samples of 50 s, of 0.1 where there were none; the graphical lasso of the
 * population covariance, for each rho of a path, gives a graph, and its density
 * says how much moves together. For each rho the largest densities of the last
 * 432 windows (three days) are taken away as long as that shrinks the variance
 * to 0.98 of what it was or less: those windows are alerts and leave the
 * history. No alert before 432 windows were seen.
 *
 * Densities do not tell a few hosts in lockstep from the many that meet by
 * chance. So, beyond the source, two more numbers go through the same rule:
 * the share of the hosts that are in the largest group of hosts in step
 * (synchrony_groups.h); and of those, the ones that look for one port and were
 * not in step before (synchrony_newcomers.h), of any group.
 *
 * Of more hosts than `hosts_most` the busiest are taken (the source takes a
 * random thousand); which of equals, a hash of host and window says. Windows
 * with fewer than SYNCHRONY_HOSTS_LEAST hosts are neither judged nor
 * remembered: their densities say nothing. The rest follows the authors' own
 * programs, but for one thing: after alerts left the history those wait until
 * it has filled again, we go on judging.
 *
 * One thread, no clock, no file. State is bounded: histories of 432 numbers, newcomers' memory,
 * 131,072 hosts of 250 bytes, and matrices of hosts_most^2.
 */
#ifndef DETECT_DARKNET_SYNCHRONY_H
#define DETECT_DARKNET_SYNCHRONY_H

#include "base/buffer.h"
#include "base/cursor.h"
#include "detect/darknet/source.h"

enum {
    SYNCHRONY_RHOS = 6,
    SYNCHRONY_GROUP = SYNCHRONY_RHOS, /* the largest group's place among the series */
    SYNCHRONY_NEWCOMERS,              /* … that of the newcomers, synchrony_newcomers.h */
    SYNCHRONY_SERIES,
    SYNCHRONY_HISTORY = 432,
    SYNCHRONY_HOSTS_LEAST = 20,
    SYNCHRONY_HOSTS = 1000, /* the usual hosts_most */
    SYNCHRONY_PORTS = 16,   /* named of a window, at most */
    SYNCHRONY_NODES = 400,  /* drawn of a window, at most */
    SYNCHRONY_EDGES = 2000, /* likewise */
    SYNCHRONY_LATE = 64,    /* earlier windows that one window can show up as alerts, at most */
};

/* 0.4, 0.5, … 0.9. */
extern const double synchrony_rhos[SYNCHRONY_RHOS];

struct synchrony;

/* A port many hosts looked for: at least a tenth of them, and 20. */
struct synchrony_port {
    uint16_t port;
    uint32_t hosts;
    double share; /* of the window's hosts */
};

struct synchrony_node {
    struct ip prefix; /* first address of the /16 or /32 */
    uint32_t group;   /* from 1, the largest first */
    uint64_t packets;
    uint16_t port; /* the one most of its sources looked for most */
    double x, y;   /* where to draw it, in [0,1] */
};

struct synchrony_edge {
    uint32_t first, second; /* places among the nodes */
};

/* Several hosts that sent at the same times. */
struct synchrony_group {
    uint32_t hosts;
    uint16_t port; /* that most of them looked for */
    uint32_t port_hosts;
};

/* A host of a group. */
struct synchrony_member {
    struct ip prefix;
    uint32_t group; /* from 1, the largest first */
    uint16_t port;  /* the one most of its sources looked for most */
};

/* What a window says; arrays belong to the synchrony and last until its next window. */
struct synchrony_window {
    int64_t start, length;
    uint32_t hosts, hosts_seen; /* looked at; of how many */
    bool judged;                /* enough hosts, and three days behind it */
    bool alert;                 /* for some rho */
    /* Of each rho's graph the density, then shares of the hosts: the largest group's, and that of
     * the newcomers; 0 to 1. */
    double series[SYNCHRONY_SERIES];
    double ratios[SYNCHRONY_SERIES]; /* of variances; 1 where not judged */
    bool alerts[SYNCHRONY_SERIES];
    const struct synchrony_port *ports; /* most hosts first */
    uint32_t port_count;
    const struct synchrony_group *groups; /* who moved together, largest first */
    uint32_t group_count;
    const struct synchrony_member *members; /* of all groups, group by group */
    uint32_t member_count;
    uint32_t newcomers; /* the most of one group that look for one port */
    uint16_t newcomers_port;
    const struct synchrony_node *nodes; /* of an alert's groups, in order of group and address */
    uint32_t node_count;
    const struct synchrony_edge *edges;
    uint32_t edge_count;
    const int64_t *late; /* starts of earlier windows that only this one shows to be alerts */
    uint32_t late_count;
};

/* `hosts_most` from SYNCHRONY_HOSTS_LEAST to 4096. -EINVAL, -ENOMEM. */
int synchrony_open(uint32_t hosts_most, struct synchrony **ret_synchrony)
    __attribute__((warn_unused_result));

/*
 * More sources of the window that is under way, in the order of addresses over
 * all calls. -ENOMEM.
 */
int synchrony_see(struct synchrony *synchrony, const struct source_summary *sources, size_t count)
    __attribute__((warn_unused_result));

/*
 * The window [start, start + length) is over. Windows come in the order of
 * time; one that is not after the newest makes forget what is not before it,
 * so captures read again are judged again.
 */
void synchrony_next(struct synchrony *synchrony, int64_t start, int64_t length,
                    struct synchrony_window *ret_window);

/*
 * The same in two: synchrony_turn takes what was seen as the window's, and
 * synchrony_judge, which is the work, may run on another thread while
 * synchrony_see gathers the next window; nothing else may meanwhile.
 */
void synchrony_turn(struct synchrony *synchrony, int64_t start, int64_t length);
void synchrony_judge(struct synchrony *synchrony, struct synchrony_window *ret_window);

/* The density that stands for the window where one number must: the mean over the rhos. */
double synchrony_density(const struct synchrony_window *window);

/* The smallest of the ratios. */
double synchrony_ratio(const struct synchrony_window *window);

/* The histories, and back. -EINVAL: not what synchrony_save wrote; nothing is changed then. */
void synchrony_save(const struct synchrony *synchrony, struct buffer *out);
int synchrony_load(struct synchrony *synchrony, struct cursor *in)
    __attribute__((warn_unused_result));

void synchrony_close(struct synchrony *synchrony);

/* As the columns of darknet_synchrony hold it (store/darknet.h). */
void synchrony_put_densities(const struct synchrony_window *window, struct buffer *out);
void synchrony_put_ports(const struct synchrony_window *window, struct buffer *out);
void synchrony_put_graph(const struct synchrony_window *window, struct buffer *out);

/* {"en": […], "ja": […]}: what was seen, against which normal, and what to do next. */
void synchrony_put_explanation(const struct synchrony_window *window, struct buffer *out);

#endif
