#include "analyse/ioc/match.h"

#include <errno.h>
#include <hs.h>
#include <stdlib.h>

struct matcher {
    const struct indicator_set *set;
    hs_database_t *kinds[REPORT_KIND_COUNT]; /* NULL: nobody looks for such */
    hs_scratch_t *scratch;
    struct {
        void (*seen)(void *context, uint32_t indicator, uint32_t part);
        void *context;
    } listener; /* of the look now */
};

/* Numbers of expressions: an indicator's place and its part's. */
static unsigned number_of(uint32_t indicator, uint32_t part)
{
    return indicator * INDICATOR_PARTS + part;
}

static int database_make(struct matcher *matcher, int kind, const char **texts, unsigned *flags,
                         unsigned *numbers)
{
    hs_compile_error_t *wrong = NULL;
    unsigned count = 0;
    for (uint32_t i = 0; i < matcher->set->count; i++)
        for (uint32_t k = 0; k < matcher->set->items[i].part_count; k++) {
            const struct indicator_part *part = &matcher->set->items[i].parts[k];
            if ((int)part->kind != kind)
                continue;
            texts[count] = part->regex.at; /* arena_copy puts a NUL behind */
            flags[count] = HS_FLAG_CASELESS | HS_FLAG_SINGLEMATCH;
            numbers[count++] = number_of(i, k);
        }
    if (count == 0)
        return 0;
    hs_error_t result = hs_compile_multi(texts, flags, numbers, count, HS_MODE_BLOCK, NULL,
                                         &matcher->kinds[kind], &wrong);
    if (wrong)
        hs_free_compile_error(wrong);
    if (result != HS_SUCCESS)
        return result == HS_NOMEM ? -ENOMEM : -EINVAL;
    return hs_alloc_scratch(matcher->kinds[kind], &matcher->scratch) == HS_SUCCESS ? 0 : -ENOMEM;
}

int matcher_create(const struct indicator_set *set, struct matcher **ret_matcher)
{
    struct matcher *matcher = calloc(1, sizeof(*matcher));
    size_t room = (size_t)set->count * INDICATOR_PARTS + 1;
    const char **texts = calloc(room, sizeof(*texts));
    unsigned *flags = calloc(room, sizeof(*flags)), *numbers = calloc(room, sizeof(*numbers));
    int error = matcher && texts && flags && numbers ? 0 : -ENOMEM;
    if (matcher)
        matcher->set = set;
    for (int kind = 0; kind < REPORT_KIND_COUNT && !error; kind++)
        error = database_make(matcher, kind, texts, flags, numbers);
    free((void *)texts);
    free(flags);
    free(numbers);
    if (error)
        matcher_destroy(matcher);
    else
        *ret_matcher = matcher;
    return error;
}

void matcher_destroy(struct matcher *matcher)
{
    if (!matcher)
        return;
    for (int kind = 0; kind < REPORT_KIND_COUNT; kind++)
        hs_free_database(matcher->kinds[kind]);
    hs_free_scratch(matcher->scratch);
    free(matcher);
}

static int part_seen(unsigned number, unsigned long long from, unsigned long long to,
                     unsigned flags, void *context)
{
    struct matcher *matcher = context;
    (void)from, (void)to, (void)flags;
    matcher->listener.seen(matcher->listener.context, number / INDICATOR_PARTS,
                           number % INDICATOR_PARTS);
    return 0;
}

int matcher_look(struct matcher *matcher, enum report_kind kind, struct bytes text,
                 void (*seen)(void *context, uint32_t indicator, uint32_t part), void *context)
{
    if (kind >= REPORT_KIND_COUNT || !matcher->kinds[kind] || text.len == 0)
        return 0;
    if (text.len > PATTERN_TEXT)
        text.len = PATTERN_TEXT;
    matcher->listener.seen = seen;
    matcher->listener.context = context;
    hs_error_t result = hs_scan(matcher->kinds[kind], text.at, (unsigned)text.len, 0,
                                matcher->scratch, part_seen, matcher);
    return result == HS_SUCCESS ? 0 : result == HS_NOMEM ? -ENOMEM : -EINVAL;
}

/* Parts seen of every sample: a byte an indicator, a bit a part. */
struct tallying {
    const struct indicator_set *set;
    const struct corpus *corpus;
    uint8_t *seen;
    uint32_t thing;
};

static void thing_seen(void *context, uint32_t indicator, uint32_t part)
{
    struct tallying *tallying = context;
    const struct corpus *corpus = tallying->corpus;
    for (size_t i = corpus->starts[tallying->thing]; i < corpus->starts[tallying->thing + 1]; i++)
        tallying->seen[(size_t)corpus->doers[i] * tallying->set->count + indicator] |=
            (uint8_t)(1 << part);
}

static bool whole(const struct tallying *tallying, uint32_t sample, uint32_t indicator)
{
    uint8_t seen = tallying->seen[(size_t)sample * tallying->set->count + indicator];
    return seen == (1 << tallying->set->items[indicator].part_count) - 1;
}

static int matches_gather(const struct tallying *tallying, struct matches *matches)
{
    uint32_t samples = tallying->corpus->sample_count;
    for (uint32_t i = 0; i < samples; i++)
        for (uint32_t k = 0; k < tallying->set->count; k++)
            matches->count += whole(tallying, i, k);
    matches->items = malloc((matches->count + 1) * sizeof(*matches->items));
    matches->first = malloc(((size_t)samples + 1) * sizeof(*matches->first));
    if (!matches->items || !matches->first)
        return -ENOMEM;
    matches->count = 0;
    for (uint32_t i = 0; i < samples; i++) {
        matches->first[i] = MATCH_NONE;
        for (uint32_t k = 0; k < tallying->set->count; k++) {
            if (!whole(tallying, i, k))
                continue;
            matches->items[matches->count++] = (struct match){i, k};
            if (matches->first[i] == MATCH_NONE)
                matches->first[i] = k;
        }
    }
    return 0;
}

int indicators_match(const struct indicator_set *set, const struct corpus *corpus,
                     struct matches *ret_matches)
{
    struct tallying tallying = {.set = set, .corpus = corpus};
    struct matches matches = {0};
    struct matcher *matcher;
    int error = matcher_create(set, &matcher);
    if (error)
        return error;
    tallying.seen = calloc((size_t)corpus->sample_count * set->count + 1, 1);
    if (!tallying.seen)
        error = -ENOMEM;
    for (uint32_t i = 0; i < corpus->thing_count && !error; i++) {
        tallying.thing = i;
        error = matcher_look(matcher, (enum report_kind)corpus->things[i].kind,
                             corpus_text(corpus, corpus->things[i].text), thing_seen, &tallying);
    }
    if (!error)
        error = matches_gather(&tallying, &matches);
    free(tallying.seen);
    matcher_destroy(matcher);
    if (error)
        matches_finish(&matches);
    else
        *ret_matches = matches;
    return error;
}

void matches_finish(struct matches *matches)
{
    free(matches->first);
    free(matches->items);
    *matches = (struct matches){.count = 0};
}
