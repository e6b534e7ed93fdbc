/*
 * observe/exchange/inside.h -- what the files of this room share.
 */
#ifndef OBSERVE_EXCHANGE_INSIDE_H
#define OBSERVE_EXCHANGE_INSIDE_H

#include <htp/htp.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/hash_table.h"
#include "observe/exchange/watcher.h"

/* A message while it is being filled. */
struct draft {
    struct buffer head, body;
    struct mark marks[EXCHANGE_MARKS];
    uint32_t mark_count;
    size_t keep; /* of the body */
};

/* An exchange with its memory. */
struct box {
    struct exchange exchange; /* first: the box is found from it */
    struct watcher *watcher;
    struct box *next; /* in its connection, or among the free */
    struct arena arena;
    struct draft request, response;
    bool asked; /* the sink was asked what it wants of the response */
    bool gap;   /* bytes of the response were missed */
    bool done;
};

enum { WATCHER_DATAGRAMS = 1 << 16, WATCHER_DOORS = 1 << 16 };

enum side { SIDE_client, SIDE_server };

struct connection {
    uint64_t key, number;
    uint32_t older, newer; /* in the order of last packets; indices */
    int64_t last;          /* packet: its time, its number */
    uint64_t last_packet;
    struct ip client_ip, server_ip;
    uint16_t client_port, server_port;
    struct assembly sides[2];
    struct buffer waiting[2];       /* bytes the parser wants the other side for first */
    htp_connp_t *parser;            /* NULL: no HTTP (yet) */
    struct box *boxes, *newest_box; /* not finished, oldest first */
    uint32_t requests;
    size_t weight;        /* bytes it holds, about */
    uint8_t finished;     /* bit per side: FIN seen; 4: reset */
    bool plain, deaf;     /* plain: not HTTP; deaf: nothing more is wanted of it */
    bool spoke, answered; /* plain: the client spoke; the server did since */
};

struct watcher {
    struct exchange_sink sink;
    struct watcher_counts counts;
    htp_cfg_t *config;
    struct connection *connections;
    struct hash_table index;
    uint32_t used, free_first; /* free ones are chained by `newer` */
    uint32_t oldest, newest;
    size_t weight; /* of all connections */
    struct box *free_boxes;
    uint64_t *datagrams;           /* of UDP, who talks with whom: the newest of each slot */
    struct hash_table doors;       /* ports of hosts that accepted a connection before */
    const struct segment *feeding; /* what the parser is being fed with */
    struct connection *fed;
    enum side fed_side;
    int error; /* of the sink, raised within the parser */
};

#define CONNECTION_NONE UINT32_MAX

/* box.c: an empty box of the connection, at the end of its line; NULL: -ENOMEM or too many. */
struct box *box_open(struct watcher *watcher, struct connection *connection);
/* Tell the sink about a box, finished or not, and take it out of the connection. */
int box_tell(struct watcher *watcher, struct connection *connection, struct box *box);
void box_free(struct box *box);
/* Append to a body as far as it is wanted; data.at == NULL is a gap. */
void draft_put(struct draft *draft, struct message *message, struct bytes data, uint64_t packet);
/* Point the exchange at what its drafts hold. */
void box_settle(struct box *box);

/* http.c */
htp_cfg_t *http_config(void);
int http_open(struct watcher *watcher, struct connection *connection);
int http_feed(struct watcher *watcher, struct connection *connection, enum side side,
              struct bytes data);
int http_close(struct watcher *watcher, struct connection *connection);
/* Whether bytes begin as an HTTP request does. */
bool http_begins(struct bytes data);
/* … and where they do not yet, whether they may with more of them. */
bool http_may_begin(struct bytes data);

/* plain.c: streams that are not HTTP */
int plain_feed(struct watcher *watcher, struct connection *connection, enum side side,
               struct bytes data);
int plain_close(struct watcher *watcher, struct connection *connection);

/* occurrence.c */
int occurrence_of_packet(struct watcher *watcher, const struct packets *packets, uint32_t row);
/* The row accepts a connection: told when its port never did before. */
int occurrence_of_answer(struct watcher *watcher, const struct packets *packets, uint32_t row);
int occurrence_tell(struct watcher *watcher, const struct connection *connection,
                    enum occurrence_kind kind, struct bytes text, struct bytes host);

#endif
