/*
 * analyse/family/family_evaluate.h -- how well families are told, on rows that were not learned
 * from: five folds by group, each row judged once, or a model that is there.
 */
#ifndef ANALYSE_FAMILY_FAMILY_EVALUATE_H
#define ANALYSE_FAMILY_FAMILY_EVALUATE_H

#include "analyse/family/family_model.h"

enum { FAMILY_FOLDS = 5 };

struct family_judged {
    uint32_t row;
    const char *answer, *nearest; /* names of families or "unknown", and of the likeliest family */
    double confidence, unknown;
    double positive; /* of two families: the share of the second by name; else the confidence */
    bool known;      /* its family was learned */
    bool right;      /* the answer is its family, or "unknown" where that was not learned */
};

struct family_evaluation {
    struct family_judged *rows; /* in the table's order */
    uint32_t count, groups;
    uint32_t known, known_right;      /* rows whose family was learned */
    uint32_t likely_right;            /* of these, the likeliest one is it, called unknown or not */
    uint32_t named, named_right;      /* of these, not called unknown */
    uint32_t strange, strange_right;  /* rows whose family was not, and those called unknown */
    double families_right;            /* mean over families of the share of their rows */
    double unknown_area;              /* under the ROC curve of `unknown`, strange against known */
    bool two;                         /* families; then: */
    double area, rate_100, rate_1000; /* ROC area; the second's rows found at 1 % and 0.1 % false */
};

struct family_watch {
    void (*fitted)(void *context, uint32_t done, uint32_t of);
    void *context;
};

/* `watch` may be NULL. -ENODATA: too few rows or families; -ENOMEM and those of family_fit. */
int family_validate(const struct family_table *table, uint64_t seed,
                    const struct family_watch *watch, struct arena *arena,
                    struct family_evaluation *ret_evaluation) __attribute__((warn_unused_result));

/* -ENOMEM. */
int family_model_validate(const struct family_table *table, const struct family_model *model,
                          struct arena *arena, struct family_evaluation *ret_evaluation)
    __attribute__((warn_unused_result));

#endif
