#include "triage/success/verdict.h"

#include <errno.h>
#include <math.h>

#include "base/hash.h"
#include "base/time.h"
#include "triage/success/statement.h"
#include "triage/success/trial.h"

bool verdict_wants_later(const struct attempts *attempts, const struct exchange *later)
{
    for (uint32_t i = 0; i < attempts->count; i++)
        for (uint32_t j = 0; j < attempts->items[i].expectations.count; j++) {
            const struct expectation *expectation = &attempts->items[i].expectations.items[j];
            if (expectation->kind == EXPECT_file && expectation->text.len && later->target.len &&
                memmem(later->target.at, later->target.len, expectation->text.at,
                       expectation->text.len))
                return true;
        }
    return false;
}

double trial_seconds(const struct trial *trial)
{
    const struct exchange *exchange = trial->exchange;
    if (exchange->response.end == TIME_NONE || exchange->request.end == TIME_NONE)
        return -1;
    return (double)(exchange->response.end - exchange->request.end) / TIME_SECOND;
}

bool trial_is_news(const struct trial *trial, const struct found *found)
{
    return !answer_asked(&trial->answer, found->text) &&
           !baseline_explains(trial->baseline, trial->exchange, found->text);
}

/* The most telling trace of any attempt. */
static bool success_seen(struct trial *trial, struct verdict *verdict)
{
    double best = 0;
    for (uint32_t i = 0; i < trial->attempts->count; i++) {
        const struct attempt *attempt = &trial->attempts->items[i];
        for (uint32_t j = 0; j < attempt->expectations.count; j++) {
            struct sighting sighting = {0};
            if (!trace_find(trial, &attempt->expectations.items[j], &sighting) ||
                sighting.bits < SUCCESS_BITS || sighting.bits <= best)
                continue;
            best = sighting.bits;
            verdict->class = attempt->class;
            verdict->proof = sighting.proof;
        }
    }
    if (best <= 0)
        return false;
    verdict->outcome = OUTCOME_success;
    verdict->confidence = 1 - exp2(-best);
    verdict->reason = (struct sentence){BYTES("a trace that only success leaves was seen"),
                                        BYTES("成功したときだけ残る痕跡が見つかった")};
    return true;
}

int trial_open(const struct exchange *exchange, const struct attempts *attempts,
               const struct baseline *baseline, const struct aftermath *aftermath,
               struct arena *arena, struct trial *ret_trial)
{
    struct trial trial = {
        .exchange = exchange,
        .attempts = attempts,
        .baseline = baseline,
        .aftermath = aftermath,
        .arena = arena,
    };
    struct bytes page;
    int error = answer_open(exchange, attempts, arena, &trial.answer);
    if (error == 0)
        error = answer_reduce(&trial.answer, attempts, arena, &trial.rest, &page);
    if (error == 0)
        error = visit_make(exchange, page, arena, &trial.visit);
    if (error)
        return error;
    trial.fixed = baseline_is_fixed(baseline, exchange, attempts, trial.rest);
    trial.same_page =
        trial.fixed || baseline_is_same_page(baseline, exchange, attempts, trial.rest);
    *ret_trial = trial;
    return 0;
}

uint64_t trial_place(const struct trial *trial, struct bytes label)
{
    uint64_t place = hash_bytes(label);
    return hash_mix(place, visit_context(&trial->visit, place));
}

/* What comes into sight at a place says that output asked for there is shown. */
static void channels_learn(struct trial *trial, struct baseline *baseline)
{
    for (uint32_t i = 0; i < trial->attempts->count; i++) {
        const struct attempt *attempt = &trial->attempts->items[i];
        uint64_t place = trial_place(trial, attempt->place);
        for (uint32_t j = 0; j < attempt->expectations.count; j++) {
            const struct expectation *expectation = &attempt->expectations.items[j];
            struct sighting sighting;
            if (expectation->channel == CHANNEL_none ||
                (expectation->kind != EXPECT_literal && expectation->kind != EXPECT_pattern) ||
                baseline_has_channel(baseline, trial->exchange, place, expectation->channel) ||
                !trace_find(trial, expectation, &sighting) || sighting.bits < SUCCESS_BITS)
                continue;
            baseline_learn_channel(baseline, trial->exchange, place, expectation->channel);
        }
    }
}

static int harmless_learn(const struct exchange *exchange, struct baseline *baseline,
                          struct arena *arena)
{
    static const struct attempts none;
    bool wanted = baseline_wants_visit(baseline, exchange);
    int error = baseline_learn(baseline, exchange, NULL, (struct bytes){0});
    struct trial *trial = wanted ? arena_take(arena, sizeof(*trial)) : NULL;
    if (error || !wanted)
        return error;
    error = trial ? trial_open(exchange, &none, baseline, NULL, arena, trial) : -ENOMEM;
    if (error == 0)
        baseline_learn_visit(baseline, exchange, &trial->visit);
    return error;
}

int verdict_learn(const struct exchange *exchange, const struct attempts *attempts,
                  struct baseline *baseline, struct arena *arena)
{
    if (!attempts)
        return harmless_learn(exchange, baseline, arena);
    struct trial *trial = arena_take(arena, sizeof(*trial));
    int error = trial ? trial_open(exchange, attempts, baseline, NULL, arena, trial) : -ENOMEM;
    if (error == 0)
        error = baseline_learn(baseline, exchange, attempts, trial->rest);
    if (error == 0)
        channels_learn(trial, baseline);
    struct contrast_answer observed;
    if (error == 0 && statement_observe(trial, &observed))
        baseline_learn_probe(baseline, exchange, &observed);
    return error;
}

int verdict_reach(const struct exchange *exchange, const struct attempts *attempts,
                  const struct baseline *baseline, const struct aftermath *aftermath,
                  struct arena *arena, struct verdict *ret_verdict)
{
    struct trial *trial = arena_take(arena, sizeof(*trial));
    int error = trial ? trial_open(exchange, attempts, baseline, aftermath, arena, trial) : -ENOMEM;
    if (error)
        return error;
    *ret_verdict = (struct verdict){
        .outcome = OUTCOME_unknown,
        .class = attempts->count ? attempts->items[0].class : ATTACK_none,
        .confidence = 0.5,
    };
    if (!success_seen(trial, ret_verdict) && !statement_judge(trial, ret_verdict) &&
        !failure_find(trial, ret_verdict))
        ret_verdict->reason = doubt_reason(trial);
    return 0;
}
