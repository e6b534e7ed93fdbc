/*
 * detect/darknet/marks.h -- what one packet says of the program that sent it.
 *
 * Scanners that keep no state hide something in the packets they send, to know
 * the answers again, and so sign them. Everything here is read from the columns
 * of one packet; whoever keeps sources adds up. Two things are asked of a row:
 *
 *   kind_of       which of the exclusive kinds of struct source_kinds it is;
 *   marks_of      which tools' marks it bears, as bits:
 *     mirai       SYN whose sequence number is the destination address (the
 *                 scanner of the published source; Antonakakis et al., USENIX
 *                 Security 2017). By chance: 1 in 2^32.
 *     zmap        IP id 54321, constant in ZMap before 4.1 (Durumeric et al.,
 *                 2013; its change log of 2024). By chance: 1 in 2^16.
 *     masscan     IP id = destination address ^ port ^ sequence, lower 16 bits
 *                 (its source). By chance: 1 in 2^16.
 *     nmap        SYN with no option but MSS and a window of 1024, 2048, 3072 or
 *                 4096 (nmap's raw scans) that masscan's mark does not explain.
 *     stateless   SYN with a window of 65535 and no option, or MSS alone: ZMap
 *                 before 4.1, and its smallest probes since; by default 4.1
 *                 imitates a system's options, and only behaviour tells it.
 *     optionless  SYN without TCP options, which no system's own stack sends.
 *
 * Marks do not exclude each other. IPv6 has no IP id and 128-bit addresses:
 * only the last three can be seen there.
 */
#ifndef DETECT_DARKNET_MARKS_H
#define DETECT_DARKNET_MARKS_H

#include "detect/darknet/source.h"

enum source_mark {
#define X(name) MARK_BIT_##name,
    SOURCE_MARKS(X)
#undef X
        MARK_COUNT
};

enum packet_mark {
#define X(name) MARK_##name = 1u << MARK_BIT_##name,
    SOURCE_MARKS(X)
#undef X
};

enum {
    ZMAP_IP_ID = 54321,
    SYN_WINDOW_STATELESS = 65535,
};

/* packets.tcp_options where MSS (kind 2) stands alone: FNV-1a of the one byte */
static const uint32_t OPTIONS_MSS = (2166136261u ^ 2u) * 16777619u;

static inline uint32_t mark_word(const uint8_t *octets)
{
    return (uint32_t)octets[0] << 24 | (uint32_t)octets[1] << 16 | (uint32_t)octets[2] << 8 |
           (uint32_t)octets[3];
}

static inline bool mark_is_ipv4(const struct ip *ip)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    return memcmp(ip->octets, mapped, sizeof(mapped)) == 0;
}

static inline bool mark_is_syn(const struct packets *packets, uint32_t row)
{
    enum { DECIDING = TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN };
    return (packets->has[row] & PACKET_TCP) && (packets->tcp_flags[row] & DECIDING) == TCP_SYN;
}

/* The options and the window of a SYN, where it keeps to what raw senders build. */
static inline unsigned marks_of_syn(const struct packets *packets, uint32_t row, bool masscan)
{
    uint32_t options = packets->tcp_options[row];
    if (options != 0 && options != OPTIONS_MSS)
        return 0;
    uint16_t window = packets->tcp_window[row];
    unsigned marks = options == 0 ? MARK_optionless : 0;
    if (window == SYN_WINDOW_STATELESS)
        marks |= MARK_stateless;
    if (options == OPTIONS_MSS && !masscan && window % 1024 == 0 && window >= 1024 &&
        window <= 4096)
        marks |= MARK_nmap;
    return marks;
}

