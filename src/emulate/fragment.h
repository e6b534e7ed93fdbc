/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-or-later */
/*
 * emulate/fragment.h -- parts of shellcodes: the beginning is missing, or the end.
 *
 * What was captured of an attack is often only a part. What a bind() or
 * connect() by socketcall needs stands on the stack in a shape of its own: a
 * socket, a pointer to an inet address, the length 16.
 */
#ifndef EMULATE_FRAGMENT_H
#define EMULATE_FRAGMENT_H

#include "emulate/trial.h"

/* Where such arguments stand near the stack pointer, or `otherwise`. */
uint64_t fragment_arguments(struct trial *trial, uint64_t otherwise);

/*
 * 32-bit x86 code of Linux ran past its end behind socket(), without a bind() or
 * connect(), but all is laid out for one: make it. The run counts as assumed.
 */
void fragment_finish(struct trial *trial);

#endif
