/*
 * detect/darknet/drift.h -- how fast a model of backscatter grows old.
 *
 * Sources and windows come in the order of time and are dealt to the months
 * (UTC) in which their windows begin. Five models are asked about each before
 * any of them is told its label, and their answers are counted by month:
 *
 *     learning      the clustering, learning on
 *     frozen        the same, as it was at the end of the month before
 *     first         the same, as it was at the end of the first month
 *     line          logistic regression, learning on
 *     line_frozen   the same, as it was at the end of the month before
 *
 * In the first month there is nothing frozen: those count nothing. Unlabelled
 * sources are passed over. Of each month up to `points` are kept, drawn evenly
 * and reproducibly, for the picture.
 */
#ifndef DETECT_DARKNET_DRIFT_H
#define DETECT_DARKNET_DRIFT_H

#include "detect/darknet/backscatter.h"

enum { DRIFT_MONTHS = 120, DRIFT_POINTS = 20000 }; /* most months; most points a month */

/* X(name) */
#define DRIFT_MODELS(X)                                                                            \
    X(learning)                                                                                    \
    X(frozen)                                                                                      \
    X(first)                                                                                       \
    X(line)                                                                                        \
    X(line_frozen)

enum drift_model {
#define X(name) DRIFT_##name,
    DRIFT_MODELS(X)
#undef X
        DRIFT_MODEL_COUNT
};

extern const char *const drift_model_names[DRIFT_MODEL_COUNT];

/* Backscatter is the positive class. */
struct drift_score {
    uint64_t hits, false_alarms, misses, rejections;
};

struct drift_month {
    char name[8]; /* "2013-03" */
    uint64_t samples, backscatter;
    struct drift_score scores[DRIFT_MODEL_COUNT];
};

struct drift_point {
    uint32_t month; /* its number */
    struct ip address;
    bool backscatter, predicted; /* by its label; by the learning clustering, asked before */
    double sample[SOURCE_FEATURE_COUNT];
};

struct drift;

/* -EINVAL: too many points; -ENOMEM. */
int drift_open(uint32_t points, struct drift **ret_drift) __attribute__((warn_unused_result));

/* A source of a window. -ENOSPC: more than DRIFT_MONTHS; -ENOMEM. */
int drift_see(struct drift *drift, const struct source_summary *source,
              enum backscatter_label label) __attribute__((warn_unused_result));

/* Month 0 … count - 1; points month by month. */
uint32_t drift_months(const struct drift *drift, const struct drift_month **ret_months);
size_t drift_points(const struct drift *drift, const struct drift_point **ret_points);

double drift_precision(const struct drift_score *score); /* 0 where nothing was said */
double drift_recall(const struct drift_score *score);
double drift_f1(const struct drift_score *score);

struct possibilistic_counts drift_clusters(const struct drift *drift);

void drift_close(struct drift *drift);

#endif
