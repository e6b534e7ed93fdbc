/* Planes for the classes and for the traits, and what leaving packers out teaches of unknown ones.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "analyse/packer/training.h"

/* The rows at hand, and their classes as the classifier numbers them. */
struct sample {
    const struct training_row **rows;
    uint32_t *labels;
    uint32_t count;
};

static int sample_open(uint32_t most, struct sample *ret_sample)
{
    struct sample sample = {malloc((most + 1) * sizeof(*sample.rows)),
                            malloc((most + 1) * sizeof(*sample.labels)), 0};
    if (!sample.rows || !sample.labels) {
        free(sample.rows);
        free(sample.labels);
        return -ENOMEM;
    }
    *ret_sample = sample;
    return 0;
}

static void sample_finish(struct sample *sample)
{
    free(sample->rows);
    free(sample->labels);
}

static const double cost = 1, traits_cost = 10, tolerance = 0.1;

/* Packed or not, by the traits. */
static int traits_fit(const struct sample *sample, struct packer_classifier *classifier)
{
    const struct linear_svm_options options = {FEATURES_COLUMNS, 2, traits_cost, NULL, tolerance};
    struct sparse_row *rows = malloc((sample->count + 1) * sizeof(*rows));
    uint32_t *sides = malloc((sample->count + 1) * sizeof(*sides));
    int error = rows && sides ? 0 : -ENOMEM;
    for (uint32_t i = 0; i < sample->count && !error; i++) {
        rows[i] = feature_row_block(&sample->rows[i]->features, BLOCK_TRAITS);
        sides[i] = sample->labels[i] != classifier->none;
    }
    if (!error)
        error = linear_svm_fit(&options, rows, sides, sample->count, &classifier->traits);
    free(rows);
    free(sides);
    return error;
}

/* The planes of a classifier whose classes are set. */
static int planes_fit(const struct sample *sample, struct packer_classifier *classifier)
{
    const struct linear_svm_options options = {FEATURES_COLUMNS, classifier->classes, cost, NULL,
                                               tolerance};
    struct sparse_row *rows = malloc((sample->count + 1) * sizeof(*rows));
    int error = rows ? 0 : -ENOMEM;
    for (uint32_t i = 0; i < sample->count && !error; i++)
        rows[i] = feature_row_all(&sample->rows[i]->features);
    if (!error)
        error = linear_svm_fit(&options, rows, sample->labels, sample->count, &classifier->planes);
    free(rows);
    return error ? error : traits_fit(sample, classifier);
}

/* How rows looked to planes that had not seen them. */
struct judged {
    struct packer_scores *scores;
    float (*signs)[PACKER_SIGNS];
    uint32_t *labels; /* of the whole classifier */
    bool *left_out;   /* the class was */
    bool *copy;       /* a changed one */
    uint32_t count;
};

static void judged_finish(struct judged *judged)
{
    free(judged->scores);
    free(judged->signs);
    free(judged->labels);
    free(judged->left_out);
    free(judged->copy);
}

static int judged_open(uint32_t most, struct judged *ret_judged)
{
    struct judged judged = {
        malloc((most + 1) * sizeof(*judged.scores)), malloc((most + 1) * sizeof(*judged.signs)),
        malloc((most + 1) * sizeof(*judged.labels)), malloc((most + 1) * sizeof(*judged.left_out)),
        malloc((most + 1) * sizeof(*judged.copy)),   0};
    if (!judged.scores || !judged.signs || !judged.labels || !judged.left_out || !judged.copy) {
        judged_finish(&judged);
        return -ENOMEM;
    }
    *ret_judged = judged;
    return 0;
}

static bool class_is_left(const struct packer_classifier *classifier, uint32_t class, uint32_t part)
{
    return class != classifier->none && class % TRAINING_PARTS == part;
}

static bool row_is_left(const struct training_row *row, uint32_t part)
{
    return row->group % TRAINING_PARTS == part;
}

/* The classes that stay, numbered anew: where[class] is the number. */
static void classes_keep(const struct packer_classifier *classifier, uint32_t part,
                         struct packer_classifier *partial, uint32_t where[PACKER_CLASSES])
{
    for (uint32_t class = 0; class < classifier->classes; class ++)
        if (!class_is_left(classifier, class, part))
            where[class] = partial->classes++;
    partial->none =
        classifier->none < classifier->classes ? where[classifier->none] : partial->classes;
}

