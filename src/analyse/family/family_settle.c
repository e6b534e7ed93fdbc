/* Voices become probabilities: by what they said of rows they had not seen. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "analyse/family/family_lesson.h"

/* The share of rows that would be named rightly and may be called unknown. */
static const double refused_share = 0.02;

/* Scores and truths to fit a sigmoid to; shares of each hearing. */
struct room {
    double *scores;
    bool *positive;
    double *shares; /* [hearing][class] */
};

static int room_open(uint32_t count, uint32_t classes, struct room *ret_room)
{
    struct room room = {malloc(((size_t)count + 1) * sizeof(*room.scores)),
                        malloc(((size_t)count + 1) * sizeof(*room.positive)),
                        malloc(((size_t)count + 1) * classes * sizeof(*room.shares))};
    *ret_room = room;
    return room.scores && room.positive && room.shares ? 0 : -ENOMEM;
}

static void room_finish(struct room *room)
{
    free(room->scores);
    free(room->positive);
    free(room->shares);
}

/* Of each family a sigmoid of what planes or borders said of it. */
static void scores_settle(const struct hearing *hearings, uint32_t count, uint32_t classes,
                          bool borders, struct room *room, struct sigmoid *sure)
{
    for (uint32_t class = 0; class < classes; class ++) {
        size_t used = 0;
        for (uint32_t i = 0; i < count; i++) {
            const struct family_voices *voices = &hearings[i].voices;
            float score = borders ? voices->radials[class] : voices->planes[class];
            if (isnan(score) || hearings[i].left_out)
                continue;
            room->scores[used] = (double)score;
            room->positive[used++] = hearings[i].label == class;
        }
        sure[class] = sigmoid_fit(room->scores, room->positive, used);
    }
}

/* A family the judges did not know has no share. */
static void shares_of(const struct family_model *model, const struct hearing *hearing,
                      double *shares)
{
    struct family_voices voices = hearing->voices;
    for (uint32_t class = 0; class < model->classes; class ++)
        if (isnan(voices.planes[class]))
            voices.planes[class] = voices.radials[class] = -1e6f;
    family_voices_blend(model, &voices, shares);
}

/* How badly the voices, weighed as the model says, tell the rows whose family was known. */
static double loss_of(const struct hearing *hearings, uint32_t count,
                      const struct family_model *model)
{
    double shares[FAMILY_CLASSES], loss = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (hearings[i].left_out)
            continue;
        shares_of(model, &hearings[i], shares);
        loss -= log(fmax(shares[hearings[i].label], 1e-4));
    }
    return loss;
}

enum { WEIGHT_STEPS = 5 };

/* Try all ways to give `left` fifths to the voices from `voice` on. */
static void weights_try(const struct hearing *hearings, uint32_t count, int voice, int left,
                        double *best, double *chosen, struct family_model *model)
{
    bool silent = (voice == VOICE_TREES && !model->trees) ||
                  (voice == VOICE_RADIALS && model->radial_count == 0);
    if (voice == VOICE_COUNT - 1) {
        model->weights[voice] = (double)left / WEIGHT_STEPS;
        double loss = loss_of(hearings, count, model);
        if (loss < *best) {
            *best = loss;
            memcpy(chosen, model->weights, sizeof(model->weights));
        }
        return;
    }
    for (int taken = 0; taken <= (silent ? 0 : left); taken++) {
        model->weights[voice] = (double)taken / WEIGHT_STEPS;
        weights_try(hearings, count, voice + 1, left - taken, best, chosen, model);
    }
}

static void weights_choose(const struct hearing *hearings, uint32_t count,
                           struct family_model *model)
{
    double best = INFINITY, chosen[VOICE_COUNT] = {1};
    weights_try(hearings, count, 0, WEIGHT_STEPS, &best, chosen, model);
    memcpy(model->weights, chosen, sizeof(chosen));
}

static void shares_settle(const struct hearing *hearings, uint32_t count, struct room *room,
                          struct family_model *model)
{
    for (uint32_t i = 0; i < count; i++)
        shares_of(model, &hearings[i], room->shares + (size_t)i * model->classes);
    for (uint32_t class = 0; class < model->classes; class ++) {
        size_t used = 0;
        for (uint32_t i = 0; i < count; i++) {
            if (isnan(hearings[i].voices.planes[class]) || hearings[i].left_out)
                continue;
            room->scores[used] = family_odds(room->shares[(size_t)i * model->classes + class]);
            room->positive[used++] = hearings[i].label == class;
        }
        model->sure[class] = sigmoid_fit(room->scores, room->positive, used);
    }
    for (uint32_t i = 0; i < count; i++)
        family_shares_settle(model, room->shares + (size_t)i * model->classes);
}

