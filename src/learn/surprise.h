/*
 * learn/surprise.h -- how rare a score is, in powers of ten.
 *
 * Scores of different models have different units. Here each becomes
 * -log10 P(S >= score), from scores of rows that the model had not learned from:
 * 2 is what one in a hundred reaches, 3 one in a thousand. So models can be held
 * against each other, and an alert budget becomes a threshold: of n rows a day,
 * `budget` reach log10(n / budget).
 *
 * Up to the tenth highest it is the scores' own distribution, kept at points and
 * interpolated; beyond, a power law with Hill's exponent (Annals of Statistics
 * 1975) of the highest twentieth, which is the more on faith, the further:
 * above log10(number of scores) nobody has looked.
 */
#ifndef LEARN_SURPRISE_H
#define LEARN_SURPRISE_H

#include "base/buffer.h"
#include "base/cursor.h"

enum {
    SURPRISE_LEAST = 40,   /* scores wanted to say anything */
    SURPRISE_POINTS = 256, /* the distribution is kept at, evenly in surprise */
    SURPRISE_MOST = 16,    /* the greatest there is */
};

struct surprise {
    double points[SURPRISE_POINTS]; /* ascending scores; the first is the lowest */
    double body;                    /* surprise of the last point */
    double exponent;                /* of the tail: the surprise that a tenfold score adds */
};

/*
 * From `count` scores, in any order (sorted in place), none negative. -EINVAL: fewer than
 * SURPRISE_LEAST, or one that is negative or not finite.
 */
int surprise_fit(double *scores, size_t count, struct surprise *ret_surprise)
    __attribute__((warn_unused_result));

/* From 0 to SURPRISE_MOST, never falling with the score; of what is not a number SURPRISE_MOST. */
double surprise_of(const struct surprise *surprise, double score);

/* All of it, and back: bit by bit. -EBADMSG: no such thing. */
void surprise_save(const struct surprise *surprise, struct buffer *out);
int surprise_load(struct cursor *from, struct surprise *ret_surprise)
    __attribute__((warn_unused_result));

#endif
