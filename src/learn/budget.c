#include "learn/budget.h"

#include <math.h>
#include <stdlib.h>

/* The prior: after so many host-days' worth, normal life reaches PRIOR_THRESHOLD at a twentieth. */
static const double PRIOR_DAYS = 10, PRIOR_THRESHOLD = 4.0, PRIOR_SCALE = 0.8, PRIOR_RATE = 0.05;

/* Below this nothing is worth a person's time, however quiet the network. */
static const double LEAST_THRESHOLD = 3.0;

/*
 * Few host-days cannot speak of the tail: a high score in them may as well be
 * an intruder already inside. They lift the threshold no further than this.
 */
static double most_threshold(double host_days)
{
    return PRIOR_THRESHOLD + 1 + log2(1 + host_days);
}

static int descending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

/* Mean excess over the smallest of the scores taken, shrunk to the prior's by four scores' worth.
 */
static double tail_scale(const double *scores, size_t count)
{
    size_t taken = count > 1 ? (count < 50 ? count / 2 + 1 : 25) : 0;
    double sum = 4 * PRIOR_SCALE;
    if (taken > count)
        taken = count;
    for (size_t i = 0; i < taken; i++)
        sum += scores[i] - scores[taken - 1];
    return sum / (double)(taken + 4);
}

/* Expected alarms per host-day at threshold `at`: data and prior, weighed by their host-days. */
static double expected_rate(const double *scores, size_t count, double host_days, double scale,
                            double at)
{
    size_t above = 0;
    while (above < count && scores[above] >= at)
        above++;
    double seen = (double)above;
    if (above == 0 && count)
        seen = exp(-(at - scores[0]) / scale);
    double prior = PRIOR_DAYS * PRIOR_RATE * exp(-(at - PRIOR_THRESHOLD) / PRIOR_SCALE);
    return (prior + seen) / (PRIOR_DAYS + host_days);
}

struct budget_fit budget_fit(double *scores, size_t count, double host_days, double budget)
{
    if (count)
        qsort(scores, count, sizeof(*scores), descending);
    struct budget_fit fit = {.scale = tail_scale(scores, count)};
    double low = LEAST_THRESHOLD, high = most_threshold(host_days);
    for (int i = 0; i < 60; i++) {
        double middle = (low + high) / 2;
        if (expected_rate(scores, count, host_days, fit.scale, middle) > budget)
            low = middle;
        else
            high = middle;
    }
    fit.threshold = high;
    fit.rate = expected_rate(scores, count, host_days, fit.scale, high);
    return fit;
}

double budget_confidence(const struct budget_fit *fit, double score)
{
    double above = (score - fit->threshold) / fit->scale;
    return above < 0 ? 0.5 * exp(above / 2) : 1 - 0.5 * exp(-above / 2);
}
