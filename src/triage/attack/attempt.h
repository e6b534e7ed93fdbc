/*
 * triage/attack/attempt.h -- what an exchange tries, whether or not an appliance saw it.
 *
 * A recogniser (one a file, one line each in attempt.c) looks at the decoded
 * layers of every place of a request that a client controls (parameters, path,
 * headers, cookies, body) and says what class of attack stands there, what
 * exactly would be run, and what traces that would leave.
 */
#ifndef TRIAGE_ATTACK_ATTEMPT_H
#define TRIAGE_ATTACK_ATTEMPT_H

#include "triage/success/contrast.h"
#include "triage/success/expectation.h"

enum {
    ATTEMPTS = 16,         /* of one request at most */
    ATTEMPT_CODES = 2,     /* pieces of machine code of one request that are worth running */
    ATTEMPTS_EFFORT = 160, /* scripts run for one request; one that hit a bound counts for many */
};

struct attempt {
    enum attack_class class;
    double confidence;    /* that it is an attack at all, in [0,1] */
    struct bytes place;   /* "query:host", "header:User-Agent", "body:$.user.name", "path" */
    struct bytes payload; /* what stands there, in the layer in which it was understood */
    struct bytes command; /* what the attacker wants run, as text */
    struct expectations expectations;
    const struct probe *probe; /* how its answer compares with others; NULL: nohow */
};

/* Bytes that look like machine code. What they do, only who runs them can tell. */
struct suspected_code {
    struct bytes place, text;
    size_t sign; /* where in the text the sign ends that made somebody look */
};

struct attempts {
    struct attempt *items;
    uint32_t count, capacity, dropped;
    struct suspected_code codes[ATTEMPT_CODES];
    uint32_t code_count, codes_dropped;
    uint32_t effort; /* spent on running scripts in imitation */
    bool looked_at;  /* some decoded text had a recogniser's marks, whatever came of it */
};

/* A zeroed attempt of that class at the end; NULL when full (counted) or memory ran out. */
struct attempt *attempts_add(struct attempts *attempts, enum attack_class class,
                             struct arena *arena);

struct recognition; /* tables made once: patterns compiled, names hashed */

/* Tables for attempts_find; -ENOMEM. Shared by threads once made. */
int recognition_new(struct recognition **ret_recognition) __attribute__((warn_unused_result));
void recognition_free(struct recognition *recognition);

/*
 * Whether an exchange can hold an attack at all: a scan of its raw bytes by one
 * multi-pattern database. False is nearly always the answer, and cheap.
 */
bool recognition_suspects(const struct recognition *recognition, const struct exchange *exchange);

/* Strongest first. */
void attempts_sort(struct attempts *attempts);

/* What the request tries, strongest first; text in `arena` or the exchange's. 0, -ENOMEM. */
int attempts_find(const struct recognition *recognition, const struct exchange *exchange,
                  struct arena *arena, struct attempts *ret_attempts)
    __attribute__((warn_unused_result));

#endif
