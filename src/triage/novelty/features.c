#include "triage/novelty/features.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/hash_table.h"
#include "base/time.h"
#include "triage/group/group.h"

/* Kinds of things that are remembered; they make the keys differ. */
enum thing {
    THING_rule,
    THING_host,
    THING_pair,
    THING_source,
    THING_link,
    THING_category,
    THING_hour
};

/* A rule, host, rule on a host, … and what was before. */
struct seen {
    uint32_t groups, spread; /* spread: how many hosts a rule was seen on */
    int64_t first, last;     /* beginnings of its groups */
    float most;              /* ln(1 + count) of its largest group; those that are over */
    uint32_t stamp;          /* of the row for which it was counted last */
};

struct history {
    const struct group_facts *groups;
    uint32_t *ends; /* groups in the order of their ends */
    float *rarities;
    struct hash_table table;
    struct seen *seen;
    uint32_t used, capacity;
    uint32_t begun; /* groups learned from */
    size_t ended;
};

static const struct {
    const char *name, *english, *japanese;
} texts[] = {
#define X(name, english, japanese) {#name, english, japanese},
    NOVELTY_FEATURES(X)
#undef X
};

const char *novelty_feature_name(enum novelty_feature feature)
{
    return texts[feature].name;
}

const char *novelty_feature_text(enum novelty_feature feature, bool japanese)
{
    return japanese ? texts[feature].japanese : texts[feature].english;
}

static uint64_t thing_key(enum thing kind, uint64_t a, uint64_t b)
{
    return hash_mix(hash_mix((uint64_t)kind + 1, a), b);
}

static uint64_t hour_key(const struct group_facts *group)
{
    int64_t hour = (group->first - (int64_t)time_day(group->first) * TIME_DAY) / TIME_HOUR;
    return thing_key(THING_hour, group->rule, (uint64_t)hour);
}

/* What was seen under the key; nothing when it is new. */
static const struct seen *seen_get(const struct history *history, uint64_t key)
{
    static const struct seen nothing;
    uint32_t at = hash_table_get(&history->table, key);
    return at == HASH_TABLE_NONE ? &nothing : &history->seen[at];
}

/* To be changed; NULL when NOVELTY_SEEN are. */
static int seen_find(struct history *history, uint64_t key, struct seen **ret_seen)
{
    uint32_t at = hash_table_get(&history->table, key);
    *ret_seen = at == HASH_TABLE_NONE ? NULL : &history->seen[at];
    if (*ret_seen || history->used == NOVELTY_SEEN)
        return 0;
    if (history->used == history->capacity) {
        uint32_t more = history->capacity ? 2 * history->capacity : 1024;
        struct seen *grown = reallocarray(history->seen, more, sizeof(*grown));
        if (!grown)
            return -ENOMEM;
        history->seen = grown;
        history->capacity = more;
    }
    int error = hash_table_put(&history->table, key, history->used);
    if (error)
        return error;
    *ret_seen = &history->seen[history->used++];
    **ret_seen = (struct seen){0};
    return 0;
}

/* One more group that began; whether the thing is a new one. */
static int thing_begin(struct history *history, uint64_t key, int64_t time, bool *ret_new)
{
    struct seen *seen;
    int error = seen_find(history, key, &seen);
    *ret_new = false;
    if (error || !seen)
        return error;
    *ret_new = seen->groups == 0;
    if (*ret_new)
        seen->first = time;
    seen->groups++;
    seen->last = time;
    return 0;
}

static int group_begin(struct history *history, const struct group_facts *group)
{
    const uint64_t keys[] = {
        thing_key(THING_rule, group->rule, 0),           thing_key(THING_host, group->host, 0),
        thing_key(THING_source, group->source, 0),       thing_key(THING_link, group->pair, 0),
        thing_key(THING_category, group->category, 0),   hour_key(group),
        thing_key(THING_pair, group->rule, group->host),
    };
    bool new = false;
    int error = 0;
    for (size_t i = 0; i < sizeof(keys) / sizeof(*keys) && !error; i++)
        error = thing_begin(history, keys[i], group->first, &new);
    struct seen *rule;
    if (!error && new && !(error = seen_find(history, keys[0], &rule)) && rule)
        rule->spread++;
    history->begun++;
    return error;
}

