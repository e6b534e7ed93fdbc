/*
 * model/indicator.h -- an indicator of compromise: what to look for, why, and how good it was.
 *
 * One or two parts; with two, both must be seen of one sample (a program's report, a process, its
 * case). A part says what kind of thing is looked for and describes it twice: as a mask for people
 * ("<drive>\users\<user>\…", analyse/ioc/pattern.h) and as a regular expression, matched without
 * regard to case.
 */
#ifndef MODEL_INDICATOR_H
#define MODEL_INDICATOR_H

#include "base/arena.h"
#include "model/report_kind.h"

enum { INDICATOR_PARTS = 2, INDICATOR_SAMPLES = 8 };

struct indicator_part {
    enum report_kind kind;
    struct bytes level; /* "numbers": a pattern_level's name */
    struct bytes mask, regex;
};

struct indicator {
    struct bytes id;     /* stable: made of family and parts; 16 hexadecimal digits */
    struct bytes family; /* never empty */
    struct indicator_part parts[INDICATOR_PARTS];
    uint32_t part_count;
    struct bytes why;                        /* one sentence */
    uint32_t found, found_of;                /* samples of the family it covers, of how many */
    uint32_t groups;                         /* from how many places or variants those are */
    uint32_t spared, spared_of;              /* harmless samples it covers: false positives seen */
    double clarity;                          /* interpretability, 0 to 1 */
    struct bytes samples[INDICATOR_SAMPLES]; /* some of those it covers, by id */
    uint32_t sample_count;
};

struct indicator_set {
    struct arena arena; /* owns all text */
    struct indicator *items;
    uint32_t count, capacity;
};

/* Append a copy; its texts must outlive the set (or be of its arena). -ENOMEM. */
int indicator_set_add(struct indicator_set *set, const struct indicator *indicator)
    __attribute__((warn_unused_result));

void indicator_set_finish(struct indicator_set *set);

#endif
