/*
 * analyse/family/vocabulary.h -- which features tell most of the families, and rows of just those.
 *
 * Calls by themselves come first: what they make up tells more one by one, but less together. The
 * rest by mutual information between the family and whether the feature is there at all, or at
 * least 2, 4 or 8 doublings often, whichever tells most; features of fewer than VOCABULARY_ROWS
 * rows are not looked at.
 */
#ifndef ANALYSE_FAMILY_VOCABULARY_H
#define ANALYSE_FAMILY_VOCABULARY_H

#include "analyse/family/family_features.h"

enum { VOCABULARY_ROWS = 3 };

/*
 * The `most` best keys, ascending, from rows[0 … count-1], labels < classes. The caller frees
 * `*ret_keys`. -ENOMEM, -ENOSPC (2^31 different features).
 */
int vocabulary_choose(const struct family_features *const *rows, const uint32_t *labels,
                      uint32_t count, uint32_t classes, uint32_t most, uint64_t **ret_keys,
                      uint32_t *ret_count) __attribute__((warn_unused_result));

/* The value of each key of the vocabulary; 0 of what the behaviour does not have. */
void vocabulary_row(const uint64_t *keys, uint32_t count, const struct family_features *features,
                    float *ret_row);

#endif
