#include "learn/tsne.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "learn/quadtree.h"
#include "learn/vantage_tree.h"

enum { PERPLEXITY_MOST = 300, EXAGGERATED_MOST = 250 };

struct affinity {
    uint32_t point;
    float value;
};

/* Rows of affinities, sparse: those of point i are [starts[i], ends[i]). */
struct affinities {
    size_t *starts, *ends;
    struct affinity *all;
};

struct tsne {
    const struct tsne_options *options;
    uint32_t points, neighbours;
    struct affinities affinities;
    struct quadtree *tree;
    double *speed, *gain, *repulsion; /* points x 2 each */
};

/* Gaussian weights of the neighbours, as narrow as the perplexity wants; they add up to 1. */
static void weights_make(const struct vantage_neighbour *near, uint32_t count, double perplexity,
                         double *weights)
{
    double precision = 1, low = 0, high = INFINITY, nearest = near[0].distance;
    for (int step = 0; step < 64; step++) {
        double sum = 0, energy = 0;
        for (uint32_t i = 0; i < count; i++) {
            double square = near[i].distance * near[i].distance - nearest * nearest;
            weights[i] = exp(-precision * square);
            sum += weights[i];
            energy += weights[i] * square;
        }
        double entropy = log(sum) + precision * energy / sum;
        for (uint32_t i = 0; i < count; i++)
            weights[i] /= sum;
        if (fabs(entropy - log(perplexity)) < 1e-5)
            return;
        if (entropy > log(perplexity))
            low = precision;
        else
            high = precision;
        precision = isinf(high) ? precision * 2 : (low + high) / 2;
    }
}

static int affinity_compare(const void *a, const void *b)
{
    const struct affinity *one = a, *other = b;
    return one->point < other->point ? -1 : one->point > other->point;
}

/* A row's two entries for one point, from either's neighbourhood, become one. */
static void row_merge(struct affinities *affinities, uint32_t row)
{
    struct affinity *all = affinities->all;
    size_t from = affinities->starts[row], to = affinities->ends[row], kept = from;
    qsort(all + from, to - from, sizeof(*all), affinity_compare);
    for (size_t i = from; i < to; i++)
        if (kept > from && all[kept - 1].point == all[i].point)
            all[kept - 1].value += all[i].value;
        else
            all[kept++] = all[i];
    affinities->ends[row] = kept;
}

/* `one_way`: points x neighbours. Each entry goes into its own row and the other's, halved. */
static int affinities_join(struct tsne *tsne, const struct affinity *one_way)
{
    struct affinities *affinities = &tsne->affinities;
    size_t count = (size_t)tsne->points * tsne->neighbours, sum = 0;
    affinities->starts = calloc(tsne->points, sizeof(size_t));
    affinities->ends = calloc(tsne->points, sizeof(size_t));
    affinities->all = calloc(2 * count, sizeof(*affinities->all));
    if (!affinities->starts || !affinities->ends || !affinities->all)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        affinities->ends[one_way[i].point]++;
    for (uint32_t row = 0; row < tsne->points; row++) {
        size_t size = affinities->ends[row] + tsne->neighbours;
        affinities->starts[row] = affinities->ends[row] = sum;
        sum += size;
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t row = (uint32_t)(i / tsne->neighbours), other = one_way[i].point;
        float half = one_way[i].value / 2 / (float)tsne->points;
        affinities->all[affinities->ends[row]++] = (struct affinity){other, half};
        affinities->all[affinities->ends[other]++] = (struct affinity){row, half};
    }
    for (uint32_t row = 0; row < tsne->points; row++)
        row_merge(affinities, row);
    return 0;
}

static int affinities_make(struct tsne *tsne, const double *samples, double perplexity)
{
    struct vantage_neighbour near[VANTAGE_NEIGHBOURS];
    double weights[VANTAGE_NEIGHBOURS];
    struct vantage_tree *tree;
    uint32_t k = tsne->neighbours;
    struct affinity *one_way = calloc((size_t)tsne->points * k, sizeof(*one_way));
    if (!one_way)
        return -ENOMEM;
    int error = vantage_tree_open(samples, tsne->points, tsne->options->dimensions,
                                  tsne->options->seed, &tree);
    if (error) {
        free(one_way);
        return error;
    }
    for (uint32_t i = 0; i < tsne->points; i++) {
        uint32_t found = vantage_tree_near(tree, i, k, near);
        weights_make(near, found, perplexity, weights);
        for (uint32_t j = 0; j < found; j++)
            one_way[(size_t)i * k + j] = (struct affinity){near[j].point, (float)weights[j]};
    }
    vantage_tree_close(tree);
    error = affinities_join(tsne, one_way);
    free(one_way);
    return error;
}

/* Everybody repels everybody; the sum of all weights. */
static double repulsion_sum(struct tsne *tsne, const double *places)
{
    double sum = 0;
    for (uint32_t i = 0; i < tsne->points; i++) {
        double *into = tsne->repulsion + 2 * (size_t)i;
        struct quadtree_sum all = quadtree_sum(tsne->tree, places[2 * (size_t)i],
                                               places[2 * (size_t)i + 1], tsne->options->theta);
        into[0] = all.x;
        into[1] = all.y;
        sum += all.weight;
    }
    return sum;
}

