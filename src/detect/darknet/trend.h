/*
 * detect/darknet/trend.h -- how a series of counts goes: when it changed, what it repeats,
 * what is likely next, and how far such forecasts could be relied on so far.
 *
 * Changes are those of the level of whole days (of steps, where there are fewer
 * than TREND_DAYS days) by learn/change_point.h on ln(1 + count); one that is
 * neither half as much again nor a third less is left out. A season's strength
 * is the share of the variance around the running mean of one season that its
 * phase explains, adjusted for the number of phases: 0 to 1. Forecasts are those
 * of learn/forecast.h with a season of a week, for hours also of a day.
 */
#ifndef DETECT_DARKNET_TREND_H
#define DETECT_DARKNET_TREND_H

#include "learn/change_point.h"
#include "learn/forecast.h"

enum {
    TREND_CHANGES = 16, /* the newest are kept */
    TREND_DAYS = 14,
    TREND_STEPS = 168, /* ahead: a week of hours */
    TREND_LEAST = 28,  /* steps wanted: four weeks of days, a day and a bit of hours */
};

struct trend_series {
    const double *counts;
    uint32_t count;
    int64_t start, step; /* ns; step: an hour or a day */
};

struct trend_change {
    int64_t time;         /* start of the first day (or step) of the new level */
    double before, after; /* a day (or step), typically: the mean of logarithms, back */
    double probability;
};

struct trend {
    double day_mean;      /* packets a day over the last week, or what there is */
    double daily, weekly; /* strength of the seasons; -1: too short to say */
    struct trend_change changes[TREND_CHANGES]; /* oldest first */
    uint32_t change_count;
    struct forecast_point steps[TREND_STEPS]; /* the next week */
    uint32_t step_count;
    struct forecast_point next_day, next_week; /* packets in all of it */
};

/* `coverage` of the intervals, as 0.9. -EINVAL: fewer than TREND_LEAST steps, or no such step. */
int trend_make(const struct trend_series *series, double coverage, struct trend *ret_trend)
    __attribute__((warn_unused_result));

/*
 * How forecasts of the next day and week did that were made each day of the
 * second half of the series, knowing what was before. The same errors.
 */
int trend_backtest(const struct trend_series *series, double coverage,
                   struct forecast_scores *ret_day, struct forecast_scores *ret_week)
    __attribute__((warn_unused_result));

#endif
