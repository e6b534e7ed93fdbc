/*
 * model/packet.h -- packets in columns.
 *
 * What the observatory sees is too much for one observation a packet: packets
 * travel in batches of their own, decoded once, a column per field, every field
 * a number. A reader fills a batch in the order of its source, everyone after
 * only reads it. A field a packet does not have is zero; HAS says which group of
 * fields it has. `payload` points into the reader's block and is good until the
 * next batch is asked for.
 *
 * Several readers may walk one capture, each decoding the partitions of sources
 * it was asked for (packet_partition). So that all of them see a window end at
 * the same packet, each row has the `clock`: the newest time of any packet of
 * the capture up to and with this one, whoever decodes it. It never goes back. So
 * has it the `number` of its packet, whoever decodes it: what readers saw can be
 * put in the order of the capture again. (Live, it is the packet's time.)
 */
#ifndef MODEL_PACKET_H
#define MODEL_PACKET_H

#include "base/bytes.h"
#include "model/observation.h"

enum { PACKET_ROWS = 1024 };

/* IANA protocol numbers the observatory knows by name. */
enum ip_protocol {
    PROTOCOL_icmp = 1,
    PROTOCOL_tcp = 6,
    PROTOCOL_udp = 17,
    PROTOCOL_icmp6 = 58,
    PROTOCOL_sctp = 132,
};

enum tcp_flag {
    TCP_FIN = 0x01,
    TCP_SYN = 0x02,
    TCP_RST = 0x04,
    TCP_PSH = 0x08,
    TCP_ACK = 0x10,
    TCP_URG = 0x20,
    TCP_ECE = 0x40,
    TCP_CWR = 0x80,
};

enum packet_has {
    PACKET_PORTS = 1,    /* source_port, destination_port: TCP, UDP, SCTP */
    PACKET_TCP = 2,      /* tcp_flags, tcp_sequence, tcp_window, tcp_options */
    PACKET_ICMP = 4,     /* icmp_type, icmp_code */
    PACKET_QUOTED = 8,   /* quoted_*: the packet an ICMP error gives back */
    PACKET_FRAGMENT = 16 /* a fragment other than the first: no transport header */
};

/* The packet an ICMP error quotes: it was sent, or forged, in the name of quoted_source. */
struct packet_quoted {
    struct ip source_ip, destination_ip;
    uint16_t source_port, destination_port;
    uint8_t protocol;
};

struct packets {
    uint32_t count;
    int64_t newest;               /* the clock where the reader stands now: behind the last row */
    uint64_t reached;             /* and the number: of the last packet it has walked */
    int64_t time[PACKET_ROWS];    /* ns since 1970 */
    int64_t clock[PACKET_ROWS];   /* >= time */
    uint64_t number[PACKET_ROWS]; /* from 1, ascending */
    struct ip source_ip[PACKET_ROWS], destination_ip[PACKET_ROWS];
    uint32_t length[PACKET_ROWS]; /* of the IP packet, on the wire, as its header says */
    uint16_t source_port[PACKET_ROWS], destination_port[PACKET_ROWS];
    uint8_t protocol[PACKET_ROWS]; /* after IPv6 extension headers */
    uint8_t has[PACKET_ROWS];      /* enum packet_has */
    uint8_t ttl[PACKET_ROWS];
    uint16_t ip_id[PACKET_ROWS]; /* IPv4 identification */
    uint8_t tcp_flags[PACKET_ROWS];
    uint16_t tcp_window[PACKET_ROWS];
    uint32_t tcp_sequence[PACKET_ROWS];
    uint32_t tcp_acknowledgement[PACKET_ROWS];
    uint32_t tcp_options[PACKET_ROWS]; /* kinds in their order, folded to 32 bits; 0: none */
    uint8_t icmp_type[PACKET_ROWS], icmp_code[PACKET_ROWS];
    struct packet_quoted quoted[PACKET_ROWS];
    uint16_t header_length[PACKET_ROWS];  /* from the IP header to `payload` */
    uint16_t payload_length[PACKET_ROWS]; /* after the transport header, on the wire */
    struct bytes payload[PACKET_ROWS];    /* as much of it as was captured */
};

enum { PACKET_PARTITIONS = 16 };

/* 32 bits of an address, the first octet the highest. */
static inline uint32_t ip_word(const uint8_t *octets)
{
    return (uint32_t)octets[0] << 24 | (uint32_t)octets[1] << 16 | (uint32_t)octets[2] << 8 |
           octets[3];
}

#define PACKET_PARTITION_FACTOR 0x9e3779b1u /* 2^32 over the golden ratio */

/*
 * The partition of a source, from its four words folded by exclusive or. No
 * more than 32-bit arithmetic, because the kernel must come to the same answer
 * in a classic BPF program when it deals live packets out to threads.
 */
static inline uint32_t packet_partition_of(uint32_t folded)
{
    return (folded * PACKET_PARTITION_FACTOR) >> 28;
}

/* A hash of the source address: of its halves as they lie in memory, under its partition. */
static inline uint64_t packet_source_hash(const struct ip *source)
{
    uint64_t high, low;
    memcpy(&high, source->octets, sizeof(high));
    memcpy(&low, source->octets + 8, sizeof(low));
    uint64_t hash = (low ^ high * 0xff51afd7ed558ccdu) * 0x9e3779b97f4a7c15u;
    uint32_t folded = ip_word(source->octets) ^ ip_word(source->octets + 4) ^
                      ip_word(source->octets + 8) ^ ip_word(source->octets + 12);
    hash = (hash ^ hash >> 29) * 0xc4ceb9fe1a85ec53u;
    return (uint64_t)packet_partition_of(folded) << 60 | hash >> 4;
}

/*
 * Whose the source is: 0 … PACKET_PARTITIONS - 1. The number of partitions is
 * fixed and threads share them out, so no result depends on the threads.
 */
static inline uint32_t packet_partition(uint64_t source_hash)
{
    return (uint32_t)(source_hash >> 60);
}

#endif
