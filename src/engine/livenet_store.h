/*
 * engine/livenet_store.h -- rows of livenet_flows on their way to DATA/darknet.db. For the livenet.
 */
#ifndef ENGINE_LIVENET_STORE_H
#define ENGINE_LIVENET_STORE_H

#include "engine/livenet.h"
#include "store/darknet.h"

/* What a row is about. Padding is zero, so keys can be compared as bytes. */
struct livenet_key {
    int64_t start;
    struct ip source_ip, destination_ip;
    char application[FLOW_APPLICATION];
    uint16_t port;
    uint8_t protocol;
    uint8_t inside; /* bit 0: the source is, bit 1: the destination is */
    uint32_t unit;  /* 1 + number; 0: by the network of the machine inside */
};

struct livenet_row {
    struct livenet_key key;
    uint64_t flows, packets, bytes;
};

/* Sort rows and write them in one transaction; windows of `fresh` are emptied before. -EIO. */
int livenet_rows_write(struct darknet_store *store, int64_t length, const struct bytes *units,
                       struct livenet_row *rows, uint32_t count, const int64_t *fresh,
                       uint32_t fresh_count) __attribute__((warn_unused_result));

#endif
