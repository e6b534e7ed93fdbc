/*
 * analyse/family/family_model.h -- which family a behaviour belongs to, if any known one, and how
 * sure that is.
 *
 * Four judges look at a behaviour: a plane for each family over all its features
 * (learn/linear_svm.h); boosted trees and curved borders over the features that tell most of the
 * families (learn/boosted_trees.h, learn/radial_svm.h), where families and rows are few enough; and
 * the samples learned from that are most like it (sketch.h). How much each says is decided, and
 * made a probability, by judgements of rows none of them had seen: four parts of the rows by group,
 * each judged by what the other three teach. "Unknown" is learned by leaving out, with each part, a
 * fourth of the families too.
 */
#ifndef ANALYSE_FAMILY_FAMILY_MODEL_H
#define ANALYSE_FAMILY_FAMILY_MODEL_H

#include "analyse/family/family_features.h"
#include "analyse/family/family_table.h"
#include "analyse/family/sketch.h"
#include "analyse/family/tlsh.h"
#include "learn/boosted_trees.h"
#include "learn/linear_svm.h"
#include "learn/radial_svm.h"

enum {
    FAMILY_CLASSES = 64,
    FAMILY_NAME = 64,            /* bytes of a name with its NUL; longer ones are cut */
    FAMILY_COLUMNS = 1 << 16,    /* of the planes: keys are hashed into them */
    FAMILY_VOCABULARY = 1024,    /* features the trees see, most */
    FAMILY_NEIGHBOURS = 1 << 16, /* samples kept, most; of more, evenly chosen ones */
    FAMILY_SIGNS = 4,
    FAMILY_RADIAL_ROWS = 10000, /* more are learned from without curved borders */
};

enum family_voice { VOICE_PLANES, VOICE_TREES, VOICE_RADIALS, VOICE_NEIGHBOURS, VOICE_COUNT };

struct family_neighbour {
    struct sketch sketch;
    uint32_t class;
    char name[FAMILY_NAME];   /* of the sample; may be empty */
    char likeness[TLSH_TEXT]; /* its TLSH; empty where there was no file */
};

struct family_model {
    uint32_t classes;
    char names[FAMILY_CLASSES][FAMILY_NAME];
    struct linear_svm *planes;
    struct sigmoid plane_sure[FAMILY_CLASSES];
    struct boosted_trees *trees; /* NULL: too many families */
    uint64_t *vocabulary;        /* key of each column of trees and borders, ascending */
    uint32_t vocabulary_count;
    struct family_neighbour *neighbours;
    uint32_t neighbour_count;
    struct radial_svm *radials[FAMILY_CLASSES]; /* over the vocabulary; of two families the first */
    uint32_t radial_count;                      /* 0: too many families or rows */
    struct sigmoid radial_sure[FAMILY_CLASSES];
    double weights[VOICE_COUNT];         /* of what they say; they add up to 1 */
    struct sigmoid sure[FAMILY_CLASSES]; /* of the log odds of what they say together */
    float strange[FAMILY_SIGNS + 1];     /* weights of the signs of an unknown, then the constant */
    struct sigmoid unknown;
    double threshold; /* of its probability; above 1: nothing is ever unknown */
};

struct family_verdict {
    uint32_t best;                 /* the likeliest family of those known */
    bool is_unknown;               /* and that is the answer */
    double shares[FAMILY_CLASSES]; /* probability of each, were it one of them; they add up to 1 */
    double confidence;             /* of the answer */
    double unknown;                /* that it is none of them */
    uint32_t nearest;              /* neighbour; neighbour_count where there is none */
    double likeness;               /* to it, [0,1] */
};

/* -ENOMEM. */
int family_judge(const struct family_model *model, const struct family_features *features,
                 struct family_verdict *ret_verdict) __attribute__((warn_unused_result));

/* What one feature adds to the planes' score of `class` against all others: the reasons. */
float family_feature_weight(const struct family_model *model,
                            const struct family_features *features, uint32_t index, uint32_t class);

/* The answer's name: a family's, or "unknown". */
const char *family_answer_name(const struct family_model *model,
                               const struct family_verdict *verdict);

/* Of each row of the table. -ENOMEM. */
int family_features_all(const struct family_table *table, struct arena *arena,
                        struct family_features **ret_features) __attribute__((warn_unused_result));

/*
 * Learn from the rows of the table that are `chosen` (NULL: all). Families with fewer than
 * FAMILY_LEAST rows are not learned: their rows serve as unknown ones. -ENODATA: fewer than two
 * families; -E2BIG: more than FAMILY_CLASSES; those of linear_svm_fit and boosted_trees_fit.
 */
enum { FAMILY_LEAST = 4 };
int family_fit(const struct family_table *table, const struct family_features *features,
               const bool *chosen, uint64_t seed, struct family_model *ret_model)
    __attribute__((warn_unused_result));

/* All of it, and back: bit by bit. -EBADMSG: no such model; -ENOMEM. */
void family_model_save(const struct family_model *model, struct buffer *out);
int family_model_load(struct cursor *from, struct family_model *ret_model)
    __attribute__((warn_unused_result));
void family_model_finish(struct family_model *model);

#endif
