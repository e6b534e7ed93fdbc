/*
 * analyse/android/app_blend.h -- one probability of what several learners say.
 *
 * Learned from scores of rows that the learners had not seen. A sigmoid makes each learner's score
 * a probability (learn/linear_svm.h); those learners are heard whose mean of log odds finds the
 * most of what is malicious while 0.1, 0.3 and 1 % of the others are called so, all sets of them
 * being tried; a last sigmoid makes that mean a probability again.
 */
#ifndef ANALYSE_ANDROID_APP_BLEND_H
#define ANALYSE_ANDROID_APP_BLEND_H

#include "analyse/android/app_learners.h"

struct app_blend {
    struct sigmoid sure[LEARNERS];
    uint32_t heard; /* a bit a learner, not 0 */
    struct sigmoid together;
};

/* From scores[i * LEARNERS + learner] of `count` rows. -ENOMEM. */
int app_blend_fit(const double *scores, const bool *malicious, uint32_t count,
                  struct app_blend *ret_blend) __attribute__((warn_unused_result));

/* Log odds of a row with these scores; of what one learner says alone. */
double app_blend_odds(const struct app_blend *blend, const double *scores);
double app_blend_alone(const struct app_blend *blend, const double *scores,
                       enum app_learner learner);

/* -EBADMSG: no such blend. */
void app_blend_save(const struct app_blend *blend, struct buffer *out);
int app_blend_load(struct cursor *from, struct app_blend *ret_blend)
    __attribute__((warn_unused_result));

#endif
