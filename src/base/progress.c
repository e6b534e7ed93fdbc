#include "base/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/time.h"

void progress_begin(struct progress *progress, const char *unit)
{
    *progress = (struct progress){.unit = unit, .terminal = isatty(STDERR_FILENO) == 1};
    progress->started = time_ticks();
}

static void progress_draw(struct progress *progress, uint64_t done, double part, double seconds)
{
    fprintf(stderr, "\r\033[K");
    if (part >= 0)
        fprintf(stderr, "%4.0f %%  ", part * 100);
    fprintf(stderr, "%llu %s  %.0f k/s", (unsigned long long)done, progress->unit,
            (double)done / seconds / 1000);
    if (part > 0 && part < 1) {
        long left = (long)(seconds / part * (1 - part));
        fprintf(stderr, "  ETA %ld:%02ld", left / 60, left % 60);
    }
    fflush(stderr);
    progress->shown = true;
}

void progress_step(struct progress *progress, uint64_t done, double part)
{
    if (!progress->terminal)
        return;
    int64_t now = time_ticks();
    if (now - progress->started < TIME_SECOND || now - progress->drawn < TIME_SECOND / 10)
        return;
    progress->drawn = now;
    progress_draw(progress, done, part, (double)(now - progress->started) / (double)TIME_SECOND);
}

void progress_end(struct progress *progress)
{
    if (progress->shown)
        fprintf(stderr, "\r\033[K");
    progress->shown = false;
}
