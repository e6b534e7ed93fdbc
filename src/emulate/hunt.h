/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-or-later */
/*
 * emulate/hunt.h -- egg hunters.
 *
 * A hunter asks the kernel about address after address whether it can be read
 * and looks there for the mark of its second part. (Skape, "Safely searching
 * process virtual address space", 2004.) Rather than through the whole address
 * space it is taken to where the shellcode's own bytes are; when it has been
 * there without finding anything, the second part isn't here.
 */
#ifndef EMULATE_HUNT_H
#define EMULATE_HUNT_H

#include "emulate/described.h"
#include "emulate/system_call.h"

/* Whether the call is a step of a hunt; then `*ret_result` is its answer. */
bool hunt_step(struct trial *trial, const struct system_call *call,
               const struct described *described, int64_t *ret_result);

#endif
