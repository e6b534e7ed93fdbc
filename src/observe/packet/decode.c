#include "observe/packet/decode.h"

enum { /* IPv6 extension headers (RFC 8200, IANA) */
       NEXT_HOP_BY_HOP = 0,
       NEXT_ROUTING = 43,
       NEXT_FRAGMENT = 44,
       NEXT_AUTHENTICATION = 51,
       NEXT_DESTINATION = 60,
       NEXT_MOBILITY = 135,
       NEXT_IDENTITY = 139,
       NEXT_SHIM = 140,
};

/* An IP packet's insides: what follows its headers, on the wire and in the capture. */
struct body {
    const uint8_t *at;
    uint32_t captured, wire;
    uint8_t protocol;
    bool fragment; /* not the first: no transport header */
    enum packet_fault fault;
};

static void body_skip(struct body *body, uint32_t len)
{
    body->at += len;
    body->captured -= len;
    body->wire = body->wire > len ? body->wire - len : 0;
}

void packets_clear(struct packets *packets)
{
    for (uint32_t i = 0; i < packets->count; i++)
        if (packets->has[i] & PACKET_QUOTED)
            memset(&packets->quoted[i], 0, sizeof(packets->quoted[i]));
    packets->count = 0;
}

static struct ip ip_from_four(const uint8_t *at)
{
    struct ip ip = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, at[0], at[1], at[2], at[3]}};
    return ip;
}

static struct ip ip_from_six(const uint8_t *at)
{
    struct ip ip;
    memcpy(&ip, at, sizeof(ip));
    return ip;
}

/* The IP packet says how long it is; what lies behind in the frame is padding. */
static void body_bound(struct body *body, const struct located *located, uint32_t length,
                       uint32_t header)
{
    uint32_t wire = length;
    if (length > located->wire) {
        body->fault = PACKET_FAULT_ip_length;
        wire = located->wire;
    }
    body->at = located->at + header;
    body->captured = (located->captured < wire ? located->captured : wire) - header;
    body->wire = length - header;
}

static bool ipv4_read(const struct located *located, struct packets *packets, struct body *body)
{
    const uint8_t *at = located->at;
    uint32_t row = packets->count, header = (uint32_t)(at[0] & 15) * 4, length = load16(at + 2);
    uint16_t fragment = load16(at + 6) & 0x1fff;
    if (length == 0) /* left to the network card, which cuts one long packet into many */
        length = located->wire;
    body->fault = header < 20 || length < header ? PACKET_FAULT_ip_header
                  : located->captured < header   ? PACKET_FAULT_ip_cut
                                                 : PACKET_FAULT_none;
    if (body->fault != PACKET_FAULT_none)
        return false;
    body_bound(body, located, length, header);
    body->protocol = at[9];
    body->fragment = fragment != 0;
    packets->source_ip[row] = ip_from_four(at + 12);
    packets->destination_ip[row] = ip_from_four(at + 16);
    packets->length[row] = length;
    packets->ttl[row] = at[8];
    packets->ip_id[row] = load16(at + 4);
    return true;
}

static bool extension_is(uint8_t next)
{
    return next == NEXT_HOP_BY_HOP || next == NEXT_ROUTING || next == NEXT_FRAGMENT ||
           next == NEXT_AUTHENTICATION || next == NEXT_DESTINATION || next == NEXT_MOBILITY ||
           next == NEXT_IDENTITY || next == NEXT_SHIM;
}

/* Step over extension headers up to the transport's, or to what of a later fragment is left. */
static void extensions_skip(struct body *body)
{
    for (int i = 0; extension_is(body->protocol) && !body->fragment; i++) {
        if (i == IP_EXTENSIONS || body->captured < 8) {
            body->fault = PACKET_FAULT_extension;
            return;
        }
        uint8_t type = body->protocol;
        uint32_t len = type == NEXT_FRAGMENT         ? 8
                       : type == NEXT_AUTHENTICATION ? ((uint32_t)body->at[1] + 2) * 4
                                                     : ((uint32_t)body->at[1] + 1) * 8;
        body->fragment = type == NEXT_FRAGMENT && (load16(body->at + 2) & 0xfff8) != 0;
        body->protocol = body->at[0];
        if (len > body->captured) {
            body->fault = PACKET_FAULT_extension;
            return;
        }
        body_skip(body, len);
    }
}

