/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-or-later */
/*
 * emulate/numbers.h -- what a system calls the call of that number.
 *
 * Linux' tables are libseccomp's; the numbers the BSDs share (and macOS, whose
 * class in the upper byte is dropped) and Solaris' are here.
 */
#ifndef EMULATE_NUMBERS_H
#define EMULATE_NUMBERS_H

#include "emulate/trial.h"

enum { CALL_NAME_SIZE = 32 };

/* False when it has no such call. `i386` asks for Linux' 32-bit x86 table whatever the system. */
bool number_name(const struct system *system, bool i386, uint64_t number,
                 char ret_name[CALL_NAME_SIZE]);

#endif
