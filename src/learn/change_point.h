/*
 * learn/change_point.h -- when a series went to another level, and how sure that is.
 *
 * The best division into segments under a Bayesian model: within a segment the
 * values are normal around a level of its own, mean and variance unknown
 * (normal-inverse-gamma prior), and a new segment begins at any step with the
 * same small chance. The optimum is found by dynamic programming over all
 * divisions (exact; the recursion of Jackson et al. 2005, with the segments'
 * marginal likelihoods as in Fearnhead 2006), O(n²) in the number of steps.
 *
 * Counts resemble those of the step before, which looks like many small
 * changes: after a first pass the likelihoods are weakened by
 * (1 - r) / (1 + r), r the correlation of neighbours within segments, and the
 * division is made anew. A single step that sticks out is no change: the values
 * are first replaced by the running median of three.
 */
#ifndef LEARN_CHANGE_POINT_H
#define LEARN_CHANGE_POINT_H

#include <stdint.h>

enum {
    CHANGE_STEPS = 4096, /* of a longer series, tell the end */
    CHANGE_SEGMENT = 3,  /* steps a level must last */
    CHANGE_RUN = 60,     /* steps between changes, expected */
};

struct change_point {
    uint32_t step;        /* the first of the new level */
    double before, after; /* mean values of the two segments */
    double probability;   /* of two levels here against one, given the neighbouring changes */
};

/*
 * Changes in values[0 … count-1], all finite, oldest first, at most `room`; the
 * number found may be more. -EINVAL: more than CHANGE_STEPS; -ENOMEM.
 */
int change_points_find(const double *values, uint32_t count, struct change_point *ret_changes,
                       uint32_t room, uint32_t *ret_found) __attribute__((warn_unused_result));

#endif
