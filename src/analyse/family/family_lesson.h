/*
 * analyse/family/family_lesson.h -- inside of learning families: rows at hand, and what judges that
 * had not seen them said of them.
 */
#ifndef ANALYSE_FAMILY_FAMILY_LESSON_H
#define ANALYSE_FAMILY_FAMILY_LESSON_H

#include "analyse/family/family_voices.h"

enum { LESSON_PARTS = 4, LESSON_UNKNOWN = FAMILY_CLASSES /* the label of a family not learned */ };

/* Rows of a table, those learned from or judged. */
struct lesson {
    const struct family_table *table;
    const struct family_features **features;
    uint32_t *rows;   /* of the table */
    uint32_t *labels; /* class, or LESSON_UNKNOWN */
    uint32_t count;
};

/* What the judges said of a row unseen; of classes they had not learned, nothing (NaN). */
struct hearing {
    struct family_voices voices;
    uint32_t label;
    bool left_out; /* its family was not learned */
};

/* Planes, trees and neighbours of `model`, whose classes are set, from rows whose label is one. */
int lesson_fit(const struct lesson *lesson, uint64_t seed, struct family_model *model)
    __attribute__((warn_unused_result));

/* How the voices become probabilities, and what unknown looks like. -ENOMEM; of linear_svm_fit. */
int lesson_settle(const struct hearing *hearings, uint32_t count, struct family_model *model)
    __attribute__((warn_unused_result));

#endif
