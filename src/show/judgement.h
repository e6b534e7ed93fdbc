/*
 * show/judgement.h -- a judgement as JSON, as a row, as a line.
 */
#ifndef SHOW_JUDGEMENT_H
#define SHOW_JUDGEMENT_H

#include "base/json.h"
#include "engine/judge.h"
#include "show/table.h"

/* Whether there is one: what was run, or the trace it would leave. */
bool proof_there(const struct proof *proof);

/* Its members, into an object that is open. */
void proof_members_json(struct json *json, const struct proof *proof);

/* An object and a newline; out->failed when memory ran out, as below. */
void judgement_json(struct buffer *out, const struct judgement *judgement);

/* The columns of a table of judgements, and a row of it. */
void judgement_titles(struct table *table);
void judgement_row(struct table *table, const struct judgement *judgement);

/* The cells of a row on a line, for who reads along. */
void judgement_line(FILE *to, const struct judgement *judgement);

#endif