static bool ipv6_read(const struct located *located, struct packets *packets, struct body *body)
{
    const uint8_t *at = located->at;
    uint32_t row = packets->count, payload = load16(at + 4);
    body->fault = PACKET_FAULT_none;
    if (payload == 0) /* a jumbogram, or left to the network card */
        payload = located->wire - 40;
    body_bound(body, located, payload + 40, 40);
    body->protocol = at[6];
    body->fragment = false;
    extensions_skip(body);
    packets->source_ip[row] = ip_from_six(at + 8);
    packets->destination_ip[row] = ip_from_six(at + 24);
    packets->length[row] = payload + 40;
    packets->ttl[row] = at[7];
    packets->ip_id[row] = 0;
    return true;
}

/* Kinds of the options in their order, folded (FNV-1a); padding at the end is none. */
static uint32_t tcp_options_fold(const uint8_t *at, uint32_t len, enum packet_fault *fault)
{
    uint32_t folded = 2166136261u, i = 0;
    while (i < len && at[i] != 0) {
        uint32_t size = at[i] == 1 ? 1 : i + 1 < len ? at[i + 1] : 0;
        folded = (folded ^ at[i]) * 16777619u;
        if (size == 0 || (size == 1 && at[i] != 1) || size > len - i) {
            *fault = PACKET_FAULT_tcp_options;
            break;
        }
        i += size;
    }
    return i ? folded : TCP_OPTIONS_NONE;
}

/* Each returns the bytes of its header, 0 when it cannot be read (the fault says why). */
static uint32_t tcp_read(struct body *body, struct packets *packets, uint32_t row)
{
    const uint8_t *at = body->at;
    if (body->captured < 20) {
        body->fault = PACKET_FAULT_transport_cut;
        return 0;
    }
    uint32_t header = (uint32_t)(at[12] >> 4) * 4;
    packets->has[row] = PACKET_PORTS | PACKET_TCP;
    packets->source_port[row] = load16(at);
    packets->destination_port[row] = load16(at + 2);
    packets->tcp_sequence[row] = load32(at + 4);
    packets->tcp_acknowledgement[row] = load32(at + 8);
    packets->tcp_flags[row] = at[13];
    packets->tcp_window[row] = load16(at + 14);
    if (header < 20 || header > body->wire) {
        body->fault = PACKET_FAULT_transport_length;
        return 20;
    }
    if (header > 20) {
        uint32_t there = header < body->captured ? header : body->captured;
        packets->tcp_options[row] = tcp_options_fold(at + 20, there - 20, &body->fault);
        if (there < header)
            body->fault = PACKET_FAULT_transport_cut;
    }
    return header;
}

static uint32_t udp_read(struct body *body, struct packets *packets, uint32_t row)
{
    if (body->captured < 8) {
        body->fault = PACKET_FAULT_transport_cut;
        return 0;
    }
    uint32_t length = load16(body->at + 4);
    packets->has[row] = PACKET_PORTS;
    packets->source_port[row] = load16(body->at);
    packets->destination_port[row] = load16(body->at + 2);
    if (length != 0 && length < 8)
        body->fault = PACKET_FAULT_transport_length;
    return 8;
}

static uint32_t sctp_read(struct body *body, struct packets *packets, uint32_t row)
{
    if (body->captured < 12) {
        body->fault = PACKET_FAULT_transport_cut;
        return 0;
    }
    packets->has[row] = PACKET_PORTS;
    packets->source_port[row] = load16(body->at);
    packets->destination_port[row] = load16(body->at + 2);
    return 12;
}

/* Ports of the quoted packet: RFC 792 promises eight bytes of its transport, enough for them. */
static void quoted_ports(const struct body *inner, struct packet_quoted *quoted)
{
    bool ports = inner->protocol == PROTOCOL_tcp || inner->protocol == PROTOCOL_udp ||
                 inner->protocol == PROTOCOL_sctp;
    quoted->protocol = inner->protocol;
    if (ports && !inner->fragment && inner->captured >= 4) {
        quoted->source_port = load16(inner->at);
        quoted->destination_port = load16(inner->at + 2);
    }
}

