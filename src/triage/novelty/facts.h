/*
 * triage/novelty/facts.h -- what is known of a group of alerts, as models read it.
 *
 * Names and addresses are hashes, 0 where not told: a model asks whether they
 * are the same as before, never what they are. Only the words of the rule's
 * name are looked at as such, by the levels (triage/level).
 */
#ifndef TRIAGE_NOVELTY_FACTS_H
#define TRIAGE_NOVELTY_FACTS_H

#include "model/alert_group.h"

struct group_facts {
    uint64_t id;
    int64_t first, last; /* ns since 1970 */
    uint64_t count;
    uint8_t severity;      /* 1 (highest) … 4; 0: not told */
    uint64_t rule, host;   /* host: who is concerned, else the destination */
    uint64_t source, pair; /* the ends of the connection */
    uint64_t category;
    struct bytes words;   /* sensor, rule's name and category; the owner's */
    int outcome;          /* enum attack_outcome of the judge; -1: not judged */
    uint32_t findings;    /* of the endpoint on this host, near in time */
    double finding_score; /* the highest of theirs, [0,1] */
};

/* From a group and its first member; judge and findings: none. `words` is left empty. */
struct group_facts group_facts_of(const struct alert_group *group, const struct alert *first);

#endif