static int thing_end(struct history *history, uint64_t key, uint64_t count)
{
    struct seen *seen;
    int error = seen_find(history, key, &seen);
    if (!error && seen)
        seen->most = fmaxf(seen->most, (float)log1p((double)count));
    return error;
}

/* Learn from all that began before `time`, and from the sizes of what could not grow any more. */
static int past_learn(struct history *history, int64_t time, size_t count)
{
    const struct group_facts *groups = history->groups;
    int error = 0;
    while (!error && groups[history->begun].first < time)
        error = group_begin(history, &groups[history->begun]);
    while (!error && history->ended < count &&
           groups[history->ends[history->ended]].last < time - GROUP_WINDOW) {
        const struct group_facts *over = &groups[history->ends[history->ended++]];
        error = thing_end(history, thing_key(THING_rule, over->rule, 0), over->count);
        if (!error)
            error = thing_end(history, thing_key(THING_pair, over->rule, over->host), over->count);
    }
    return error;
}

/* -ln of the share that `part` has of `all`, smoothed so that nothing of nothing is no news. */
static float rarity(uint32_t part, uint32_t all)
{
    return (float)-log((part + 1.0) / (all + 1.0));
}

/* Less the longer a thing is known, a month at most, on a scale of logarithms; of new ones 4. */
static float newness(const struct seen *seen, int64_t time)
{
    double hours = seen->groups ? (double)(time - seen->first) / (double)TIME_HOUR : 0;
    return (float)(4 - log1p(fmin(hours, 24.0 * 30) / 2));
}

static float idle(const struct seen *seen, int64_t time)
{
    double hours = seen->groups ? (double)(time - seen->last) / (double)TIME_HOUR : 24.0 * 30;
    return (float)log1p(fmin(hours, 24.0 * 30));
}

static void row_past(const struct history *history, const struct group_facts *group, float *row)
{
    const struct seen *rule = seen_get(history, thing_key(THING_rule, group->rule, 0));
    const struct seen *host = seen_get(history, thing_key(THING_host, group->host, 0));
    const struct seen *pair = seen_get(history, thing_key(THING_pair, group->rule, group->host));
    double size = log1p((double)group->count);
    double minutes = (double)(group->last - group->first) / (double)TIME_MINUTE;
    row[NOVELTY_count] = (float)size;
    row[NOVELTY_duration] = (float)log1p(minutes);
    row[NOVELTY_rate] = (float)log1p((double)group->count / (minutes + 1));
    row[NOVELTY_rule_excess] = fmaxf(0, (float)size - rule->most);
    row[NOVELTY_host_excess] = fmaxf(0, (float)size - pair->most);
    row[NOVELTY_rule_rarity] = rarity(rule->groups, history->begun);
    row[NOVELTY_rule_host_rarity] = rarity(pair->groups, host->groups);
    row[NOVELTY_host_share] = rarity(pair->groups, rule->groups);
    row[NOVELTY_rule_newness] = newness(rule, group->first);
    row[NOVELTY_pair_newness] = newness(pair, group->first);
    row[NOVELTY_rule_idle] = idle(rule, group->first);
    row[NOVELTY_pair_idle] = idle(pair, group->first);
    row[NOVELTY_rule_narrow] = (float)-log1p((double)rule->spread);
    row[NOVELTY_category_rarity] = rarity(
        seen_get(history, thing_key(THING_category, group->category, 0))->groups, history->begun);
    row[NOVELTY_hour_rarity] =
        (float)-log((seen_get(history, hour_key(group))->groups + 1.0) / (rule->groups + 24.0));
    row[NOVELTY_source_rarity] = rarity(
        seen_get(history, thing_key(THING_source, group->source, 0))->groups, history->begun);
    row[NOVELTY_link_rarity] =
        rarity(seen_get(history, thing_key(THING_link, group->pair, 0))->groups, history->begun);
    int32_t weekday =
        (time_day(group->first) % 7 + 11) % 7; /* 0: Sunday; 1970 began on a Thursday */
    row[NOVELTY_weekend] = weekday == 0 || weekday == 6;
    row[NOVELTY_severity] = group->severity ? (float)(5 - group->severity) : 0;
}

/* What the last hour brought. */
struct recent {
    uint32_t host, network, rules, hosts; /* groups of the host, all; distinct ones */
    float host_company, network_company;
};

