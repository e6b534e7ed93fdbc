#include "base/ledger.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

void ledger_init(struct ledger *ledger, size_t entry_size, uint32_t limit)
{
    *ledger = (struct ledger){.entry_size = entry_size, .limit = limit};
}

void *ledger_at(const struct ledger *ledger, uint32_t i)
{
    return ledger->entries + ledger->entry_size * i;
}

void *ledger_find(const struct ledger *ledger, uint64_t key)
{
    uint32_t i = hash_table_get(&ledger->index, key);
    return i == HASH_TABLE_NONE ? NULL : ledger_at(ledger, i);
}

static uint32_t stalest(struct ledger *ledger)
{
    uint32_t count = ledger->count;
    assert(count > 0); /* full, and the limit is not 0 */
    uint32_t found = ledger->hand % count;
    for (uint32_t i = 0; i < LEDGER_SWEEP && i < count; i++) {
        uint32_t at = (ledger->hand + i) % count;
        const struct ledger_head *head = ledger_at(ledger, at), *best = ledger_at(ledger, found);
        if (head->last_day < best->last_day)
            found = at;
    }
    // NOLINTNEXTLINE(clang-analyzer-core.DivideZero): clang 14 forgets the assertion above
    ledger->hand = (ledger->hand + LEDGER_SWEEP) % count;
    return found;
}

static int ledger_grow(struct ledger *ledger)
{
    uint32_t room = ledger->capacity ? ledger->capacity * 2 : 64;
    if (room > ledger->limit)
        room = ledger->limit;
    char *entries = realloc(ledger->entries, ledger->entry_size * room);
    if (!entries)
        return -ENOMEM;
    ledger->entries = entries;
    ledger->capacity = room;
    return 0;
}

/* The place for one more entry: a fresh one, or that of an evicted one. */
static int place_for_one(struct ledger *ledger, uint32_t *ret_place)
{
    if (ledger->count == ledger->limit) {
        *ret_place = stalest(ledger);
        hash_table_remove(&ledger->index,
                          ((struct ledger_head *)ledger_at(ledger, *ret_place))->key);
        ledger->evicted++;
        return 0;
    }
    int error = ledger->count == ledger->capacity ? ledger_grow(ledger) : 0;
    if (!error)
        *ret_place = ledger->count++;
    return error;
}

void *ledger_enter(struct ledger *ledger, uint64_t key)
{
    void *entry = ledger_find(ledger, key);
    uint32_t place;
    if (entry)
        return entry;
    if (place_for_one(ledger, &place) || hash_table_put(&ledger->index, key, place))
        return NULL;
    entry = ledger_at(ledger, place);
    memset(entry, 0, ledger->entry_size);
    ((struct ledger_head *)entry)->key = key;
    return entry;
}

void ledger_save(const struct ledger *ledger, struct buffer *out)
{
    buffer_put_u32(out, ledger->count);
    buffer_put_u32(out, ledger->hand);
    buffer_put_u64(out, ledger->evicted);
    buffer_put(out, (struct bytes){ledger->entries, ledger->entry_size * ledger->count});
}

int ledger_load(struct ledger *ledger, struct cursor *in)
{
    uint32_t count = cursor_u32(in), hand = cursor_u32(in);
    uint64_t evicted = cursor_u64(in);
    if (!cursor_ok(in) || count > cursor_left(in) / ledger->entry_size)
        return -EBADMSG;
    struct bytes entries = cursor_take(in, ledger->entry_size * count);
    /* A smaller --memory than last time keeps the newest places it has room for. */
    uint32_t first = count > ledger->limit ? count - ledger->limit : 0;
    for (uint32_t i = first; i < count; i++) {
        const char *from = entries.at + ledger->entry_size * i;
        struct ledger_head head;
        memcpy(&head, from, sizeof(head));
        void *entry = ledger_enter(ledger, head.key);
        if (!entry)
            return -ENOMEM;
        memcpy(entry, from, ledger->entry_size);
    }
    ledger->hand = hand;
    ledger->evicted = evicted + first;
    return 0;
}

void ledger_finish(struct ledger *ledger)
{
    hash_table_finish(&ledger->index);
    free(ledger->entries);
    ledger->entries = NULL;
    ledger->count = ledger->capacity = 0;
}
