/*
 * analyse/ioc/choose.h -- the set of rules that finds most for what may be paid.
 *
 * Finding is counted as the number of samples that another variant of each would still be found by:
 * a sample covered by rules of chances p1, p2, … counts 1 - (1 - p1)(1 - p2)…. That is monotone and
 * submodular, so lazy greedy by gain for cost (Minoux 1978; Leskovec et al., KDD 2007) reaches,
 * with the better of gain for cost and gain alone, (1 - 1/e)/2 of the best set that keeps within
 * the price, when rules' costs are added; local search then swaps rules while that helps. How near
 * the best the set is at least, for the very samples, is computed from what the rules left out
 * could still add, and told.
 *
 * A set keeps within the price (rules' prices added) and spares all but the stated number of
 * samples (their union, and the expected ones added).
 */
#ifndef ANALYSE_IOC_CHOOSE_H
#define ANALYSE_IOC_CHOOSE_H

#include "analyse/ioc/rules.h"

struct choice {
    uint32_t *rules; /* of rules->items, in the order they were taken; the caller frees */
    uint32_t count;
    double value;           /* samples found, counted as above */
    double at_least;        /* share of the best possible value within the price; 1 is proof */
    uint32_t found, spared; /* samples covered, of each part */
};

/* -ENOMEM. */
int ioc_rules_choose(const struct candidates *candidates, const struct ioc_rules *rules,
                     const struct ioc_rule_limits *limits, struct choice *ret_choice)
    __attribute__((warn_unused_result));

#endif
