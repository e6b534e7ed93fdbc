#include "analyse/ioc/choose.h"

#include <errno.h>
#include <stdlib.h>

enum { SWAP_PASSES = 4 };

/* A set being made. */
struct set {
    const struct ioc_rules *rules;
    const struct ioc_rule_limits *limits;
    const struct candidates *candidates;
    double *missed;   /* of samples found: the chance that no rule finds another such */
    uint32_t *harmed; /* of samples spared: by how many rules */
    uint8_t *taken;   /* of rules */
    uint32_t *order, count;
    double price, expected; /* of the rules taken; expected: beyond the samples harmed */
    uint32_t harmed_count;
};

static double gain_of(const struct set *set, const struct ioc_rule *rule)
{
    double gain = 0;
    for (uint32_t k = 0; k < rule->cover.found_count; k++)
        gain += set->missed[rule->cover.found[k]];
    return gain * rule->chance;
}

static double expected_of(const struct ioc_rule *rule)
{
    return rule->risk - rule->cover.spared_count;
}

static bool fits(const struct set *set, const struct ioc_rule *rule)
{
    uint32_t more = 0;
    for (uint32_t k = 0; k < rule->cover.spared_count; k++)
        more += set->harmed[rule->cover.spared[k]] == 0;
    return set->price + rule->price <= set->limits->price + 1e-9 &&
           set->harmed_count + more + set->expected + expected_of(rule) <= set->limits->spare + 0.5;
}

static void rule_take(struct set *set, uint32_t i)
{
    const struct ioc_rule *rule = &set->rules->items[i];
    for (uint32_t k = 0; k < rule->cover.found_count; k++)
        set->missed[rule->cover.found[k]] *= 1 - rule->chance;
    for (uint32_t k = 0; k < rule->cover.spared_count; k++)
        set->harmed_count += set->harmed[rule->cover.spared[k]]++ == 0;
    set->price += rule->price;
    set->expected += expected_of(rule);
    set->taken[i] = 1;
    set->order[set->count++] = i;
}

/* Products are made anew: a division would lose digits. */
static void set_remake(struct set *set, uint32_t without)
{
    uint32_t count = set->count;
    for (uint32_t i = 0; i < set->candidates->found_count; i++)
        set->missed[i] = 1;
    for (uint32_t i = 0; i < set->candidates->spared_count; i++)
        set->harmed[i] = 0;
    set->count = set->harmed_count = 0;
    set->price = set->expected = 0;
    for (uint32_t k = 0; k < count; k++) {
        uint32_t rule = set->order[k];
        set->taken[rule] = 0;
        if (k != without)
            rule_take(set, rule);
    }
}

static double set_value(const struct set *set)
{
    double value = set->candidates->found_count;
    for (uint32_t i = 0; i < set->candidates->found_count; i++)
        value -= set->missed[i];
    return value;
}

struct heap_item {
    double score;
    uint32_t rule;
};

/* Better first; the earlier of equals, so that the order is the input's. */
static bool before(struct heap_item a, struct heap_item b)
{
    return a.score != b.score ? a.score > b.score : a.rule < b.rule;
}

static void heap_sink(struct heap_item *heap, uint32_t count, uint32_t at)
{
    for (;;) {
        uint32_t best = at, left = 2 * at + 1;
        if (left < count && before(heap[left], heap[best]))
            best = left;
        if (left + 1 < count && before(heap[left + 1], heap[best]))
            best = left + 1;
        if (best == at)
            return;
        struct heap_item item = heap[at];
        heap[at] = heap[best];
        heap[best] = item;
        at = best;
    }
}

static double score_of(const struct set *set, const struct ioc_rule *rule, bool by_cost)
{
    double gain = gain_of(set, rule);
    return by_cost ? gain / ioc_rule_cost(rule, set->limits) : gain;
}

/* Gains only shrink, so a rule whose old score is beaten need not be looked at again. */
static int greedy_run(struct set *set, bool by_cost)
{
    uint32_t count = set->rules->count;
    struct heap_item *heap = malloc(((size_t)count + 1) * sizeof(*heap));
    if (!heap)
        return -ENOMEM;
    for (uint32_t i = 0; i < count; i++)
        heap[i] = (struct heap_item){score_of(set, &set->rules->items[i], by_cost), i};
    for (uint32_t i = count / 2; i-- > 0;)
        heap_sink(heap, count, i);
    while (count > 0 && heap[0].score > 1e-9) {
        const struct ioc_rule *rule = &set->rules->items[heap[0].rule];
        struct heap_item now = {score_of(set, rule, by_cost), heap[0].rule};
        bool first = now.score >= heap[0].score - 1e-12;
        if (!first) {
            heap[0] = now;
        } else {
            if (gain_of(set, rule) > 0.05 && fits(set, rule))
                rule_take(set, heap[0].rule);
            heap[0] = heap[--count]; /* taken, or it does not fit: swaps look at it again */
        }
        heap_sink(heap, count, 0);
    }
    free(heap);
    return 0;
}

