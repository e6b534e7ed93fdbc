#include "learn/possibilistic_inside.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MERGE_EVERY = 64 };

static bool options_valid(const struct possibilistic_options *options)
{
    return options->features > 0 && options->features <= POSSIBILISTIC_FEATURES &&
           options->classes > 0 && options->classes <= POSSIBILISTIC_CLASSES &&
           options->clusters > 0 && options->clusters <= POSSIBILISTIC_CLUSTERS &&
           options->threshold > 0 && options->threshold < 1 && options->prior_deviation > 0 &&
           isfinite(options->prior_deviation) && options->prior_weight > 0 &&
           isfinite(options->prior_weight) && options->memory > 1;
}

int possibilistic_open(const struct possibilistic_options *options,
                       struct possibilistic **ret_model)
{
    if (!options_valid(options))
        return -EINVAL;
    struct possibilistic *model = calloc(1, sizeof(*model));
    if (!model)
        return -ENOMEM;
    size_t each = options->features + shape_size(options);
    model->options = *options;
    model->clusters = calloc(options->clusters, sizeof(*model->clusters));
    model->numbers = calloc(options->clusters, each * sizeof(double));
    model->work = calloc(3 * (size_t)options->features + shape_size(options), sizeof(double));
    if (!model->clusters || !model->numbers || !model->work) {
        possibilistic_close(model);
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < options->clusters; i++) {
        model->clusters[i].mean = model->numbers + i * each;
        model->clusters[i].shape = model->clusters[i].mean + options->features;
    }
    *ret_model = model;
    return 0;
}

static double distance_diagonal(const struct possibilistic *model, const struct cluster *cluster,
                                const double *sample)
{
    double prior = prior_square(&model->options), sum = 0;
    for (uint32_t i = 0; i < model->options.features; i++) {
        double difference = sample[i] - cluster->mean[i];
        sum += difference * difference / (cluster->shape[i] + prior);
    }
    return sum;
}

/* |L^-1 (x - m)|^2 by forward substitution. */
static double distance_full(struct possibilistic *model, const struct cluster *cluster,
                            const double *sample)
{
    uint32_t n = model->options.features;
    double *solved = model->work, sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        const double *row = cluster->shape + (size_t)i * n;
        double value = sample[i] - cluster->mean[i];
        for (uint32_t j = 0; j < i; j++)
            value -= row[j] * solved[j];
        solved[i] = value / row[i];
        sum += solved[i] * solved[i];
    }
    return sum;
}

static double typicality_of(struct possibilistic *model, const struct cluster *cluster,
                            const double *sample)
{
    double distance = model->options.full ? distance_full(model, cluster, sample)
                                          : distance_diagonal(model, cluster, sample);
    distance *= cluster->members + model->options.prior_weight;
    return 1 / (1 + distance / model->options.features);
}

/* L L' + v v' -> L; v is used up. */
static void factor_add(double *factor, double *v, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        double diagonal = factor[(size_t)i * n + i];
        double root = hypot(diagonal, v[i]), cosine = root / diagonal, sine = v[i] / diagonal;
        factor[(size_t)i * n + i] = root;
        for (uint32_t j = i + 1; j < n; j++) {
            double *below = factor + (size_t)j * n + i;
            *below = (*below + sine * v[j]) / cosine;
            v[j] = cosine * v[j] - sine * *below;
        }
    }
}

double cluster_volume(const struct possibilistic *model, const double *shape, double members)
{
    uint32_t n = model->options.features;
    double prior = prior_square(&model->options), sum = 0;
    for (uint32_t i = 0; i < n; i++)
        sum += model->options.full ? log(shape[(size_t)i * n + i]) : log(shape[i] + prior) / 2;
    return sum - n * log(members + model->options.prior_weight) / 2;
}

/* Beyond `memory` members the old ones fade, and the prior is put back where it faded. */
static void cluster_fade(struct possibilistic *model, struct cluster *cluster)
{
    if (cluster->members < model->options.memory)
        return;
    uint32_t n = model->options.features;
    double keep = 1 - 1 / model->options.memory;
    double factor = model->options.full ? sqrt(keep) : keep;
    for (size_t i = 0; i < shape_size(&model->options); i++)
        cluster->shape[i] *= factor;
    cluster->members *= keep;
    if (!model->options.full)
        return;
    double *v = model->work + n;
    memset(v, 0, n * sizeof(*v));
    v[cluster->taken_in % n] = sqrt((1 - keep) * n * prior_square(&model->options));
    factor_add(cluster->shape, v, n);
}

