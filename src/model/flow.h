/*
 * model/flow.h -- who talked to whom: a connection, or as much of it as a meter saw.
 *
 * The source is the one who began, as far as the meter knows. Index 0 of the
 * counts is from the source to the destination, 1 the way back.
 */
#ifndef MODEL_FLOW_H
#define MODEL_FLOW_H

#include "model/observation.h"

enum { FLOW_APPLICATION = 32, FLOW_DOMAIN = 256 };

struct flow {
    int64_t start, end; /* ns since 1970 */
    int64_t logged;     /* when the meter told of it: what orders its log */
    struct ip source_ip, destination_ip;
    uint16_t source_port, destination_port; /* ICMP: 0, and type * 256 + code */
    uint8_t protocol;                       /* IANA */
    uint64_t packets[2], bytes[2];          /* bytes of IP packets, where the meter counts those */
    char application[FLOW_APPLICATION];     /* "TLS", "dns": as the meter names it; "": unknown */
    char domain[FLOW_DOMAIN];               /* of the destination, where it is named, else "" */
};

#endif
