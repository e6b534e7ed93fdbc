/*
 * learn/budget.h -- from an alert budget to a threshold.
 *
 * Given the scores normal life reached in host-days nothing was learned from
 * before they were scored, find the lowest threshold at which normal life
 * would raise no more alarms per host and day than people can read. Beyond
 * the data the tail is taken as exponential (peaks over threshold: Pickands,
 * Annals of Statistics 1975; Balkema and de Haan 1974); with little data a
 * stated prior speaks instead, and high scores lift the threshold but little.
 */
#ifndef LEARN_BUDGET_H
#define LEARN_BUDGET_H

#include <stddef.h>

struct budget_fit {
    double threshold; /* alarm at or above it */
    double scale;     /* of the tail: alarms fall e-fold every `scale` above the threshold */
    double rate;      /* expected false alarms per host and day at the threshold */
};

/*
 * `scores`: `count` of them, in any order (sorted in place, descending), one
 * per candidate alarm; `host_days` >= 0 they were collected over; `budget` > 0
 * alarms per host and day.
 */
struct budget_fit budget_fit(double *scores, size_t count, double host_days, double budget);

/*
 * How sure a score is, in [0,1): a half at the threshold, nearer to one the
 * fewer normal host-days would reach it.
 */
double budget_confidence(const struct budget_fit *fit, double score);

#endif