/* The rule not taken that adds most and fits; UINT32_MAX: none. */
static uint32_t best_fit(const struct set *set, double *ret_gain)
{
    uint32_t best = UINT32_MAX;
    *ret_gain = 0;
    for (uint32_t i = 0; i < set->rules->count; i++) {
        const struct ioc_rule *rule = &set->rules->items[i];
        double gain = set->taken[i] ? 0 : gain_of(set, rule);
        if (gain > *ret_gain + 1e-9 && fits(set, rule)) {
            *ret_gain = gain;
            best = i;
        }
    }
    return best;
}

/* Each rule in turn is given up for the one that then adds most, where that is another. */
static void swaps_run(struct set *set)
{
    for (int pass = 0; pass < SWAP_PASSES; pass++) {
        bool better = false;
        for (uint32_t k = 0; k < set->count; k++) {
            uint32_t old = set->order[k];
            double gain;
            set_remake(set, k);
            uint32_t best = best_fit(set, &gain);
            double lost = gain_of(set, &set->rules->items[old]);
            bool swap = best != UINT32_MAX && gain > lost + 1e-3;
            better |= swap;
            rule_take(set, swap ? best : old);
            /* it stands last now; the next in turn moved up */
            uint32_t last = set->order[set->count - 1];
            memmove(&set->order[k + 1], &set->order[k], (set->count - 1 - k) * sizeof(*set->order));
            set->order[k] = last;
        }
        if (!better)
            return;
    }
}

static int rate_compare(const void *one, const void *other)
{
    const struct heap_item *a = one, *b = other;
    return before(*a, *b) ? -1 : before(*b, *a);
}

/* No set within the price is worth more than this one and what could best be added to it. */
static int bound_compute(const struct set *set, double *ret_at_least)
{
    struct heap_item *items = malloc(((size_t)set->rules->count + 1) * sizeof(*items));
    double left = set->limits->price, more = 0, value = set_value(set);
    if (!items)
        return -ENOMEM;
    for (uint32_t i = 0; i < set->rules->count; i++)
        items[i] =
            (struct heap_item){gain_of(set, &set->rules->items[i]) / set->rules->items[i].price, i};
    if (set->rules->count > 1)
        qsort(items, set->rules->count, sizeof(*items), rate_compare);
    for (uint32_t i = 0; i < set->rules->count && left > 0; i++) {
        const struct ioc_rule *rule = &set->rules->items[items[i].rule];
        double part = rule->risk > set->limits->spare + 0.5 ? 0 : rule->price;
        if (part > left)
            part = left;
        more += items[i].score * part;
        left -= part;
    }
    double most = value + more;
    if (most > set->candidates->found_count)
        most = set->candidates->found_count;
    *ret_at_least = most > 0 ? value / most : 1;
    free(items);
    return 0;
}

static int set_open(struct set *set)
{
    set->missed = malloc(((size_t)set->candidates->found_count + 1) * sizeof(*set->missed));
    set->harmed = calloc((size_t)set->candidates->spared_count + 1, sizeof(*set->harmed));
    set->taken = calloc((size_t)set->rules->count + 1, 1);
    set->order = calloc((size_t)set->rules->count + 1, sizeof(*set->order));
    if (!set->missed || !set->harmed || !set->taken || !set->order)
        return -ENOMEM;
    set_remake(set, 0);
    return 0;
}

static void set_close(struct set *set)
{
    free(set->missed);
    free(set->harmed);
    free(set->taken);
    free(set->order);
}

int ioc_rules_choose(const struct candidates *candidates, const struct ioc_rules *rules,
                     const struct ioc_rule_limits *limits, struct choice *ret_choice)
{
    struct set sets[2];
    struct choice choice = {0};
    int error = 0;
    for (int i = 0; i < 2; i++) {
        sets[i] = (struct set){.rules = rules, .limits = limits, .candidates = candidates};
        if (!error)
            error = set_open(&sets[i]);
        if (!error)
            error = greedy_run(&sets[i], i == 0);
    }
    struct set *best = error || set_value(&sets[0]) >= set_value(&sets[1]) ? &sets[0] : &sets[1];
    if (!error) {
        swaps_run(best);
        error = bound_compute(best, &choice.at_least);
    }
    if (!error) {
        choice.value = set_value(best);
        choice.count = best->count;
        choice.spared = best->harmed_count;
        for (uint32_t i = 0; i < candidates->found_count; i++)
            choice.found += best->missed[i] < 1;
        choice.rules = best->order;
        best->order = NULL;
        *ret_choice = choice;
    }
    set_close(&sets[0]);
    set_close(&sets[1]);
    return error;
}
