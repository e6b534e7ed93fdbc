/*
 * learn/ranking.h -- how well a score tells positives from negatives, whatever the threshold.
 */
#ifndef LEARN_RANKING_H
#define LEARN_RANKING_H

#include <stdbool.h>
#include <stdint.h>

struct ranked_score {
    double score; /* any but NaN; higher is more positive */
    bool positive;
};

/* Both functions sort `ranked`, and are 0 where one side is empty. */

/* The area under the ROC curve: Mann and Whitney's statistic (1947), ties counting half. */
double ranking_area(struct ranked_score *ranked, uint32_t count);

/*
 * The share of the positives that a threshold finds at which at most `false_share` of the negatives
 * are found too: the lowest such threshold, equal scores falling on one side together.
 */
double ranking_rate_at(struct ranked_score *ranked, uint32_t count, double false_share);

#endif
