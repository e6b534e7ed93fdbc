/*
 * detect/darknet/synchrony_history.h -- densities of one rho, and which of them stand out.
 *
 * Takes the largest away as long as that shrinks the population variance to
 * SYNCHRONY_SHRINKS of what it was, or less. Only synchrony.c uses it.
 */
#ifndef DETECT_DARKNET_SYNCHRONY_HISTORY_H
#define DETECT_DARKNET_SYNCHRONY_HISTORY_H

#include "detect/darknet/synchrony.h"

extern const double SYNCHRONY_SHRINKS; /* 0.98 */

struct synchrony_history {
    uint64_t seen; /* windows, alerts among them */
    uint32_t count;
    struct synchrony_past {
        int64_t start;
        double density;
    } past[SYNCHRONY_HISTORY]; /* oldest first; alerts have left */
};

/*
 * Remember a window; the oldest goes when there are more than fit. Once
 * SYNCHRONY_HISTORY windows were seen, those that stand out leave, and their
 * starts are written to `ret_removed` (SYNCHRONY_HISTORY). How many. `ret_ratio`:
 * of the variances where the rule stopped or, if it removed this very window,
 * at its removal; 1 before.
 */
uint32_t synchrony_history_next(struct synchrony_history *history, int64_t start, double density,
                                int64_t *ret_removed, double *ret_ratio);

/* Forget windows from `start` on. */
void synchrony_history_rewind(struct synchrony_history *history, int64_t start);

void synchrony_history_save(const struct synchrony_history *history, struct buffer *out);

/* False: not a history. */
bool synchrony_history_load(struct synchrony_history *history, struct cursor *in);

#endif
