/*
 * analyse/ioc/match.h -- what indicators see in what was done.
 *
 * All masks of a kind are one Hyperscan database of their expressions, so a text is read once
 * however many indicators there are; exported rules have the same expressions.
 */
#ifndef ANALYSE_IOC_MATCH_H
#define ANALYSE_IOC_MATCH_H

#include "analyse/ioc/corpus.h"
#include "model/indicator.h"

struct matcher;

/* `set` must outlive it. -EINVAL: an expression that can't be; -ENOMEM. */
int matcher_create(const struct indicator_set *set, struct matcher **ret_matcher)
    __attribute__((warn_unused_result));

/* Which parts describe a thing: calls `seen` with each once, indicator by indicator. -ENOMEM. */
int matcher_look(struct matcher *matcher, enum report_kind kind, struct bytes text,
                 void (*seen)(void *context, uint32_t indicator, uint32_t part), void *context)
    __attribute__((warn_unused_result));

void matcher_destroy(struct matcher *matcher);

#define MATCH_NONE UINT32_MAX

/* Of each sample of a corpus. */
struct match {
    uint32_t sample, indicator;
};
struct matches {
    uint32_t *first;     /* of each sample: the first of the set that covers it; MATCH_NONE */
    struct match *items; /* sample by sample, in the set's order */
    size_t count;
};

/* Which samples which indicators cover. -EINVAL, -ENOMEM. */
int indicators_match(const struct indicator_set *set, const struct corpus *corpus,
                     struct matches *ret_matches) __attribute__((warn_unused_result));
void matches_finish(struct matches *matches);

#endif
