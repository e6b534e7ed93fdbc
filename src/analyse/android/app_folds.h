/*
 * analyse/android/app_folds.h -- rows dealt to folds, those of one group to one.
 *
 * The largest group first, each to the fold that has the fewest rows so far: a signer of hundreds
 * of applications makes its fold no larger than the others.
 */
#ifndef ANALYSE_ANDROID_APP_FOLDS_H
#define ANALYSE_ANDROID_APP_FOLDS_H

#include "analyse/android/app_table.h"

enum { APP_FOLDS_MOST = 16 };

/* ret_folds[i] < folds (<= APP_FOLDS_MOST) is the fold of rows[i]; their order does not matter.
 * -ENOMEM. */
int app_folds_deal(const struct app_table *table, const uint32_t *rows, uint32_t count,
                   uint32_t folds, uint8_t *ret_folds) __attribute__((warn_unused_result));

#endif
