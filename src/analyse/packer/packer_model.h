/*
 * analyse/packer/packer_model.h -- which packer a specimen was packed by, if any, and how sure that
 * is.
 *
 * One plane for each class, "not packed" among them (learn/linear_svm.h), over the features of
 * features.h; one more over the traits alone that tells packed from not packed whoever packed; and
 * a third, over what these say, that tells the packers learned from those never seen: "packed, by
 * something I don't know". That one is learned by leaving packers out: parts of the rows are judged
 * by planes that saw neither them nor some packers at all, so what unknown looks like is known
 * before an unknown one comes. The same judgements make the scores probabilities.
 *
 * Every row is learned from as it is and in copies with junk in front, bytes overwritten and
 * sections renamed (mutate.h).
 *
 * PE files and those of Unix (ELF and scripts) are different worlds with a classifier each.
 */
#ifndef ANALYSE_PACKER_PACKER_MODEL_H
#define ANALYSE_PACKER_PACKER_MODEL_H

#include "analyse/packer/features.h"
#include "analyse/packer/table.h"
#include "base/buffer.h"
#include "base/cursor.h"

enum {
    PACKER_CLASSES = 63, /* most, "none" included */
    PACKER_NAME = 64,    /* bytes of a name, with its NUL */
    PACKER_SIGNS = 5,    /* what the last plane sees: see packer_signs */
};

enum packer_world { WORLD_PE, WORLD_UNIX, WORLD_COUNT };

static inline enum packer_world world_of(const struct specimen *specimen)
{
    return specimen->format == IMAGE_PE ? WORLD_PE : WORLD_UNIX;
}

/* How one specimen looks to the planes. */
struct packer_scores {
    float class[PACKER_CLASSES + 1];
    float packed; /* by its traits */
};

struct packer_classifier {
    uint32_t classes; /* 0: nothing was learned */
    uint32_t none;    /* the class "none"; `classes` when there is none */
    char names[PACKER_CLASSES][PACKER_NAME];
    struct linear_svm *planes, *traits;
    struct sigmoid sure[PACKER_CLASSES]; /* of each class's score */
    float strange[PACKER_SIGNS + 1];     /* weights of the signs, then the constant */
    struct sigmoid unknown;              /* of what they add up to */
    double threshold;                    /* of its probability: unknown from there on */
};

struct packer_model {
    struct packer_classifier worlds[WORLD_COUNT];
};

enum packer_answer { ANSWER_NONE, ANSWER_PACKER, ANSWER_UNKNOWN };

struct packer_verdict {
    enum packer_answer answer;
    uint32_t best;     /* class: the likeliest of those known, "none" included */
    double confidence; /* of the answer, [0,1] */
    double unknown;    /* probability that it is packed by something unknown, [0,1] */
    double packed;     /* that it is packed at all, [0,1] */
};

/* False: nothing was learned of the specimen's world. */
bool packer_judge(const struct packer_model *model, const struct specimen *specimen,
                  const struct features *features, struct packer_verdict *ret_verdict);

/* The same in steps, for whoever learns. */
void packer_score(const struct packer_classifier *classifier, const struct feature_row *row,
                  struct packer_scores *ret_scores);
void packer_signs(const struct packer_classifier *classifier, const struct packer_scores *scores,
                  float ret_signs[PACKER_SIGNS]);
struct packer_verdict packer_decide(const struct packer_classifier *classifier,
                                    const struct packer_scores *scores);

/* The name of the answer: a packer's, "none" or "unknown". */
const char *packer_answer_name(const struct packer_classifier *classifier,
                               const struct packer_verdict *verdict);

/* All of it, and back: bit by bit. -EBADMSG: no such model; -ENOMEM. */
void packer_model_save(const struct packer_model *model, struct buffer *out);
int packer_model_load(struct cursor *from, struct packer_model *ret_model)
    __attribute__((warn_unused_result));
void packer_model_finish(struct packer_model *model);
void packer_classifier_finish(struct packer_classifier *classifier);

#endif
