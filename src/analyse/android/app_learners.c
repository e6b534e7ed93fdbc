#include "analyse/android/app_learners.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

const char *app_learner_name(enum app_learner learner)
{
    static const char *const names[LEARNERS] = {"linear", "radial", "perceptron", "trees"};
    return names[learner];
}

/* A score that models of hostile bytes can give is a number all the same. */
static double number_of(double score)
{
    const double most = 1e6;
    return score > most ? most : score < -most ? -most : score == score ? score : 0;
}

void app_learners_score(const struct app_learners *learners, const struct app_place *place,
                        double *ret_scores)
{
    uint32_t columns[APP_SPACE_COMPACT];
    float values[APP_SPACE_COMPACT], row[APP_SPACE_COMPACT], sides[2];
    double shares[2];
    struct app_place compact = {columns, values, 0, 0};
    app_space_compact(&learners->space, place, &compact);
    linear_svm_score(learners->plane, app_place_row(place), sides);
    ret_scores[LEARNER_PLANE] = number_of((double)sides[1]);
    ret_scores[LEARNER_RADIAL] =
        number_of(radial_svm_score(learners->radial, app_place_row(&compact)));
    ret_scores[LEARNER_PERCEPTRON] =
        number_of(perceptron_score(learners->perceptron, app_place_row(&compact)));
    app_space_spread(&learners->space, &compact, row);
    boosted_trees_judge(learners->trees, row, 1, shares);
    ret_scores[LEARNER_TREES] = number_of(log(shares[1] + 1e-12) - log(shares[0] + 1e-12));
}

void app_learners_save(const struct app_learners *learners, struct buffer *out)
{
    app_space_save(&learners->space, out);
    linear_svm_save(learners->plane, out);
    radial_svm_save(learners->radial, out);
    perceptron_save(learners->perceptron, out);
    boosted_trees_save(learners->trees, out);
}

static bool learners_fit_space(const struct app_learners *learners)
{
    uint32_t width = app_space_width(&learners->space);
    return linear_svm_columns(learners->plane) == app_space_columns(&learners->space) &&
           linear_svm_classes(learners->plane) == 2 &&
           radial_svm_columns(learners->radial) == width &&
           perceptron_columns(learners->perceptron) == width &&
           boosted_trees_columns(learners->trees) == width &&
           boosted_trees_classes(learners->trees) == 2;
}

int app_learners_load(struct cursor *from, struct app_learners *ret_learners)
{
    struct app_learners learners = {0};
    int error = app_space_load(from, &learners.space);
    if (!error)
        error = linear_svm_load(from, &learners.plane);
    if (!error)
        error = radial_svm_load(from, &learners.radial);
    if (!error)
        error = perceptron_load(from, &learners.perceptron);
    if (!error)
        error = boosted_trees_load(from, &learners.trees);
    if (!error && !learners_fit_space(&learners))
        error = -EBADMSG;
    if (error)
        app_learners_finish(&learners);
    else
        *ret_learners = learners;
    return error;
}

void app_learners_finish(struct app_learners *learners)
{
    app_space_finish(&learners->space);
    if (learners->plane)
        linear_svm_close(learners->plane);
    if (learners->radial)
        radial_svm_close(learners->radial);
    if (learners->perceptron)
        perceptron_close(learners->perceptron);
    if (learners->trees)
        boosted_trees_close(learners->trees);
    *learners = (struct app_learners){0};
}
