#include "analyse/family/family_voices.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "analyse/family/vocabulary.h"
#include "base/hash.h"

struct cell {
    uint32_t column;
    float value;
};

static int cell_compare(const void *one, const void *other)
{
    const struct cell *a = one, *b = other;
    if (a->column != b->column)
        return a->column < b->column ? -1 : 1;
    return (a->value > b->value) - (a->value < b->value);
}

enum { PLACE_PARTS = 4 /* of a behaviour, in which a call may come first */ };

/* A plane cannot use where a call came as a number; which part of the behaviour it can. */
static struct cell cell_of(const struct family_feature *feature)
{
    uint64_t key = feature->key;
    if (feature->kind != FAMILY_PLACE)
        return (struct cell){(uint32_t)(key % FAMILY_COLUMNS), feature->value};
    key = hash_mix(key, (uint64_t)ceilf(feature->value * PLACE_PARTS));
    return (struct cell){(uint32_t)(key % FAMILY_COLUMNS), 1};
}

/* One kind's share of the row has length 1. */
static void kind_scale(struct cell *cells, uint32_t count)
{
    float sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += cells[i].value * cells[i].value;
    for (uint32_t i = 0; i < count; i++)
        cells[i].value /= sqrtf(sum);
}

int family_plane_row_make(const struct family_features *features, struct arena *arena,
                          struct family_plane_row *ret_row)
{
    struct cell *cells = calloc((size_t)features->count + 1, sizeof(*cells));
    struct family_plane_row row = {
        arena_take_array(arena, (size_t)features->count + 1, sizeof(*row.columns)),
        arena_take_array(arena, (size_t)features->count + 1, sizeof(*row.values)), 0};
    if (!cells || !row.columns || !row.values) {
        free(cells);
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < features->count; i++)
        cells[i] = cell_of(&features->list[i]);
    for (int kind = 0; kind < FAMILY_KINDS; kind++)
        kind_scale(cells + features->starts[kind],
                   features->starts[kind + 1] - features->starts[kind]);
    if (features->count)
        qsort(cells, features->count, sizeof(*cells), cell_compare);
    for (uint32_t i = 0; i < features->count; i++) {
        if (row.count == 0 || row.columns[row.count - 1] != cells[i].column)
            row.columns[row.count++] = cells[i].column;
        row.values[row.count - 1] += cells[i].value;
    }
    free(cells);
    *ret_row = row;
    return 0;
}

static int planes_hear(const struct family_model *model, const struct family_features *features,
                       struct family_voices *voices)
{
    struct arena arena = {.chunk = 1 << 16};
    struct family_plane_row row;
    int error = family_plane_row_make(features, &arena, &row);
    if (!error)
        linear_svm_score(model->planes, (struct sparse_row){row.columns, row.values, row.count},
                         voices->planes);
    arena_finish(&arena);
    return error;
}

struct sparse_row family_radial_row(const struct family_model *model,
                                    const struct family_features *features, uint32_t *columns,
                                    float *values)
{
    struct cell cells[FAMILY_VOCABULARY];
    float row[FAMILY_VOCABULARY];
    uint32_t count = 0;
    vocabulary_row(model->vocabulary, model->vocabulary_count, features, row);
    for (uint32_t column = 0; column < model->vocabulary_count; column++)
        if (row[column] >= 1) /* where a call came first is less, and no distance */
            cells[count++] = (struct cell){column, row[column]};
    kind_scale(cells, count);
    for (uint32_t i = 0; i < count; i++) {
        columns[i] = cells[i].column;
        values[i] = cells[i].value;
    }
    return (struct sparse_row){columns, values, count};
}

static void radials_hear(const struct family_model *model, const struct family_features *features,
                         struct family_voices *voices)
{
    uint32_t columns[FAMILY_VOCABULARY];
    float values[FAMILY_VOCABULARY];
    for (uint32_t class = 0; class < model->classes; class ++)
        voices->radials[class] = 0; /* on the border where there is none */
    if (model->radial_count == 0)
        return;
    struct sparse_row row = family_radial_row(model, features, columns, values);
    for (uint32_t class = 0; class < model->radial_count; class ++)
        voices->radials[class] = (float)radial_svm_score(model->radials[class], row);
    if (model->classes == 2)
        voices->radials[1] = -voices->radials[0];
}

