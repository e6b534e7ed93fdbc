/*
 * observe/list/honeypot_file.h -- a honeypot's log of packets: lines → packets.
 *
 * Comma-separated values with a line of titles:
 *
 *     datetime              "2013-03-03 21:53:59", UTC
 *     host                  the sensor's name
 *     src                   the source's IPv4 address, as a number or dotted
 *     proto                 TCP, UDP or ICMP
 *     type                  of ICMP
 *     spt, dpt              ports
 *
 * by their titles, in any order, among others (64 in all); the Marx honeypots
 * of 2013 are written so.
 */
#ifndef OBSERVE_LIST_HONEYPOT_FILE_H
#define OBSERVE_LIST_HONEYPOT_FILE_H

#include "base/bytes.h"
#include "model/packet.h"

enum { HONEYPOT_FIELDS = 64, HONEYPOT_COLUMNS = 7 };

struct honeypot_titles {
    uint8_t places[HONEYPOT_COLUMNS]; /* of each column among the fields of a line */
};

struct honeypot_packet {
    int64_t time;      /* ns since 1970 */
    struct bytes host; /* of the line; may be empty */
    struct ip source_ip;
    uint16_t source_port, destination_port; /* of ICMP 0 */
    uint8_t protocol, has;                  /* has: PACKET_ICMP, PACKET_PORTS, PACKET_TCP */
    uint8_t icmp_type;
};

/* False unless every column has a title. */
bool honeypot_titles_read(struct bytes line, struct honeypot_titles *ret_titles);

/* False when it is no packet. An ICMP type that is missing leaves a packet without one. */
bool honeypot_line_read(const struct honeypot_titles *titles, struct bytes line,
                        struct honeypot_packet *ret_packet);

#endif
