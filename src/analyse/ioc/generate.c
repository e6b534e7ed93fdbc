#include "analyse/ioc/generate.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "analyse/ioc/match.h"
#include "base/hash.h"

enum { TRIAL_FOLDS = 3, TRIAL_STEPS = 8, TRIAL_GROUPS = 6 };

void parts_of_family(const struct corpus *corpus, uint32_t family, bool others, uint8_t *parts)
{
    for (uint32_t i = 0; i < corpus->sample_count; i++) {
        const struct corpus_sample *sample = &corpus->samples[i];
        if (sample->held)
            parts[i] = PART_NONE;
        else if (sample->malicious && sample->family == family)
            parts[i] = PART_FIND;
        else
            parts[i] = !sample->malicious || others ? PART_SPARE : PART_NONE;
    }
}

static struct bytes text_made(struct arena *arena, struct buffer *text)
{
    struct bytes copy =
        text->failed ? (struct bytes){NULL, 0} : arena_copy(arena, buffer_bytes(text));
    buffer_clear(text);
    return copy;
}

static int part_write(const struct candidate *from, struct arena *arena, struct buffer *text,
                      struct indicator_part *part)
{
    int error = pattern_regex(from->mask, text);
    if (error)
        return error;
    part->kind = from->kind;
    part->level = pattern_level_name(from->level);
    part->regex = text_made(arena, text);
    part->mask = arena_copy(arena, from->mask);
    return part->regex.at && part->mask.at ? 0 : -ENOMEM;
}

static void why_put(struct buffer *text, const struct candidates *candidates,
                    const struct ioc_rule *rule)
{
    for (uint32_t i = 0; i < rule->part_count; i++) {
        const struct candidate *part = &candidates->items[rule->parts[i]];
        struct bytes kind = report_kind_name(part->kind);
        buffer_put_format(text, "%s%.*s %s", i ? ", and " : "", (int)kind.len, kind.at,
                          pattern_level_says(part->level));
    }
    buffer_put_format(text, ": %u of %u samples of the family, from %u %s; %u of %u harmless ones",
                      rule->cover.found_count, candidates->found_count, rule->cover.groups,
                      rule->cover.groups == 1 ? "place" : "places", rule->cover.spared_count,
                      candidates->spared_count);
}

static int indicator_write(const struct corpus *corpus, const struct candidates *candidates,
                           const struct ioc_rule *rule, struct bytes family, struct buffer *text,
                           struct indicator_set *set)
{
    struct indicator indicator = {
        .family = arena_copy(&set->arena, family),
        .part_count = rule->part_count,
        .found = rule->cover.found_count,
        .found_of = candidates->found_count,
        .groups = rule->cover.groups,
        .spared = rule->cover.spared_count,
        .spared_of = candidates->spared_count,
        .clarity = rule->clarity,
    };
    uint64_t id = hash_bytes(family);
    int error = indicator.family.at ? 0 : -ENOMEM;
    for (uint32_t i = 0; i < rule->part_count && !error; i++) {
        const struct candidate *part = &candidates->items[rule->parts[i]];
        error = part_write(part, &set->arena, text, &indicator.parts[i]);
        id = hash_mix(hash_mix(id, part->kind), hash_bytes(part->mask));
    }
    buffer_put_format(text, "%016llx", (unsigned long long)id);
    indicator.id = text_made(&set->arena, text);
    why_put(text, candidates, rule);
    indicator.why = text_made(&set->arena, text);
    if (!indicator.id.at || !indicator.why.at)
        error = -ENOMEM;
    for (uint32_t i = 0; i < rule->cover.found_count && i < INDICATOR_SAMPLES && !error; i++) {
        uint32_t sample = candidates->found[rule->cover.found[i]];
        struct bytes name =
            arena_copy(&set->arena, corpus_text(corpus, corpus->samples[sample].id));
        indicator.samples[indicator.sample_count++] = name;
        error = name.at ? 0 : -ENOMEM;
    }
    return error ? error : indicator_set_add(set, &indicator);
}

/* Enumerate and choose once, for a share of harmless samples that may be covered. */
static int generate_once(const struct corpus *corpus, const struct candidates *candidates,
                         const struct ioc_rules *rules, const struct ioc_rule_limits *limits,
                         struct bytes family, struct indicator_set *set, struct generated *told)
{
    struct choice choice;
    struct buffer text = {0};
    int error = ioc_rules_choose(candidates, rules, limits, &choice);
    if (error)
        return error;
    for (uint32_t i = 0; i < choice.count && !error; i++)
        error =
            indicator_write(corpus, candidates, &rules->items[choice.rules[i]], family, &text, set);
    told->enumerated = candidates->enumerated;
    told->candidates = candidates->count;
    told->rules = rules->count;
    told->found = choice.found;
    told->found_of = candidates->found_count;
    told->spared = choice.spared;
    told->spared_of = candidates->spared_count;
    told->at_least = choice.at_least;
    buffer_finish(&text);
    free(choice.rules);
    return error;
}

