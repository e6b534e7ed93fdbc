/*
 * triage/decode/coding.h -- one decoding step of each kind.
 *
 * Each writes at most text.len bytes to `out` and says whether anything was
 * decoded that leaves a text worth looking at.
 */
#ifndef TRIAGE_DECODE_CODING_H
#define TRIAGE_DECODE_CODING_H

#include "triage/decode/layer.h"

/* A quick look whether the coding's mark is there at all. */
bool coding_occurs(enum layer_coding coding, struct bytes text);

bool percent_step(struct bytes text, char *out, size_t *ret_len);
bool form_step(struct bytes text, char *out, size_t *ret_len);
bool base64_step(struct bytes text, char *out, size_t *ret_len);
bool hexadecimal_step(struct bytes text, char *out, size_t *ret_len);
bool entity_step(struct bytes text, char *out, size_t *ret_len);
bool escape_step(struct bytes text, char *out, size_t *ret_len);
bool utf7_step(struct bytes text, char *out, size_t *ret_len);
bool overlong_step(struct bytes text, char *out, size_t *ret_len);

/* The value of a hexadecimal digit, or -1. */
int hexadecimal_digit(char c);

#endif
