#include "analyse/android/app_blend.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "learn/ranking.h"

static double odds_of(struct sigmoid sigmoid, double score)
{
    return -(sigmoid.slope * score + sigmoid.offset);
}

double app_blend_alone(const struct app_blend *blend, const double *scores,
                       enum app_learner learner)
{
    return odds_of(blend->sure[learner], scores[learner]);
}

static double heard_mean(const struct app_blend *blend, const double *scores, uint32_t heard)
{
    double sum = 0;
    uint32_t count = 0;
    for (uint32_t learner = 0; learner < LEARNERS; learner++)
        if (heard >> learner & 1) {
            sum += app_blend_alone(blend, scores, (enum app_learner)learner);
            count++;
        }
    return sum / count;
}

double app_blend_odds(const struct app_blend *blend, const double *scores)
{
    return odds_of(blend->together, heard_mean(blend, scores, blend->heard));
}

/* What those heard find, mean over the shares of false alarms; `room` for `count` scores. */
static double worth_of(const struct app_blend *blend, const double *scores, const bool *malicious,
                       uint32_t count, uint32_t heard, struct ranked_score *room)
{
    static const double shares[] = {0.001, 0.003, 0.01};
    double worth = 0;
    for (uint32_t i = 0; i < count; i++)
        room[i] = (struct ranked_score){heard_mean(blend, scores + (size_t)i * LEARNERS, heard),
                                        malicious[i]};
    for (size_t i = 0; i < sizeof(shares) / sizeof(*shares); i++)
        worth += ranking_rate_at(room, count, shares[i]);
    return worth;
}

int app_blend_fit(const double *scores, const bool *malicious, uint32_t count,
                  struct app_blend *ret_blend)
{
    struct app_blend blend = {.heard = 1};
    double *one = malloc(((size_t)count + 1) * sizeof(*one)), best = -1;
    struct ranked_score *room = malloc(((size_t)count + 1) * sizeof(*room));
    int error = one && room ? 0 : -ENOMEM;
    for (uint32_t learner = 0; learner < LEARNERS && !error; learner++) {
        for (uint32_t i = 0; i < count; i++)
            one[i] = scores[(size_t)i * LEARNERS + learner];
        blend.sure[learner] = sigmoid_fit(one, malicious, count);
    }
    for (uint32_t heard = (1U << LEARNERS) - 1; heard > 0 && !error; heard--) {
        double worth = worth_of(&blend, scores, malicious, count, heard, room);
        if (worth > best) {
            best = worth;
            blend.heard = heard;
        }
    }
    for (uint32_t i = 0; i < count && !error; i++)
        one[i] = heard_mean(&blend, scores + (size_t)i * LEARNERS, blend.heard);
    if (!error) {
        blend.together = sigmoid_fit(one, malicious, count);
        *ret_blend = blend;
    }
    free(one);
    free(room);
    return error;
}

static void sigmoid_save(struct sigmoid sigmoid, struct buffer *out)
{
    buffer_put_double(out, sigmoid.slope);
    buffer_put_double(out, sigmoid.offset);
}

static bool sigmoid_load(struct cursor *from, struct sigmoid *ret_sigmoid)
{
    const double most = 1e6;
    struct sigmoid sigmoid = {.slope = cursor_double(from)};
    sigmoid.offset = cursor_double(from);
    *ret_sigmoid = sigmoid;
    return fabs(sigmoid.slope) <= most && fabs(sigmoid.offset) <= most;
}

void app_blend_save(const struct app_blend *blend, struct buffer *out)
{
    for (uint32_t learner = 0; learner < LEARNERS; learner++)
        sigmoid_save(blend->sure[learner], out);
    buffer_put_u32(out, blend->heard);
    sigmoid_save(blend->together, out);
}

int app_blend_load(struct cursor *from, struct app_blend *ret_blend)
{
    struct app_blend blend;
    bool good = true;
    for (uint32_t learner = 0; learner < LEARNERS; learner++)
        good = sigmoid_load(from, &blend.sure[learner]) && good;
    blend.heard = cursor_u32(from);
    good = sigmoid_load(from, &blend.together) && good;
    if (!good || !cursor_ok(from) || blend.heard == 0 || blend.heard >> LEARNERS)
        return -EBADMSG;
    *ret_blend = blend;
    return 0;
}
