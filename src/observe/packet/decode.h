/*
 * observe/packet/decode.h -- a frame → a row of struct packets.
 *
 * In two steps, so that a tap that does not own a packet's source pays for the
 * first only. Link layers: Ethernet (VLAN, QinQ, MPLS, PPPoE, SNAP), Linux
 * cooked v1 and v2, raw IP, BSD loopback, PPP. Then IPv4 and IPv6 with its
 * extension headers; TCP, UDP, SCTP, ICMP and ICMPv6 with the packet an error
 * quotes. Tunnels (GRE, IP in IP) are packets of their own protocol: not opened.
 */
#ifndef OBSERVE_PACKET_DECODE_H
#define OBSERVE_PACKET_DECODE_H

#include "observe/packet/frame.h"
#include "observe/packet/tap.h"

enum {
    LINK_TAGS = 8,       /* VLAN tags or MPLS labels one behind the other; more are refused */
    IP_EXTENSIONS = 16,  /* of IPv6 */
    TCP_OPTIONS_NONE = 0 /* tcp_options of a header without any */
};

enum locate_result { LOCATE_ip, LOCATE_other, LOCATE_refused };

struct located {
    const uint8_t *at; /* the IP header, wholly captured but for extensions and options */
    uint32_t captured, wire;
    bool six;
    unsigned partition;
    enum packet_fault fault; /* when refused */
};

/* Find the IP header and its source's partition. */
enum locate_result packet_locate(const struct frame *frame, struct located *ret_located);

/*
 * Fill row packets->count and add one to it; there must be room, and the row's `quoted` must be
 * zero. PACKET_FAULT_none when all is well; else the first fault: if it is one that refuses,
 * there is no row.
 */
enum packet_fault packet_decode(const struct frame *frame, const struct located *located,
                                struct packets *packets);

/* No rows; zeroes what packet_decode expects to be zero. */
void packets_clear(struct packets *packets);

#endif
