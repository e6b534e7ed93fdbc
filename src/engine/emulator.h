/*
 * engine/emulator.h -- asking the helper what a shellcode would do.
 *
 * The helper, hinomi-emulate, is a program of its own in a sandbox of its own
 * (docs/decisions/0007-emulator.md). It is started when first asked, asked one
 * shellcode after the other, killed when it doesn't answer in time or answers
 * nonsense, and started again for the next. One emulator belongs to one thread.
 */
#ifndef ENGINE_EMULATOR_H
#define ENGINE_EMULATOR_H

#include "model/shellcode.h"

struct emulator;

#define EMULATOR_PATIENCE INT64_C(5000000000) /* ns: what an answer may take */

/*
 * Prepare to ask the helper at `path`; NULL finds it beside the running program
 * or in its build tree. It isn't started yet. -ENOENT when there is none.
 */
int emulator_open(const char *path, int64_t patience, struct emulator **ret_emulator)
    __attribute__((warn_unused_result));
void emulator_close(struct emulator *emulator);

/*
 * What `code` does on `platform`, or on the one that explains it. Everything of
 * the run is kept in `keep`. A helper that hangs or dies of it is an answer, too
 * (SHELLCODE_HUNG, SHELLCODE_CRASHED; one that died while it tried all platforms
 * is asked again for each). -E2BIG beyond SHELLCODE_CODE_MOST bytes;
 * -EPERM when the helper refuses to run (no sandbox), -errno when it can't be
 * started, -ENOMEM.
 */
int emulator_explain(struct emulator *emulator, enum shellcode_platform platform, struct bytes code,
                     struct arena *keep, struct shellcode_run *ret_run)
    __attribute__((warn_unused_result));

/* What the running helper said of itself; NULL before the first answer. */
const struct shellcode_greeting *emulator_greeting(const struct emulator *emulator);

/* How often a helper was started. */
uint64_t emulator_starts(const struct emulator *emulator);

#endif
