#include "learn/ranking.h"

#include <stdlib.h>

static int ranked_compare(const void *one, const void *other)
{
    double a = ((const struct ranked_score *)one)->score;
    double b = ((const struct ranked_score *)other)->score;
    return (a > b) - (a < b);
}

static void ranking_sort(struct ranked_score *ranked, uint32_t count)
{
    if (count)
        qsort(ranked, count, sizeof(*ranked), ranked_compare);
}

double ranking_area(struct ranked_score *ranked, uint32_t count)
{
    double below = 0, wins = 0, positives = 0;
    ranking_sort(ranked, count);
    for (uint32_t i = 0; i < count;) {
        uint32_t end = i, tied = 0;
        while (end < count && ranked[end].score <= ranked[i].score)
            tied += ranked[end++].positive;
        double negatives = end - i - tied;
        wins += tied * (below + negatives / 2);
        below += negatives;
        positives += tied;
        i = end;
    }
    return below > 0 && positives > 0 ? wins / (below * positives) : 0;
}

double ranking_rate_at(struct ranked_score *ranked, uint32_t count, double false_share)
{
    uint32_t positives = 0, found = 0, wrong = 0, best = 0;
    ranking_sort(ranked, count);
    for (uint32_t i = 0; i < count; i++)
        positives += ranked[i].positive;
    double most = false_share * (count - positives);
    for (uint32_t i = count; i > 0;) {
        double score = ranked[i - 1].score;
        for (; i > 0 && ranked[i - 1].score >= score; i--) {
            found += ranked[i - 1].positive;
            wrong += !ranked[i - 1].positive;
        }
        if (wrong > most)
            break;
        best = found;
    }
    return positives && positives < count ? (double)best / positives : 0;
}
