#include "analyse/ioc/evaluate.h"

#include <errno.h>
#include <stdlib.h>

#include "analyse/ioc/match.h"

/* A group, and the family of its first malicious sample. */
struct dealt {
    uint64_t hash;
    uint32_t group, family;
};

static int dealt_by_group(const void *one, const void *other)
{
    const struct dealt *a = one, *b = other;
    if (a->group != b->group)
        return a->group < b->group ? -1 : 1;
    return (a->family < b->family) - (a->family > b->family); /* no family last */
}

static int dealt_by_family(const void *one, const void *other)
{
    const struct dealt *a = one, *b = other;
    if (a->family != b->family)
        return a->family < b->family ? -1 : 1;
    return (a->hash > b->hash) - (a->hash < b->hash);
}

/* Groups of all samples, each once; the caller frees. NULL: no memory. */
static struct dealt *groups_list(const struct corpus *corpus, uint32_t *ret_count)
{
    struct dealt *groups = malloc(((size_t)corpus->sample_count + 1) * sizeof(*groups));
    uint32_t kept = 0;
    if (!groups)
        return NULL;
    for (uint32_t i = 0; i < corpus->sample_count; i++) {
        const struct corpus_sample *sample = &corpus->samples[i];
        groups[i] = (struct dealt){strings_hash(&corpus->strings, sample->group), sample->group,
                                   sample->malicious ? sample->family : 0};
    }
    if (corpus->sample_count > 1)
        qsort(groups, corpus->sample_count, sizeof(*groups), dealt_by_group);
    for (uint32_t i = 0; i < corpus->sample_count; i++)
        if (i == 0 || groups[i].group != groups[i - 1].group)
            groups[kept++] = groups[i];
    *ret_count = kept;
    return groups;
}

/* The fold of every sample, by its group. */
static int folds_deal(const struct corpus *corpus, uint32_t folds, uint8_t *fold_of)
{
    uint32_t count = 0;
    struct dealt *groups = groups_list(corpus, &count);
    uint8_t *of_group = calloc((size_t)corpus->strings.count + 1, 1);
    int error = groups && of_group ? 0 : -ENOMEM;
    if (!error && count > 1)
        qsort(groups, count, sizeof(*groups), dealt_by_family);
    for (uint32_t i = 0; i < count && !error; i++)
        of_group[groups[i].group] = (uint8_t)(i % folds);
    for (uint32_t i = 0; i < corpus->sample_count && !error; i++)
        fold_of[i] = of_group[corpus->samples[i].group];
    free(groups);
    free(of_group);
    return error;
}

static int family_compare(const void *one, const void *other)
{
    const struct family_count *a = one, *b = other;
    if (a->samples != b->samples)
        return a->samples < b->samples ? 1 : -1;
    return (a->family > b->family) - (a->family < b->family);
}

int corpus_families(const struct corpus *corpus, struct family_count **ret_families,
                    uint32_t *ret_count)
{
    struct hash_table seen = {0}, pairs = {0};
    struct family_count *families = calloc((size_t)corpus->sample_count + 1, sizeof(*families));
    uint32_t count = 0;
    int error = families ? 0 : -ENOMEM;
    for (uint32_t i = 0; i < corpus->sample_count && !error; i++) {
        const struct corpus_sample *sample = &corpus->samples[i];
        uint64_t pair = (uint64_t)sample->family << 32 | sample->group;
        if (!sample->malicious || sample->held)
            continue;
        uint32_t at = hash_table_get(&seen, sample->family);
        if (at == HASH_TABLE_NONE) {
            at = count++;
            families[at].family = sample->family;
            error = hash_table_put(&seen, sample->family, at);
        }
        families[at].samples++;
        if (!error && hash_table_get(&pairs, pair) == HASH_TABLE_NONE) {
            families[at].groups++;
            error = hash_table_put(&pairs, pair, at);
        }
    }
    hash_table_finish(&seen);
    hash_table_finish(&pairs);
    if (error) {
        free(families);
        return error;
    }
    if (count > 1)
        qsort(families, count, sizeof(*families), family_compare);
    *ret_families = families;
    *ret_count = count;
    return 0;
}

/* A fold being tried for one family. */
struct trial {
    const struct corpus *corpus;
    const struct evaluate_options *options;
    const uint8_t *fold_of;
    uint8_t *parts, *learned; /* of all samples; without those of the fold */
    uint32_t *stamps;         /* of groups: found in this fold */
    struct evaluate_result *result;
    struct generate_options generate; /* with the family's share of what may be covered */
};

/* Count what was found of the fold's samples. */
static void fold_count(struct trial *trial, const struct matches *matches, uint32_t fold,
                       uint32_t place)
{
    struct evaluate_family *family = &trial->result->families[place];
    for (uint32_t i = 0; i < trial->corpus->sample_count; i++) {
        const struct corpus_sample *sample = &trial->corpus->samples[i];
        bool hit = matches->first[i] != MATCH_NONE;
        if (sample->held) {
            family->held++;
            family->held_covered += hit;
        } else if (trial->fold_of[i] == fold && trial->parts[i] == PART_FIND) {
            family->samples++;
            family->found += hit;
            family->groups += (trial->stamps[sample->group] & 1) == 0;
            family->groups_found += hit && (trial->stamps[sample->group] & 2) == 0;
            trial->stamps[sample->group] |= hit ? 3 : 1;
        } else if (trial->fold_of[i] == fold && trial->parts[i] == PART_SPARE) {
            family->spared++;
            family->covered += hit;
        }
        if (sample->held || trial->fold_of[i] == fold) {
            trial->result->tried[i] = 1;
            if (hit && trial->result->predicted[i] == MATCH_NONE)
                trial->result->predicted[i] = place;
        }
    }
}

