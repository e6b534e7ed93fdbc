/*
 * test/learn/two_classes.h -- rows for learners of two classes: XOR, which no plane tells, and two
 * halves, which one does; beside the two columns that matter some that don't.
 */
#ifndef TEST_LEARN_TWO_CLASSES_H
#define TEST_LEARN_TWO_CLASSES_H

#include "base/random.h"
#include "learn/linear_svm.h"

enum { TWO_ROWS = 600, TWO_COLUMNS = 6 };

struct two_classes {
    uint32_t columns[TWO_COLUMNS], labels[TWO_ROWS];
    float values[TWO_ROWS][TWO_COLUMNS];
    struct sparse_row rows[TWO_ROWS];
};

static inline void two_classes_make(bool crossed, struct two_classes *ret_sample)
{
    struct random random = {11};
    for (uint32_t j = 0; j < TWO_COLUMNS; j++)
        ret_sample->columns[j] = TWO_COLUMNS - 1 - j; /* in any order */
    for (uint32_t i = 0; i < TWO_ROWS; i++) {
        float *values = ret_sample->values[i];
        for (uint32_t j = 0; j < TWO_COLUMNS; j++)
            values[j] = (float)(2 * random_unit(&random) - 1) * (j < 2 ? 1.0F : 0.2F);
        ret_sample->labels[i] =
            crossed ? (values[0] > 0) != (values[1] > 0) : values[0] + values[1] > 0;
        ret_sample->rows[i] = (struct sparse_row){ret_sample->columns, values, TWO_COLUMNS};
    }
}

/* Of the second half of the rows, those that `score` puts on their side. */
static inline uint32_t two_classes_right(const struct two_classes *sample, const void *model,
                                         double (*score)(const void *model, struct sparse_row row))
{
    uint32_t right = 0;
    for (uint32_t i = TWO_ROWS / 2; i < TWO_ROWS; i++)
        right += (score(model, sample->rows[i]) > 0) == (sample->labels[i] != 0);
    return right;
}

#endif
