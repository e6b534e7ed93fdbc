/*
 * analyse/family/family_features.h -- a behaviour as numbers under 64-bit keys.
 *
 * - calls: how often each was made, as 1 + log2;
 * - places: how far into the behaviour each was made first, among the first calls of all others;
 * - pairs and triples of calls that follow each other, runs counting as one: how often, as above;
 * - tokens: 1.
 * Keys are hashes of what they stand for, so that nothing has to be known beforehand, and the same
 * thing has the same key in every table, report and sample.
 */
#ifndef ANALYSE_FAMILY_FAMILY_FEATURES_H
#define ANALYSE_FAMILY_FAMILY_FEATURES_H

#include "analyse/family/behaviour.h"
#include "base/arena.h"

enum family_feature_kind {
    FAMILY_CALL,
    FAMILY_PLACE,
    FAMILY_PAIR,
    FAMILY_TRIPLE,
    FAMILY_TOKEN,
    FAMILY_KINDS
};

struct family_feature {
    uint64_t key;
    float value; /* > 0 */
    uint32_t at; /* the first call or token it stands for, to be told to people */
    uint8_t kind;
};

/* By kind, and by key within one; none twice. Those of kind k: starts[k] up to starts[k + 1]. */
struct family_features {
    const struct family_feature *list;
    uint32_t count;
    uint32_t starts[FAMILY_KINDS + 1];
    struct bytes likeness; /* the behaviour's */
};

/* -ENOMEM. */
int family_features_make(const struct behaviour *behaviour, struct arena *arena,
                         struct family_features *ret_features) __attribute__((warn_unused_result));

enum { FAMILY_FEATURE_TEXT = 200 };

/* "createfilew, then writefile"; what is not printable ASCII is a question mark. */
void family_feature_tell(const struct behaviour *behaviour, const struct family_feature *feature,
                         char ret_text[FAMILY_FEATURE_TEXT]);

#endif
