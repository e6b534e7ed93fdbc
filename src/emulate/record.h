/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-or-later */
/*
 * emulate/record.h -- the calls of one run, as they will be told.
 *
 * A call is begun, given its arguments in order and ended. One that says the
 * same as the call before it only counts that one up. Beyond
 * SHELLCODE_CALLS_MOST calls are counted as lost.
 */
#ifndef EMULATE_RECORD_H
#define EMULATE_RECORD_H

#include "model/shellcode.h"

struct record {
    struct arena keep; /* owns the texts */
    struct shellcode_run run;
    struct shellcode_call calls[SHELLCODE_CALLS_MOST + 1]; /* the last is the one being made */
};

/* Forget everything; the record must be zeroed before its first use. */
void record_reset(struct record *record);
void record_finish(struct record *record);

void record_begin(struct record *record, const char *name);
void record_number(struct record *record, const char *name, int64_t value);
void record_text(struct record *record, const char *name, struct bytes text);
/* `list` is blocks, for cursor_block. */
void record_list(struct record *record, const char *name, struct bytes list);
/* True when it is a new one, false when it was merged or lost. */
bool record_end(struct record *record);

/* A call that failed on memory that isn't there, over and over: told once, counted. */
void record_probe(struct record *record, const char *name);

void record_note(struct record *record, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
