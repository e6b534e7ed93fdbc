/*
 * analyse/ioc/rules.h -- indicators to choose from: masks, and pairs of masks both of which must be
 * seen in one sample.
 *
 * A mask that covers much of a family but also harmless software becomes good with a second one.
 * Pairs are looked for where masks alone leave off: round by round, for samples not yet covered,
 * the partners that make the most of each promising mask. Partners are found on one half of the
 * groups, in turn, and weighed on both, so that a pair that is clean by chance shows on the other.
 * All masks and the pairs found are rules, each with its cover, its price (1, and more the harder
 * it is to read), its chance to find another variant (groups found / (groups found + 1), after
 * Laplace) and its risk (samples spared that it covers, and those expected of its kind: see
 * candidates.h).
 *
 * Limits: RULES_ROUNDS rounds, RULES_SEEDS masks a round, RULES_WORK steps in all: then the pairs
 * found so far are what there is.
 */
#ifndef ANALYSE_IOC_RULES_H
#define ANALYSE_IOC_RULES_H

#include "analyse/ioc/candidates.h"

enum { RULES_ROUNDS = 48, RULES_SEEDS = 128, RULES_PARTNERS = 3 };
#define RULES_WORK ((uint64_t)1500 << 20)

struct ioc_rule {
    uint32_t parts[2], part_count; /* of candidates->items */
    struct cover cover;
    double clarity, price, chance, risk;
};

struct ioc_rule_limits {
    double price; /* of all rules together: about their number */
    double spare; /* samples to be spared that may be covered, of those learned from */
    bool single;  /* no pairs */
};

struct ioc_rules {
    struct arena arena; /* of the pairs' covers */
    struct ioc_rule *items;
    uint32_t count;
    bool cut; /* RULES_WORK was reached */
};

/* -ENOMEM. */
int ioc_rules_make(const struct candidates *candidates, const struct ioc_rule_limits *limits,
                   struct ioc_rules *ret_rules) __attribute__((warn_unused_result));

/* What a rule costs as a share of both limits. */
double ioc_rule_cost(const struct ioc_rule *rule, const struct ioc_rule_limits *limits);

void ioc_rules_finish(struct ioc_rules *rules);

#endif
