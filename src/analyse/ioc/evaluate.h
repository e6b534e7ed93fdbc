/*
 * analyse/ioc/evaluate.h -- how well indicators find what they were not made from.
 *
 * Groups of samples (corpus.h) are dealt to folds, family by family, so that each fold has some of
 * each; indicators of each family are made from all folds but one and tried on that one, and on
 * the samples that are held, which no fold learns from. A family of one group can't be tried. The
 * share of harmless samples that may be covered is of all families together, each having its part
 * by the number of its samples.
 */
#ifndef ANALYSE_IOC_EVALUATE_H
#define ANALYSE_IOC_EVALUATE_H

#include "analyse/ioc/generate.h"

struct evaluate_options {
    struct generate_options generate;
    uint32_t folds;
    bool others;         /* samples of other families are to be spared, too */
    struct bytes family; /* only this one; empty: all */
    void (*step)(void *context, uint32_t done, uint32_t of); /* NULL: nobody asks */
    void *context;
};

struct evaluate_family {
    uint32_t family; /* in the corpus' strings */
    uint32_t samples, found, groups, groups_found;
    uint64_t spared, covered; /* samples of the folds tried that are to be spared */
    uint64_t held, held_covered;
    uint32_t indicators, folds; /* made in all folds */
    double at_least;            /* the least of the folds: see choose.h */
};

struct evaluate_result {
    struct evaluate_family *families;
    uint32_t family_count;
    uint32_t *predicted; /* of each sample: place in `families` of the first that found it;
                            MATCH_NONE */
    uint8_t *tried;
    uint32_t samples, found, harmless, harmless_found, held, held_found; /* by any family */
};

/* -ENODATA: no family has two groups; -EINVAL, -ENOMEM. */
int indicators_evaluate(const struct corpus *corpus, const struct evaluate_options *options,
                        struct evaluate_result *ret_result) __attribute__((warn_unused_result));
void evaluate_result_finish(struct evaluate_result *result);

/* The families of a corpus that malicious samples have, most samples first; the caller frees. */
struct family_count {
    uint32_t family, samples, groups;
};
int corpus_families(const struct corpus *corpus, struct family_count **ret_families,
                    uint32_t *ret_count) __attribute__((warn_unused_result));

#endif
