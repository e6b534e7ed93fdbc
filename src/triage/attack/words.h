/*
 * triage/attack/words.h -- strings of a payload that may be commands.
 *
 * Payloads of template languages and object streams carry the command they run
 * as a string among others. These are collected by whoever knows the format,
 * and each is run in imitation.
 */
#ifndef TRIAGE_ATTACK_WORDS_H
#define TRIAGE_ATTACK_WORDS_H

#include "triage/attack/recogniser.h"

enum { WORDS = 12 }; /* what comes after is left out */

struct words {
    struct bytes items[WORDS];
    uint32_t count;
};

/* Without repeats and empty ones. */
void words_add(struct words *words, struct bytes word);

/* The quoted strings a call of something that runs commands is given: popen('id'), exec("id"). */
void words_of_calls(struct words *words, struct bytes text);

/*
 * One attempt with what the words would leave if they are commands. With none
 * that is, the attempt is made without expectations when `anyway`. 0, -ENOMEM.
 */
int words_try(const struct suspicion *suspicion, const struct words *words, enum attack_class class,
              double confidence, bool anyway) __attribute__((warn_unused_result));

/* What fetching this URL would leave on the network: connection, request, name. 0, -ENOMEM. */
int url_expect(const struct suspicion *suspicion, struct attempt *attempt, struct bytes url)
    __attribute__((warn_unused_result));

/* The host of "scheme://user@host:port/path", its port (0: none named), and what follows. */
bool url_split(struct bytes url, struct bytes *ret_scheme, struct bytes *ret_host,
               uint16_t *ret_port, struct bytes *ret_path);

#endif
