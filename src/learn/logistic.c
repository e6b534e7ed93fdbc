#include "learn/logistic.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct logistic {
    uint32_t features, classes;
    double pace, samples;
    double *mean, *squares;    /* running, per feature */
    double *weights, *energy;  /* per class: features, then the bias; energy: sums of gradients^2 */
    double *standard, *chance; /* work: a sample standardised with a 1 behind it; probabilities */
};

static size_t number_count(uint32_t features, uint32_t classes)
{
    return 3 * (size_t)features + 1 + 2 * (size_t)classes * (features + 1) + classes;
}

int logistic_open(uint32_t features, uint32_t classes, double pace, struct logistic **ret_model)
{
    if (features == 0 || features > LOGISTIC_FEATURES || classes < 2 ||
        classes > LOGISTIC_CLASSES || !(pace > 0))
        return -EINVAL;
    struct logistic *model = calloc(1, sizeof(*model));
    if (!model)
        return -ENOMEM;
    size_t weights = (size_t)classes * (features + 1);
    *model = (struct logistic){.features = features, .classes = classes, .pace = pace};
    model->mean = calloc(number_count(features, classes), sizeof(double));
    if (!model->mean) {
        free(model);
        return -ENOMEM;
    }
    model->squares = model->mean + features;
    model->standard = model->squares + features;
    model->weights = model->standard + features + 1;
    model->energy = model->weights + weights;
    model->chance = model->energy + weights;
    *ret_model = model;
    return 0;
}

static void sample_standardise(struct logistic *model, const double *sample)
{
    for (uint32_t i = 0; i < model->features; i++) {
        double variance = model->samples > 1 ? model->squares[i] / model->samples : 0;
        double deviation = sqrt(variance) + 1e-6;
        double value = (sample[i] - model->mean[i]) / deviation;
        model->standard[i] = fmin(fmax(value, -10), 10); /* one freak may not move all weights */
    }
    model->standard[model->features] = 1;
}

static uint32_t chance_of_standard(struct logistic *model, double *probability)
{
    uint32_t best = 0;
    double sum = 0;
    for (uint32_t class = 0; class < model->classes; class ++) {
        const double *weights = model->weights + (size_t) class * (model->features + 1);
        double score = 0;
        for (uint32_t i = 0; i <= model->features; i++)
            score += weights[i] * model->standard[i];
        probability[class] = score;
        if (score > probability[best])
            best = class;
    }
    double most = probability[best];
    for (uint32_t class = 0; class < model->classes; class ++)
        sum += probability[class] = exp(probability[class] - most);
    for (uint32_t class = 0; class < model->classes; class ++)
        probability[class] /= sum;
    return best;
}

uint32_t logistic_judge(struct logistic *model, const double *sample, double *probability)
{
    sample_standardise(model, sample);
    return chance_of_standard(model, probability);
}

static void moments_move(struct logistic *model, const double *sample)
{
    model->samples++;
    for (uint32_t i = 0; i < model->features; i++) {
        double difference = sample[i] - model->mean[i];
        model->mean[i] += difference / model->samples;
        model->squares[i] += difference * (sample[i] - model->mean[i]);
    }
}

void logistic_learn(struct logistic *model, const double *sample, uint32_t class)
{
    if (class >= model->classes)
        return;
    for (uint32_t i = 0; i < model->features; i++)
        if (!isfinite(sample[i]))
            return;
    moments_move(model, sample);
    sample_standardise(model, sample);
    chance_of_standard(model, model->chance);
    for (uint32_t k = 0; k < model->classes; k++) {
        double error = model->chance[k] - (k == class);
        double *weights = model->weights + (size_t)k * (model->features + 1);
        double *energy = model->energy + (size_t)k * (model->features + 1);
        for (uint32_t i = 0; i <= model->features; i++) {
            double gradient = error * model->standard[i];
            energy[i] += gradient * gradient;
            if (gradient != 0)
                weights[i] -= model->pace * gradient / sqrt(1 + energy[i]);
        }
    }
}

int logistic_copy(const struct logistic *model, struct logistic **ret_copy)
{
    struct logistic *copy;
    int error = logistic_open(model->features, model->classes, model->pace, &copy);
    if (error)
        return error;
    copy->samples = model->samples;
    memcpy(copy->mean, model->mean,
           number_count(model->features, model->classes) * sizeof(*copy->mean));
    *ret_copy = copy;
    return 0;
}

void logistic_close(struct logistic *model)
{
    if (!model)
        return;
    free(model->mean);
    free(model);
}
