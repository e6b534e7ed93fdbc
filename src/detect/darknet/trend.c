#include "detect/darknet/trend.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/time.h"

static const double CHANGE_LEAST = 1.5; /* times as much, or as little */

static bool series_holds(const struct trend_series *series)
{
    return (series->step == TIME_HOUR || series->step == TIME_DAY) &&
           series->count >= TREND_LEAST && series->count <= FORECAST_MOST;
}

static uint32_t steps_a_day(const struct trend_series *series)
{
    return (uint32_t)(TIME_DAY / series->step);
}

static struct forecast_options options_of(const struct trend_series *series, uint32_t days,
                                          double coverage)
{
    uint32_t day = steps_a_day(series);
    struct forecast_options options = {.horizon = days * day, .coverage = coverage};
    options.seasons[0] = day > 1 ? day : 7;
    options.seasons[1] = day > 1 ? 7 * day : 0;
    return options;
}

/* Share of the variance around the running mean of one period that the phase explains. */
static double season_strength(const double *values, uint32_t count, uint32_t period)
{
    double sums[FORECAST_SEASON] = {0}, explained = 0, total = 0, running = 0;
    uint32_t seen[FORECAST_SEASON] = {0}, half = period / 2;
    if (period == 0 || period > FORECAST_SEASON || count / 3 < period)
        return -1;
    for (uint32_t i = 0; i < period; i++)
        running += values[i];
    for (uint32_t i = half; i + period - half < count; i++) {
        double off = values[i] - running / period;
        sums[i % period] += off;
        seen[i % period]++;
        total += off * off;
        running += values[i - half + period] - values[i - half];
    }
    double n = count - period;
    for (uint32_t i = 0; i < period; i++)
        explained += seen[i] ? sums[i] * sums[i] / seen[i] : 0;
    double adjusted = 1 - (total - explained) / (n - period) / (total / (n - 1));
    return total > 0 && adjusted > 0 ? adjusted : 0;
}

/* Whole UTC days of hours, or the steps themselves, as logarithms; the caller's to free. */
static double *levels_make(const struct trend_series *series, uint32_t *ret_count,
                           int64_t *ret_start, int64_t *ret_step)
{
    uint32_t day = steps_a_day(series), skip = 0, width = 1;
    if (day > 1 && series->count / day > TREND_DAYS) {
        skip = (uint32_t)((TIME_DAY - series->start % TIME_DAY) % TIME_DAY / TIME_HOUR);
        width = day;
    }
    uint32_t count = (series->count - skip) / width;
    if (count > CHANGE_STEPS)
        skip += (count - CHANGE_STEPS) * width, count = CHANGE_STEPS;
    double *levels = malloc(count * sizeof(*levels));
    for (uint32_t i = 0; levels && i < count; i++) {
        double sum = 0;
        for (uint32_t j = 0; j < width; j++)
            sum += series->counts[skip + i * width + j];
        levels[i] = log1p(sum);
    }
    *ret_count = count;
    *ret_start = series->start + skip * series->step;
    *ret_step = width * series->step;
    return levels;
}

static int changes_find(const struct trend_series *series, struct trend *trend)
{
    struct change_point found[TREND_CHANGES];
    uint32_t count, all;
    int64_t start, step;
    double *levels = levels_make(series, &count, &start, &step);
    if (!levels)
        return -ENOMEM;
    int result = change_points_find(levels, count, found, TREND_CHANGES, &all);
    if (!result && step == TIME_DAY)
        trend->weekly = season_strength(levels, count, 7);
    free(levels);
    for (uint32_t i = 0; !result && i < all && i < TREND_CHANGES; i++) {
        double before = expm1(found[i].before), after = expm1(found[i].after);
        double ratio = (after + 1) / (before + 1);
        if (ratio < CHANGE_LEAST && ratio > 1 / CHANGE_LEAST)
            continue;
        trend->changes[trend->change_count++] = (struct trend_change){
            start + found[i].step * step, before, after, found[i].probability};
    }
    return result;
}

static int daily_find(const struct trend_series *series, struct trend *trend)
{
    double *values = calloc(series->count, sizeof(*values));
    if (!values)
        return -ENOMEM;
    for (uint32_t i = 0; i < series->count; i++)
        values[i] = log1p(series->counts[i]);
    trend->daily = season_strength(values, series->count, steps_a_day(series));
    free(values);
    return 0;
}

static int ahead_find(const struct trend_series *series, double coverage, struct trend *trend)
{
    struct forecast forecast = {.steps = trend->steps};
    struct forecast_options day = options_of(series, 1, coverage);
    struct forecast_options week = options_of(series, 7, coverage);
    int result = forecast_make(series->counts, series->count, &day, &forecast);
    if (result)
        return result;
    trend->next_day = forecast.total;
    trend->step_count = week.horizon;
    result = forecast_make(series->counts, series->count, &week, &forecast);
    if (!result)
        trend->next_week = forecast.total;
    return result;
}

int trend_make(const struct trend_series *series, double coverage, struct trend *ret_trend)
{
    struct trend trend = {.daily = -1, .weekly = -1};
    if (!series_holds(series))
        return -EINVAL;
    uint32_t day = steps_a_day(series), lately = series->count < 7 * day ? series->count : 7 * day;
    for (uint32_t i = 0; i < lately; i++)
        trend.day_mean += series->counts[series->count - 1 - i] * day / lately;
    int result = changes_find(series, &trend);
    if (!result && day > 1)
        result = daily_find(series, &trend);
    if (!result)
        result = ahead_find(series, coverage, &trend);
    if (!result)
        *ret_trend = trend;
    return result;
}

int trend_backtest(const struct trend_series *series, double coverage,
                   struct forecast_scores *ret_day, struct forecast_scores *ret_week)
{
    struct forecast_options day = options_of(series, 1, coverage);
    struct forecast_options week = options_of(series, 7, coverage);
    struct forecast_scores days, weeks;
    uint32_t first = series->count / 2, stride = steps_a_day(series);
    if (!series_holds(series))
        return -EINVAL;
    int result = forecast_backtest(series->counts, series->count, &day, first, stride, &days);
    if (!result)
        result = forecast_backtest(series->counts, series->count, &week, first, stride, &weeks);
    if (!result)
        *ret_day = days, *ret_week = weeks;
    return result;
}