static void trees_hear(const struct family_model *model, const struct family_features *features,
                       struct family_voices *voices)
{
    float row[FAMILY_VOCABULARY];
    for (uint32_t class = 0; class < model->classes; class ++)
        voices->trees[class] = 1.0 / model->classes;
    if (!model->trees)
        return;
    vocabulary_row(model->vocabulary, model->vocabulary_count, features, row);
    boosted_trees_judge(model->trees, row, 1, voices->trees);
}

enum { NEAREST = 5 };
static const double doubt =
    0.02; /* weight of "any family", beside neighbours' likeness to the 4th */

/* By what was done or by the file's bytes, whichever says more: of two digests of files a distance
 * of 30 is as much as 0.8, one of 150 nothing. */
static double likeness_to(const struct family_neighbour *neighbour, const struct sketch *sketch,
                          const char *digest)
{
    double likeness = sketch_likeness(sketch, &neighbour->sketch);
    int distance =
        digest[0] && neighbour->likeness[0] ? tlsh_distance(digest, neighbour->likeness) : -1;
    double bytes = distance < 0 ? 0 : 1 - distance / 150.0;
    return bytes > likeness ? bytes : likeness;
}

/* The nearest ones speak for their families, the more the more like they are. */
static void neighbours_hear(const struct family_model *model,
                            const struct family_features *features, struct family_voices *voices)
{
    struct sketch sketch = sketch_make(features);
    double best[NEAREST] = {0}, sum = doubt;
    char digest[TLSH_TEXT] = "";
    uint32_t which[NEAREST], found = 0;
    if (features->likeness.len && features->likeness.len < TLSH_TEXT)
        memcpy(digest, features->likeness.at, features->likeness.len);
    for (uint32_t i = 0; i < model->neighbour_count; i++) {
        double likeness = likeness_to(&model->neighbours[i], &sketch, digest);
        if (likeness <= 0 || (found == NEAREST && likeness <= best[NEAREST - 1]))
            continue;
        uint32_t at = found < NEAREST ? found++ : NEAREST - 1;
        for (; at > 0 && best[at - 1] < likeness; at--) {
            best[at] = best[at - 1];
            which[at] = which[at - 1];
        }
        best[at] = likeness;
        which[at] = i;
    }
    for (uint32_t class = 0; class < model->classes; class ++)
        voices->neighbours[class] = doubt / model->classes;
    for (uint32_t i = 0; i < found; i++) {
        double weight = pow(best[i], 4);
        voices->neighbours[model->neighbours[which[i]].class] += weight;
        sum += weight;
    }
    for (uint32_t class = 0; class < model->classes; class ++)
        voices->neighbours[class] /= sum;
    voices->nearest = found ? which[0] : model->neighbour_count;
    voices->likeness = best[0];
}

int family_voices_hear(const struct family_model *model, const struct family_features *features,
                       struct family_voices *ret_voices)
{
    int error = planes_hear(model, features, ret_voices);
    if (error)
        return error;
    radials_hear(model, features, ret_voices);
    trees_hear(model, features, ret_voices);
    neighbours_hear(model, features, ret_voices);
    return 0;
}

static void shares_scale(double *shares, uint32_t classes)
{
    double sum = 0;
    for (uint32_t class = 0; class < classes; class ++)
        sum += shares[class];
    for (uint32_t class = 0; class < classes; class ++)
        shares[class] = sum > 0 ? shares[class] / sum : 1.0 / classes;
}

/* Scores as shares; without any, all alike. */
static void scores_share(const struct family_model *model, const float *scores,
                         const struct sigmoid *sure, double *ret_shares)
{
    for (uint32_t class = 0; class < model->classes; class ++)
        ret_shares[class] = scores ? sigmoid_at(sure[class], (double)scores[class]) : 1;
    shares_scale(ret_shares, model->classes);
}

