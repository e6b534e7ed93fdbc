#include "base/hash_table.h"

#include <errno.h>
#include <stdlib.h>

struct hash_slot {
    uint64_t key;
    uint32_t index; /* HASH_TABLE_NONE: free */
};

/* Keys are hashes already, but a caller's may be small numbers: spread them. */
static uint32_t home_of(const struct hash_table *table, uint64_t key)
{
    return (uint32_t)((key * 0x9e3779b97f4a7c15u) >> 32) & table->mask;
}

static uint32_t slot_of(const struct hash_table *table, uint64_t key)
{
    uint32_t at = home_of(table, key);
    while (table->slots[at].index != HASH_TABLE_NONE && table->slots[at].key != key)
        at = (at + 1) & table->mask;
    return at;
}

uint32_t hash_table_get(const struct hash_table *table, uint64_t key)
{
    return table->slots ? table->slots[slot_of(table, key)].index : HASH_TABLE_NONE;
}

static int table_grow(struct hash_table *table)
{
    uint32_t old_count = table->slots ? table->mask + 1 : 0;
    uint32_t count = old_count ? old_count * 2 : 64;
    struct hash_slot *old = table->slots;
    if (count > UINT32_C(1) << 31)
        return -ENOSPC;
    struct hash_slot *slots = malloc(count * sizeof(*slots));
    if (!slots)
        return -ENOMEM;
    memset(slots, 0xff, count * sizeof(*slots));
    table->slots = slots;
    table->mask = count - 1;
    for (uint32_t i = 0; i < old_count; i++)
        if (old[i].index != HASH_TABLE_NONE)
            slots[slot_of(table, old[i].key)] = old[i];
    free(old);
    return 0;
}

int hash_table_put(struct hash_table *table, uint64_t key, uint32_t index)
{
    /* At most 5/8 full: probes stay short. */
    if (!table->slots || table->used >= (table->mask + 1) / 8 * 5) {
        int error = table_grow(table);
        if (error)
            return error;
    }
    struct hash_slot *slot = &table->slots[slot_of(table, key)];
    if (slot->index == HASH_TABLE_NONE) {
        if (table->limit && table->used >= table->limit)
            return -ENOSPC;
        table->used++;
    }
    *slot = (struct hash_slot){key, index};
    return 0;
}

/* Backward-shift deletion: no tombstones, so probes never grow stale. */
void hash_table_remove(struct hash_table *table, uint64_t key)
{
    if (!table->slots)
        return;
    uint32_t hole = slot_of(table, key);
    if (table->slots[hole].index == HASH_TABLE_NONE)
        return;
    table->used--;
    for (uint32_t at = (hole + 1) & table->mask; table->slots[at].index != HASH_TABLE_NONE;
         at = (at + 1) & table->mask) {
        uint32_t home = home_of(table, table->slots[at].key);
        if (((at - home) & table->mask) >= ((at - hole) & table->mask)) {
            table->slots[hole] = table->slots[at];
            hole = at;
        }
    }
    table->slots[hole].index = HASH_TABLE_NONE;
}

void hash_table_clear(struct hash_table *table)
{
    if (table->slots)
        memset(table->slots, 0xff, ((size_t)table->mask + 1) * sizeof(*table->slots));
    table->used = 0;
}

void hash_table_finish(struct hash_table *table)
{
    free(table->slots);
    *table = (struct hash_table){.limit = table->limit};
}
