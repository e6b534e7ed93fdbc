/*
 * triage/success/trial.h -- one exchange on trial: what its judges share.
 *
 * trace.c looks for what success would leave, failure.c for what says that there
 * was none, verdict.c puts both together.
 */
#ifndef TRIAGE_SUCCESS_TRIAL_H
#define TRIAGE_SUCCESS_TRIAL_H

#include "triage/success/answer.h"
#include "triage/success/verdict.h"

/* Shorter text may be of any page: it must fill a line, and so must a plain word. */
#define PLAIN_BITS  18.0
#define WORD_BITS   40.0
#define DELAY_SLACK 0.35 /* seconds a server may take beside the sleep */

struct trial {
    const struct exchange *exchange;
    const struct attempts *attempts;
    const struct baseline *baseline;
    const struct aftermath *aftermath; /* NULL: what followed is not known yet */
    struct answer answer;
    struct arena *arena;
    struct bytes rest;  /* of the answer, without what was asked */
    struct visit visit; /* what was asked, and which page came */
    bool fixed;         /* this very answer comes whatever is asked */
    bool same_page;     /* … or this page, but for its numbers */
};

/* Text in `arena`. -ENOMEM. */
int trial_open(const struct exchange *exchange, const struct attempts *attempts,
               const struct baseline *baseline, const struct aftermath *aftermath,
               struct arena *arena, struct trial *ret_trial) __attribute__((warn_unused_result));

/* A place of this request as baseline_learn_channel wants it. */
uint64_t trial_place(const struct trial *trial, struct bytes label);

/* How long the answer took; below 0: nobody knows. */
double trial_seconds(const struct trial *trial);

/* Words in the answer that neither the request nor a harmless answer nor other attacks' answers
 * hold: they may be output, of a kind nobody foresaw. */
bool trial_is_unexplained(const struct trial *trial);

/* Guards one and two: it was not asked, and harmless answers do not show it. */
bool trial_is_news(const struct trial *trial, const struct found *found);

struct sighting {
    double bits;
    struct proof proof;
};

/* Whether the trace that is expected was left, behind the guards. */
bool trace_find(struct trial *trial, const struct expectation *expectation,
                struct sighting *ret_sighting);

/* What says that it did not work; false: nothing does. */
bool failure_find(const struct trial *trial, struct verdict *verdict);

/* Why nobody knows. */
struct sentence doubt_reason(const struct trial *trial);

#endif
