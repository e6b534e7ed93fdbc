#include "triage/novelty/chain.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

struct chain {
    const struct chain_options *options;
    const struct group_facts *groups;
    const float *rows;
    struct chain_score *scores;
    double *past; /* room for scores */
};

static double days_between(const struct group_facts *a, const struct group_facts *b)
{
    return time_day(b->first) - time_day(a->first);
}

static int descending(const void *a, const void *b)
{
    double one = *(const double *)a, other = *(const double *)b;
    return (one < other) - (one > other);
}

/* Just above the score that would be shown too much were `shown` of them wanted. */
static double cut_at(double *scores, size_t count, double shown)
{
    if (shown >= (double)count)
        return 0;
    qsort(scores, count, sizeof(*scores), descending);
    return nextafter(scores[(size_t)shown], INFINITY);
}

/* The cut for the day that begins at `begin`. */
static double cut_of(const struct chain *chain, size_t begin)
{
    size_t known = 0, first = begin;
    for (size_t i = 0; i < begin; i++)
        if (!isnan(chain->scores[i].score)) {
            first = known ? first : i;
            chain->past[known++] = chain->scores[i].score;
        }
    if (known) {
        double days = fmax(1, days_between(&chain->groups[first], &chain->groups[begin]));
        return cut_at(chain->past, known, days * chain->options->budget);
    }
    double a_day = (double)begin / fmax(1, days_between(&chain->groups[0], &chain->groups[begin]));
    return fmax(0, log10(a_day / chain->options->budget));
}

/* Score [begin, end), one day, by a model of all before it. */
static int day_score(const struct chain *chain, size_t begin, size_t end)
{
    struct novelty *model = NULL;
    size_t count = end - begin;
    const float *rows = &chain->rows[begin * NOVELTY_FEATURE_COUNT];
    int error = novelty_fit(chain->rows, begin, chain->options->seed, &model);
    for (size_t i = begin; i < end; i++)
        chain->scores[i] = (struct chain_score){.score = NAN, .cut = NAN};
    if (error)
        return error == -ENODATA ? 0 : error;
    double cut = cut_of(chain, begin);
    error = novelty_score(model, rows, count, chain->past);
    for (size_t i = 0; i < count && !error; i++) {
        chain->scores[begin + i].score = chain->past[i];
        chain->scores[begin + i].cut = cut;
        error = novelty_explain(model, &rows[i * NOVELTY_FEATURE_COUNT],
                                chain->scores[begin + i].reasons);
    }
    novelty_close(model);
    return error;
}

int chain_score(const struct chain_options *options, const struct group_facts *groups,
                const float *rows, size_t count, size_t from, struct chain_score *ret_scores)
{
    struct chain chain = {options, groups, rows, ret_scores, malloc((count + 1) * sizeof(double))};
    int error = chain.past ? 0 : -ENOMEM;
    for (size_t begin = 0, end; begin < count && !error; begin = end) {
        end = begin + 1;
        while (end < count && time_day(groups[end].first) == time_day(groups[begin].first))
            end++;
        if (end > from)
            error = day_score(&chain, begin, end);
    }
    free(chain.past);
    return error;
}