/* enum packet_mark, or-ed. */
static inline unsigned marks_of(const struct packets *packets, uint32_t row)
{
    bool tcp = packets->has[row] & PACKET_TCP;
    bool syn = mark_is_syn(packets, row);
    unsigned marks = 0;
    if (mark_is_ipv4(&packets->source_ip[row])) {
        uint32_t destination = mark_word(packets->destination_ip[row].octets + 12);
        uint32_t sequence = packets->tcp_sequence[row];
        uint32_t masscan_id = destination ^ packets->destination_port[row] ^ sequence;
        bool probe = syn || packets->protocol[row] == PROTOCOL_udp ||
                     (packets->protocol[row] == PROTOCOL_icmp && packets->icmp_type[row] == 8);
        if (syn && sequence == destination)
            marks |= MARK_mirai;
        if (probe && packets->ip_id[row] == ZMAP_IP_ID)
            marks |= MARK_zmap;
        if (tcp && syn && packets->ip_id[row] == (masscan_id & 0xffff))
            marks |= MARK_masscan;
    }
    return syn ? marks | marks_of_syn(packets, row, marks & MARK_masscan) : marks;
}

/* UDP ports whose answers a telescope sees: what is attacked or abused for reflection. */
static inline bool port_answers_udp(uint16_t port)
{
    switch (port) {
    case 17:    /* quote of the day */
    case 19:    /* character generator */
    case 53:    /* DNS */
    case 69:    /* TFTP */
    case 111:   /* port mapper */
    case 123:   /* NTP */
    case 137:   /* NetBIOS names */
    case 161:   /* SNMP */
    case 389:   /* CLDAP */
    case 443:   /* QUIC */
    case 500:   /* IKE */
    case 520:   /* RIP */
    case 1900:  /* SSDP */
    case 3478:  /* STUN */
    case 5060:  /* SIP */
    case 5353:  /* mDNS */
    case 11211: /* memcached */
    case 27015: /* Source engine games */
        return true;
    default:
        return false;
    }
}

static inline enum source_kind packet_kind_of_tcp(uint8_t flags)
{
    if (flags & TCP_RST)
        return KIND_tcp_rst;
    if ((flags & (TCP_SYN | TCP_ACK | TCP_FIN)) == (TCP_SYN | TCP_ACK))
        return KIND_tcp_syn_ack;
    if ((flags & (TCP_SYN | TCP_FIN)) == TCP_SYN)
        return KIND_tcp_syn;
    return flags & TCP_ACK ? KIND_tcp_ack : KIND_tcp_odd;
}

/* ICMP types, RFC 792: answers are echo, timestamp, information and mask replies. */
static inline enum source_kind packet_kind_of_icmp(uint8_t type)
{
    switch (type) {
    case 8:
        return KIND_icmp_echo;
    case 0:
    case 14:
    case 16:
    case 18:
        return KIND_icmp_reply;
    case 3:  /* destination unreachable */
    case 4:  /* source quench */
    case 5:  /* redirect */
    case 11: /* time exceeded */
    case 12: /* parameter problem */
        return KIND_icmp_error;
    default:
        return KIND_icmp_other;
    }
}

/* ICMPv6, RFC 4443: types below 128 are errors. */
static inline enum source_kind packet_kind_of_icmp6(uint8_t type)
{
    if (type == 128)
        return KIND_icmp_echo;
    if (type == 129)
        return KIND_icmp_reply;
    return type < 128 ? KIND_icmp_error : KIND_icmp_other;
}

/* The one kind a packet is of. */
static inline enum source_kind kind_of(const struct packets *packets, uint32_t row)
{
    uint8_t has = packets->has[row];
    switch (packets->protocol[row]) {
    case PROTOCOL_tcp:
        return has & PACKET_TCP ? packet_kind_of_tcp(packets->tcp_flags[row]) : KIND_other;
    case PROTOCOL_udp:
        if (!(has & PACKET_PORTS))
            return KIND_other;
        return port_answers_udp(packets->source_port[row]) ? KIND_udp_from_service : KIND_udp;
    case PROTOCOL_icmp:
        return has & PACKET_ICMP ? packet_kind_of_icmp(packets->icmp_type[row]) : KIND_other;
    case PROTOCOL_icmp6:
        return has & PACKET_ICMP ? packet_kind_of_icmp6(packets->icmp_type[row]) : KIND_other;
    default:
        return KIND_other;
    }
}

#endif