static struct ioc_rule_limits limits_of(const struct generate_options *options,
                                        const struct candidates *candidates, double allowed)
{
    return (struct ioc_rule_limits){options->most, allowed * candidates->spared_count,
                                    options->single};
}

/* Harmless samples of the fold that were kept back, and how many of them are covered. */
static int spared_try(const struct corpus *corpus, const uint8_t *parts, const uint8_t *held,
                      const struct indicator_set *set, uint32_t *covered, uint32_t *tried)
{
    struct matches matches;
    int error = indicators_match(set, corpus, &matches);
    if (error)
        return error;
    for (uint32_t i = 0; i < corpus->sample_count; i++)
        if (held[i] && parts[i] == PART_SPARE) {
            *covered += matches.first[i] != MATCH_NONE;
            ++*tried;
        }
    matches_finish(&matches);
    return 0;
}

/* How many steps the bound must be lowered: [step] → covered samples of those kept back. */
static int fold_try(const struct corpus *corpus, const uint8_t *parts, unsigned fold,
                    const struct generate_options *options, uint8_t *scratch,
                    uint32_t covered[TRIAL_STEPS], uint32_t tried[TRIAL_STEPS])
{
    uint8_t *learned = scratch, *held = scratch + corpus->sample_count;
    struct candidates candidates;
    struct ioc_rules rules = {.count = 0};
    for (uint32_t i = 0; i < corpus->sample_count; i++) {
        uint64_t group = strings_hash(&corpus->strings, corpus->samples[i].group);
        held[i] = (group >> 7) % TRIAL_FOLDS == fold;
        learned[i] = held[i] ? PART_NONE : parts[i];
    }
    int error = candidates_make(corpus, learned, &candidates);
    if (error)
        return error;
    struct ioc_rule_limits limits = limits_of(options, &candidates, options->spare);
    error = ioc_rules_make(&candidates, &limits, &rules);
    for (int step = 0; step < TRIAL_STEPS && !error; step++) {
        struct indicator_set set = {.count = 0};
        struct generated unused;
        limits = limits_of(options, &candidates, options->spare / pow(1.5, step));
        error = generate_once(corpus, &candidates, &rules, &limits, BYTES("-"), &set, &unused);
        if (!error)
            error = spared_try(corpus, parts, held, &set, &covered[step], &tried[step]);
        indicator_set_finish(&set);
    }
    ioc_rules_finish(&rules);
    candidates_finish(&candidates);
    return error;
}

/* The largest bound that, on parts kept back in turn, covered no more than the stated share. */
static int allowed_find(const struct corpus *corpus, const uint8_t *parts,
                        const struct generate_options *options, double *ret_allowed)
{
    uint32_t covered[TRIAL_STEPS] = {0}, tried[TRIAL_STEPS] = {0};
    uint8_t *scratch = calloc(2 * (size_t)corpus->sample_count + 1, 1);
    int error = scratch ? 0 : -ENOMEM, step = 0;
    for (unsigned fold = 0; fold < TRIAL_FOLDS && !error; fold++)
        error = fold_try(corpus, parts, fold, options, scratch, covered, tried);
    free(scratch);
    if (error)
        return error;
    while (step < TRIAL_STEPS - 1 && covered[step] > options->spare * tried[step])
        step++;
    *ret_allowed = options->spare / pow(1.5, step);
    if (step > 0 && covered[step - 1] > covered[step]) { /* and as far towards the next as it may */
        double room = options->spare * tried[step] - covered[step];
        double most = (double)covered[step - 1] - covered[step];
        *ret_allowed *= 1 + 0.5 * (room > 0 ? room / most : 0);
    }
    return 0;
}

int indicators_generate(const struct corpus *corpus, const uint8_t *parts, struct bytes family,
                        const struct generate_options *options, struct indicator_set *set,
                        struct generated *ret_generated)
{
    struct candidates candidates;
    struct ioc_rules rules;
    struct generated told = {.allowed = options->spare};
    int error = candidates_make(corpus, parts, &candidates);
    if (error)
        return error;
    if (!options->uncalibrated && candidates.group_count >= TRIAL_GROUPS &&
        candidates.spared_count >= 100)
        error = allowed_find(corpus, parts, options, &told.allowed);
    struct ioc_rule_limits limits = limits_of(options, &candidates, told.allowed);
    if (!error)
        error = ioc_rules_make(&candidates, &limits, &rules);
    if (!error) {
        error = generate_once(corpus, &candidates, &rules, &limits, family, set, &told);
        ioc_rules_finish(&rules);
    }
    candidates_finish(&candidates);
    if (!error)
        *ret_generated = told;
    return error;
}