static void attraction_sum(const struct tsne *tsne, const double *places, uint32_t point,
                           double ret_sum[2])
{
    const struct affinities *affinities = &tsne->affinities;
    const double *own = places + 2 * (size_t)point;
    ret_sum[0] = ret_sum[1] = 0;
    for (size_t k = affinities->starts[point]; k < affinities->ends[point]; k++) {
        const double *other = places + 2 * (size_t)affinities->all[k].point;
        double dx = own[0] - other[0], dy = own[1] - other[1];
        double pull = (double)affinities->all[k].value / (1 + dx * dx + dy * dy);
        ret_sum[0] += pull * dx;
        ret_sum[1] += pull * dy;
    }
}

/* The whole layout stays around 0. */
static void places_centre(double *places, uint32_t points)
{
    double mean[2] = {0, 0};
    for (uint32_t i = 0; i < 2 * points; i++)
        mean[i % 2] += places[i] / points;
    for (uint32_t i = 0; i < 2 * points; i++)
        places[i] -= mean[i % 2];
}

static int step_take(struct tsne *tsne, double *places, double exaggeration, double momentum)
{
    double pace = fmax(tsne->points / 12.0, 50);
    int error = quadtree_build(tsne->tree, places, tsne->points);
    if (error)
        return error;
    double sum = fmax(repulsion_sum(tsne, places), 1e-300);
    for (uint32_t i = 0; i < tsne->points; i++) {
        double pull[2];
        attraction_sum(tsne, places, i, pull);
        for (int axis = 0; axis < 2; axis++) {
            size_t at = 2 * (size_t)i + (size_t)axis;
            double slope = 4 * (exaggeration * pull[axis] - tsne->repulsion[at] / sum);
            bool turns = (slope > 0) == (tsne->speed[at] > 0);
            tsne->gain[at] = fmax(turns ? tsne->gain[at] * 0.8 : tsne->gain[at] + 0.2, 0.01);
            tsne->speed[at] = momentum * tsne->speed[at] - pace * tsne->gain[at] * slope;
        }
    }
    for (size_t at = 0; at < 2 * (size_t)tsne->points; at++)
        places[at] += tsne->speed[at];
    places_centre(places, tsne->points);
    return 0;
}

/* A small cloud, about normal: twelve uniform draws added up. */
static void places_begin(double *places, uint32_t points, uint64_t seed)
{
    for (uint32_t i = 0; i < 2 * points; i++) {
        double sum = -6;
        for (int k = 0; k < 12; k++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            sum += (double)(seed >> 11) / 9007199254740992.0;
        }
        places[i] = sum * 1e-4;
    }
}

static int tsne_run(struct tsne *tsne, double *places)
{
    const struct tsne_options *options = tsne->options;
    uint32_t quarter = options->iterations / 4;
    uint32_t exaggerated = quarter < EXAGGERATED_MOST ? quarter : EXAGGERATED_MOST;
    int error = 0;
    places_begin(places, tsne->points, options->seed);
    for (size_t i = 0; i < 2 * (size_t)tsne->points; i++)
        tsne->gain[i] = 1;
    for (uint32_t i = 0; i < options->iterations && !error; i++) {
        bool early = i < exaggerated;
        error = step_take(tsne, places, early ? 12 : 1, early ? 0.5 : 0.8);
        if (options->progress)
            options->progress(options->context, i + 1);
    }
    return error;
}

int tsne_embed(const struct tsne_options *options, const double *samples, double *ret_places)
{
    if (options->points > TSNE_POINTS || options->dimensions == 0 ||
        options->dimensions > TSNE_DIMENSIONS || !(options->perplexity >= 1) ||
        options->perplexity > PERPLEXITY_MOST || !(options->theta >= 0) || options->theta > 2)
        return -EINVAL;
    if (options->points < 2) {
        memset(ret_places, 0, 2 * (size_t)options->points * sizeof(*ret_places));
        return 0;
    }
    struct tsne tsne = {.options = options, .points = options->points};
    double perplexity = fmin(options->perplexity, fmax((options->points - 1) / 3.0, 1));
    tsne.neighbours = (uint32_t)fmin(3 * perplexity, options->points - 1);
    tsne.speed = calloc(6 * (size_t)options->points, sizeof(double));
    int error = tsne.speed ? quadtree_open(options->points, &tsne.tree) : -ENOMEM;
    if (!error) {
        tsne.gain = tsne.speed + 2 * (size_t)options->points;
        tsne.repulsion = tsne.gain + 2 * (size_t)options->points;
        error = affinities_make(&tsne, samples, perplexity);
    }
    if (!error)
        error = tsne_run(&tsne, ret_places);
    quadtree_close(tsne.tree);
    free(tsne.affinities.starts);
    free(tsne.affinities.ends);
    free(tsne.affinities.all);
    free(tsne.speed);
    return error;
}
