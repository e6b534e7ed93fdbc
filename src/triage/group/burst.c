#include "triage/group/burst.h"

#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/hash_table.h"

struct burst {
    uint64_t id;
    int64_t first, last; /* times of its alerts */
};

struct bursts {
    int64_t window;
    struct hash_table index; /* key → open */
    struct burst *open;
    uint32_t count, capacity;
};

uint64_t alert_burst_key(const struct alert *alert)
{
    const struct ip *ip = ip_given(&alert->source_ip) ? &alert->source_ip : &alert->host_ip;
    struct bytes who =
        ip_given(ip) ? (struct bytes){(const char *)ip->octets, sizeof(ip->octets)} : alert->host;
    struct bytes class = alert->category.len ? alert->category : alert->sensor;
    return hash_mix(hash_bytes(who), hash_bytes(class));
}

int bursts_new(int64_t window, struct bursts **ret_bursts)
{
    struct bursts *bursts = calloc(1, sizeof(*bursts));
    if (!bursts)
        return -ENOMEM;
    bursts->window = window;
    *ret_bursts = bursts;
    return 0;
}

void bursts_free(struct bursts *bursts)
{
    if (!bursts)
        return;
    hash_table_finish(&bursts->index);
    free(bursts->open);
    free(bursts);
}

/* The burst that is open under a key, or room for one. */
static int burst_at(struct bursts *bursts, uint64_t key, struct burst **ret_burst)
{
    uint32_t at = hash_table_get(&bursts->index, key);
    if (at == HASH_TABLE_NONE) {
        if (bursts->count == BURSTS_OPEN) {
            hash_table_clear(&bursts->index);
            bursts->count = 0;
        }
        if (bursts->count == bursts->capacity) {
            uint32_t capacity = bursts->capacity ? 2 * bursts->capacity : 256;
            struct burst *open = reallocarray(bursts->open, capacity, sizeof(*open));
            if (!open)
                return -ENOMEM;
            bursts->open = open;
            bursts->capacity = capacity;
        }
        at = bursts->count;
        int error = hash_table_put(&bursts->index, key, at);
        if (error)
            return error;
        bursts->open[bursts->count++] = (struct burst){0};
    }
    *ret_burst = &bursts->open[at];
    return 0;
}

static void burst_reach(struct burst *burst, int64_t first, int64_t last)
{
    burst->first = first < burst->first ? first : burst->first;
    burst->last = last > burst->last ? last : burst->last;
}

int bursts_take(struct bursts *bursts, struct alert_group *group, int64_t time)
{
    struct burst *burst;
    int error = burst_at(bursts, group->burst_key, &burst);
    if (error)
        return error;
    if (group->burst == 0) {
        if (burst->id == 0 || time > burst->last + bursts->window ||
            time < burst->first - bursts->window)
            *burst = (struct burst){group->id, time, time};
        group->burst = burst->id;
    }
    if (group->burst == burst->id)
        burst_reach(burst, time, time);
    return 0;
}

int bursts_restore(struct bursts *bursts, const struct alert_group *group)
{
    struct burst *burst;
    int error = burst_at(bursts, group->burst_key, &burst);
    if (error)
        return error;
    if (burst->id < group->burst)
        *burst = (struct burst){group->burst, group->first, group->last};
    if (burst->id == group->burst)
        burst_reach(burst, group->first, group->last);
    return 0;
}
