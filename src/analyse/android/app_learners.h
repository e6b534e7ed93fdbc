/*
 * analyse/android/app_learners.h -- four ways to tell malicious applications, each by itself.
 *
 * They see the same rows in the same space; their scores have no scale in common (app_blend.h
 * gives them one). Each is learned from different rows, equal ones counting once, so that one
 * application in a hundred disguises is no hundred lessons.
 */
#ifndef ANALYSE_ANDROID_APP_LEARNERS_H
#define ANALYSE_ANDROID_APP_LEARNERS_H

#include "analyse/android/app_space.h"
#include "learn/boosted_trees.h"
#include "learn/multilayer_perceptron.h"
#include "learn/radial_svm.h"

enum app_learner {
    LEARNER_PLANE,      /* all names and words */
    LEARNER_RADIAL,     /* compact columns */
    LEARNER_PERCEPTRON, /* compact columns */
    LEARNER_TREES,      /* compact columns, names there or not */
    LEARNERS,
};

struct app_learners {
    struct app_space space;
    struct linear_svm *plane;
    struct radial_svm *radial;
    struct perceptron *perceptron;
    struct boosted_trees *trees;
};

/* "linear", "radial", "perceptron", "trees". */
const char *app_learner_name(enum app_learner learner);

/*
 * From rows[0 … count-1] of the table. -ENODATA: not two rows of each label; -ELIBACC, -EIO: a
 * library is not there, or failed; -ENOMEM.
 */
int app_learners_fit(const struct app_table *table, const uint32_t *rows, uint32_t count,
                     uint64_t seed, struct app_learners *ret_learners)
    __attribute__((warn_unused_result));

/* ret_scores[LEARNERS]: the higher, the more malicious. */
void app_learners_score(const struct app_learners *learners, const struct app_place *place,
                        double *ret_scores);

/* All of it, and back: bit by bit. -EBADMSG: no such learners; -ENOMEM. */
void app_learners_save(const struct app_learners *learners, struct buffer *out);
int app_learners_load(struct cursor *from, struct app_learners *ret_learners)
    __attribute__((warn_unused_result));
void app_learners_finish(struct app_learners *learners);

#endif
