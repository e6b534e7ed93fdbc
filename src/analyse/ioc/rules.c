#include "analyse/ioc/rules.h"

#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"

/* Which candidates cover a sample: candidate numbers of sample i at items[starts[i]] …. */
struct inverse {
    size_t *starts;
    uint32_t *items;
};

/* A candidate and what it covers of the samples not yet covered. */
struct ranked {
    double gain;
    uint32_t item;
};

struct pairing {
    const struct candidates *candidates;
    const struct ioc_rule_limits *limits;
    struct ioc_rules *out;
    uint32_t capacity;
    struct inverse found, spared;
    struct hash_table known; /* pairs */
    double *weights;         /* of samples found: how uncovered */
    float *joint, *harm;     /* with the seed: weight found, samples spared */
    uint32_t *touched, touched_count;
    uint8_t half;         /* of the samples, that partners are looked for in this round */
    struct ranked *order; /* of candidates: by what they cover of the uncovered */
    uint64_t work;
};

double ioc_rule_cost(const struct ioc_rule *rule, const struct ioc_rule_limits *limits)
{
    return rule->price / limits->price + rule->risk / (limits->spare + 0.5);
}

static const struct cover *cover_of(const struct candidates *candidates, uint32_t i, bool found,
                                    const uint32_t **ret_at, uint32_t *ret_count)
{
    const struct cover *cover = &candidates->items[i].cover;
    *ret_at = found ? cover->found : cover->spared;
    *ret_count = found ? cover->found_count : cover->spared_count;
    return cover;
}

static int inverse_make(const struct candidates *candidates, bool found, struct inverse *inverse)
{
    uint32_t samples = found ? candidates->found_count : candidates->spared_count, count;
    const uint32_t *at;
    size_t total = 0;
    inverse->starts = calloc((size_t)samples + 2, sizeof(*inverse->starts));
    if (!inverse->starts)
        return -ENOMEM;
    for (uint32_t i = 0; i < candidates->count; i++) {
        cover_of(candidates, i, found, &at, &count);
        total += count;
        for (uint32_t k = 0; k < count; k++)
            inverse->starts[at[k] + 2]++;
    }
    for (uint32_t i = 0; i < samples; i++)
        inverse->starts[i + 2] += inverse->starts[i + 1];
    inverse->items = malloc((total + 1) * sizeof(*inverse->items));
    if (!inverse->items)
        return -ENOMEM;
    for (uint32_t i = 0; i < candidates->count; i++) {
        cover_of(candidates, i, found, &at, &count);
        for (uint32_t k = 0; k < count; k++)
            inverse->items[inverse->starts[at[k] + 1]++] = i;
    }
    return 0;
}

static int rule_put(struct ioc_rules *rules, uint32_t *capacity, const struct ioc_rule *rule)
{
    if (rules->count == *capacity) {
        uint32_t more = *capacity ? 2 * *capacity : 1024;
        struct ioc_rule *items = realloc(rules->items, more * sizeof(*items));
        if (!items)
            return -ENOMEM;
        rules->items = items;
        *capacity = more;
    }
    rules->items[rules->count++] = *rule;
    return 0;
}

static void rule_weigh(const struct candidates *candidates, struct ioc_rule *rule)
{
    double prior = 1e9, clarity = 1;
    for (uint32_t i = 0; i < rule->part_count; i++) {
        const struct candidate *part = &candidates->items[rule->parts[i]];
        double own = candidates->prior[part->kind][part->level];
        prior = own < prior ? own : prior;
        clarity *= part->clarity;
    }
    rule->clarity = rule->part_count > 1 ? 0.9 * clarity : clarity;
    rule->price = 1 + (1 - rule->clarity);
    rule->chance = (double)rule->cover.groups / (rule->cover.groups + 1);
    rule->risk = rule->cover.spared_count + prior;
}

static int singles_put(struct pairing *pairing)
{
    int error = 0;
    for (uint32_t i = 0; i < pairing->candidates->count && !error; i++) {
        struct ioc_rule rule = {
            .parts = {i, i}, .part_count = 1, .cover = pairing->candidates->items[i].cover};
        rule_weigh(pairing->candidates, &rule);
        error = rule_put(pairing->out, &pairing->capacity, &rule);
    }
    return error;
}

/* What both lists have. */
static uint32_t *common(struct arena *arena, const uint32_t *one, uint32_t one_count,
                        const uint32_t *other, uint32_t other_count, uint32_t *ret_count)
{
    uint32_t count = 0, least = one_count < other_count ? one_count : other_count;
    uint32_t *both = arena_take_array(arena, (size_t)least + 1, sizeof(*both));
    for (uint32_t i = 0, k = 0; both && i < one_count && k < other_count;) {
        if (one[i] == other[k])
            both[count++] = one[i++], k++;
        else if (one[i] < other[k])
            i++;
        else
            k++;
    }
    *ret_count = count;
    return both;
}

