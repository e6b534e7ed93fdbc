/*
 * model/case.h -- findings that are one story.
 */
#ifndef MODEL_CASE_H
#define MODEL_CASE_H

#include "model/finding.h"

enum { CASE_HOSTS = 64 };

/* Named incident in C because `case` is a keyword; everywhere a user looks it is a case. */
struct incident {
    uint32_t id; /* 1, 2, 3 … in the order they opened */
    uint8_t level;
    double best;  /* score of its strongest finding */
    double score; /* … raised by every further finding and host: the order within a level */
    int64_t time_start, time_end, opened; /* opened: event time at which it first existed */
    uint32_t findings;
    uint32_t stages; /* what the intruder would have done: bits of triage/stage.h */
    struct bytes hosts[CASE_HOSTS];
    uint32_t host_count; /* at most CASE_HOSTS are named */
    struct sentence title, summary;
};

#endif