static void cluster_take_in(struct possibilistic *model, struct cluster *cluster,
                            const double *sample)
{
    cluster_fade(model, cluster);
    uint32_t n = model->options.features;
    double weight = cluster->members / (cluster->members + 1), *v = model->work + n;
    for (uint32_t i = 0; i < n; i++) {
        double difference = sample[i] - cluster->mean[i];
        cluster->mean[i] += difference / (cluster->members + 1);
        if (model->options.full)
            v[i] = difference * sqrt(weight);
        else
            cluster->shape[i] += difference * difference * weight;
    }
    if (model->options.full)
        factor_add(cluster->shape, v, n);
    cluster->members++;
    cluster->taken_in++;
    cluster->last = model->samples;
    cluster->volume = cluster_volume(model, cluster->shape, cluster->members);
}

static void cluster_begin(struct possibilistic *model, struct cluster *cluster,
                          const double *sample, uint32_t class)
{
    uint32_t n = model->options.features;
    memcpy(cluster->mean, sample, n * sizeof(*sample));
    memset(cluster->shape, 0, shape_size(&model->options) * sizeof(double));
    if (model->options.full)
        for (uint32_t i = 0; i < n; i++)
            cluster->shape[(size_t)i * n + i] = sqrt(prior_square(&model->options));
    cluster->class = class;
    cluster->members = 1;
    cluster->taken_in = 1;
    cluster->last = model->samples;
    cluster->volume = cluster_volume(model, cluster->shape, cluster->members);
}

/* The last cluster takes the place of one that goes. */
static void cluster_drop(struct possibilistic *model, uint32_t number)
{
    struct cluster gone = model->clusters[number];
    model->clusters[number] = model->clusters[--model->count];
    model->clusters[model->count] = gone; /* its arrays stay with the room */
}

/* Who held least and was idle for long: members per sample since. Never the newest. */
static void cluster_evict(struct possibilistic *model)
{
    uint32_t least = 0;
    double least_use = INFINITY;
    for (uint32_t i = 0; i < model->count; i++) {
        const struct cluster *cluster = &model->clusters[i];
        double use = cluster->members / (double)(1 + model->samples - cluster->last);
        if (use < least_use) {
            least_use = use;
            least = i;
        }
    }
    cluster_drop(model, least);
    model->evicted++;
}

/* The Cholesky factor of `matrix` (lower half) in its place. False: it isn't definite. */
static bool factor_make(double *matrix, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j <= i; j++) {
            double value = matrix[(size_t)i * n + j];
            for (uint32_t k = 0; k < j; k++)
                value -= matrix[(size_t)i * n + k] * matrix[(size_t)j * n + k];
            if (i == j && !(value > 0))
                return false;
            matrix[(size_t)i * n + j] = i == j ? sqrt(value) : value / matrix[(size_t)j * n + j];
        }
    return true;
}

/* L L' + M M' less the prior, which both have: into `sum`, its lower half. */
static void factors_add(const struct possibilistic *model, const double *left, const double *right,
                        double *sum)
{
    uint32_t n = model->options.features;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j <= i; j++) {
            double value = i == j ? -prior_square(&model->options) : 0;
            for (uint32_t k = 0; k <= j; k++)
                value += left[(size_t)i * n + k] * left[(size_t)j * n + k] +
                         right[(size_t)i * n + k] * right[(size_t)j * n + k];
            sum[(size_t)i * n + j] = value;
        }
}

/* What the two would be as one, shape in `shape`. False: numerically none. */
static bool cluster_sum(struct possibilistic *model, const struct cluster *left,
                        const struct cluster *right, double *shape)
{
    uint32_t n = model->options.features;
    double *v = model->work + n;
    double between = sqrt(left->members * right->members / (left->members + right->members));
    for (uint32_t i = 0; i < n; i++)
        v[i] = (right->mean[i] - left->mean[i]) * between;
    if (model->options.full) {
        factors_add(model, left->shape, right->shape, shape);
        if (!factor_make(shape, n))
            return false;
        factor_add(shape, v, n);
        return true;
    }
    for (uint32_t i = 0; i < n; i++)
        shape[i] = left->shape[i] + right->shape[i] + v[i] * v[i];
    return true;
}

