#include "triage/group/group.h"

#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/hash_table.h"
#include "triage/group/burst.h"

/* An open group; `changed` since the last visit. */
struct entry {
    struct alert_group group;
    bool changed;
};

struct grouper {
    int64_t window;
    uint64_t next, evicted;
    struct bursts *bursts;
    struct hash_table index; /* key → entries */
    struct entry *entries;
    uint32_t count, capacity;
    uint32_t *changed; /* entries that changed since the last visit */
    uint32_t changed_count, changed_capacity;
    struct alert_group *closed; /* since the last visit */
    uint32_t closed_count, closed_capacity;
};

static uint64_t text_mix(uint64_t key, struct bytes text)
{
    return hash_mix(key, hash_bytes(text));
}

static uint64_t ip_mix(uint64_t key, const struct ip *ip)
{
    return hash_mix(key, hash_bytes((struct bytes){(const char *)ip->octets, sizeof(ip->octets)}));
}

uint64_t alert_group_key(const struct alert *alert)
{
    uint64_t key = text_mix(1, alert->sensor);
    key = text_mix(key, alert->rule_name);
    key = text_mix(key, alert->host);
    key = ip_mix(key, &alert->host_ip);
    key = ip_mix(key, &alert->source_ip);
    return ip_mix(key, &alert->destination_ip);
}

int grouper_new(int64_t window, uint64_t next, struct grouper **ret_grouper)
{
    struct grouper *grouper = calloc(1, sizeof(*grouper));
    if (!grouper)
        return -ENOMEM;
    grouper->window = window;
    grouper->next = next;
    if (bursts_new(window < BURST_WINDOW ? window : BURST_WINDOW, &grouper->bursts)) {
        free(grouper);
        return -ENOMEM;
    }
    *ret_grouper = grouper;
    return 0;
}

void grouper_free(struct grouper *grouper)
{
    if (!grouper)
        return;
    hash_table_finish(&grouper->index);
    bursts_free(grouper->bursts);
    free(grouper->entries);
    free(grouper->changed);
    free(grouper->closed);
    free(grouper);
}

static int room_make(void **items, uint32_t count, uint32_t *capacity, size_t size)
{
    if (count < *capacity)
        return 0;
    uint32_t wanted = *capacity ? *capacity * 2 : 1024;
    void *more = reallocarray(*items, wanted, size);
    if (!more)
        return -ENOMEM;
    *items = more;
    *capacity = wanted;
    return 0;
}

/* Note a group as closed; its entry is the caller's to reuse. */
static int group_close(struct grouper *grouper, const struct alert_group *group)
{
    int error = room_make((void **)&grouper->closed, grouper->closed_count,
                          &grouper->closed_capacity, sizeof(*grouper->closed));
    if (error)
        return error;
    grouper->closed[grouper->closed_count] = *group;
    grouper->closed[grouper->closed_count++].closed = true;
    return 0;
}

static int by_end(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->group.last != y->group.last)
        return x->group.last < y->group.last ? 1 : -1;
    return (x->group.id < y->group.id) - (x->group.id > y->group.id);
}

static int change_note(struct grouper *grouper, uint32_t at)
{
    if (grouper->entries[at].changed)
        return 0;
    int error = room_make((void **)&grouper->changed, grouper->changed_count,
                          &grouper->changed_capacity, sizeof(*grouper->changed));
    if (error)
        return error;
    grouper->entries[at].changed = true;
    grouper->changed[grouper->changed_count++] = at;
    return 0;
}

/* Entries moved: where those are that changed. There are no more than before. */
static void changes_find(struct grouper *grouper)
{
    grouper->changed_count = 0;
    for (uint32_t i = 0; i < grouper->count; i++)
        if (grouper->entries[i].changed)
            grouper->changed[grouper->changed_count++] = i;
}