static uint32_t groups_of(const struct candidates *candidates, const struct cover *cover)
{
    uint32_t groups = 0, last = UINT32_MAX;
    for (uint32_t i = 0; i < cover->found_count && groups < 64; i++) {
        uint32_t group = candidates->groups[cover->found[i]], k = 0;
        if (group == last)
            continue;
        last = group;
        while (k < i && candidates->groups[cover->found[k]] != group)
            k++;
        groups += k == i;
    }
    return groups;
}

static int pair_put(struct pairing *pairing, uint32_t one, uint32_t other)
{
    const struct candidates *candidates = pairing->candidates;
    struct ioc_rule rule = {.parts = {one < other ? one : other, one < other ? other : one},
                            .part_count = 2};
    const struct cover *a = &candidates->items[one].cover, *b = &candidates->items[other].cover;
    uint64_t key = (uint64_t)rule.parts[0] << 32 | rule.parts[1];
    if (hash_table_get(&pairing->known, key) != HASH_TABLE_NONE)
        return 0;
    int error = hash_table_put(&pairing->known, key, 0);
    rule.cover.found = common(&pairing->out->arena, a->found, a->found_count, b->found,
                              b->found_count, &rule.cover.found_count);
    rule.cover.spared = common(&pairing->out->arena, a->spared, a->spared_count, b->spared,
                               b->spared_count, &rule.cover.spared_count);
    if (error || !rule.cover.found || !rule.cover.spared)
        return -ENOMEM;
    rule.cover.groups = groups_of(candidates, &rule.cover);
    /* As with masks: where there are many groups, what comes from one of them is chance. */
    if (rule.cover.groups < (candidates->group_count >= CANDIDATES_GROUPS ? 2U : 1U))
        return 0;
    rule_weigh(candidates, &rule);
    return rule_put(pairing->out, &pairing->capacity, &rule);
}

/* With which weight and harm every candidate occurs together with the seed. */
static void joint_count(struct pairing *pairing, const struct cover *seed)
{
    for (uint32_t k = 0; k < pairing->touched_count; k++)
        pairing->joint[pairing->touched[k]] = pairing->harm[pairing->touched[k]] = 0;
    pairing->touched_count = 0;
    for (uint32_t k = 0; k < seed->found_count; k++) {
        uint32_t sample = seed->found[k];
        float weight = (float)pairing->weights[sample];
        const size_t *starts = &pairing->found.starts[sample];
        if (weight < 0.01F || pairing->candidates->found_half[sample] != pairing->half)
            continue;
        pairing->work += starts[1] - starts[0];
        for (size_t i = starts[0]; i < starts[1]; i++) {
            uint32_t item = pairing->found.items[i];
            if (pairing->joint[item] == 0)
                pairing->touched[pairing->touched_count++] = item;
            pairing->joint[item] += weight;
        }
    }
    for (uint32_t k = 0; k < seed->spared_count; k++) {
        const size_t *starts = &pairing->spared.starts[seed->spared[k]];
        if (pairing->candidates->spared_half[seed->spared[k]] != pairing->half)
            continue;
        pairing->work += starts[1] - starts[0];
        for (size_t i = starts[0]; i < starts[1]; i++)
            pairing->harm[pairing->spared.items[i]]++;
    }
}

static void harm_clear(struct pairing *pairing, const struct cover *seed)
{
    for (uint32_t k = 0; k < seed->spared_count; k++) {
        const size_t *starts = &pairing->spared.starts[seed->spared[k]];
        for (size_t i = starts[0]; i < starts[1]; i++)
            pairing->harm[pairing->spared.items[i]] = 0;
    }
}

/* The seed's best partners become rules. */
static int partners_find(struct pairing *pairing, uint32_t seed)
{
    const struct cover *cover = &pairing->candidates->items[seed].cover;
    uint32_t best[RULES_PARTNERS] = {0};
    double scores[RULES_PARTNERS] = {0};
    int error = 0;
    joint_count(pairing, cover);
    for (uint32_t k = 0; k < pairing->touched_count; k++) {
        uint32_t item = pairing->touched[k];
        double cost = 1.1 / pairing->limits->price +
                      (pairing->harm[item] + 0.5) / (pairing->limits->spare + 0.5);
        double score = item == seed ? 0 : pairing->joint[item] / cost;
        uint32_t place = RULES_PARTNERS;
        while (place > 0 && score > scores[place - 1])
            place--;
        if (place == RULES_PARTNERS)
            continue;
        for (uint32_t down = RULES_PARTNERS - 1; down > place; down--)
            scores[down] = scores[down - 1], best[down] = best[down - 1];
        scores[place] = score;
        best[place] = item;
    }
    for (uint32_t i = 0; i < RULES_PARTNERS && scores[i] > 0 && !error; i++)
        error = pair_put(pairing, seed, best[i]);
    harm_clear(pairing, cover);
    return error;
}

