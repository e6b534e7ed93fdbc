/*
 * analyse/packer/evaluate.h -- how well packers are told, on rows that were not learned from.
 *
 * Five folds by group: each row is judged once, by a classifier that saw no row of its group, as it
 * is and changed -- with 1 to 16 junk bytes in front, with three bytes in ten overwritten. Rows the
 * training calls contradictions are learned from nowhere and judged all the same.
 */
#ifndef ANALYSE_PACKER_EVALUATE_H
#define ANALYSE_PACKER_EVALUATE_H

#include "analyse/packer/training.h"

enum evaluate_change {
    CHANGE_NONE,
    CHANGE_JUNK,   /* 1 to 16 bytes in front, of each length as many */
    CHANGE_MUTATE, /* 30 % of bytes */
    CHANGE_RENAME, /* sections */
    CHANGE_COUNT,
};

struct evaluate_count {
    uint32_t rows, right;
    uint32_t packed_right; /* of rows not "none": called packed, whoever packed them */
    uint32_t clean, clean_called_packed; /* rows "none" */
    uint32_t refused;                    /* called unknown */
};

/* One row as judged in a fold, or by a model given. */
struct evaluate_row {
    uint32_t row;
    struct packer_verdict verdict;
    const char *name;    /* of the answer; in the evaluation's arena */
    const char *nearest; /* class, whatever the answer; likewise */
    bool right;
};

struct evaluate_left_out {
    const char *packer;
    uint32_t rows;
    double area; /* under the ROC curve of `unknown`: its rows against the fold's known ones */
    double area_packed; /* the same against known packers only */
    double called;      /* share of its rows answered "unknown" */
};

struct evaluation {
    struct evaluate_count change[CHANGE_COUNT];
    struct evaluate_count few,
        few_clean;             /* learned from 5 rows a class; of packers only, none in full */
    struct evaluate_row *rows; /* unchanged, in the table's order */
    uint32_t row_count;
    struct evaluate_left_out left[PACKER_CLASSES];
    uint32_t left_count;
    double area, area_mean; /* all left out together; the mean of theirs */
    uint32_t contradictions;
};

/* Called after each classifier of how many; the last one is `of`. */
struct evaluate_watch {
    void (*fitted)(void *context, uint32_t done, uint32_t of);
    void *context;
};

/* Cross-validation of one world, watched unless `watch` is NULL. -ENODATA: too few rows; -ENOMEM
 * and those of packer_fit. */
int evaluate_world(const struct packer_table *table, enum packer_world world, uint64_t seed,
                   const struct evaluate_watch *watch, struct arena *arena,
                   struct evaluation *ret_evaluation) __attribute__((warn_unused_result));

/* All rows of both worlds by a model that is there. -ENOMEM. */
int evaluate_model(const struct packer_table *table, const struct packer_model *model,
                   uint64_t seed, struct arena *arena, struct evaluation *ret_evaluation)
    __attribute__((warn_unused_result));

#endif
