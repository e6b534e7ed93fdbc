/*
 * model/exchange.h -- one request and what came back, and what else happened meanwhile.
 *
 * An exchange is the unit that is judged: an HTTP request with its response, or
 * for other protocols what the client sent until the server answered, with that
 * answer. The source is the client. Bodies are as the application saw them:
 * dechunked and inflated. All bytes live as long as the arena of whoever made
 * the exchange.
 *
 * An occurrence is anything a host did on the network that may be the trace of
 * an attack that worked: a connection it opened or, at a port of its own,
 * accepted, a name it asked for, an echo request it sent. Exchanges tell what was asked,
 * occurrences what followed.
 */
#ifndef MODEL_EXCHANGE_H
#define MODEL_EXCHANGE_H

#include "model/observation.h"

enum {
    EXCHANGE_HEADERS = 128,        /* of each side; further ones are left out */
    EXCHANGE_BODY_LIMIT = 1 << 20, /* of each decoded body; beyond it `cut` says so */
    EXCHANGE_MARKS = 64,           /* of each body */
};

struct header {
    struct bytes name, value;
};

/* From `offset` of a body on, up to the next mark, it came with this packet (or a later one). */
struct mark {
    uint64_t offset, packet;
};

enum exchange_protocol { EXCHANGE_http, EXCHANGE_other };

/* One direction. */
struct message {
    int64_t start, end; /* ns since 1970: its first and last packet; TIME_NONE: none seen */
    uint64_t packet;    /* number of its first packet in the capture, from 1; 0: none */
    struct bytes head;  /* request or status line and headers as they were sent; HTTP only */
    const struct header *headers;
    uint32_t header_count;
    struct bytes body; /* decoded; for EXCHANGE_other the bytes of the stream */
    const struct mark *marks;
    uint32_t mark_count;
    bool complete; /* seen to its end: length kept, or closed where the end means that */
    bool cut;      /* longer than what is kept */
    bool damaged;  /* lied about its length or coding: what could be had is kept */
};

struct exchange {
    enum exchange_protocol protocol;
    struct ip source_ip, destination_ip;
    uint16_t source_port, destination_port;
    uint64_t connection;               /* number of the connection in the capture, from 1 */
    uint32_t request_index;            /* 0-based within the connection */
    struct bytes method, target, host; /* HTTP; the target as sent, undecoded */
    uint16_t status;                   /* 0: none */
    struct message request, response;
};

/* Number of the packet that brought byte `offset` of the body; that of the message without marks.
 */
uint64_t message_packet(const struct message *message, uint64_t offset);

/* The value of a header, empty without it. Names are compared without case. */
struct bytes message_header(const struct message *message, const char *name);

enum occurrence_kind {
    OCCURRENCE_connection, /* a TCP connection was asked for, or a first UDP packet sent */
    OCCURRENCE_data,       /* … and this was sent there first */
    OCCURRENCE_request,    /* … and this was asked there by HTTP */
    OCCURRENCE_dns,        /* a name was asked for */
    OCCURRENCE_icmp,       /* an echo request was sent */
    OCCURRENCE_accepted,   /* the source's port, never before, accepted a connection */
};

enum { OCCURRENCE_TEXT = 512 }; /* longer text is cut */

struct occurrence {
    enum occurrence_kind kind;
    int64_t time;
    uint64_t packet;
    struct ip source_ip, destination_ip;
    uint16_t source_port, destination_port;
    uint8_t protocol;  /* IANA */
    struct bytes text; /* request: its target; dns: the name; data: the first bytes */
    struct bytes host; /* request: the Host it named */
};

#endif
