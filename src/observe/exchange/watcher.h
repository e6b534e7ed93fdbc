/*
 * observe/exchange/watcher.h -- packets → exchanges and occurrences.
 *
 * Follows every TCP connection of the packets it is given, puts its bytes in
 * order (assembly.h), has HTTP parsed by libhtp with bodies dechunked and
 * inflated, and gives each request with its response to a sink, in the order in
 * which they were completed. Of other protocols the client's bytes and the
 * answer are an exchange. Encrypted streams (TLS, SSH) are followed no further
 * than their first bytes. Beside it, everything a host began on the network
 * (connections, names asked for, pings) is told as occurrences, in time order,
 * and so is a port of a host that accepts a connection for the first time.
 *
 * Bounds: WATCHER_CONNECTIONS connections that hold WATCHER_MEMORY together,
 * the longest silent go first and are told as incomplete; EXCHANGE_BODY_LIMIT of a body;
 * WATCHER_PIPELINE requests of a connection unanswered; libhtp's own limits for header fields and
 * for what compressed bodies may grow to. Everything given up is counted.
 */
#ifndef OBSERVE_EXCHANGE_WATCHER_H
#define OBSERVE_EXCHANGE_WATCHER_H

#include "model/exchange.h"
#include "model/packet.h"
#include "observe/exchange/assembly.h"

enum {
    WATCHER_CONNECTIONS = 1 << 17,
    WATCHER_PIPELINE = 32,
    WATCHER_MEMORY = 1 << 28,   /* bytes, about: held segments, bodies, parsers */
    WATCHER_IDLE = 300,         /* seconds of event time after which silence is the end */
    WATCHER_OTHER_BYTES = 8192, /* kept of each side of an exchange that is not HTTP */
    WATCHER_OTHER_TURNS = 16,   /* exchanges of such a connection */
};

struct exchange_sink {
    void *context;
    /*
     * The request is whole: how many bytes of the decoded response body are
     * wanted. With 0 it is not even inflated. Not called for what came without
     * a request.
     */
    size_t (*request)(void *context, const struct exchange *exchange);
    /* It is over. The exchange is the sink's now, until exchange_release. -errno stops the watch.
     */
    int (*exchange)(void *context, struct exchange *exchange);
    /* Text of the occurrence is good for the call. */
    int (*occurrence)(void *context, const struct occurrence *occurrence);
    uint32_t connections; /* at once, at most WATCHER_CONNECTIONS; 0: as many */
};

struct watcher_counts {
    uint64_t connections, evicted, midstream; /* midstream: begun before the capture was */
    uint64_t exchanges, incomplete;
    uint64_t http_broken; /* connections given up by the parser: not HTTP after all, or broken */
    uint64_t bytes;       /* of TCP payload */
    uint64_t occurrences;
    struct assembly_counts assembly;
};

struct watcher;

/* -ENOMEM. */
int watcher_new(const struct exchange_sink *sink, struct watcher **ret_watcher)
    __attribute__((warn_unused_result));

/* It is `time`: connections silent for WATCHER_IDLE are over. -ENOMEM, the sink's -errno. */
int watcher_clock(struct watcher *watcher, int64_t time) __attribute__((warn_unused_result));

/* The next packet, of one tap, in order. -ENOMEM, the sink's -errno. */
int watcher_packet(struct watcher *watcher, const struct packets *packets, uint32_t row)
    __attribute__((warn_unused_result));

/* No more packets will come: tell what is unfinished. */
int watcher_flush(struct watcher *watcher) __attribute__((warn_unused_result));

const struct watcher_counts *watcher_counts(const struct watcher *watcher);

/* Exchanges not yet released are invalid after it. */
void watcher_free(struct watcher *watcher);

/* Give an exchange's memory back to its watcher, for the next. */
void exchange_release(struct exchange *exchange);

#endif
