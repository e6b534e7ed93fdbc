/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-or-later */
/*
 * emulate/lenient.h -- instructions real processors run and the machine refuses.
 *
 * Code for 64-bit MIPS runs on the 32-bit machine (Unicorn 2.0.1 has no usable
 * 64-bit one) when its 64-bit instructions are replaced by their 32-bit ones, as
 * long as addresses and numbers fit; and old ARM processors ignored bits that
 * today's want to be zero.
 */
#ifndef EMULATE_LENIENT_H
#define EMULATE_LENIENT_H

#include "emulate/machine.h"

/* Replace the refused instruction at `at` in memory; false when nothing stands for it. */
bool lenient_replace(struct machine *machine, uint64_t at);

/*
 * Do the load or store of MIPS at `at` whose address is not aligned, as Linux
 * does for a program; false when it is none.
 */
bool lenient_access(struct machine *machine, uint64_t at);

#endif
