/* store/alerts_inside.h -- what the files of the store of alerts share. */
#ifndef STORE_ALERTS_INSIDE_H
#define STORE_ALERTS_INSIDE_H

#include "store/alert_block.h"
#include "store/alerts.h"
#include "store/database.h"

enum { ALERTS_STATEMENTS = 64 };

/* An alert of a batch and its group: sorted, the members of each group stand together. */
struct alert_place {
    uint64_t group;
    uint32_t at;
};

struct alerts_store {
    struct database database;
    struct message message;
    struct {
        const char *sql;
        sqlite3_stmt *statement;
    } statements[ALERTS_STATEMENTS];
    uint32_t statement_count;
    bool begun;
    int lock;      /* descriptor; -1: none */
    uint64_t next; /* number of the next alert */
    struct alert_packer *packer;
    struct alert_place *order;
    uint32_t order_capacity;
    struct buffer members;
};

#endif
