/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-or-later */
/*
 * emulate/system_call.h -- what a system call means, said by its name.
 *
 * Numbers and registers differ between systems; the calls hardly do. A call's
 * arguments are described once and decoded, recorded, scored and answered by
 * that description: files that are opened, addresses that are bound or reached,
 * commands that are executed. Nothing happens: every call that makes sense
 * succeeds.
 */
#ifndef EMULATE_SYSTEM_CALL_H
#define EMULATE_SYSTEM_CALL_H

#include "emulate/trial.h"

enum { SYSTEM_CALL_ARGUMENTS = 8 };

struct system_call {
    const char *name;
    uint64_t arguments[SYSTEM_CALL_ARGUMENTS];
    uint64_t place; /* where it was made, for counting repetitions */
    unsigned word;  /* bytes of a pointer, in the caller's view */
};

/* Make the call; its result, negative errno as in Linux. The trial may be over afterwards. */
int64_t system_call_make(struct trial *trial, const struct system_call *call);

/* socketcall(2): one number for all calls of sockets, arguments in memory. */
int64_t system_call_socket(struct trial *trial, const struct system_call *call);

#endif
