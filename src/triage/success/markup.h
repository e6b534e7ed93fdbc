/*
 * triage/success/markup.h -- whether a browser would run what came back.
 */
#ifndef TRIAGE_SUCCESS_MARKUP_H
#define TRIAGE_SUCCESS_MARKUP_H

#include "triage/success/answer.h"

/*
 * Whether the page runs something that the request brought: an element, a
 * handler or a URL of script, in HTML (by its type), where the document is not a
 * comment, a text area or a quoted attribute; or `payload` inside a script of
 * the page, out of its string. `ret_found` is what runs.
 */
bool markup_runs(const struct answer *answer, struct bytes payload, struct found *ret_found);

#endif
