/*
 * lab/darknet_fashion.h -- what a month's programs look for and look like.
 *
 * Ports come and go, new tools replace old ones, attackers choose other
 * services. A month's fashion is the last one's with some of it changed; the
 * first is drawn from lists of what telescopes report.
 */
#ifndef LAB_DARKNET_FASHION_H
#define LAB_DARKNET_FASHION_H

#include "lab/darknet_stack.h"
#include "lab/random.h"

enum { FASHION_PORTS = 64, FASHION_SERVICES = 24, FASHION_CAMPAIGNS = 48, CAMPAIGN_PORTS = 4 };

/* A program somebody runs on many machines: its packets are alike. */
struct campaign {
    uint16_t window, id, source_port; /* source_port 0: any */
    uint16_t ports[CAMPAIGN_PORTS];
    uint8_t stack, port_count;
    bool
        destination_sequence; /* keeps the address's hash in the sequence number, not the address */
};

struct fashion {
    uint16_t ports[FASHION_PORTS];       /* the most wanted first: Zipf */
    uint16_t services[FASHION_SERVICES]; /* the most attacked first: Zipf */
    struct campaign campaigns[FASHION_CAMPAIGNS];
    double cookies;          /* part of the servers that answer floods without asking again */
    double one_forged_port;  /* part of the floods sent from one port */
    double near_forged;      /* part of the floods whose forged addresses are near each other */
    uint16_t echo_size;      /* bytes of a flood's ping */
    uint16_t udp_flood_size; /* … and of its UDP packets, as ICMP errors quote them */
    double dns_refused;      /* part of name servers that refuse rather than answer */
};

/* Month 0 with `last` NULL, else what came of it. */
void fashion_make(struct fashion *fashion, const struct fashion *last, struct random *random);

uint16_t fashion_port(const struct fashion *fashion, struct random *random);
uint16_t fashion_service(const struct fashion *fashion, struct random *random);

/* 0 … count-1, the n-th as likely as 1/n; count at most FASHION_PORTS. */
uint32_t zipf_below(struct random *random, uint32_t count);

/* Ports that UDP scanners ask, and those of Mirai's children. */
uint16_t udp_port_any(struct random *random);
uint16_t mirai_port_any(struct random *random);

#endif
