/*
 * base/ledger.h -- entries under 64-bit keys, bounded, the stalest going first.
 *
 * Every entry begins with a struct ledger_head. At the limit a new entry takes
 * the place of the stalest (oldest last_day) of the LEDGER_SWEEP entries at a
 * hand that moves round: a rule that depends on the entries alone, so a replay
 * evicts the same. Entries move only when the ledger grows: keep no pointer
 * over a ledger_enter.
 */
#ifndef BASE_LEDGER_H
#define BASE_LEDGER_H

#include "base/buffer.h"
#include "base/cursor.h"
#include "base/hash_table.h"

enum { LEDGER_SWEEP = 64 };

struct ledger_head {
    uint64_t key;
    int32_t last_day;
};

struct ledger {
    struct hash_table index;
    char *entries;
    size_t entry_size;
    uint32_t count, capacity, limit, hand;
    uint64_t evicted;
};

void ledger_init(struct ledger *ledger, size_t entry_size, uint32_t limit);

/* The entry under `key`, or NULL. */
void *ledger_find(const struct ledger *ledger, uint64_t key);

/* The entry under `key`, zeroed but for its key when new; NULL when memory ran out. */
void *ledger_enter(struct ledger *ledger, uint64_t key);

/* Entry `i` of `count`, in the order they were entered. */
void *ledger_at(const struct ledger *ledger, uint32_t i);

void ledger_save(const struct ledger *ledger, struct buffer *out);
/* -EBADMSG: not what ledger_save wrote; -ENOMEM. */
int ledger_load(struct ledger *ledger, struct cursor *in) __attribute__((warn_unused_result));
void ledger_finish(struct ledger *ledger);

#endif
