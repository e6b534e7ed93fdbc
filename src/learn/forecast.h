/*
 * learn/forecast.h -- what a series of counts is likely to do next.
 *
 * Exponential smoothing of ln(1 + count) with a level, up to two additive
 * seasons and a first-order autoregression of what is left (Taylor 2003, for
 * the two seasons). Storms must not carry the level away: what deviates by more
 * than two scales counts as two (Gelper, Fried & Croux 2010). The smoothing
 * parameters are those of a small grid with the least absolute error ahead on
 * the counts told; the same counts give the same numbers.
 *
 * The interval is conformal: the quantiles of the errors that forecasts as far
 * ahead made lately, in logarithms, their level adapted so that the share of
 * misses stays at what was asked for while the series drifts (Gibbs & Candès
 * 2021). It promises nothing on the shape of the errors, but that the near
 * future resembles the near past: forecast_backtest says how far that held.
 */
#ifndef LEARN_FORECAST_H
#define LEARN_FORECAST_H

#include <stdint.h>

enum {
    FORECAST_LEAST = 16,    /* steps wanted to say anything */
    FORECAST_MOST = 100000, /* steps; of a longer series tell the end */
    FORECAST_HORIZON = 512, /* steps ahead */
    FORECAST_SEASON = 1024, /* steps of a season */
    FORECAST_RECENT = 120,  /* errors of which the quantiles are taken */
};

struct forecast_options {
    uint32_t seasons[2]; /* steps: {7} of days, {24, 168} of hours; 0: none */
    uint32_t horizon;    /* steps ahead, from 1 */
    double coverage;     /* of the interval, 0.5 to 0.99 */
};

struct forecast_point {
    double value, low, high;
};

struct forecast {
    struct forecast_point *steps; /* `horizon` of them: the caller's */
    struct forecast_point total;  /* of all steps together: its interval isn't their sums */
};

/*
 * Tell what follows counts[0 … count-1], all finite and not negative. -EINVAL:
 * too few, too many, options out of bounds; -ENOMEM.
 */
int forecast_make(const double *counts, uint32_t count, const struct forecast_options *options,
                  struct forecast *ret_forecast) __attribute__((warn_unused_result));

/* How good forecasts were that had been made at earlier times, knowing only what was before. */
struct forecast_scores {
    uint32_t origins;      /* forecasts made */
    double error;          /* mean absolute error over that of the seasonal naive one on what
                              was known (MASE, Hyndman & Koehler 2006): below 1 is better */
    double naive_error;    /* the same of the seasonal naive forecast itself, ahead */
    double coverage;       /* share of steps within their interval */
    double total_coverage; /* … and of totals */
    double width;          /* mean width of the steps' intervals over the mean count */
};

/* A forecast every `stride` steps, the first knowing `first` of them. Errors as of forecast_make.
 */
int forecast_backtest(const double *counts, uint32_t count, const struct forecast_options *options,
                      uint32_t first, uint32_t stride, struct forecast_scores *ret_scores)
    __attribute__((warn_unused_result));

#endif
