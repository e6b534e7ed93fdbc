/*
 * analyse/packer/training.h -- rows made ready to be learned from, and the learning.
 */
#ifndef ANALYSE_PACKER_TRAINING_H
#define ANALYSE_PACKER_TRAINING_H

#include "analyse/packer/packer_model.h"

enum { TRAINING_COPIES = 3 /* changed ones beside each row */, TRAINING_PARTS = 4 };

/* A row of the table or a copy of one, as features. */
struct training_row {
    struct feature_row features;
    uint32_t row; /* of the table */
    uint32_t class;
    uint64_t group; /* hash of its group */
    bool copy;      /* changed */
};

/* All rows of one world. */
struct training {
    char names[PACKER_CLASSES][PACKER_NAME];
    uint32_t classes, none;
    struct training_row *rows; /* each row with its copies behind it */
    uint32_t count;
    uint32_t contradictions; /* rows left out: said to be packed, but the same as one that is not */
};

/*
 * The rows of `world`, and their copies as `seed` draws them. -E2BIG: more classes than
 * PACKER_CLASSES; -EINVAL: a row without a packer; -ENOMEM.
 */
int training_make(const struct packer_table *table, enum packer_world world, uint64_t seed,
                  const struct extractor *extractor, struct arena *arena,
                  struct training *ret_training) __attribute__((warn_unused_result));

/*
 * Learn from the rows whose row of the table is `chosen`; classes without one are left out of the
 * classifier. -ENODATA: fewer than two classes; else those of linear_svm_fit.
 */
int packer_fit(const struct training *training, const bool *chosen,
               struct packer_classifier *ret_classifier) __attribute__((warn_unused_result));

/* Both worlds of a table. -ENODATA: neither has two classes. */
int packer_model_fit(const struct packer_table *table, uint64_t seed,
                     struct packer_model *ret_model) __attribute__((warn_unused_result));

#endif
