#include "learn/conformal.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum { MAGIC = 0x31464368 /* "hCF1" */ };

/* P(Binomial(units, share) <= m) for m = 0, 1, … one after the other. */
struct binomial {
    double units, odds; /* the logarithm of share / (1 - share) */
    double next;        /* the logarithm of the chance of just m */
    double below, m;    /* the sum of the chances before m */
};

static struct binomial binomial_of(double units, double share)
{
    return (struct binomial){
        .units = units, .odds = log(share) - log1p(-share), .next = units * log1p(-share)};
}

/* P(… <= m), and on to the next m. */
static double binomial_step(struct binomial *binomial)
{
    double m = binomial->m++;
    binomial->below += exp(binomial->next);
    binomial->next += log((binomial->units - m) / (m + 1)) + binomial->odds;
    return binomial->below;
}

double conformal_bound(uint32_t units, uint32_t misses, double doubt)
{
    double low = 0, high = 1;
    if (misses >= units)
        return 1;
    for (int step = 0; step < 60; step++) {
        double share = (low + high) / 2, chance = 0;
        struct binomial binomial = binomial_of(units, share);
        for (uint32_t m = 0; m <= misses && chance <= doubt; m++)
            chance = binomial_step(&binomial);
        if (chance > doubt)
            low = share;
        else
            high = share;
    }
    return high;
}

uint32_t conformal_least(double share, double doubt)
{
    double least = ceil(log(doubt) / log1p(-share));
    return least < (double)UINT32_MAX ? (uint32_t)least : UINT32_MAX;
}

static int decision_compare(const void *a, const void *b)
{
    const struct conformal_decision *one = a, *other = b;
    int order = (one->unit > other->unit) - (one->unit < other->unit);
    return order ? order : (one->score > other->score) - (one->score < other->score);
}

static int score_compare(const void *a, const void *b)
{
    const double *one = a, *other = b;
    return (*one > *other) - (*one < *other);
}

/* The score that decides on each unit of one side, in ascending order; how many. */
static uint32_t units_make(const struct conformal_decision *sorted, size_t count, bool positive,
                           bool first, double *scores)
{
    uint32_t units = 0;
    bool open = false; /* a unit of this side, to which more may come */
    uint64_t unit = 0;
    for (size_t i = 0; i < count; i++) {
        if (sorted[i].positive != positive)
            continue;
        bool more = open && sorted[i].unit == unit;
        /* Missed are low positives and high negatives; within a unit scores ascend. */
        if (!more)
            scores[units++] = sorted[i].score;
        else if (first != positive)
            scores[units - 1] = sorted[i].score;
        open = true;
        unit = sorted[i].unit;
    }
    if (units > 1)
        qsort(scores, units, sizeof(*scores), score_compare);
    return units;
}

/* The cut below which `share` of the units lie at most; `sign` -1 turns everything round. */
static struct conformal_cut cut_make(const double *scores, uint32_t units, double share,
                                     double doubt, double sign)
{
    struct binomial binomial = binomial_of(units, share);
    uint32_t allowed = 0; /* misses, and one more */
    while (allowed < units && binomial_step(&binomial) <= doubt)
        allowed++;
    struct conformal_cut cut = {.threshold = -sign * INFINITY, .bound = 1, .units = units};
    if (allowed == 0) {
        uint32_t least = conformal_least(share, doubt);
        cut.wanted = least > units ? least - units : 1;
        return cut;
    }
    cut.threshold = scores[sign > 0 ? allowed - 1 : units - allowed];
    cut.bound = conformal_bound(units, allowed - 1, doubt);
    for (uint32_t i = 0; i < units; i++)
        cut.misses += sign * scores[i] < sign * cut.threshold;
    return cut;
}

static uint32_t units_below(const double *scores, uint32_t units, double threshold)
{
    uint32_t below = 0;
    while (below < units && scores[below] < threshold)
        below++;
    return below;
}

static void band_make(const struct conformal_options *options,
                      const struct conformal_decision *sorted, size_t count, double *scores,
                      struct conformal_band *ret_band)
{
    struct conformal_band band;
    uint32_t units = units_make(sorted, count, false, options->first, scores);
    band.raise = cut_make(scores, units, options->raise_share, options->doubt, -1);
    units = units_make(sorted, count, true, options->first, scores);
    band.filter = cut_make(scores, units, options->filter_share, options->doubt, 1);
    if (band.filter.threshold > band.raise.threshold) {
        band.filter.threshold = band.raise.threshold;
        band.filter.misses = units_below(scores, units, band.filter.threshold);
    }
    *ret_band = band;
}

static bool share_valid(double share)
{
    return share > 0 && share < 1;
}

int conformal_calibrate(const struct conformal_options *options,
                        const struct conformal_decision *decisions, size_t count,
                        struct conformal_band *ret_band)
{
    if (!share_valid(options->filter_share) || !share_valid(options->raise_share) ||
        !share_valid(options->doubt) || count >= UINT32_MAX)
        return -EINVAL;
    for (size_t i = 0; i < count; i++)
        if (isnan(decisions[i].score))
            return -EINVAL;
    struct conformal_decision *sorted = calloc(count + 1, sizeof(*sorted));
    double *scores = calloc(count + 1, sizeof(*scores));
    if (!sorted || !scores) {
        free(sorted);
        free(scores);
        return -ENOMEM;
    }
    for (size_t i = 0; i < count; i++)
        sorted[i] = decisions[i];
    qsort(sorted, count, sizeof(*sorted), decision_compare);
    band_make(options, sorted, count, scores, ret_band);
    free(sorted);
    free(scores);
    return 0;
}

enum conformal_side conformal_judge(const struct conformal_band *band, double score)
{
    if (score < band->filter.threshold)
        return CONFORMAL_FILTERED;
    return score > band->raise.threshold ? CONFORMAL_RAISED : CONFORMAL_KEPT;
}

static void cut_save(const struct conformal_cut *cut, struct buffer *out)
{
    buffer_put_double(out, cut->threshold);
    buffer_put_double(out, cut->bound);
    buffer_put_u32(out, cut->units);
    buffer_put_u32(out, cut->misses);
    buffer_put_u32(out, cut->wanted);
}

static struct conformal_cut cut_load(struct cursor *from)
{
    struct conformal_cut cut = {.threshold = cursor_double(from)};
    cut.bound = cursor_double(from);
    cut.units = cursor_u32(from);
    cut.misses = cursor_u32(from);
    cut.wanted = cursor_u32(from);
    return cut;
}

static bool cut_valid(const struct conformal_cut *cut)
{
    return !isnan(cut->threshold) && cut->bound >= 0 && cut->bound <= 1 &&
           cut->misses <= cut->units;
}

void conformal_save(const struct conformal_band *band, struct buffer *out)
{
    buffer_put_u32(out, MAGIC);
    cut_save(&band->filter, out);
    cut_save(&band->raise, out);
}

int conformal_load(struct cursor *from, struct conformal_band *ret_band)
{
    if (cursor_u32(from) != MAGIC)
        return -EBADMSG;
    struct conformal_band band = {.filter = cut_load(from)};
    band.raise = cut_load(from);
    if (!cursor_ok(from) || !cut_valid(&band.filter) || !cut_valid(&band.raise) ||
        band.filter.threshold > band.raise.threshold)
        return -EBADMSG;
    *ret_band = band;
    return 0;
}
