/*
 * triage/success/answer.h -- an answer as it can be read, and what was asked beside it.
 *
 * Output of a command comes back inside HTML, JSON or plain text, so an answer
 * is searched as it came, with references and escapes resolved, and with base64
 * in it decoded (views). What
 * is found is held against every decoded layer of every place of the request,
 * because whatever was sent may simply have come back.
 */
#ifndef TRIAGE_SUCCESS_ANSWER_H
#define TRIAGE_SUCCESS_ANSWER_H

#include "triage/attack/attempt.h"
#include "triage/decode/layer.h"
#include "triage/decode/place.h"

enum {
    ANSWER_VIEWS = 4,
    ANSWER_ASKED = 512,             /* layers of places, and … */
    ANSWER_ASKED_BYTES = 256 << 10, /* … their bytes together, at most; the first ones count */
};

struct answer {
    struct bytes views[ANSWER_VIEWS]; /* first: the body as it came, dechunked and inflated */
    uint32_t view_count;
    struct bytes asked[ANSWER_ASKED]; /* layers of the request's places */
    bool describing[ANSWER_ASKED];    /* of a header such as User-Agent that holds no attack */
    uint32_t asked_count;
    bool html;
    struct bytes squeezed, squeezed_asked; /* letters and digits of the first view; of `asked` */
};

/* Text in `arena`. -ENOMEM. */
int answer_open(const struct exchange *exchange, const struct attempts *attempts,
                struct arena *arena, struct answer *ret_answer) __attribute__((warn_unused_result));

struct found {
    struct bytes text;
    uint32_t view;
    size_t offset; /* in that view */
};

/* The first place of `text`. */
bool answer_find_literal(const struct answer *answer, struct bytes text, struct found *ret_found);

/*
 * Matches of a PCRE2 pattern (multi-line, dot not at line ends), one after the
 * other: `accept` says whether one will do. With `line`, only what fills a line
 * or the text between two tags. True when one was accepted. Bounded by PCRE2's
 * match limits; a pattern that does not compile matches nothing.
 */
bool answer_find_pattern(const struct answer *answer, struct bytes pattern, bool line,
                         bool (*accept)(void *context, const struct found *found), void *context,
                         struct found *ret_found);

/*
 * Whether the request holds this text in any decoded form, so that it may be a
 * reflection: anywhere in a place that says what is to be done; of a header
 * that merely describes the client, only if the whole of it came back.
 */
bool answer_asked(const struct answer *answer, struct bytes text);

/*
 * What is left of the body when everything that was asked is taken out of it:
 * two attacks whose answers are the same but for what came back of them got
 * the same page. `ret_page` is without short words of the request too, without
 * payloads that lost their quotes, and without what stands before their first
 * separator. Both live in `arena`. -ENOMEM.
 */
int answer_reduce(const struct answer *answer, const struct attempts *attempts, struct arena *arena,
                  struct bytes *ret_rest, struct bytes *ret_page)
    __attribute__((warn_unused_result));

/*
 * The next piece of text of a page: what stands between tags and line ends,
 * without blanks around it; empty at the end. `at` begins at 0.
 */
struct bytes answer_next_text(struct bytes page, size_t *at);

/* The same for what filters leave of it: letters and digits are compared alone. */
bool answer_asked_squeezed(const struct answer *answer, struct bytes text);

/*
 * Whether a payload stands in the answer untouched, or the longest part of it
 * without signs that are often filtered, or its letters and digits in one row:
 * `ret_back` is what came back.
 */
bool answer_reflects(const struct answer *answer, struct bytes payload, struct bytes *ret_back);

#endif
