/*
 * lab/darknet_source.h -- the senders of a trace, and the packets they send.
 *
 * A source is drawn once, with all that stays the same about it; source_act then
 * says each of its packets, a "shot". A shot knows what differs from one packet to
 * the next; its bytes are made when its turn to be written comes.
 */
#ifndef LAB_DARKNET_SOURCE_H
#define LAB_DARKNET_SOURCE_H

#include "base/hash_table.h"
#include "lab/darknet.h"
#include "lab/darknet_fashion.h"
#include "lab/darknet_mix.h"
#include "lab/permutation.h"

enum { DARKNET_MEMBERS_MAX = 64, SOURCE_NONE = UINT32_MAX, DARKNET_NETWORKS = 3000 };

/* An organisation whose addresses appear among the sources. */
struct darknet_member {
    char name[32];
    uint32_t network, hosts; /* IPv4, host order */
};

struct telescope {
    uint8_t base[16]; /* IPv4 in the last four octets */
    bool v6;
    uint32_t addresses; /* of IPv6 no more than 2^24 are used */
    struct permutation permutation;
};

struct source {
    struct random random;
    int64_t next, gap;   /* ns since the trace's start; the mean distance of two shots */
    int64_t first, last; /* of what was written */
    struct walk walk;
    uint32_t left, sent; /* packets */
    uint32_t address;    /* IPv4, or the number of the IPv6 source */
    uint32_t chain;      /* the next one of the same slice */
    uint32_t victim;     /* ICMP errors by a router: the address under attack; else the address */
    uint32_t secret;     /* of stateless scanners; also which ports a survey looks at */
    uint16_t ports[2];   /* wanted; or in backscatter the service */
    uint16_t source_port, window, id;
    uint16_t group; /* of those in step, or the member: from 1 */
    uint8_t behaviour, stack, hops, retries, month, variant;
    uint8_t target, pace; /* enum target_order, enum pace */
};

enum shot_kind { SHOT_TCP, SHOT_UDP, SHOT_ICMP, SHOT_FRAGMENT };

struct shot {
    int64_t time;
    uint32_t source, target; /* target: the number of the telescope's address */
    uint32_t sequence, acknowledgement;
    uint16_t source_port, destination_port, id;
    uint16_t payload;     /* bytes; what is in them follows from the ports */
    uint8_t kind, detail; /* detail: TCP flags, or the ICMP type */
    uint8_t code;         /* ICMP */
    uint8_t quoted;       /* the protocol of the packet an ICMP error quotes */
    uint32_t chain;
};

struct darknet_world {
    const struct darknet_options *options;
    struct telescope telescope;
    struct fashion fashions[DARKNET_MONTHS_MAX];
    struct darknet_member members[DARKNET_MEMBERS_MAX];
    uint32_t member_count, group_networks;
    uint32_t networks[DARKNET_NETWORKS]; /* where sources live: the upper 16 bits */
    struct source *sources;
    uint32_t count;
    int64_t span;            /* ns */
    struct hash_table taken; /* addresses of sources */
};

/* Draw all sources. -ENOMEM; -EINVAL (no such mix, too many sources), *ret_wrong says what. */
int sources_make(struct darknet_world *world, const char **ret_wrong)
    __attribute__((warn_unused_result));

/*
 * The source's next shot, without `chain`. Moves the source on to the one after.
 */
void source_act(const struct darknet_world *world, uint32_t index, struct shot *ret_shot);

/* An IPv4 address somebody may have: no reserved one, and none of the telescope. */
bool address_usable(const struct telescope *telescope, uint32_t address);

#endif