/* Count a thing once a row. */
static uint32_t stamp(struct history *history, uint64_t key, uint32_t mark)
{
    uint32_t at = hash_table_get(&history->table, key);
    if (at == HASH_TABLE_NONE || history->seen[at].stamp == mark)
        return 0;
    history->seen[at].stamp = mark;
    return 1;
}

static struct recent recent_of(struct history *history, uint32_t at)
{
    const struct group_facts *groups = history->groups, *group = &groups[at];
    struct recent recent = {0};
    for (uint32_t back = 0; back < history->begun && back < NOVELTY_NEIGHBOURS; back++) {
        uint32_t other = history->begun - 1 - back;
        const struct group_facts *earlier = &groups[other];
        if (earlier->first < group->first - TIME_HOUR)
            break;
        bool near = earlier->first >= group->first - 10 * TIME_MINUTE;
        bool same_host = earlier->host == group->host, same_rule = earlier->rule == group->rule;
        recent.network++;
        recent.host += same_host;
        if (same_host)
            recent.rules += stamp(history, thing_key(THING_rule, earlier->rule, 0), at + 1);
        if (same_rule)
            recent.hosts += stamp(history, thing_key(THING_host, earlier->host, 0), at + 1);
        if (near && !same_rule)
            recent.network_company += history->rarities[other];
        if (near && !same_rule && same_host)
            recent.host_company += history->rarities[other];
    }
    return recent;
}

/* ln of groups in this hour to those of the usual hour, since `since`. */
static float activity(uint32_t now, uint32_t ever, int64_t since, int64_t time)
{
    double hours = fmax(1, (double)(time - since) / (double)TIME_HOUR);
    return (float)log((now + 1.0) / (ever / hours + 1));
}

static void row_recent(struct history *history, uint32_t at, float *row)
{
    const struct group_facts *group = &history->groups[at];
    struct recent recent = recent_of(history, at);
    const struct seen *host = seen_get(history, thing_key(THING_host, group->host, 0));
    int64_t begin = history->groups[0].first;
    row[NOVELTY_host_activity] =
        activity(recent.host, host->groups, host->groups ? host->first : begin, group->first);
    row[NOVELTY_network_activity] = activity(recent.network, history->begun, begin, group->first);
    row[NOVELTY_host_company] = (float)log1p((double)recent.host_company);
    row[NOVELTY_network_company] = (float)log1p((double)recent.network_company);
    row[NOVELTY_host_rules] = (float)log1p(recent.rules);
    row[NOVELTY_rule_hosts] = (float)log1p(recent.hosts);
    history->rarities[at] = row[NOVELTY_rule_rarity] > 4 ? row[NOVELTY_rule_rarity] : 0;
}

static int end_compare(const void *a, const void *b, void *context)
{
    const struct group_facts *groups = context;
    uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;
    if (groups[one].last != groups[other].last)
        return groups[one].last > groups[other].last ? 1 : -1;
    return (one > other) - (one < other);
}

static int history_open(struct history *history, const struct group_facts *groups, size_t count)
{
    *history = (struct history){
        .groups = groups,
        .ends = calloc(count, sizeof(*history->ends)),
        .rarities = calloc(count, sizeof(*history->rarities)),
    };
    if (!history->ends || !history->rarities)
        return -ENOMEM;
    for (uint32_t i = 0; i < count; i++)
        history->ends[i] = i;
    qsort_r(history->ends, count, sizeof(*history->ends), end_compare, (void *)(uintptr_t)groups);
    return 0;
}

int novelty_features(const struct group_facts *groups, size_t count, float *ret_rows)
{
    struct history history;
    if (count == 0)
        return 0;
    if (count > UINT32_MAX / 2)
        return -EINVAL;
    int error = history_open(&history, groups, count);
    for (uint32_t i = 0; i < count && !error; i++) {
        float *row = &ret_rows[(size_t)i * NOVELTY_FEATURE_COUNT];
        if (i && groups[i].first < groups[i - 1].first)
            error = -EINVAL;
        if (!error)
            error = past_learn(&history, groups[i].first, count);
        if (error)
            break;
        row_past(&history, &groups[i], row);
        row_recent(&history, i, row);
    }
    hash_table_finish(&history.table);
    free(history.seen);
    free(history.ends);
    free(history.rarities);
    return error;
}
