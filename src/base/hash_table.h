/*
 * base/hash_table.h -- 64-bit key to 32-bit index, open addressing.
 *
 * The table knows nothing of what the index means: callers keep their entries
 * in an array of their own. Grows by doubling to at most `limit` keys; beyond
 * that hash_table_put says -ENOSPC and the caller evicts by its own rule.
 */
#ifndef BASE_HASH_TABLE_H
#define BASE_HASH_TABLE_H

#include <stdint.h>

#include "base/bytes.h"

#define HASH_TABLE_NONE UINT32_MAX

struct hash_slot;

struct hash_table {
    struct hash_slot *slots;
    uint32_t used, mask, limit; /* limit 0: as many as 2^31 */
};

/* The index put under `key`, or HASH_TABLE_NONE. */
uint32_t hash_table_get(const struct hash_table *table, uint64_t key);

/* Put or replace. -ENOMEM, -ENOSPC (at the limit). `index` may not be HASH_TABLE_NONE. */
int hash_table_put(struct hash_table *table, uint64_t key, uint32_t index)
    __attribute__((warn_unused_result));

/* Take the key out; nothing happens when it isn't there. */
void hash_table_remove(struct hash_table *table, uint64_t key);

void hash_table_clear(struct hash_table *table); /* keeps the memory */
void hash_table_finish(struct hash_table *table);

#endif
