/*
 * analyse/android/app_evaluate.h -- how well malicious applications are told, on rows that were
 * not learned from: five folds by group, each row judged once, or a model that is there.
 */
#ifndef ANALYSE_ANDROID_APP_EVALUATE_H
#define ANALYSE_ANDROID_APP_EVALUATE_H

#include "analyse/android/app_training.h"

enum { APP_FOLDS = 5 };

/* Log odds of a row: of all that are heard together, and of each learner alone. */
struct app_judged {
    double odds, alone[LEARNERS];
};

/* What the rows of one kind come to. */
struct app_figures {
    uint32_t rows, malicious, groups;
    uint32_t right;   /* at even odds */
    double area;      /* under the ROC curve */
    double rate_100;  /* of the malicious found while 1 % of the others are called so */
    double rate_1000; /* ... 0.1 % */
    double brier;     /* mean square of what the probability is off by */
};

/*
 * Each row of the table by what its kind's other folds teach; room for table->count. `watch` may be
 * NULL; it is told APP_FOLDS * (APP_TRAINING_PARTS + 1) times a kind. Those of app_classifier_fit.
 */
int app_evaluate_folds(const struct app_table *table, uint64_t seed, const struct app_watch *watch,
                       struct app_judged *ret_judged) __attribute__((warn_unused_result));

/* Each row by the model: what was learned of its kind, or else of the kind that has most of its
 * names. -ENOMEM. */
int app_evaluate_model(const struct app_table *table, const struct app_model *model,
                       struct app_judged *ret_judged) __attribute__((warn_unused_result));

/* Of the rows of `kind`: all that are heard together where `learner` is LEARNERS, or one alone.
 * -ENOMEM. */
int app_evaluate_figures(const struct app_table *table, const struct app_judged *judged,
                         uint32_t kind, enum app_learner learner, struct app_figures *ret_figures)
    __attribute__((warn_unused_result));

#endif
