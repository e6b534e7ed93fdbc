#include <math.h>

#include "learn/linear_svm.h"

enum { ROUNDS = 100, HALVED_MOST = 33 };

/* log(1 + exp(x)) and the logistic function, without overflow. */
static double softplus(double x)
{
    return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}

double sigmoid_at(struct sigmoid sigmoid, double score)
{
    double x = sigmoid.slope * score + sigmoid.offset;
    return x > 0 ? exp(-x) / (1 + exp(-x)) : 1 / (1 + exp(x));
}

/* Targets short of 0 and 1, by the counts: what a uniform prior makes of them. */
struct sample {
    const double *scores;
    const bool *positive;
    size_t count;
    double high, low;
};

static double target_of(const struct sample *sample, size_t i)
{
    return sample->positive[i] ? sample->high : sample->low;
}

static double loss_of(const struct sample *sample, struct sigmoid at)
{
    double loss = 0;
    for (size_t i = 0; i < sample->count; i++) {
        double x = at.slope * sample->scores[i] + at.offset;
        loss += softplus(x) - (1 - target_of(sample, i)) * x;
    }
    return loss;
}

struct newton {
    double slope, offset;          /* gradient */
    double slope2, offset2, cross; /* Hessian */
};

static struct newton newton_at(const struct sample *sample, struct sigmoid at)
{
    struct newton sum = {.slope2 = 1e-12, .offset2 = 1e-12};
    for (size_t i = 0; i < sample->count; i++) {
        double score = sample->scores[i], p = sigmoid_at(at, score);
        double miss = target_of(sample, i) - p, spread = p * (1 - p);
        sum.slope += score * miss;
        sum.offset += miss;
        sum.slope2 += score * score * spread;
        sum.offset2 += spread;
        sum.cross += score * spread;
    }
    return sum;
}

/* Half the step until it helps enough; false when it doesn't. */
static bool step_taken(const struct sample *sample, const struct newton *newton, struct sigmoid *at,
                       double *loss)
{
    double area = newton->slope2 * newton->offset2 - newton->cross * newton->cross;
    double slope = -(newton->offset2 * newton->slope - newton->cross * newton->offset) / area;
    double offset = -(newton->slope2 * newton->offset - newton->cross * newton->slope) / area;
    double gain = newton->slope * slope + newton->offset * offset;
    double share = 1;
    for (int halved = 0; halved < HALVED_MOST; halved++, share /= 2) {
        struct sigmoid tried = {at->slope + share * slope, at->offset + share * offset};
        double now = loss_of(sample, tried);
        if (now < *loss + 1e-4 * share * gain) {
            *at = tried;
            *loss = now;
            return true;
        }
    }
    return false;
}

struct sigmoid sigmoid_fit(const double *scores, const bool *positive, size_t count)
{
    double positives = 0;
    for (size_t i = 0; i < count; i++)
        positives += positive[i];
    double negatives = (double)count - positives;
    struct sample sample = {scores, positive, count, (positives + 1) / (positives + 2),
                            1 / (negatives + 2)};
    struct sigmoid at = {0, log((negatives + 1) / (positives + 1))};
    double loss = loss_of(&sample, at);
    for (int i = 0; i < ROUNDS && positives > 0 && negatives > 0; i++) {
        struct newton newton = newton_at(&sample, at);
        if (fabs(newton.slope) < 1e-5 && fabs(newton.offset) < 1e-5)
            break;
        if (!step_taken(&sample, &newton, &at, &loss))
            break;
    }
    return at;
}