void family_voices_blend(const struct family_model *model, const struct family_voices *voices,
                         double *ret_shares)
{
    double planes[FAMILY_CLASSES], radials[FAMILY_CLASSES];
    scores_share(model, voices->planes, model->plane_sure, planes);
    scores_share(model, model->radial_count ? voices->radials : NULL, model->radial_sure, radials);
    for (uint32_t class = 0; class < model->classes; class ++)
        ret_shares[class] = model->weights[VOICE_PLANES] * planes[class] +
                            model->weights[VOICE_TREES] * voices->trees[class] +
                            model->weights[VOICE_RADIALS] * radials[class] +
                            model->weights[VOICE_NEIGHBOURS] * voices->neighbours[class];
}

double family_odds(double share)
{
    static const double least = 1e-9;
    double bounded = share < least ? least : share > 1 - least ? 1 - least : share;
    return log(bounded / (1 - bounded));
}

void family_shares_settle(const struct family_model *model, double *shares)
{
    for (uint32_t class = 0; class < model->classes; class ++)
        shares[class] = sigmoid_at(model->sure[class], family_odds(shares[class]));
    shares_scale(shares, model->classes);
}

/* The likeliest of two families and more, but for one. */
static uint32_t best_of(const double *shares, uint32_t classes, uint32_t but)
{
    uint32_t best = but == 0;
    for (uint32_t class = best + 1; class < classes; class ++)
        if (class != but && shares[class] > shares[best])
            best = class;
    return best;
}

static float bounded(float score)
{
    return score > 3 ? 3 : score < -3 ? -3 : score;
}

void family_signs(const struct family_model *model, const struct family_voices *voices,
                  const double *shares, float ret_signs[FAMILY_SIGNS])
{
    uint32_t first = best_of(shares, model->classes, model->classes);
    uint32_t second = best_of(shares, model->classes, first);
    ret_signs[0] = (float)shares[first];
    ret_signs[1] = (float)(shares[first] - shares[second]);
    ret_signs[2] = (float)voices->likeness;
    ret_signs[3] = bounded(voices->planes[first]);
}

int family_judge(const struct family_model *model, const struct family_features *features,
                 struct family_verdict *ret_verdict)
{
    struct family_voices voices = {.nearest = 0};
    struct family_verdict verdict = {.best = 0};
    float signs[FAMILY_SIGNS], strange = model->strange[FAMILY_SIGNS];
    int error = family_voices_hear(model, features, &voices);
    if (error)
        return error;
    family_voices_blend(model, &voices, verdict.shares);
    family_shares_settle(model, verdict.shares);
    family_signs(model, &voices, verdict.shares, signs);
    for (int i = 0; i < FAMILY_SIGNS; i++)
        strange += model->strange[i] * signs[i];
    verdict.best = best_of(verdict.shares, model->classes, model->classes);
    verdict.unknown = model->threshold > 1 ? 0 : sigmoid_at(model->unknown, (double)strange);
    verdict.is_unknown = verdict.unknown >= model->threshold;
    verdict.confidence =
        verdict.is_unknown ? verdict.unknown : (1 - verdict.unknown) * verdict.shares[verdict.best];
    verdict.nearest = voices.nearest;
    verdict.likeness = voices.likeness;
    *ret_verdict = verdict;
    return 0;
}

const char *family_answer_name(const struct family_model *model,
                               const struct family_verdict *verdict)
{
    return verdict->is_unknown ? "unknown" : model->names[verdict->best];
}

float family_feature_weight(const struct family_model *model,
                            const struct family_features *features, uint32_t index, uint32_t class)
{
    const struct family_feature *feature = &features->list[index];
    struct cell cell = cell_of(feature);
    float sum = 0;
    for (uint32_t i = features->starts[feature->kind]; i < features->starts[feature->kind + 1];
         i++) {
        float value = cell_of(&features->list[i]).value;
        sum += value * value;
    }
    return linear_svm_weight(model->planes, cell.column, class) * cell.value / sqrtf(sum);
}