static int descending(const void *one, const void *other)
{
    double a = *(const double *)one, b = *(const double *)other;
    return (a < b) - (a > b);
}

static bool named_rightly(const struct hearing *hearing, const double *shares, uint32_t classes)
{
    for (uint32_t class = 0; class < classes; class ++)
        if (hearing->left_out || shares[class] > shares[hearing->label])
            return false;
    return true;
}

/* The lowest from a half on at which no more of the rows named rightly are called unknown. */
static double threshold_of(const struct hearing *hearings, uint32_t count, const struct room *room,
                           uint32_t classes)
{
    double *chances = room->scores;
    uint32_t right = 0;
    for (uint32_t i = 0; i < count; i++)
        if (named_rightly(&hearings[i], room->shares + (size_t)i * classes, classes))
            chances[right++] = chances[i];
    if (right == 0)
        return 0.5;
    qsort(chances, right, sizeof(*chances), descending);
    double at = chances[(size_t)(right * refused_share)];
    return at >= 0.5 ? nextafter(at, 2) : 0.5;
}

/* The plane of the unknown over the signs. */
static int strange_fit(const struct hearing *hearings, uint32_t count, struct room *room,
                       struct family_model *model)
{
    static const uint32_t columns[FAMILY_SIGNS] = {0, 1, 2, 3};
    const struct linear_svm_options options = {FAMILY_SIGNS, 2, 1, NULL, 0.01};
    float(*signs)[FAMILY_SIGNS] = malloc(((size_t)count + 1) * sizeof(*signs));
    struct sparse_row *rows = malloc(((size_t)count + 1) * sizeof(*rows));
    uint32_t *labels = malloc(((size_t)count + 1) * sizeof(*labels));
    struct linear_svm *plane = NULL;
    int error = signs && rows && labels ? 0 : -ENOMEM;
    for (uint32_t i = 0; i < count && !error; i++) {
        family_signs(model, &hearings[i].voices, room->shares + (size_t)i * model->classes,
                     signs[i]);
        rows[i] = (struct sparse_row){columns, signs[i], FAMILY_SIGNS};
        labels[i] = room->positive[i] = hearings[i].left_out;
    }
    if (!error)
        error = linear_svm_fit(&options, rows, labels, count, &plane);
    for (uint32_t i = 0; i < count && !error; i++) {
        float sides[2];
        linear_svm_score(plane, rows[i], sides);
        room->scores[i] = (double)sides[1];
    }
    if (!error) {
        float base[2];
        model->unknown = sigmoid_fit(room->scores, room->positive, count);
        for (uint32_t i = 0; i < count; i++)
            room->scores[i] = sigmoid_at(model->unknown, room->scores[i]);
        model->threshold = threshold_of(hearings, count, room, model->classes);
        for (uint32_t i = 0; i < FAMILY_SIGNS; i++)
            model->strange[i] = linear_svm_weight(plane, i, 1);
        linear_svm_score(plane, (struct sparse_row){NULL, NULL, 0}, base);
        model->strange[FAMILY_SIGNS] = base[1];
        linear_svm_close(plane);
    }
    free(signs);
    free(rows);
    free(labels);
    return error;
}

int lesson_settle(const struct hearing *hearings, uint32_t count, struct family_model *model)
{
    struct room room;
    bool strange = false, known = false;
    int error = room_open(count, model->classes, &room);
    if (error) {
        room_finish(&room);
        return error;
    }
    scores_settle(hearings, count, model->classes, false, &room, model->plane_sure);
    if (model->radial_count)
        scores_settle(hearings, count, model->classes, true, &room, model->radial_sure);
    weights_choose(hearings, count, model);
    shares_settle(hearings, count, &room, model);
    for (uint32_t i = 0; i < count; i++) {
        strange = strange || hearings[i].left_out;
        known = known || !hearings[i].left_out;
    }
    model->threshold = 2;
    if (strange && known)
        error = strange_fit(hearings, count, &room, model);
    room_finish(&room);
    return error;
}
