/*
 * engine/helper.h -- a program of ours that is fed foreign bytes, as a child at the end of a pipe.
 *
 * It shuts itself in (base/sandbox.h), reads frames (base/frame.h) and answers each with one. Who
 * asks waits as long as its patience lasts, and ends a helper that hangs, dies or talks nonsense;
 * the next question starts another. One helper belongs to one thread at a time.
 */
#ifndef ENGINE_HELPER_H
#define ENGINE_HELPER_H

#include <limits.h>
#include <sys/types.h>

#include "base/buffer.h"

struct helper {
    char path[PATH_MAX];
    int64_t patience;  /* ns: what an answer may take; set by the caller */
    size_t frame_most; /* bytes of an answer; set by the caller */
    pid_t child;       /* 0: none runs */
    int channel;
    uint64_t starts;     /* how often one was started */
    struct buffer frame; /* the answer that is being read */
};

/*
 * The program at `path`; NULL finds NAME beside the running program, or in the folder `built_in` of
 * its build tree. It isn't started yet. -ENOENT when there is none.
 */
int helper_find(const char *path, const char *name, const char *built_in, struct helper *ret_helper)
    __attribute__((warn_unused_result));

/* Start it; `arguments` begin with its name and end with NULL; NULL: none. -errno. */
int helper_start(struct helper *helper, char *const arguments[])
    __attribute__((warn_unused_result));

static inline bool helper_runs(const struct helper *helper)
{
    return helper->child > 0;
}

/* When patience ends, from now on, by time_ticks. */
int64_t helper_deadline(const struct helper *helper);

/* Send a frame that is whole: 0, -ETIMEDOUT, -errno. */
int helper_send(const struct helper *helper, struct bytes frame, int64_t deadline)
    __attribute__((warn_unused_result));

/* The next answer's body, valid until the next call: 0, -ETIMEDOUT, -EPIPE (it left), -EBADMSG
 * (too long), -errno. */
int helper_receive(struct helper *helper, int64_t deadline, struct bytes *ret_frame)
    __attribute__((warn_unused_result));

/* Kill the child, if one runs, and wait for it. */
void helper_end(struct helper *helper);
void helper_close(struct helper *helper);

#endif