/* Note how `row` looks; scores of classes that were left out are no numbers. */
static void row_judge(const struct packer_classifier *classifier,
                      const struct packer_classifier *partial, const uint32_t *where, uint32_t part,
                      const struct training_row *row, uint32_t label, struct judged *judged)
{
    struct packer_scores scores;
    struct packer_scores *spread = &judged->scores[judged->count];
    packer_score(partial, &row->features, &scores);
    packer_signs(partial, &scores, judged->signs[judged->count]);
    for (uint32_t class = 0; class < classifier->classes; class ++)
        spread->class[class] =
            class_is_left(classifier, class, part) ? NAN : scores.class[where[class]];
    judged->left_out[judged->count] = class_is_left(classifier, label, part);
    judged->copy[judged->count] = row->copy;
    judged->labels[judged->count++] = label;
}

/* Planes without this part's rows and packers judge both. */
static int part_judge(const struct packer_classifier *classifier, const struct sample *sample,
                      uint32_t part, struct judged *judged)
{
    struct packer_classifier partial = {.classes = 0};
    uint32_t where[PACKER_CLASSES] = {0};
    struct sample kept;
    int error = sample_open(sample->count, &kept);
    if (error)
        return error;
    classes_keep(classifier, part, &partial, where);
    for (uint32_t i = 0; i < sample->count; i++)
        if (!row_is_left(sample->rows[i], part) &&
            !class_is_left(classifier, sample->labels[i], part)) {
            kept.rows[kept.count] = sample->rows[i];
            kept.labels[kept.count++] = where[sample->labels[i]];
        }
    bool enough = kept.count && partial.classes >= 2;
    if (enough)
        error = planes_fit(&kept, &partial);
    for (uint32_t i = 0; i < sample->count && !error && enough; i++)
        if (class_is_left(classifier, sample->labels[i], part) ||
            row_is_left(sample->rows[i], part))
            row_judge(classifier, &partial, where, part, sample->rows[i], sample->labels[i],
                      judged);
    packer_classifier_finish(&partial);
    sample_finish(&kept);
    return error;
}

/* Sigmoids of the classes, from rows whose class was there. */
static int sure_fit(const struct judged *judged, struct packer_classifier *classifier)
{
    double *scores = malloc((judged->count + 1) * sizeof(*scores));
    bool *positive = malloc((judged->count + 1) * sizeof(*positive));
    int error = scores && positive ? 0 : -ENOMEM;
    for (uint32_t class = 0; class < classifier->classes && !error; class ++) {
        size_t count = 0;
        for (uint32_t i = 0; i < judged->count; i++) {
            if (isnan(judged->scores[i].class[class]) || judged->left_out[i])
                continue;
            scores[count] = (double)judged->scores[i].class[class];
            positive[count++] = judged->labels[i] == class;
        }
        classifier->sure[class] = sigmoid_fit(scores, positive, count);
    }
    free(scores);
    free(positive);
    return error;
}

static int descending(const void *one, const void *other)
{
    double a = *(const double *)one, b = *(const double *)other;
    return (a < b) - (a > b);
}

/* The share of known rows that may be called unknown, and of their changed copies. */
static const double refused_share = 0.001, refused_copies = 0.0025;

static double quantile_of(double *known, size_t count, double share)
{
    qsort(known, count, sizeof(*known), descending);
    return count ? known[(size_t)((double)count * share)] : 0;
}

/* The lowest from a half on at which no more than that are; `room` is for as many as judged. */
static double threshold_of(const struct judged *judged, const double *chances, double *room)
{
    double threshold = 0.5;
    for (int copies = 0; copies < 2; copies++) {
        size_t count = 0;
        for (uint32_t i = 0; i < judged->count; i++)
            if (!judged->left_out[i] && judged->copy[i] == copies)
                room[count++] = chances[i];
        double at = quantile_of(room, count, copies ? refused_copies : refused_share);
        if (at >= threshold)
            threshold = nextafter(at, 2);
    }
    return threshold;
}

