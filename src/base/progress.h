/*
 * base/progress.h -- the line that says how far a long job is.
 *
 * Drawn on stderr, only on a terminal, only after the first second, at most
 * ten times a second: "  42 %  1,234,567 events  812 k/s  ETA 0:07".
 */
#ifndef BASE_PROGRESS_H
#define BASE_PROGRESS_H

#include "base/bytes.h"

struct progress {
    const char *unit; /* "events" */
    int64_t started, drawn;
    bool terminal, shown;
};

void progress_begin(struct progress *progress, const char *unit);

/* `done` units so far; `part` of the whole in [0,1], below 0 where unknown. */
void progress_step(struct progress *progress, uint64_t done, double part);

/* Wipe the line; the caller prints its summary. */
void progress_end(struct progress *progress);

#endif
