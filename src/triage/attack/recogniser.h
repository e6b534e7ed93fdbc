/*
 * triage/attack/recogniser.h -- what one kind of attack looks like, and what it would leave.
 *
 * One constant struct a file and one line in the list of attempt.c. Marks are
 * expressions of the multi-pattern matcher: a layer of a place that none of a
 * recogniser's marks matches is never shown to it. They may match too much, and
 * must not match too little.
 */
#ifndef TRIAGE_ATTACK_RECOGNISER_H
#define TRIAGE_ATTACK_RECOGNISER_H

#include "triage/attack/attempt.h"
#include "triage/decode/layer.h"
#include "triage/decode/place.h"

/* One layer of one place of a request, to be looked at. */
struct suspicion {
    const struct exchange *exchange;
    const struct place *place;
    const struct layers *layers;
    uint32_t layer;  /* which of them */
    size_t mark_end; /* in its text, where the first of the recogniser's marks ends */
    struct arena *arena;
    struct attempts *attempts;
};

struct recogniser {
    const char *name;
    uint32_t places;          /* bits of enum place_kind it looks at */
    const char *const *marks; /* ends with NULL; caseless, dot matches all */
    /* NULL, or beside the marks: whether it has to look, and where the reason ends. */
    bool (*spot)(struct bytes text, size_t *ret_end);
    bool (*fits)(const struct place *place); /* NULL, or: only such places */
    /* Add attempts, or none. -ENOMEM. */
    int (*look)(const struct suspicion *suspicion);
};

#define PLACE_BIT(kind) (1u << PLACE_##kind)
#define PLACES_PARAMETERS                                                                          \
    (PLACE_BIT(query) | PLACE_BIT(form) | PLACE_BIT(part) | PLACE_BIT(json) | PLACE_BIT(cookie))
#define PLACES_ALL ((1u << PLACE_KIND_COUNT) - 1)

static inline struct bytes suspicion_text(const struct suspicion *suspicion)
{
    return suspicion->layers->items[suspicion->layer].text;
}

extern const struct recogniser command_recogniser, command_path_recogniser, code_recogniser,
    entity_recogniser, fetch_recogniser, file_recogniser, jndi_recogniser, machine_code_recogniser,
    object_recogniser, script_recogniser, sql_recogniser, template_recogniser, upload_recogniser,
    web_shell_recogniser;

/*
 * Add an attempt at the suspicion's place with its whole layer as payload.
 * NULL: full or out of memory (then arena_take fails next as well).
 */
struct attempt *attempt_begin(const struct suspicion *suspicion, enum attack_class class,
                              double confidence, struct bytes command);

/* Add one more expectation to an attempt, with its command. 0 (also when full), -ENOMEM. */
int attempt_expect(const struct suspicion *suspicion, struct attempt *attempt,
                   struct expectation wanted) __attribute__((warn_unused_result));

/*
 * Machine code in a request's head as it was sent: it doesn't keep to lines and
 * parameters, so places hold pieces of it only. Whether there are signs of it;
 * and note it among the attempts: 0, -ENOMEM.
 */
bool machine_code_in_head(const struct exchange *exchange);
int machine_code_look_head(const struct exchange *exchange, struct attempts *attempts)
    __attribute__((warn_unused_result));

/* What reading the file at `path` would show, if it is one attackers know. 0, -ENOMEM. */
int file_expect(const struct suspicion *suspicion, struct attempt *attempt, struct bytes path)
    __attribute__((warn_unused_result));

/* A script to run in imitation. */
struct script {
    struct bytes text;   /* what is run … */
    struct bytes told;   /* … and what of it the sender wrote */
    struct bytes before; /* of a substitution: the word its output is joined to */
    uint32_t own;        /* commands of `text` that we put there */
    bool shown; /* whoever runs it shows its output: a web shell, CGI, a call that prints */
    enum channel channel;
};

enum script_ran {
    RAN_nothing,    /* no command in it */
    RAN_something,  /* words that may be commands */
    RAN_on_purpose, /* commands that do something, though perhaps nothing that can be foreseen */
};

/*
 * What running a script in the imitation shells would leave, into `expectations`. Beyond
 * ATTEMPTS_EFFORT nothing is run. 0, -ENOMEM.
 */
int shell_expect(const struct suspicion *suspicion, const struct script *script,
                 struct expectations *expectations, enum script_ran *ret_ran)
    __attribute__((warn_unused_result));

/* What output that is known, with holes as triage/shell/shell.h has them, would leave: `text` of
 * `printed`. */
void printed_expect(const struct suspicion *suspicion, const struct script *printed,
                    struct expectations *expectations);

struct code_result;

/* What a program that was read would leave, told as `source`. 0, -ENOMEM. */
int code_expect(const struct suspicion *suspicion, const struct code_result *result,
                struct bytes source, struct attempt *attempt) __attribute__((warn_unused_result));

#endif