/* The plane of unknown packers over the signs; without any left out, nothing ever is unknown. */
static int strange_fit(const struct judged *judged, struct packer_classifier *classifier)
{
    static const uint32_t columns[PACKER_SIGNS] = {0, 1, 2, 3, 4};
    const struct linear_svm_options options = {PACKER_SIGNS, 2, 1, NULL, 0.01};
    struct sparse_row *rows = malloc((judged->count + 1) * sizeof(*rows));
    uint32_t *labels = malloc((judged->count + 1) * sizeof(*labels));
    double *sums = malloc((judged->count + 1) * sizeof(*sums));
    double *room = malloc((judged->count + 1) * sizeof(*room));
    struct linear_svm *plane = NULL;
    int error = rows && labels && sums && room ? 0 : -ENOMEM;
    for (uint32_t i = 0; i < judged->count && !error; i++) {
        rows[i] = (struct sparse_row){columns, judged->signs[i], PACKER_SIGNS};
        labels[i] = judged->left_out[i];
    }
    if (!error)
        error = linear_svm_fit(&options, rows, labels, judged->count, &plane);
    for (uint32_t i = 0; i < judged->count && !error; i++) {
        float sides[2];
        linear_svm_score(plane, rows[i], sides);
        sums[i] = (double)sides[1];
    }
    if (!error) {
        float base[2];
        classifier->unknown = sigmoid_fit(sums, judged->left_out, judged->count);
        for (uint32_t i = 0; i < judged->count; i++)
            sums[i] = sigmoid_at(classifier->unknown, sums[i]);
        classifier->threshold = threshold_of(judged, sums, room);
        for (uint32_t i = 0; i < PACKER_SIGNS; i++)
            classifier->strange[i] = linear_svm_weight(plane, i, 1);
        linear_svm_score(plane, (struct sparse_row){NULL, NULL, 0}, base);
        classifier->strange[PACKER_SIGNS] = base[1];
    }
    linear_svm_close(plane);
    free(rows);
    free(labels);
    free(sums);
    free(room);
    return error;
}

/* Names of the classes that have a row; where[class of the training]: its number here. */
static void classes_take(const struct training *training, const bool *chosen,
                         struct packer_classifier *classifier, uint32_t where[PACKER_CLASSES])
{
    bool there[PACKER_CLASSES] = {false};
    for (uint32_t i = 0; i < training->count; i++)
        if (chosen[training->rows[i].row])
            there[training->rows[i].class] = true;
    for (uint32_t class = 0; class < training->classes; class ++) {
        if (!there[class])
            continue;
        where[class] = classifier->classes;
        memcpy(classifier->names[classifier->classes++], training->names[class], PACKER_NAME);
    }
    classifier->none = training->none < training->classes && there[training->none]
                           ? where[training->none]
                           : classifier->classes;
}

/*
 * Rows "none" whose traits are plainly those of packed files, to a plane that has not seen them:
 * somebody's clean collection always holds a packed file or two, and those teach that an unknown
 * packer is none. Labels that cross-validation doubts are filtered (Brodley and Friedl, JAIR 1999).
 */
static const float doubted_from = 1;
static const double doubted_share = 0.02; /* of the clean rows, at most */

static int part_doubt(const struct sample *sample, struct packer_classifier *partial, uint32_t part,
                      bool *doubted)
{
    struct sample kept;
    int error = sample_open(sample->count, &kept);
    if (error)
        return error;
    for (uint32_t i = 0; i < sample->count; i++)
        if (!row_is_left(sample->rows[i], part)) {
            kept.rows[kept.count] = sample->rows[i];
            kept.labels[kept.count++] = sample->labels[i];
        }
    error = kept.count ? traits_fit(&kept, partial) : 0;
    for (uint32_t i = 0; i < sample->count && !error && kept.count; i++) {
        float sides[2];
        if (sample->labels[i] != partial->none || !row_is_left(sample->rows[i], part))
            continue;
        linear_svm_score(partial->traits,
                         feature_row_block(&sample->rows[i]->features, BLOCK_TRAITS), sides);
        doubted[sample->rows[i]->row] = doubted[sample->rows[i]->row] || sides[1] >= doubted_from;
    }
    packer_classifier_finish(partial);
    sample_finish(&kept);
    return error;
}

