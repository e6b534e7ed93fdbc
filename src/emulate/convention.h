/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-or-later */
/*
 * emulate/convention.h -- how a system call is made on each system: which
 * interrupt, which registers, where the result and the error go.
 */
#ifndef EMULATE_CONVENTION_H
#define EMULATE_CONVENTION_H

#include "emulate/trial.h"

/* An interrupt of that number (Unicorn's) happened; false when it is no system call. */
bool convention_interrupt(struct trial *trial, uint32_t number);

/* The instructions syscall and sysenter of x86. */
void convention_syscall(struct trial *trial);
void convention_sysenter(struct trial *trial);

#endif
