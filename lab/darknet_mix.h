/*
 * lab/darknet_mix.h -- who sends to a telescope, and how much of it.
 *
 * A behaviour is a kind of sender: what it is in truth, how fast it sends over
 * the whole Internet, how many packets such a source leaves here. A mix gives
 * each behaviour its part of the packets.
 */
#ifndef LAB_DARKNET_MIX_H
#define LAB_DARKNET_MIX_H

#include "base/bytes.h"

enum target_order {
    TARGET_RANDOM,     /* any address, again and again */
    TARGET_ONCE,       /* every address once, in ZMap's order */
    TARGET_SEQUENTIAL, /* upward from somewhere */
    TARGET_FEW,        /* a handful of addresses */
    TARGET_ONE,        /* always the same: a wrong number */
};

enum pace {
    PACE_CHANCE, /* a small part of a stream over the whole Internet: Poisson */
    PACE_EVEN,   /* steady, within a tenth */
    PACE_BURSTS, /* on and off */
    PACE_GROUP,  /* as its group says */
};

/*
 * X(name, class, tool, part of the packets, packets a source, chance to double, packets/s over
 * the Internet, target order, pace). A source's packets double with the chance again and again: a
 * Pareto tail of exponent -log2(chance).
 */
#define BEHAVIOURS(X)                                                                              \
    X(mirai, "mirai", "mirai", .22, 25, .36, 160, RANDOM, CHANCE)                                  \
    X(mirai_variant, "mirai", "mirai_variant", .07, 25, .38, 320, RANDOM, CHANCE)                  \
    X(bot, "scan", "bot", .12, 24, .46, 200, RANDOM, BURSTS)                                       \
    X(campaign, "scan", "raw", .14, 60, .46, 2000, RANDOM, CHANCE)                                 \
    X(worm, "scan", "worm", .05, 16, .40, 60, SEQUENTIAL, BURSTS)                                  \
    X(nmap, "scan", "nmap", .005, 400, .44, 0, FEW, BURSTS)                                        \
    X(odd, "scan", "odd_flags", .003, 60, .42, 1000, RANDOM, CHANCE)                               \
    X(ack_scan, "scan", "ack_scan", .002, 80, .46, 2000, RANDOM, CHANCE)                           \
    X(syn_ack_scan, "scan", "syn_ack_scan", .001, 80, .46, 2000, RANDOM, CHANCE)                   \
    X(service_port, "scan", "service_port", .004, 200, .47, 5000, RANDOM, CHANCE)                  \
    X(ping, "scan", "ping", .012, 60, .46, 2000, SEQUENTIAL, CHANCE)                               \
    X(zmap, "zmap", "zmap", .05, 3000, .49, 20000, ONCE, CHANCE)                                   \
    X(zmap_new, "zmap", "zmap_4.1", .06, 3000, .49, 20000, ONCE, CHANCE)                           \
    X(masscan, "masscan", "masscan", .07, 4000, .49, 50000, ONCE, EVEN)                            \
    X(survey, "investigation", "survey", .08, 15000, .47, 40000, ONCE, CHANCE)                     \
    X(syn_ack, "backscatter", "syn_flood", .03, 160, .52, 30000, RANDOM, CHANCE)                   \
    X(reset, "backscatter", "flood", .015, 120, .50, 20000, RANDOM, CHANCE)                        \
    X(icmp_error, "icmp_backscatter", "flood", .012, 100, .50, 10000, RANDOM, CHANCE)              \
    X(echo_reply, "icmp_backscatter", "ping_flood", .003, 100, .50, 10000, RANDOM, CHANCE)         \
    X(dns_answer, "backscatter", "dns_flood", .006, 80, .50, 8000, RANDOM, CHANCE)                 \
    X(quic_answer, "backscatter", "quic_flood", .003, 60, .50, 8000, RANDOM, CHANCE)               \
    X(udp_answer, "backscatter", "udp_flood", .003, 60, .50, 8000, RANDOM, CHANCE)                 \
    X(victim, "backscatter", "mixed_flood", .004, 150, .50, 20000, RANDOM, CHANCE)                 \
    X(storm, "backscatter", "reflectors", .004, 6, .36, 0, RANDOM, CHANCE)                         \
    X(udp_scan, "udp_scan", "udp_scan", .04, 220, .48, 10000, ONCE, CHANCE)                        \
    X(sip_scan, "udp_scan", "sip_scanner", .008, 150, .47, 5000, RANDOM, CHANCE)                   \
    X(dns_scan, "udp_scan", "dns_scanner", .002, 150, .47, 5000, RANDOM, CHANCE)                   \
    X(stray_udp, "other", "peer_to_peer", .02, 6, .40, 0, ONE, BURSTS)                             \
    X(stray_tcp, "other", "misconfigured", .008, 20, .42, 0, ONE, BURSTS)                          \
    X(stray_dns, "other", "misconfigured", .004, 80, .46, 0, ONE, CHANCE)                          \
    X(stray_ntp, "other", "ntp_client", .001, 30, .42, 0, ONE, EVEN)                               \
    X(leftover, "other", "leftover", .002, 8, .40, 0, ONE, BURSTS)                                 \
    X(fragment, "other", "fragments", .002, 12, .40, 0, ONE, BURSTS)                               \
    X(member, "member", "member", .002, 12, .42, 0, RANDOM, CHANCE)                                \
    X(synchronised, "scan", "botnet", 0, 60, .25, 400, RANDOM, GROUP)

enum behaviour_name {
#define X(name, class, tool, part, packets, doubling, rate, target, pace) BEHAVIOUR_##name,
    BEHAVIOURS(X)
#undef X
        BEHAVIOUR_COUNT
};

struct behaviour {
    const char *name, *class, *tool;
    double part, packets, doubling;
    double rate; /* packets/s over all of IPv4; 0: within an hour or so, whatever it takes */
    enum target_order target;
    enum pace pace;
};

extern const struct behaviour behaviours[BEHAVIOUR_COUNT];

/*
 * The parts of a mix, adding up to 1: words separated by commas, each the name
 * of a mix (default, storm, quiet, udp, iot, survey, backscatter, scans, hard) or
 * BEHAVIOUR=PART, read one after the other. -EINVAL: neither, or nothing is left.
 */
int darknet_mix_parse(struct bytes text, double ret_parts[BEHAVIOUR_COUNT])
    __attribute__((warn_unused_result));

#endif