/* Merge `other` into `grown` where one cluster takes no more room than the two do. */
static bool cluster_merge(struct possibilistic *model, struct cluster *grown,
                          const struct cluster *other)
{
    uint32_t n = model->options.features;
    double *shape = model->work + 3 * (size_t)n, both = grown->members + other->members;
    if (!cluster_sum(model, grown, other, shape))
        return false;
    double volume = cluster_volume(model, shape, both);
    if (exp(grown->volume - volume) + exp(other->volume - volume) < 1)
        return false;
    memcpy(grown->shape, shape, shape_size(&model->options) * sizeof(*shape));
    for (uint32_t i = 0; i < n; i++)
        grown->mean[i] += (other->mean[i] - grown->mean[i]) * other->members / both;
    grown->members = both;
    grown->volume = volume;
    grown->taken_in += other->taken_in;
    grown->last = other->last > grown->last ? other->last : grown->last;
    return true;
}

/* One that grew may have grown into another. */
static void cluster_join(struct possibilistic *model, uint32_t number)
{
    struct cluster *grown = &model->clusters[number];
    double usual = model->options.threshold;
    for (uint32_t i = 0; i < model->count; i++) {
        const struct cluster *other = &model->clusters[i];
        if (i == number || other->class != grown->class ||
            typicality_of(model, other, grown->mean) < usual ||
            typicality_of(model, grown, other->mean) < usual || !cluster_merge(model, grown, other))
            continue;
        cluster_drop(model, i);
        model->merged++;
        return;
    }
}

uint32_t possibilistic_judge(struct possibilistic *model, const double *sample, double *typicality)
{
    uint32_t best = 0;
    memset(typicality, 0, model->options.classes * sizeof(*typicality));
    for (uint32_t i = 0; i < model->count; i++) {
        const struct cluster *cluster = &model->clusters[i];
        double typical = typicality_of(model, cluster, sample);
        if (typical > typicality[cluster->class])
            typicality[cluster->class] = typical;
    }
    for (uint32_t class = 1; class < model->options.classes; class ++)
        if (typicality[class] > typicality[best])
            best = class;
    return best;
}

uint32_t possibilistic_classify(struct possibilistic *model, const double *sample, double *share,
                                double *ret_typicality)
{
    uint32_t best = 0, classes = model->options.classes;
    double most = -INFINITY, most_typical = 0, sum = 0, q = model->options.features;
    for (uint32_t class = 0; class < classes; class ++)
        share[class] = -INFINITY;
    for (uint32_t i = 0; i < model->count; i++) {
        const struct cluster *cluster = &model->clusters[i];
        double typical = typicality_of(model, cluster, sample);
        double density = log(cluster->members) - cluster->volume + q * log(typical);
        if (density > share[cluster->class])
            share[cluster->class] = density;
        if (density > most) {
            most = density;
            most_typical = typical;
            best = cluster->class;
        }
    }
    for (uint32_t class = 0; class < classes; class ++)
        sum += share[class] = model->count ? exp(share[class] - most) : 1;
    for (uint32_t class = 0; class < classes; class ++)
        share[class] /= sum;
    *ret_typicality = most_typical;
    return best;
}

void possibilistic_learn(struct possibilistic *model, const double *sample, uint32_t class)
{
    if (class >= model->options.classes || !sample_finite(sample, model->options.features))
        return;
    model->samples++;
    uint32_t best = UINT32_MAX;
    double most = 0;
    for (uint32_t i = 0; i < model->count; i++) {
        if (model->clusters[i].class != class)
            continue;
        double typical = typicality_of(model, &model->clusters[i], sample);
        if (typical > most) {
            most = typical;
            best = i;
        }
    }
    if (best != UINT32_MAX && most >= model->options.threshold) {
        cluster_take_in(model, &model->clusters[best], sample);
        if (model->clusters[best].taken_in % MERGE_EVERY == 0)
            cluster_join(model, best);
        return;
    }
    if (model->count == model->options.clusters)
        cluster_evict(model);
    cluster_begin(model, &model->clusters[model->count++], sample, class);
}

struct possibilistic_counts possibilistic_counts(const struct possibilistic *model)
{
    return (struct possibilistic_counts){.clusters = model->count,
                                         .samples = model->samples,
                                         .merged = model->merged,
                                         .evicted = model->evicted};
}

const double *possibilistic_mean(const struct possibilistic *model, uint32_t cluster,
                                 uint32_t *ret_class, double *ret_members)
{
    *ret_class = model->clusters[cluster].class;
    *ret_members = model->clusters[cluster].members;
    return model->clusters[cluster].mean;
}

void possibilistic_close(struct possibilistic *model)
{
    if (!model)
        return;
    free(model->clusters);
    free(model->numbers);
    free(model->work);
    free(model);
}
