/*
 * detect/explain.h -- a suspect tree, told as a finding.
 *
 * Title and sentences in English and Japanese from the same counts; the
 * observables somebody would look for elsewhere; the observations that prove
 * it; the techniques it looks like.
 */
#ifndef DETECT_EXPLAIN_H
#define DETECT_EXPLAIN_H

#include "detect/tree.h"
#include "learn/budget.h"

/* Who the tree belongs to. */
struct suspect {
    const char *host, *address; /* address "" where unknown */
    const char *root_name;      /* topmost program */
    const char *root_entity;
    const char
        *cause_entity; /* of the tree it came from: its own, or the one that put its file there */
    double score;
    int64_t now;
    uint32_t row;
};

/*
 * Add a finding about `tree` to `out` and mark its evidence as told. NULL when
 * memory ran out.
 */
struct finding *explain_tree(struct findings *out, struct tree *tree, const struct suspect *suspect,
                             const struct budget_fit *fit);

#endif
