#include "learn/forecast.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const double CLIP = 2;           /* scales of deviation that count in full */
static const double SCALE_RATE = 0.1;   /* of the scale's own smoothing */
static const double SCALE_LEAST = 0.02; /* in logarithms */
static const double MISS_RATE = 0.03;   /* how fast the interval's level adapts */

struct parameters {
    double level, season, regression; /* rates; the weight of the last deviation */
};

struct smoother {
    struct parameters parameters;
    const uint32_t *periods;
    double level, scale, deviation;
    double seasons[2][FORECAST_SEASON];
};

static double season_at(const struct smoother *smoother, uint64_t time)
{
    double sum = 0;
    for (int i = 0; i < 2; i++)
        if (smoother->periods[i])
            sum += smoother->seasons[i][time % smoother->periods[i]];
    return sum;
}

static void smoother_see(struct smoother *smoother, uint64_t time, double value)
{
    const struct parameters *rates = &smoother->parameters;
    double off = value - smoother->level - season_at(smoother, time);
    double limit = CLIP * smoother->scale;
    double kept = fmax(-limit, fmin(limit, off));
    double bounded = fmin(fabs(off), 1.5 * limit);
    double scale =
        (1 - SCALE_RATE) * smoother->scale * smoother->scale + SCALE_RATE * bounded * bounded;
    smoother->scale = fmax(sqrt(scale), SCALE_LEAST);
    smoother->level += rates->level * kept;
    for (int i = 0; i < 2; i++)
        if (smoother->periods[i])
            smoother->seasons[i][time % smoother->periods[i]] +=
                rates->season * (1 - rates->level) * kept;
    smoother->deviation =
        fmax(-limit, fmin(limit, value - smoother->level - season_at(smoother, time)));
}

/* ln(1 + count) `ahead` steps after `time`, the last seen. */
static double smoother_ahead(const struct smoother *smoother, uint64_t time, uint32_t ahead)
{
    return fmax(0, smoother->level + season_at(smoother, time + ahead) +
                       pow(smoother->parameters.regression, ahead) * smoother->deviation);
}

/* How long the beginning is that the smoother sees twice, to know the seasons. */
static uint32_t warm_up(const uint32_t periods[2], uint32_t count)
{
    uint32_t longest = periods[0] > periods[1] ? periods[0] : periods[1];
    uint32_t wanted = longest ? 3 * longest : 14;
    return wanted < count / 2 ? wanted : count / 2;
}

static void smoother_start(struct smoother *smoother, struct parameters parameters,
                           const uint32_t periods[2], const double *values, uint32_t count)
{
    *smoother = (struct smoother){.parameters = parameters, .periods = periods, .scale = 0.5};
    uint32_t warm = warm_up(periods, count);
    double sum = 0;
    for (uint32_t i = 0; i < warm; i++)
        sum += values[i];
    smoother->level = sum / warm;
    for (uint32_t i = 0; i < warm; i++)
        smoother_see(smoother, i, values[i]);
}

/* Distances at which the grid's parameters are compared: 1, 2, 3, 5, 8 … and the last. */
static uint32_t next_distance(uint32_t distance, uint32_t horizon)
{
    uint32_t next = distance + (distance + 1) / 2;
    return distance < horizon && next > horizon ? horizon : next;
}

static double error_ahead(const double *values, const double *counts, uint32_t count,
                          const struct forecast_options *options, struct smoother *smoother)
{
    double sum = 0;
    uint64_t compared = 0;
    for (uint32_t i = 0; i < count; i++) {
        smoother_see(smoother, i, values[i]);
        for (uint32_t h = 1; h <= options->horizon && i + h < count;
             h = next_distance(h, options->horizon)) {
            sum += fabs(expm1(smoother_ahead(smoother, i, h)) - counts[i + h]);
            compared++;
        }
    }
    return compared ? sum / (double)compared : INFINITY;
}

static struct parameters parameters_choose(const double *values, const double *counts,
                                           uint32_t count, const struct forecast_options *options,
                                           struct smoother *smoother)
{
    static const double levels[] = {0.03, 0.08, 0.2, 0.4, 0.7}, seasons[] = {0, 0.05, 0.15, 0.3},
                        regressions[] = {0, 0.5, 0.8};
    struct parameters best = {.level = levels[0]};
    double least = INFINITY;
    bool seasonal = options->seasons[0] || options->seasons[1];
    for (size_t l = 0; l < 5; l++)
        for (size_t s = 0; s < (seasonal ? 4 : 1); s++)
            for (size_t r = 0; r < 3; r++) {
                struct parameters tried = {levels[l], seasons[s], regressions[r]};
                smoother_start(smoother, tried, options->seasons, values, count);
                double error = error_ahead(values, counts, count, options, smoother);
                if (error < least)
                    least = error, best = tried;
            }
    return best;
}

