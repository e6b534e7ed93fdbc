#include <math.h>

#include "analyse/packer/packer_model.h"

void packer_score(const struct packer_classifier *classifier, const struct feature_row *row,
                  struct packer_scores *ret_scores)
{
    float sides[2];
    linear_svm_score(classifier->planes, feature_row_all(row), ret_scores->class);
    linear_svm_score(classifier->traits, feature_row_block(row, BLOCK_TRAITS), sides);
    ret_scores->packed = sides[1];
}

/* The likeliest class, and the next one; `most` when there is none. */
struct leaders {
    uint32_t first, second, packer; /* packer: the likeliest that is not "none" */
};

static struct leaders leaders_of(const struct packer_classifier *classifier,
                                 const struct packer_scores *scores)
{
    uint32_t most = classifier->classes;
    struct leaders leaders = {most, most, most};
    for (uint32_t class = 0; class < most; class ++) {
        float score = scores->class[class];
        if (leaders.first == most || score > scores->class[leaders.first]) {
            leaders.second = leaders.first;
            leaders.first = class;
        } else if (leaders.second == most || score > scores->class[leaders.second]) {
            leaders.second = class;
        }
        if (class != classifier->none &&
            (leaders.packer == most || score > scores->class[leaders.packer]))
            leaders.packer = class;
    }
    return leaders;
}

static float bounded(float score)
{
    return score > 3 ? 3 : score < -3 ? -3 : score;
}

void packer_signs(const struct packer_classifier *classifier, const struct packer_scores *scores,
                  float signs[PACKER_SIGNS])
{
    struct leaders leaders = leaders_of(classifier, scores);
    uint32_t most = classifier->classes;
    float first = scores->class[leaders.first];
    signs[0] = leaders.packer < most ? bounded(scores->class[leaders.packer]) : -1;
    signs[1] = leaders.second < most ? bounded(first - scores->class[leaders.second]) : 0;
    signs[2] = classifier->none < most ? bounded(scores->class[classifier->none]) : -1;
    signs[3] = bounded(scores->packed);
    signs[4] = scores->packed > 0 ? bounded(-first) : 0;
}

struct packer_verdict packer_decide(const struct packer_classifier *classifier,
                                    const struct packer_scores *scores)
{
    struct leaders leaders = leaders_of(classifier, scores);
    float signs[PACKER_SIGNS], strange = classifier->strange[PACKER_SIGNS];
    double all = 0, best, none = 0;
    packer_signs(classifier, scores, signs);
    for (int i = 0; i < PACKER_SIGNS; i++)
        strange += classifier->strange[i] * signs[i];
    for (uint32_t class = 0; class < classifier->classes; class ++) {
        double share = sigmoid_at(classifier->sure[class], (double)scores->class[class]);
        all += share;
        none = class == classifier->none ? share : none;
    }
    best = sigmoid_at(classifier->sure[leaders.first], (double)scores->class[leaders.first]);
    struct packer_verdict verdict = {.best = leaders.first};
    verdict.unknown = sigmoid_at(classifier->unknown, (double)strange);
    verdict.packed = 1 - (1 - verdict.unknown) * (all > 0 ? none / all : 0);
    verdict.confidence = (1 - verdict.unknown) * (all > 0 ? best / all : 0);
    verdict.answer = leaders.first == classifier->none ? ANSWER_NONE : ANSWER_PACKER;
    if (verdict.unknown >= classifier->threshold) {
        verdict.answer = ANSWER_UNKNOWN;
        verdict.confidence = verdict.unknown;
    }
    return verdict;
}

bool packer_judge(const struct packer_model *model, const struct specimen *specimen,
                  const struct features *features, struct packer_verdict *ret_verdict)
{
    const struct packer_classifier *classifier = &model->worlds[world_of(specimen)];
    struct packer_scores scores;
    if (classifier->classes == 0)
        return false;
    const struct feature_row row = features_row(features);
    packer_score(classifier, &row, &scores);
    *ret_verdict = packer_decide(classifier, &scores);
    return true;
}

const char *packer_answer_name(const struct packer_classifier *classifier,
                               const struct packer_verdict *verdict)
{
    return verdict->answer == ANSWER_UNKNOWN ? "unknown" : classifier->names[verdict->best];
}