static double gain_of(const struct pairing *pairing, const struct cover *cover)
{
    double gain = 0;
    for (uint32_t k = 0; k < cover->found_count; k++)
        gain += pairing->weights[cover->found[k]];
    return gain;
}

static int ranked_compare(const void *one, const void *other)
{
    const struct ranked *a = one, *b = other;
    if (a->gain != b->gain)
        return a->gain < b->gain ? 1 : -1;
    return (a->item > b->item) - (a->item < b->item);
}

/* The best rule so far covers its samples, so that the next round looks at others. False: none. */
static bool best_take(struct pairing *pairing)
{
    const struct ioc_rule *best = NULL;
    double most = 0;
    for (uint32_t i = 0; i < pairing->out->count; i++) {
        const struct ioc_rule *rule = &pairing->out->items[i];
        double score =
            rule->chance * gain_of(pairing, &rule->cover) / ioc_rule_cost(rule, pairing->limits);
        if (rule->risk <= pairing->limits->spare + 0.5 && score > most) {
            most = score;
            best = rule;
        }
    }
    if (!best || gain_of(pairing, &best->cover) < 0.5)
        return false;
    for (uint32_t k = 0; k < best->cover.found_count; k++)
        pairing->weights[best->cover.found[k]] *= 1 - best->chance;
    return true;
}

static int round_run(struct pairing *pairing)
{
    const struct candidates *candidates = pairing->candidates;
    int error = 0;
    for (uint32_t i = 0; i < candidates->count; i++)
        pairing->order[i] = (struct ranked){gain_of(pairing, &candidates->items[i].cover), i};
    if (candidates->count > 1)
        qsort(pairing->order, candidates->count, sizeof(*pairing->order), ranked_compare);
    for (uint32_t i = 0, seeds = 0; i < candidates->count && seeds < RULES_SEEDS && !error; i++) {
        uint32_t seed = pairing->order[i].item;
        if (pairing->order[i].gain < 0.5)
            break;
        if (candidates->items[seed].cover.spared_count == 0)
            continue;
        if (pairing->work > RULES_WORK) {
            pairing->out->cut = true;
            break;
        }
        seeds++;
        error = partners_find(pairing, seed);
    }
    return error;
}

static int pairs_find(struct pairing *pairing)
{
    const struct candidates *candidates = pairing->candidates;
    size_t count = (size_t)candidates->count + 1;
    int error = inverse_make(candidates, true, &pairing->found);
    if (!error)
        error = inverse_make(candidates, false, &pairing->spared);
    pairing->weights = calloc((size_t)candidates->found_count + 1, sizeof(*pairing->weights));
    pairing->joint = calloc(count, sizeof(*pairing->joint));
    pairing->harm = calloc(count, sizeof(*pairing->harm));
    pairing->touched = calloc(count, sizeof(*pairing->touched));
    pairing->order = calloc(count, sizeof(*pairing->order));
    if (!error && !(pairing->weights && pairing->joint && pairing->harm && pairing->touched &&
                    pairing->order))
        error = -ENOMEM;
    for (uint32_t i = 0; !error && i < candidates->found_count; i++)
        pairing->weights[i] = 1;
    for (int round = 0; !error && round < RULES_ROUNDS && !pairing->out->cut; round++) {
        pairing->half = round & 1;
        error = round_run(pairing);
        if (!error && !best_take(pairing))
            break;
    }
    free(pairing->found.starts);
    free(pairing->found.items);
    free(pairing->spared.starts);
    free(pairing->spared.items);
    free(pairing->weights);
    free(pairing->joint);
    free(pairing->harm);
    free(pairing->touched);
    free(pairing->order);
    return error;
}

int ioc_rules_make(const struct candidates *candidates, const struct ioc_rule_limits *limits,
                   struct ioc_rules *ret_rules)
{
    struct ioc_rules out = {.arena = {.chunk = 1 << 20}};
    struct pairing pairing = {.candidates = candidates, .limits = limits, .out = &out};
    int error = singles_put(&pairing);
    if (!error && !limits->single)
        error = pairs_find(&pairing);
    hash_table_finish(&pairing.known);
    if (error)
        ioc_rules_finish(&out);
    else
        *ret_rules = out;
    return error;
}

void ioc_rules_finish(struct ioc_rules *rules)
{
    free(rules->items);
    arena_finish(&rules->arena);
    *rules = (struct ioc_rules){.count = 0};
}