/* Close the older half by their ends: a rule that depends on the groups alone. */
static int entries_evict(struct grouper *grouper)
{
    int error = 0;
    qsort(grouper->entries, grouper->count, sizeof(*grouper->entries), by_end);
    uint32_t keep = grouper->count / 2;
    for (uint32_t i = keep; i < grouper->count && error == 0; i++)
        error = group_close(grouper, &grouper->entries[i].group);
    grouper->evicted += grouper->count - keep;
    grouper->count = keep;
    changes_find(grouper);
    hash_table_clear(&grouper->index);
    for (uint32_t i = 0; i < keep && error == 0; i++)
        error = hash_table_put(&grouper->index, grouper->entries[i].group.key, i);
    return error;
}

/* The entry for a new group under `key`. */
static int entry_make(struct grouper *grouper, uint64_t key, struct entry **ret_entry)
{
    int error = grouper->count == GROUPS_OPEN ? entries_evict(grouper) : 0;
    if (!error)
        error = room_make((void **)&grouper->entries, grouper->count, &grouper->capacity,
                          sizeof(*grouper->entries));
    if (!error)
        error = hash_table_put(&grouper->index, key, grouper->count);
    if (error)
        return error;
    *ret_entry = &grouper->entries[grouper->count++];
    **ret_entry = (struct entry){0};
    return 0;
}

int grouper_restore(struct grouper *grouper, const struct alert_group *group)
{
    struct entry *entry;
    int error = entry_make(grouper, group->key, &entry);
    if (!error)
        *entry = (struct entry){*group, false};
    return error || !group->burst ? error : bursts_restore(grouper->bursts, group);
}

static bool group_accepts(const struct grouper *grouper, const struct alert_group *group,
                          int64_t time)
{
    return time <= group->last + grouper->window && time >= group->first - grouper->window;
}

static void group_add(struct alert_group *group, const struct alert *alert)
{
    if (group->count == 0 || alert->time < group->first)
        group->first = alert->time;
    if (group->count == 0 || alert->time > group->last)
        group->last = alert->time;
    if (alert->severity && (group->severity == 0 || alert->severity < group->severity))
        group->severity = alert->severity;
    group->count++;
}

int grouper_take(struct grouper *grouper, const struct alert *alert,
                 const struct alert_group **ret_group)
{
    uint64_t key = alert_group_key(alert);
    uint32_t at = hash_table_get(&grouper->index, key);
    struct entry *entry = at == HASH_TABLE_NONE ? NULL : &grouper->entries[at];
    int error = 0;
    bool open = entry && group_accepts(grouper, &entry->group, alert->time);
    if (entry && !open)
        error = group_close(grouper, &entry->group);
    if (!entry)
        error = entry_make(grouper, key, &entry);
    if (error)
        return error;
    if (!open)
        entry->group = (struct alert_group){
            .id = grouper->next++, .key = key, .burst_key = alert_burst_key(alert)};
    group_add(&entry->group, alert);
    *ret_group = &entry->group;
    if (!open || entry->group.burst)
        error = bursts_take(grouper->bursts, &entry->group, alert->time);
    return error ? error : change_note(grouper, (uint32_t)(entry - grouper->entries));
}

static int by_id(const void *a, const void *b)
{
    const struct alert_group *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

int grouper_changed(struct grouper *grouper,
                    int (*visit)(void *context, const struct alert_group *group), void *context)
{
    int error = 0;
    for (uint32_t i = 0; i < grouper->changed_count && error == 0; i++) {
        struct entry *entry = &grouper->entries[grouper->changed[i]];
        entry->changed = false;
        error = room_make((void **)&grouper->closed, grouper->closed_count,
                          &grouper->closed_capacity, sizeof(*grouper->closed));
        if (!error)
            grouper->closed[grouper->closed_count++] = entry->group;
    }
    grouper->changed_count = 0;
    if (grouper->closed_count)
        qsort(grouper->closed, grouper->closed_count, sizeof(*grouper->closed), by_id);
    for (uint32_t i = 0; i < grouper->closed_count && error == 0; i++)
        error = visit(context, &grouper->closed[i]);
    grouper->closed_count = 0;
    return error;
}

uint64_t grouper_evicted(const struct grouper *grouper)
{
    return grouper->evicted;
}
