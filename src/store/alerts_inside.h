/* store/alerts_inside.h -- what the files of the store of alerts share. */
#ifndef STORE_ALERTS_INSIDE_H
#define STORE_ALERTS_INSIDE_H

#include "store/alert_block.h"
#include "store/alerts.h"
#include "store/statements.h"

/* An alert of a batch and its group: sorted, the members of each group stand together. */
struct alert_place {
    uint64_t group;
    uint32_t at;
};

struct alerts_store {
    struct database database;
    struct failure failure;
    struct statements statements;
    bool begun;
    int lock;      /* descriptor; -1: none */
    uint64_t next; /* number of the next alert */
    struct alert_packer *packer;
    struct alert_place *order;
    uint32_t order_capacity;
    struct buffer members;
    uint64_t *changed; /* groups of the transaction */
    uint32_t changed_count, changed_capacity;
    bool changed_all;
};

/* For one put by itself: a transaction of its own where none is begun, ended as `error` says. */
int alerts_alone_begin(struct alerts_store *store, bool *ret_alone)
    __attribute__((warn_unused_result));
int alerts_alone_end(struct alerts_store *store, bool alone, int error)
    __attribute__((warn_unused_result));

/* What changed, into the transaction that ends. */
int alerts_changes_put(struct alerts_store *store) __attribute__((warn_unused_result));

#endif
