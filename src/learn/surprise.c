#include "learn/surprise.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum {
    MAGIC = 0x31505368, /* "hSP1" */
    TAIL_PART = 20,     /* of the scores tell the exponent */
    TAIL_LEAST = 10,    /* at least; from the last so many on, the tail speaks */
};

/* Scores that hardly differ, or a point at zero, must not make a little more a great surprise. */
static const double greatest_exponent = 100, least_score = 1e-12;

static int score_compare(const void *a, const void *b)
{
    const double *one = a, *other = b;
    return (*one > *other) - (*one < *other);
}

/* The mean of ln(score / the tail's beginning), as an exponent to base ten. */
static double tail_exponent(const double *sorted, size_t count, size_t tail)
{
    double begin = fmax(sorted[count - tail], least_score), sum = 0;
    for (size_t i = count - tail; i < count; i++)
        sum += log(fmax(sorted[i], begin) / begin);
    double mean = sum / (double)tail;
    return mean * greatest_exponent > 1 ? 1 / mean : greatest_exponent;
}

int surprise_fit(double *scores, size_t count, struct surprise *ret_surprise)
{
    if (count < SURPRISE_LEAST)
        return -EINVAL;
    for (size_t i = 0; i < count; i++)
        if (!isfinite(scores[i]) || scores[i] < 0)
            return -EINVAL;
    qsort(scores, count, sizeof(*scores), score_compare);
    size_t tail = count / TAIL_PART > TAIL_LEAST ? count / TAIL_PART : TAIL_LEAST;
    struct surprise surprise = {.body = log10((double)count / TAIL_LEAST),
                                .exponent = tail_exponent(scores, count, tail)};
    for (uint32_t i = 0; i < SURPRISE_POINTS; i++) {
        double reach = pow(10, -surprise.body * i / (SURPRISE_POINTS - 1)) * (double)count;
        size_t above = (size_t)(reach + 0.5); /* so many scores are this one or higher */
        surprise.points[i] = scores[count - (above < TAIL_LEAST ? TAIL_LEAST : above)];
    }
    *ret_surprise = surprise;
    return 0;
}

double surprise_of(const struct surprise *surprise, double score)
{
    const uint32_t last = SURPRISE_POINTS - 1;
    const double *points = surprise->points;
    if (isnan(score))
        return SURPRISE_MOST;
    if (score > points[last]) {
        double beyond = surprise->exponent * log10(score / fmax(points[last], least_score));
        double sum = surprise->body + fmax(beyond, 0);
        return sum < SURPRISE_MOST ? sum : SURPRISE_MOST;
    }
    uint32_t low = 0, high = last; /* the first point that isn't below the score */
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (points[middle] < score)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return 0;
    double part = (score - points[low - 1]) / (points[low] - points[low - 1]);
    return surprise->body * (low - 1 + part) / last;
}

void surprise_save(const struct surprise *surprise, struct buffer *out)
{
    buffer_put_u32(out, MAGIC);
    buffer_put_double(out, surprise->body);
    buffer_put_double(out, surprise->exponent);
    for (uint32_t i = 0; i < SURPRISE_POINTS; i++)
        buffer_put_double(out, surprise->points[i]);
}

int surprise_load(struct cursor *from, struct surprise *ret_surprise)
{
    struct surprise surprise;
    if (cursor_u32(from) != MAGIC)
        return -EBADMSG;
    surprise.body = cursor_double(from);
    surprise.exponent = cursor_double(from);
    bool good = surprise.body >= 0 && surprise.body <= SURPRISE_MOST && surprise.exponent > 0 &&
                surprise.exponent <= greatest_exponent;
    for (uint32_t i = 0; i < SURPRISE_POINTS; i++) {
        surprise.points[i] = cursor_double(from);
        good &=
            isfinite(surprise.points[i]) && surprise.points[i] >= (i ? surprise.points[i - 1] : 0);
    }
    if (!good || !cursor_ok(from))
        return -EBADMSG;
    *ret_surprise = surprise;
    return 0;
}
