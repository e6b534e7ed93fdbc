/*
 * base/sandbox.h -- what this process gives up before it reads a byte.
 *
 * Limits on memory, processor time, files and processes; Landlock, so that no
 * path can be opened (kernels from 5.13; may be missing); seccomp, so that
 * nothing is left but reading and writing what is open, memory and leaving
 * (must work). (Landlock: landlock(7); seccomp: seccomp(2).)
 */
#ifndef BASE_SANDBOX_H
#define BASE_SANDBOX_H

#include <stdbool.h>

/*
 * Enter; there is no way back. `*ret_landlock` says whether Landlock holds.
 * -EPERM and others when seccomp could not be had: then nothing may be run.
 */
int sandbox_enter(bool *ret_landlock) __attribute__((warn_unused_result));

#endif
