/*
 * analyse/ioc/generate.h -- from what many programs did to the indicators of a family.
 *
 * Enumerates (candidates.h), pairs (rules.h), chooses (choose.h) and writes down the result with
 * its reasons. Before, the same is done on part of the samples and tried on the rest: how many
 * harmless samples nobody had looked at were then covered says how much less may be allowed so that
 * the stated bound is kept on new ones.
 */
#ifndef ANALYSE_IOC_GENERATE_H
#define ANALYSE_IOC_GENERATE_H

#include "analyse/ioc/choose.h"
#include "model/indicator.h"

struct generate_options {
    double most;       /* indicators a family, about: the price of all together */
    double spare;      /* share of harmless samples that may be covered, 0.005 */
    bool single;       /* one mask an indicator */
    bool uncalibrated; /* the bound as it stands: not tried on a part kept back */
};

struct generated {
    uint64_t enumerated;        /* masks */
    uint32_t candidates, rules; /* after equal covers are one; with pairs */
    uint32_t found, found_of, spared, spared_of;
    double at_least; /* see choose.h */
    double allowed;  /* share of harmless samples that was allowed in the end */
};

/* Append the indicators of `family`; `parts` has one enum part a sample. -ENOMEM. */
int indicators_generate(const struct corpus *corpus, const uint8_t *parts, struct bytes family,
                        const struct generate_options *options, struct indicator_set *set,
                        struct generated *ret_generated) __attribute__((warn_unused_result));

/*
 * The usual parts: samples of the family are to be found; harmless ones are to be spared, and with
 * `others` those of other families, too. Samples that are held get none.
 */
void parts_of_family(const struct corpus *corpus, uint32_t family, bool others, uint8_t *parts);

#endif
