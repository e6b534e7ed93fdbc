/*
 * detect/darknet/episode.h -- attacks on others, from what their victims answered us.
 *
 * Who floods a victim under forged source addresses, drawn from all of IPv4,
 * makes it answer to strangers; a telescope of n addresses gets n / 2^32 of the
 * answers (Moore, Voelker and Savage, "Inferring Internet Denial-of-Service
 * Activity", USENIX Security 2001). Answers of one victim and attacked protocol
 * that never pause for EPISODE_GAP are one episode. It is told when it is over,
 * if it meets the rule:
 *
 *     moore    100 packets or more in 60 s or more, as in the paper, which assumes
 *              forged addresses drawn evenly: so at least half of the addresses
 *              that a sixth of the packets would reach (answers are repeated up to
 *              five times); and no scan by SYN-ACKs, which come from a port where
 *              nothing serves, most of them to one port and none twice;
 *     rsdos    corsaro's: 25 packets or more in 60 s or more, and 30 or more in
 *              some window of 60 s, sliding by 10 s.
 *
 * Answers are SYN-ACK, RST, and ACK from ports below 1024; UDP from ports that serve (marks.h);
 * echo and other ICMP replies; and ICMP errors, for which the quoted packet, when it was sent in
 * our name, says victim, protocol and port -- the error may come from a router on the way. The
 * attacked service is the port most of them name, none where they are spread over many.
 *
 * The rate: the most packets of any window of 60 s, sliding by 10 s, m. Scaled
 * by 2^32 / n it is the least the victim answered, hence the least it was sent
 * (answers get lost, and limits hold them back). The interval is m ± 1.96 √m
 * scaled, the chance of the sample alone. IPv6 has no such scale: rates are 0.
 *
 * Memory is fixed: `room` episodes of 416 bytes, in sets of 8 by a hash. In a
 * full set the one with the fewest packets gives way, told if it met the rule.
 * So a storm of victims that answered once displaces its own kind, never an
 * attack that is seen well.
 */
#ifndef DETECT_DARKNET_EPISODE_H
#define DETECT_DARKNET_EPISODE_H

#include "detect/darknet/source.h"

#define EPISODE_GAP INT64_C(300000000000) /* ns: five minutes, as in the paper */

enum episode_rule { EPISODE_MOORE, EPISODE_RSDOS };

/* GONE: was told as going on, and does not meet the rule after all. */
enum episode_state { EPISODE_ENDED, EPISODE_GOING_ON, EPISODE_GONE };

enum { EPISODE_ROOM = 1 << 17, EPISODE_ROOM_MOST = 1 << 24 };

struct episode {
    struct ip victim;
    enum episode_state state;
    uint8_t protocol;    /* attacked: PROTOCOL_tcp, _udp, _icmp, _icmp6 or what was quoted */
    bool has_service;    /* a port was named by a fifth of the packets or more */
    uint16_t service;    /* the port most packets named */
    uint32_t icmp_kinds; /* packets that came as ICMP errors or replies */
    int64_t start, end;  /* ns, of the first and the last packet */
    uint64_t packets, bytes;
    uint32_t destinations;                /* different addresses reached; error 6.5 %, few: exact */
    double peak_rate;                     /* packets/s here, over the best 60 s */
    double estimated_rate;                /* packets/s the victim answered to all the Internet */
    double estimated_low, estimated_high; /* 95 %: the chance of the sample alone */
};

struct episode_options {
    enum episode_rule rule;
    double addresses; /* of the telescope in IPv4; 0: unknown, no rate is estimated */
    uint32_t room;    /* episodes at a time; 0: EPISODE_ROOM */
    /*
     * An episode that is over, in the order in which they end, within 60 s; where episode_look is
     * called, those that go on as well.
     */
    void (*found)(void *context, const struct episode *episode);
    void *context;
};

struct episode_counts {
    uint64_t packets; /* that looked like answers */
    uint64_t begun;   /* episodes, whether or not they met the rule */
    uint64_t told;
    uint64_t evicted; /* gave way to others while they may have gone on */
};

struct episode_table;

/* -ENOMEM; -EINVAL: too much room. */
int episode_open(const struct episode_options *options, struct episode_table **ret_table)
    __attribute__((warn_unused_result));

/* What one packet says: who was attacked, and by what. */
struct episode_answer {
    uint64_t number; /* of the packet */
    int64_t time, clock;
    struct ip victim, destination;
    uint32_t length;
    uint16_t port, asked; /* attacked; and the one here it came to */
    uint8_t protocol;
    bool has_port, icmp, syn_ack;
};

/* Whether packets of that kind may be answers; others need not be looked at. */
static inline bool episode_kind(enum source_kind kind)
{
    const unsigned kinds = 1u << KIND_tcp_syn_ack | 1u << KIND_tcp_rst | 1u << KIND_tcp_ack |
                           1u << KIND_udp_from_service | 1u << KIND_icmp_reply |
                           1u << KIND_icmp_error;
    return kinds >> kind & 1;
}

/* False: the row, of that kind, is no answer. */
bool episode_answer_of(const struct packets *packets, uint32_t row, enum source_kind kind,
                       struct episode_answer *ret_answer);

/* In the order of the capture. */
void episode_see_answer(struct episode_table *table, const struct episode_answer *answer);

/*
 * No answer with a clock before `clock` will come: tell what is over, and, as
 * far as they got, those that go on and meet the rule already.
 */
void episode_look(struct episode_table *table, int64_t clock);

/* The rows of a batch, in the order of the capture. Rows that are no answers cost one look. */
void episode_see(struct episode_table *table, const struct packets *packets);
void episode_see_row(struct episode_table *table, const struct packets *packets, uint32_t row);

/* The input is over: all that meets the rule is told. */
void episode_end(struct episode_table *table);

const struct episode_counts *episode_counts(const struct episode_table *table);
void episode_close(struct episode_table *table);

extern const char *const episode_rule_names[2]; /* "moore", "rsdos" */

#endif
