/* Link layers: where in a frame the IP packet begins. */
#include "observe/packet/decode.h"

enum { /* tcpdump.org/linktypes.html; raw IP also by the numbers BSDs gave it */
       LINK_NULL = 0,
       LINK_ETHERNET = 1,
       LINK_PPP = 9,
       LINK_RAW_BSD = 12,
       LINK_RAW_OPENBSD = 14,
       LINK_PPP_HDLC = 50,
       LINK_RAW = 101,
       LINK_CISCO_HDLC = 104,
       LINK_LOOP = 108,
       LINK_COOKED = 113,
       LINK_IPV4 = 228,
       LINK_IPV6 = 229,
       LINK_COOKED_2 = 276,
};

enum {                       /* EtherTypes */
       ETHER_LEAST = 0x0600, /* below: a length, IEEE 802.3 */
       ETHER_IPV4 = 0x0800,
       ETHER_VLAN = 0x8100,
       ETHER_IPV6 = 0x86dd,
       ETHER_MPLS = 0x8847,
       ETHER_MPLS_MULTICAST = 0x8848,
       ETHER_PPPOE = 0x8864,
       ETHER_QINQ = 0x88a8,
       ETHER_QINQ_OLD = 0x9100,
       ETHER_QINQ_OLDER = 0x9200,
       PPP_IPV4 = 0x0021,
       PPP_IPV6 = 0x0057,
};

/* What of a frame is still to be looked at. */
struct rest {
    const uint8_t *at;
    uint32_t captured, wire;
};

static bool rest_skip(struct rest *rest, uint32_t len)
{
    if (rest->captured < len)
        return false;
    rest->at += len;
    rest->captured -= len;
    rest->wire -= len;
    return true;
}

static enum locate_result refuse(struct located *located, enum packet_fault fault)
{
    located->fault = fault;
    return LOCATE_refused;
}

static enum locate_result ipv4_locate(struct rest rest, struct located *located)
{
    if (rest.captured < 20)
        return refuse(located, PACKET_FAULT_ip_cut);
    if (rest.at[0] >> 4 != 4)
        return refuse(located, PACKET_FAULT_ip_version);
    located->at = rest.at;
    located->captured = rest.captured;
    located->wire = rest.wire;
    located->six = false;
    located->partition = packet_partition_of(load32(rest.at + 12) ^ 0xffff);
    return LOCATE_ip;
}

static enum locate_result ipv6_locate(struct rest rest, struct located *located)
{
    if (rest.captured < 40)
        return refuse(located, PACKET_FAULT_ip_cut);
    if (rest.at[0] >> 4 != 6)
        return refuse(located, PACKET_FAULT_ip_version);
    located->at = rest.at;
    located->captured = rest.captured;
    located->wire = rest.wire;
    located->six = true;
    const uint8_t *source = rest.at + 8;
    located->partition = packet_partition_of(load32(source) ^ load32(source + 4) ^
                                             load32(source + 8) ^ load32(source + 12));
    return LOCATE_ip;
}

/* Nothing says which version it is but the packet itself. */
static enum locate_result ip_locate(struct rest rest, struct located *located)
{
    if (rest.captured == 0)
        return refuse(located, PACKET_FAULT_ip_cut);
    return rest.at[0] >> 4 == 6 ? ipv6_locate(rest, located) : ipv4_locate(rest, located);
}

/* A stack of labels (RFC 3032); what lies under the last is told by its first four bits. */
static enum locate_result mpls_locate(struct rest rest, struct located *located)
{
    for (int i = 0; i < LINK_TAGS; i++) {
        if (rest.captured < 5)
            return refuse(located, PACKET_FAULT_link_cut);
        bool bottom = rest.at[2] & 1;
        rest_skip(&rest, 4);
        if (bottom)
            return rest.at[0] >> 4 == 4 || rest.at[0] >> 4 == 6 ? ip_locate(rest, located)
                                                                : LOCATE_other;
    }
    return refuse(located, PACKET_FAULT_link_unknown);
}

static enum locate_result ppp_locate(struct rest rest, struct located *located)
{
    if (rest.captured >= 2 && rest.at[0] == 0xff && rest.at[1] == 0x03) /* RFC 1662 framing */
        rest_skip(&rest, 2);
    if (rest.captured < 2)
        return refuse(located, PACKET_FAULT_link_cut);
    uint32_t len = rest.at[0] & 1 ? 1 : 2; /* odd: a protocol number packed into one byte */
    uint32_t protocol = len == 1 ? rest.at[0] : load16(rest.at);
    rest_skip(&rest, len);
    return protocol == PPP_IPV4   ? ipv4_locate(rest, located)
           : protocol == PPP_IPV6 ? ipv6_locate(rest, located)
                                  : LOCATE_other;
}

