/*
 * analyse/android/app_training.h -- learning a model (app_model.h) from a table, and what is in it.
 */
#ifndef ANALYSE_ANDROID_APP_TRAINING_H
#define ANALYSE_ANDROID_APP_TRAINING_H

#include "analyse/android/app_blend.h"
#include "analyse/android/app_model.h"

enum { APP_TRAINING_PARTS = 4 };

/* What was learned from the tables of one kind. */
struct app_classifier {
    uint64_t kind; /* as app_table.h tells kinds */
    struct app_learners learners;
    struct app_blend blend;
};

struct app_model {
    struct app_classifier kinds[APP_TABLE_KINDS];
    uint32_t count;
};

/* Called after each of the learnings. */
struct app_watch {
    void (*fitted)(void *context);
    void *context;
};

/*
 * From rows[0 … count-1] of the table, all of one kind; APP_TRAINING_PARTS + 1 learnings. `watch`
 * may be NULL. -ENODATA: too few rows, groups or labels; those of app_learners_fit.
 */
int app_classifier_fit(const struct app_table *table, const uint32_t *rows, uint32_t count,
                       uint64_t seed, const struct app_watch *watch,
                       struct app_classifier *ret_classifier) __attribute__((warn_unused_result));
void app_classifier_finish(struct app_classifier *classifier);

/* All kinds of the table. -ENODATA where there is too little of one of them. */
int app_model_fit(const struct app_table *table, uint64_t seed, const struct app_watch *watch,
                  struct app_model **ret_model) __attribute__((warn_unused_result));

/* The scores of rows of a table by the classifier's learners: ret_scores[i * LEARNERS + learner].
 * -ENOMEM. */
int app_learners_judge(const struct app_learners *learners, const struct app_table *table,
                       const uint32_t *rows, uint32_t count, double *ret_scores)
    __attribute__((warn_unused_result));

#endif
