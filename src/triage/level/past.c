#include "triage/level/past.h"

#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/hash_table.h"
#include "base/time.h"

/* A decision, and from when on it is known. */
struct known {
    int64_t from;
    size_t group;
};

struct counts {
    uint32_t decisions, attacks;
};

enum { ROOM = 1024 /* at first */ };

struct past {
    struct hash_table table;
    struct counts *counts;
    uint32_t used, room;
};

static int known_compare(const void *a, const void *b)
{
    const struct known *one = a, *other = b;
    if (one->from != other->from)
        return one->from > other->from ? 1 : -1;
    return (one->group > other->group) - (one->group < other->group);
}

static uint64_t host_key(const struct group_facts *group)
{
    return hash_mix(group->rule, group->host + 1);
}

/* The start of the day after the group's, or when it was decided, whichever is later. */
static int64_t known_from(const struct group_facts *group, const struct level_decided *decided)
{
    int64_t next = (int64_t)time_day(group->first) + 1, morning;
    if (__builtin_mul_overflow(next, TIME_DAY, &morning))
        return INT64_MAX;
    return decided->time > morning ? decided->time : morning;
}

static int past_count(struct past *past, uint64_t key, bool attack)
{
    uint32_t at = hash_table_get(&past->table, key);
    if (at == HASH_TABLE_NONE) {
        if (past->used == LEVEL_PAST_SEEN)
            return 0;
        if (past->used == past->room) {
            uint32_t room = 2 * past->room;
            struct counts *counts = reallocarray(past->counts, room, sizeof(*counts));
            if (!counts)
                return -ENOMEM;
            past->counts = counts;
            past->room = room;
        }
        at = past->used;
        int error = hash_table_put(&past->table, key, at);
        if (error)
            return error;
        past->counts[past->used++] = (struct counts){0, 0};
    }
    past->counts[at].decisions++;
    past->counts[at].attacks += attack;
    return 0;
}

static struct counts past_of(const struct past *past, uint64_t key)
{
    uint32_t at = hash_table_get(&past->table, key);
    return at == HASH_TABLE_NONE ? (struct counts){0, 0} : past->counts[at];
}

static int past_walk(const struct group_facts *groups, const struct level_decided *decided,
                     size_t count, const struct known *known, size_t known_count,
                     struct level_past *ret_past)
{
    struct past past = {.counts = malloc(ROOM * sizeof(*past.counts)), .room = ROOM};
    size_t next = 0;
    int error = past.counts ? 0 : -ENOMEM;
    for (size_t i = 0; i < count && !error; i++) {
        for (; next < known_count && known[next].from <= groups[i].first && !error; next++) {
            const struct group_facts *group = &groups[known[next].group];
            bool attack = decided[known[next].group].level > 0;
            error = past_count(&past, group->rule, attack);
            if (!error)
                error = past_count(&past, host_key(group), attack);
        }
        struct counts rule = past_of(&past, groups[i].rule);
        struct counts host = past_of(&past, host_key(&groups[i]));
        ret_past[i] =
            (struct level_past){rule.decisions, rule.attacks, host.decisions, host.attacks};
    }
    hash_table_finish(&past.table);
    free(past.counts);
    return error;
}

int level_past_find(const struct group_facts *groups, const struct level_decided *decided,
                    size_t count, struct level_past *ret_past)
{
    struct known *known = malloc((count + 1) * sizeof(*known));
    size_t known_count = 0;
    if (!known)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        if (decided[i].level >= 0)
            known[known_count++] = (struct known){known_from(&groups[i], &decided[i]), i};
    if (known_count > 1)
        qsort(known, known_count, sizeof(*known), known_compare);
    int error = past_walk(groups, decided, count, known, known_count, ret_past);
    free(known);
    return error;
}