static int fold_run(struct trial *trial, uint32_t fold, uint32_t place)
{
    const struct corpus *corpus = trial->corpus;
    struct evaluate_family *family = &trial->result->families[place];
    struct indicator_set set = {.count = 0};
    struct generated told;
    struct matches matches;
    bool learns = false, tries = false;
    for (uint32_t i = 0; i < corpus->sample_count; i++) {
        bool here = trial->fold_of[i] == fold;
        trial->learned[i] = here ? PART_NONE : trial->parts[i];
        learns |= trial->learned[i] == PART_FIND;
        tries |= here && trial->parts[i] == PART_FIND;
    }
    if (!learns)
        return 0;
    int error = indicators_generate(corpus, trial->learned, corpus_text(corpus, family->family),
                                    &trial->generate, &set, &told);
    if (!error)
        error = indicators_match(&set, corpus, &matches);
    if (!error) {
        fold_count(trial, &matches, fold, place);
        matches_finish(&matches);
        family->indicators += set.count;
        family->folds++;
        if (tries && told.at_least < family->at_least)
            family->at_least = told.at_least;
    }
    indicator_set_finish(&set);
    return error;
}

static void totals_count(const struct corpus *corpus, struct evaluate_result *result)
{
    for (uint32_t i = 0; i < corpus->sample_count; i++) {
        bool found = result->predicted[i] != MATCH_NONE;
        if (!result->tried[i])
            continue;
        if (corpus->samples[i].held) {
            result->held++;
            result->held_found += found;
        } else if (corpus->samples[i].malicious) {
            result->samples++;
            result->found += found;
        } else {
            result->harmless++;
            result->harmless_found += found;
        }
    }
}

/* One group can't be both learned from and tried. */
static bool family_wanted(const struct trial *trial, const struct family_count *family)
{
    struct bytes wanted = trial->options->family;
    return family->groups > 1 &&
           (wanted.len == 0 || bytes_equal(corpus_text(trial->corpus, family->family), wanted));
}

static int families_try(struct trial *trial, const struct family_count *families, uint32_t count)
{
    struct evaluate_result *result = trial->result;
    int error = 0;
    uint64_t samples = 0;
    for (uint32_t i = 0; i < count; i++)
        samples += family_wanted(trial, &families[i]) ? families[i].samples : 0;
    for (uint32_t i = 0; i < count && !error; i++) {
        if (!family_wanted(trial, &families[i]))
            continue;
        trial->generate = trial->options->generate;
        trial->generate.spare *= (double)families[i].samples / (double)samples;
        uint32_t place = result->family_count++;
        result->families[place] =
            (struct evaluate_family){.family = families[i].family, .at_least = 1};
        memset(trial->stamps, 0, (size_t)trial->corpus->strings.count * sizeof(*trial->stamps));
        parts_of_family(trial->corpus, families[i].family, trial->options->others, trial->parts);
        for (uint32_t fold = 0; fold < trial->options->folds && !error; fold++) {
            error = fold_run(trial, fold, place);
            if (trial->options->step)
                trial->options->step(trial->options->context, i * trial->options->folds + fold + 1,
                                     count * trial->options->folds);
        }
    }
    return error ? error : result->family_count ? 0 : -ENODATA;
}

int indicators_evaluate(const struct corpus *corpus, const struct evaluate_options *options,
                        struct evaluate_result *ret_result)
{
    size_t samples = (size_t)corpus->sample_count + 1;
    struct evaluate_result result = {.predicted = malloc(samples * sizeof(uint32_t)),
                                     .tried = calloc(samples, 1)};
    struct family_count *families = NULL;
    uint32_t count = 0;
    uint8_t *folds = calloc(samples, 1);
    struct trial trial = {.corpus = corpus,
                          .options = options,
                          .fold_of = folds,
                          .parts = calloc(samples, 1),
                          .learned = calloc(samples, 1),
                          .stamps = calloc((size_t)corpus->strings.count + 1, sizeof(uint32_t)),
                          .result = &result};
    int error =
        result.predicted && result.tried && folds && trial.parts && trial.learned && trial.stamps
            ? corpus_families(corpus, &families, &count)
            : -ENOMEM;
    if (!error)
        error = folds_deal(corpus, options->folds, folds);
    result.families = calloc((size_t)count + 1, sizeof(*result.families));
    for (uint32_t i = 0; i < corpus->sample_count && !error; i++)
        result.predicted[i] = MATCH_NONE;
    if (!error)
        error = result.families ? families_try(&trial, families, count) : -ENOMEM;
    if (!error)
        totals_count(corpus, &result);
    free(families);
    free(folds);
    free(trial.parts);
    free(trial.learned);
    free(trial.stamps);
    if (error)
        evaluate_result_finish(&result);
    else
        *ret_result = result;
    return error;
}

void evaluate_result_finish(struct evaluate_result *result)
{
    free(result->families);
    free(result->predicted);
    free(result->tried);
    *result = (struct evaluate_result){.family_count = 0};
}