static bool quoted_four(const uint8_t *at, uint32_t captured, struct packet_quoted *quoted)
{
    uint32_t header = captured >= 20 ? (uint32_t)(at[0] & 15) * 4 : 0;
    if (header < 20 || at[0] >> 4 != 4)
        return false;
    struct body inner = {.at = at + header,
                         .captured = captured > header ? captured - header : 0,
                         .protocol = at[9],
                         .fragment = (load16(at + 6) & 0x1fff) != 0};
    quoted->source_ip = ip_from_four(at + 12);
    quoted->destination_ip = ip_from_four(at + 16);
    quoted_ports(&inner, quoted);
    return true;
}

static bool quoted_six(const uint8_t *at, uint32_t captured, struct packet_quoted *quoted)
{
    if (captured < 40 || at[0] >> 4 != 6)
        return false;
    struct body inner = {.at = at + 40, .captured = captured - 40, .protocol = at[6]};
    extensions_skip(&inner);
    quoted->source_ip = ip_from_six(at + 8);
    quoted->destination_ip = ip_from_six(at + 24);
    quoted_ports(&inner, quoted);
    return true;
}

static bool icmp_quotes(bool six, uint8_t type)
{
    return six ? type >= 1 && type <= 4
               : type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

static uint32_t icmp_read(struct body *body, struct packets *packets, uint32_t row, bool six)
{
    if (body->captured < 4) {
        body->fault = PACKET_FAULT_transport_cut;
        return 0;
    }
    packets->has[row] = PACKET_ICMP;
    packets->icmp_type[row] = body->at[0];
    packets->icmp_code[row] = body->at[1];
    if (body->captured < 8) /* a header is 8 bytes but for some that are never errors */
        return 4;
    if (icmp_quotes(six, body->at[0])) {
        bool read = (six ? quoted_six : quoted_four)(body->at + 8, body->captured - 8,
                                                     &packets->quoted[row]);
        packets->has[row] |= read ? PACKET_QUOTED : 0;
        if (!read)
            body->fault = PACKET_FAULT_quoted;
    }
    return 8;
}

static uint32_t transport_read(struct body *body, struct packets *packets, uint32_t row, bool six)
{
    if (body->fragment) {
        packets->has[row] = PACKET_FRAGMENT;
        return 0;
    }
    if (body->fault == PACKET_FAULT_extension) /* where the transport begins is not known */
        return 0;
    switch (body->protocol) {
    case PROTOCOL_tcp:
        return tcp_read(body, packets, row);
    case PROTOCOL_udp:
        return udp_read(body, packets, row);
    case PROTOCOL_sctp:
        return sctp_read(body, packets, row);
    case PROTOCOL_icmp:
        return six ? 0 : icmp_read(body, packets, row, false);
    case PROTOCOL_icmp6:
        return six ? icmp_read(body, packets, row, true) : 0;
    default:
        return 0;
    }
}

static void row_clear(struct packets *packets, uint32_t row)
{
    packets->has[row] = 0;
    packets->source_port[row] = packets->destination_port[row] = 0;
    packets->tcp_flags[row] = 0;
    packets->tcp_window[row] = 0;
    packets->tcp_sequence[row] = packets->tcp_acknowledgement[row] = 0;
    packets->tcp_options[row] = TCP_OPTIONS_NONE;
    packets->icmp_type[row] = packets->icmp_code[row] = 0;
}

enum packet_fault packet_decode(const struct frame *frame, const struct located *located,
                                struct packets *packets)
{
    struct body body;
    uint32_t row = packets->count;
    if (!(located->six ? ipv6_read : ipv4_read)(located, packets, &body))
        return body.fault;
    row_clear(packets, row);
    packets->time[row] = frame->time;
    packets->protocol[row] = body.protocol;
    uint32_t header = transport_read(&body, packets, row, located->six);
    uint32_t wire = body.wire > header ? body.wire - header : 0;
    uint32_t skipped = header < body.captured ? header : body.captured;
    packets->header_length[row] = (uint16_t)(body.at + skipped - located->at);
    packets->payload_length[row] = (uint16_t)(wire < UINT16_MAX ? wire : UINT16_MAX);
    packets->payload[row] =
        (struct bytes){(const char *)body.at + skipped, body.captured - skipped};
    packets->count++;
    return body.fault;
}
