#include "learn/change_point.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

static const double SPREAD_LEAST = 0.05; /* of values that hardly move; they are logarithms */
static const double LEVEL_SPREAD = 2;    /* prior standard deviation of levels */
static const double SHAPE = 2;           /* of the variance's prior: hardly any weight */

struct series {
    uint32_t count;
    double *values;         /* running medians */
    double *sums, *squares; /* of the first i of them, less the middle */
    double middle, spread;  /* prior: median, and how much neighbours differ */
    double weight;          /* of the likelihoods, for correlated values */
    double *best;           /* of the first i steps, log */
    uint32_t *last;         /* … the start of their last segment */
};

static int double_compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double median_of_three(double a, double b, double c)
{
    return fmax(fmin(a, b), fmin(fmax(a, b), c));
}

/* The median of `count` values, which are put in order. */
static double median_of(double *values, uint32_t count)
{
    qsort(values, count, sizeof(*values), double_compare);
    return (values[count / 2] + values[(count - 1) / 2]) / 2;
}

/* Log marginal likelihood of the steps from … to-1 as one segment. */
static double segment_log(const struct series *series, uint32_t from, uint32_t to)
{
    double n = to - from, sum = series->sums[to] - series->sums[from];
    double squares = series->squares[to] - series->squares[from], mean = sum / n;
    double variance = series->spread * series->spread;
    double confidence = variance / (LEVEL_SPREAD * LEVEL_SPREAD); /* steps the prior is worth */
    double scale = variance * (SHAPE - 1) + 0.5 * fmax(0, squares - n * mean * mean) +
                   0.5 * confidence * n / (confidence + n) * mean * mean;
    double shape = SHAPE + n / 2;
    double log_likelihood = lgamma(shape) - lgamma(SHAPE) + SHAPE * log(variance * (SHAPE - 1)) -
                            shape * log(scale) + 0.5 * log(confidence / (confidence + n)) -
                            n / 2 * log(2 * M_PI);
    return series->weight * log_likelihood;
}

/* The best division, as the starts of its segments from the end back. */
static void series_divide(struct series *series)
{
    const double change = log(1.0 / CHANGE_RUN);
    series->best[0] = 0;
    for (uint32_t to = 1; to <= series->count; to++) {
        series->best[to] = -INFINITY;
        series->last[to] = 0;
        for (uint32_t from = 0; from + CHANGE_SEGMENT <= to || from == 0;
             from += from ? 1 : CHANGE_SEGMENT) {
            double log_here =
                series->best[from] + segment_log(series, from, to) + (from ? change : 0);
            if (log_here > series->best[to])
                series->best[to] = log_here, series->last[to] = from;
        }
    }
}

static double mean_of(const struct series *series, uint32_t from, uint32_t to)
{
    return series->middle + (series->sums[to] - series->sums[from]) / (to - from);
}

/* Correlation of neighbours within the segments of the division. */
static double correlation_within(const struct series *series)
{
    double products = 0, squares = 0;
    for (uint32_t to = series->count; to > 0; to = series->last[to]) {
        uint32_t from = series->last[to];
        double mean = mean_of(series, from, to);
        for (uint32_t i = from; i < to; i++) {
            double off = series->values[i] - mean;
            squares += off * off;
            if (i > from)
                products += off * (series->values[i - 1] - mean);
        }
    }
    return squares > 0 ? fmax(0, fmin(0.8, products / squares)) : 0;
}

/* Two segments against one, with the same prior as in the division. */
static struct change_point change_at(const struct series *series, uint32_t from, uint32_t step,
                                     uint32_t to)
{
    double two = segment_log(series, from, step) + segment_log(series, step, to) - log(CHANGE_RUN);
    double one = segment_log(series, from, to);
    return (struct change_point){.step = step,
                                 .before = mean_of(series, from, step),
                                 .after = mean_of(series, step, to),
                                 .probability = 1 / (1 + exp(one - two))};
}

/* From the end back; the newest changes are those kept, and put in order. */
static uint32_t changes_collect(const struct series *series, struct change_point *changes,
                                uint32_t room)
{
    uint32_t found = 0;
    for (uint32_t to = series->count, step = series->last[to]; step > 0;
         to = step, step = series->last[step]) {
        if (found < room)
            changes[found] = change_at(series, series->last[step], step, to);
        found++;
    }
    uint32_t kept = found < room ? found : room;
    for (uint32_t i = 0; i < kept / 2; i++) {
        struct change_point other = changes[i];
        changes[i] = changes[kept - 1 - i];
        changes[kept - 1 - i] = other;
    }
    return found;
}

/* Medians, sums and the prior, which is taken from the whole. `scratch`: as many values. */
static void series_fill(struct series *series, const double *values, double *scratch)
{
    uint32_t count = series->count;
    for (uint32_t i = 0; i < count; i++) {
        double before = values[i ? i - 1 : i], after = values[i + 1 < count ? i + 1 : i];
        series->values[i] = scratch[i] = median_of_three(before, values[i], after);
    }
    series->middle = median_of(scratch, count);
    for (uint32_t i = 0; i + 1 < count; i++)
        scratch[i] = fabs(values[i + 1] - values[i]);
    double difference = count > 1 ? median_of(scratch, count - 1) : 0;
    /* 1.4826: from the median of |x| to the deviation of a normal x; neighbours differ by √2 */
    series->spread = fmax(SPREAD_LEAST, 1.4826 * difference * M_SQRT1_2);
    series->sums[0] = series->squares[0] = 0;
    for (uint32_t i = 0; i < count; i++) {
        double off = series->values[i] - series->middle;
        series->sums[i + 1] = series->sums[i] + off;
        series->squares[i + 1] = series->squares[i] + off * off;
    }
}

int change_points_find(const double *values, uint32_t count, struct change_point *ret_changes,
                       uint32_t room, uint32_t *ret_found)
{
    if (count > CHANGE_STEPS)
        return -EINVAL;
    if (count < 2 * CHANGE_SEGMENT) {
        *ret_found = 0;
        return 0;
    }
    size_t size = count + 1;
    double *memory = malloc(5 * size * sizeof(*memory));
    uint32_t *last = malloc(size * sizeof(*last));
    if (!memory || !last) {
        free(memory), free(last);
        return -ENOMEM;
    }
    struct series series = {.count = count,
                            .values = memory,
                            .sums = memory + size,
                            .squares = memory + 2 * size,
                            .best = memory + 3 * size,
                            .last = last,
                            .weight = 1};
    series_fill(&series, values, memory + 4 * size);
    series_divide(&series);
    double correlation = correlation_within(&series);
    if (correlation > 0) {
        series.weight = (1 - correlation) / (1 + correlation);
        series_divide(&series);
    }
    *ret_found = changes_collect(&series, ret_changes, room);
    free(memory), free(last);
    return 0;
}
