/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-or-later */
/*
 * emulate/windows.h -- the imitation of a Windows process.
 *
 * Shellcode finds Windows' functions by itself: from the thread and process
 * blocks to the list of loaded modules, through the export table of each,
 * comparing names or their hashes. All of that is laid out in the guest's
 * memory as in a real process. Each exported function is a few bytes whose
 * interrupt comes to us; there its arguments are read as its description says.
 */
#ifndef EMULATE_WINDOWS_H
#define EMULATE_WINDOWS_H

#include "emulate/trial.h"

struct windows;

#define WINDOWS_STACK UINT64_C(0x00120000)

/* The modules and blocks of a process of 4- or 8-byte words; NULL when memory ran out. */
struct windows *windows_create(unsigned word);
void windows_destroy(struct windows *windows);

/* Lay it out in the trial's machine, which was reset just now. -EFAULT. */
int windows_lay(struct trial *trial) __attribute__((warn_unused_result));

/* The guest writes to a library: it may, from now on. False when `at` isn't in one. */
bool windows_touch(struct trial *trial, uint64_t at);

/* An interrupt happened; false when it isn't one of ours. */
bool windows_interrupt(struct trial *trial, uint32_t number);

/*
 * The guest jumps to `at`, where nothing is. True when it is the address of a
 * function in a version of Windows we know, which was then called, or any
 * address where such functions are, which ends the run.
 */
bool windows_absent(struct trial *trial, uint64_t at);

/* The instruction syscall of x86-64, sysenter of x86. */
void windows_system_call(struct trial *trial);

#endif
