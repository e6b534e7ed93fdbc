/*
 * triage/success/statement.h -- whether a probe's statement ran, by its own answer and by others.
 */
#ifndef TRIAGE_SUCCESS_STATEMENT_H
#define TRIAGE_SUCCESS_STATEMENT_H

#include "triage/success/trial.h"

/* What is to be kept of the answer to the first attempt with a probe; false: there is none. */
bool statement_observe(const struct trial *trial, struct contrast_answer *ret_answer);

/* The verdict that the endpoint's other answers give; false: they leave it open. */
bool statement_judge(const struct trial *trial, struct verdict *verdict);

#endif