static bool tag_is(uint16_t type)
{
    return type == ETHER_VLAN || type == ETHER_QINQ || type == ETHER_QINQ_OLD ||
           type == ETHER_QINQ_OLDER;
}

/* Something announced by an EtherType. */
static enum locate_result typed_locate(uint16_t type, struct rest rest, struct located *located)
{
    for (int i = 0; tag_is(type); i++) {
        if (i == LINK_TAGS)
            return refuse(located, PACKET_FAULT_link_unknown);
        if (rest.captured < 4)
            return refuse(located, PACKET_FAULT_link_cut);
        type = load16(rest.at + 2);
        rest_skip(&rest, 4);
    }
    switch (type) {
    case ETHER_IPV4:
        return ipv4_locate(rest, located);
    case ETHER_IPV6:
        return ipv6_locate(rest, located);
    case ETHER_MPLS:
    case ETHER_MPLS_MULTICAST:
        return mpls_locate(rest, located);
    case ETHER_PPPOE:
        return rest_skip(&rest, 6) ? ppp_locate(rest, located)
                                   : refuse(located, PACKET_FAULT_link_cut);
    default:
        break;
    }
    static const uint8_t snap[6] = {0xaa, 0xaa, 0x03, 0, 0, 0}; /* RFC 1042 */
    if (type < ETHER_LEAST && rest.captured >= 8 && memcmp(rest.at, snap, sizeof(snap)) == 0 &&
        load16(rest.at + 6) >= ETHER_LEAST) {
        type = load16(rest.at + 6);
        rest_skip(&rest, 8);
        return type == ETHER_IPV4   ? ipv4_locate(rest, located)
               : type == ETHER_IPV6 ? ipv6_locate(rest, located)
                                    : LOCATE_other;
    }
    return LOCATE_other;
}

/* A header of `len` bytes in which an EtherType stands at `type_at`. */
static enum locate_result header_locate(struct rest rest, uint32_t len, uint32_t type_at,
                                        struct located *located)
{
    if (rest.captured < len)
        return refuse(located, PACKET_FAULT_link_cut);
    uint16_t type = load16(rest.at + type_at);
    rest_skip(&rest, len);
    return typed_locate(type, rest, located);
}

/* BSD loopback: the address family of the machine it was taken on, in its byte order. */
static enum locate_result loopback_locate(struct rest rest, struct located *located)
{
    if (rest.captured < 4)
        return refuse(located, PACKET_FAULT_link_cut);
    uint32_t family = load32(rest.at);
    if (family > 0xffff)
        family = __builtin_bswap32(family);
    rest_skip(&rest, 4);
    switch (family) {
    case 2:
        return ipv4_locate(rest, located);
    case 10: /* AF_INET6 of Linux, of NetBSD and OpenBSD, FreeBSD, macOS */
    case 24:
    case 28:
    case 30:
        return ipv6_locate(rest, located);
    default:
        return LOCATE_other;
    }
}

enum locate_result packet_locate(const struct frame *frame, struct located *ret_located)
{
    struct rest rest = {frame->at, frame->captured, frame->wire};
    switch (frame->link) {
    case LINK_ETHERNET:
        return header_locate(rest, 14, 12, ret_located);
    case LINK_RAW:
    case LINK_RAW_BSD:
    case LINK_RAW_OPENBSD:
        return ip_locate(rest, ret_located);
    case LINK_IPV4:
        return ipv4_locate(rest, ret_located);
    case LINK_IPV6:
        return ipv6_locate(rest, ret_located);
    case LINK_COOKED:
        return header_locate(rest, 16, 14, ret_located);
    case LINK_COOKED_2:
        return header_locate(rest, 20, 0, ret_located);
    case LINK_NULL:
    case LINK_LOOP:
        return loopback_locate(rest, ret_located);
    case LINK_PPP:
    case LINK_PPP_HDLC:
        return ppp_locate(rest, ret_located);
    case LINK_CISCO_HDLC:
        return header_locate(rest, 4, 2, ret_located);
    default:
        return refuse(ret_located, PACKET_FAULT_link_unknown);
    }
}
