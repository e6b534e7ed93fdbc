/*
 * analyse/ioc/candidates.h -- every mask that describes something malware did, with who it covers.
 *
 * Samples play a part: what is to be found, what must not be, or neither. Masks of everything that
 * samples to be found did are enumerated and joined with those of all others. Of masks of a
 * kind that cover exactly the same samples the most readable one is kept. Where there are enough
 * groups, a mask must come from two of them.
 *
 * Limits: CANDIDATES_MOST candidates; the ones that cover most are kept, the others counted.
 */
#ifndef ANALYSE_IOC_CANDIDATES_H
#define ANALYSE_IOC_CANDIDATES_H

#include "analyse/ioc/corpus.h"
#include "base/arena.h"

enum { CANDIDATES_MOST = 1 << 16, CANDIDATES_GROUPS = 8 };

enum part { PART_NONE, PART_FIND, PART_SPARE };

/* Whom something covers: numbers among those to be found and those to be spared, ascending. */
struct cover {
    uint32_t *found, *spared;
    uint32_t found_count, spared_count, groups; /* groups: of the found */
};

struct candidate {
    enum report_kind kind;
    enum pattern_level level;
    struct bytes mask;
    double clarity;
    struct cover cover;
};

struct candidates {
    struct arena arena; /* of the masks and covers */
    struct candidate *items;
    uint32_t count;
    uint64_t enumerated, left;
    /* numbers of samples: found[i] and spared[i] are in the corpus, groups[i] counts from 0 */
    uint32_t *found, *spared, *groups;
    uint8_t *found_half, *spared_half; /* 0 or 1, by group: what is chosen on one half is tried on
                                          the other */
    uint32_t found_count, spared_count, group_count;
    /* Samples to be spared that a mask of this kind and level without any is to be expected to
     * cover in as many others. */
    double prior[REPORT_KIND_COUNT][PATTERN_LEVEL_COUNT];
};

/* `parts` has one enum part a sample. -ENOMEM. */
int candidates_make(const struct corpus *corpus, const uint8_t *parts,
                    struct candidates *ret_candidates) __attribute__((warn_unused_result));

void candidates_finish(struct candidates *candidates);

#endif
