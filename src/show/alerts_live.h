/*
 * show/alerts_live.h -- an interface's traffic judged as it comes.
 */
#ifndef SHOW_ALERTS_LIVE_H
#define SHOW_ALERTS_LIVE_H

#include "engine/judge.h"
#include "show/judged.h"

struct alerts_live {
    const char *interface;
    const char *filter; /* NULL: none */
    size_t ring;        /* bytes */
    int64_t lasting;    /* ns; 0: until SIGINT or SIGTERM */
    struct judge *judge;
    struct judged_alerts *stored; /* NULL: without a store */
};

/*
 * Until it is told to end; the judge isn't flushed then. What is judged goes to the judge's own
 * callback. The exit status; what was wrong, and what was captured, is said on stderr.
 */
int alerts_live_judge(const struct alerts_live *live);

#endif