/* The errors of one distance, or of the totals: the newest, and the level that adapted to them. */
struct errors {
    double newest[FORECAST_RECENT]; /* a ring, by age */
    double sorted[FORECAST_RECENT]; /* the same by size */
    uint32_t seen;
    double miss; /* share the interval may miss now */
};

static uint32_t errors_count(const struct errors *errors)
{
    return errors->seen < FORECAST_RECENT ? errors->seen : FORECAST_RECENT;
}

/* The first place in the order that is not below `error`. */
static uint32_t errors_place(const struct errors *errors, uint32_t count, double error)
{
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (errors->sorted[middle] < error)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void errors_put(struct errors *errors, double error)
{
    uint32_t count = errors_count(errors);
    double *sorted = errors->sorted, *oldest = &errors->newest[errors->seen % FORECAST_RECENT];
    if (count == FORECAST_RECENT) {
        uint32_t gone = errors_place(errors, count, *oldest);
        memmove(sorted + gone, sorted + gone + 1, (--count - gone) * sizeof(*sorted));
    }
    uint32_t place = errors_place(errors, count, error);
    memmove(sorted + place + 1, sorted + place, (count - place) * sizeof(*sorted));
    sorted[place] = *oldest = error;
    errors->seen++;
}

/* The conformal quantile: of rank q (n + 1), widened beyond the ends where n is too small. */
static double quantile_of(const double *sorted, uint32_t count, double share)
{
    double rank = share * (count + 1) - 1;
    if (count == 0)
        return share < 0.5 ? -2 : 2; /* nothing known: a factor of seven either way */
    if (rank <= 0)
        return sorted[0];
    if (rank >= count - 1)
        return sorted[count - 1];
    uint32_t below = (uint32_t)rank;
    return sorted[below] + (rank - below) * (sorted[below + 1] - sorted[below]);
}

static struct forecast_point point_of(const struct errors *errors, double expected)
{
    double value = log1p(expected);
    uint32_t count = errors_count(errors);
    double low = value + quantile_of(errors->sorted, count, errors->miss / 2);
    double high = value + quantile_of(errors->sorted, count, 1 - errors->miss / 2);
    return (struct forecast_point){.value = expected,
                                   .low = fmin(expected, expm1(fmax(0, low))),
                                   .high = fmax(expected, expm1(fmax(0, high)))};
}

/* What was expected turned out to be `actual`: learn how wrong, and whether the interval held. */
static void errors_learn(struct errors *errors, double expected, double actual, double coverage)
{
    if (errors->seen >= FORECAST_LEAST) {
        struct forecast_point point = point_of(errors, expected);
        bool missed = actual < point.low || actual > point.high;
        errors->miss += MISS_RATE * (1 - coverage - missed);
        errors->miss = fmax(0.002, fmin(0.5, errors->miss));
    }
    errors_put(errors, log1p(actual) - log1p(expected));
}

/*
 * Forecasts far ahead that were made shortly one after the other are wrong in
 * the same way: of those over `distance` steps, one in so many teaches something.
 */
static uint32_t overlap(uint32_t distance)
{
    return 1 + (distance - 1) / 4;
}

/* What the forecasts at all earlier times got wrong, at every distance and in total. */
static void errors_gather(const double *values, const double *counts, uint32_t count,
                          const struct forecast_options *options, struct smoother *smoother,
                          struct errors *errors)
{
    uint32_t horizon = options->horizon, from = warm_up(options->seasons, count) / 2;
    for (uint32_t h = 0; h <= horizon; h++)
        errors[h] = (struct errors){.miss = 1 - options->coverage};
    for (uint32_t i = 0; i < count; i++) {
        double expected = 0, actual = 0;
        smoother_see(smoother, i, values[i]);
        for (uint32_t h = 1; h <= horizon && i >= from && i + h < count; h++) {
            double step = expm1(smoother_ahead(smoother, i, h));
            if (i % overlap(h) == 0)
                errors_learn(&errors[h - 1], step, counts[i + h], options->coverage);
            expected += step, actual += counts[i + h];
        }
        if (i >= from && i + horizon < count && i % overlap(horizon) == 0)
            errors_learn(&errors[horizon], expected, actual, options->coverage);
    }
}

static bool options_hold(const struct forecast_options *options, uint32_t count)
{
    return count >= FORECAST_LEAST && count <= FORECAST_MOST && options->horizon > 0 &&
           options->horizon <= FORECAST_HORIZON && options->seasons[0] <= FORECAST_SEASON &&
           options->seasons[1] <= FORECAST_SEASON && options->coverage >= 0.5 &&
           options->coverage <= 0.99;
}

/* A season that was not seen twice can't be told from chance. */
static struct forecast_options options_bounded(const struct forecast_options *options,
                                               uint32_t count)
{
    struct forecast_options bounded = *options;
    for (int i = 0; i < 2; i++)
        if (bounded.seasons[i] * 2 > count)
            bounded.seasons[i] = 0;
    return bounded;
}

int forecast_make(const double *counts, uint32_t count, const struct forecast_options *options,
                  struct forecast *ret_forecast)
{
    if (!options_hold(options, count))
        return -EINVAL;
    struct forecast_options bounded = options_bounded(options, count);
    uint32_t horizon = options->horizon;
    struct smoother *smoother = malloc(sizeof(*smoother));
    double *values = malloc(count * sizeof(*values));
    struct errors *errors = malloc((horizon + 1) * sizeof(*errors));
    if (!smoother || !values || !errors) {
        free(smoother), free(values), free(errors);
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < count; i++)
        values[i] = log1p(counts[i]);
    struct parameters chosen = parameters_choose(values, counts, count, &bounded, smoother);
    smoother_start(smoother, chosen, bounded.seasons, values, count);
    errors_gather(values, counts, count, &bounded, smoother, errors);
    double total = 0;
    for (uint32_t h = 1; h <= horizon; h++) {
        double expected = expm1(smoother_ahead(smoother, count - 1, h));
        ret_forecast->steps[h - 1] = point_of(&errors[h - 1], expected);
        total += expected;
    }
    ret_forecast->total = point_of(&errors[horizon], total);
    free(smoother), free(values), free(errors);
    return 0;
}

/* Mean absolute error of "as a season ago" on what was known: the unit of the scaled error. */
static double naive_scale(const double *counts, uint32_t count, uint32_t season)
{
    double sum = 0;
    for (uint32_t i = season; i < count; i++)
        sum += fabs(counts[i] - counts[i - season]);
    return sum / (count - season);
}

struct sums {
    double error, naive, steps, within, totals, totals_within, width, counts;
};

static void sums_add(struct sums *sums, const double *counts, uint32_t known, uint32_t season,
                     const struct forecast *forecast, uint32_t horizon)
{
    double scale = naive_scale(counts, known, season), total = 0;
    for (uint32_t h = 0; h < horizon; h++) {
        const struct forecast_point *point = &forecast->steps[h];
        double actual = counts[known + h];
        double naive = counts[known - season + h % season];
        if (scale > 0) {
            sums->error += fabs(actual - point->value) / scale;
            sums->naive += fabs(actual - naive) / scale;
        }
        sums->steps += 1;
        sums->within += actual >= point->low && actual <= point->high;
        sums->width += point->high - point->low;
        sums->counts += actual;
        total += actual;
    }
    sums->totals += 1;
    sums->totals_within += total >= forecast->total.low && total <= forecast->total.high;
}

int forecast_backtest(const double *counts, uint32_t count, const struct forecast_options *options,
                      uint32_t first, uint32_t stride, struct forecast_scores *ret_scores)
{
    uint32_t season = options->seasons[0] ? options->seasons[0] : 1;
    if (!options_hold(options, count) || first <= season || first < FORECAST_LEAST || stride == 0 ||
        first > count || count - first < options->horizon)
        return -EINVAL;
    struct forecast forecast = {.steps = calloc(options->horizon, sizeof(*forecast.steps))};
    struct sums sums = {0};
    struct forecast_scores scores = {0};
    int result = forecast.steps ? 0 : -ENOMEM;
    for (uint32_t known = first; !result && known + options->horizon <= count; known += stride) {
        result = forecast_make(counts, known, options, &forecast);
        if (!result)
            sums_add(&sums, counts, known, season, &forecast, options->horizon);
        scores.origins++;
    }
    free(forecast.steps);
    if (result)
        return result;
    scores.error = sums.error / sums.steps;
    scores.naive_error = sums.naive / sums.steps;
    scores.coverage = sums.within / sums.steps;
    scores.total_coverage = sums.totals_within / sums.totals;
    scores.width = sums.counts > 0 ? sums.width / sums.counts : 0;
    *ret_scores = scores;
    return 0;
}