/* Take the doubted rows out of the sample, with all their copies, unless they are too many. */
static void doubted_drop(struct sample *sample, uint32_t none, const bool *doubted)
{
    uint32_t clean = 0, many = 0, kept = 0;
    for (uint32_t i = 0; i < sample->count; i++) {
        clean += sample->labels[i] == none;
        many += sample->labels[i] == none && doubted[sample->rows[i]->row];
    }
    if (many > clean * doubted_share)
        return;
    for (uint32_t i = 0; i < sample->count; i++) {
        if (sample->labels[i] == none && doubted[sample->rows[i]->row])
            continue;
        sample->rows[kept] = sample->rows[i];
        sample->labels[kept++] = sample->labels[i];
    }
    sample->count = kept;
}

static int sample_clean(const struct training *training, struct sample *sample,
                        const struct packer_classifier *classifier)
{
    uint32_t last = training->count ? training->rows[training->count - 1].row : 0;
    bool *doubted = calloc((size_t)last + 1, sizeof(*doubted));
    int error = doubted ? 0 : -ENOMEM;
    for (uint32_t part = 0; part < TRAINING_PARTS && !error; part++) {
        struct packer_classifier partial = {.classes = classifier->classes,
                                            .none = classifier->none};
        error = part_doubt(sample, &partial, part, doubted);
    }
    if (!error)
        doubted_drop(sample, classifier->none, doubted);
    free(doubted);
    return error;
}

static int classifier_fit(const struct sample *sample, struct packer_classifier *classifier)
{
    struct judged judged;
    int error = judged_open(2 * sample->count, &judged);
    if (error)
        return error;
    error = planes_fit(sample, classifier);
    for (uint32_t part = 0; part < TRAINING_PARTS && !error; part++)
        error = part_judge(classifier, sample, part, &judged);
    if (!error)
        error = sure_fit(&judged, classifier);
    if (!error)
        error = strange_fit(&judged, classifier);
    judged_finish(&judged);
    return error;
}

int packer_fit(const struct training *training, const bool *chosen,
               struct packer_classifier *ret_classifier)
{
    struct packer_classifier classifier = {.classes = 0};
    uint32_t where[PACKER_CLASSES] = {0};
    struct sample sample;
    int error = sample_open(training->count, &sample);
    if (error)
        return error;
    classes_take(training, chosen, &classifier, where);
    for (uint32_t i = 0; i < training->count; i++)
        if (chosen[training->rows[i].row]) {
            sample.rows[sample.count] = &training->rows[i];
            sample.labels[sample.count++] = where[training->rows[i].class];
        }
    error = classifier.classes < 2 ? -ENODATA : sample_clean(training, &sample, &classifier);
    if (!error)
        error = classifier_fit(&sample, &classifier);
    sample_finish(&sample);
    if (error)
        packer_classifier_finish(&classifier);
    else
        *ret_classifier = classifier;
    return error;
}

static int world_fit(const struct packer_table *table, enum packer_world world, uint64_t seed,
                     const struct extractor *extractor, struct packer_classifier *classifier)
{
    struct arena arena = {.chunk = 1 << 22};
    struct training training;
    bool *chosen = malloc(table->count + 1);
    int error = chosen ? training_make(table, world, seed, extractor, &arena, &training) : -ENOMEM;
    if (!error) {
        memset(chosen, true, table->count);
        error = packer_fit(&training, chosen, classifier);
    }
    free(chosen);
    arena_finish(&arena);
    return error;
}

int packer_model_fit(const struct packer_table *table, uint64_t seed,
                     struct packer_model *ret_model)
{
    struct packer_model model = {0};
    struct extractor extractor;
    int error = extractor_open(&extractor), done = 0;
    if (error)
        return error;
    for (int world = 0; world < WORLD_COUNT && !error; world++) {
        error = world_fit(table, (enum packer_world)world, seed, &extractor, &model.worlds[world]);
        done += error == 0;
        error = error == -ENODATA ? 0 : error;
    }
    extractor_close(&extractor);
    if (!error && done == 0)
        error = -ENODATA;
    if (error)
        packer_model_finish(&model);
    else
        *ret_model = model;
    return error;
}
