/*
 * observe/flow/log_counts.h -- what became of the records of a flow log.
 */
#ifndef OBSERVE_FLOW_LOG_COUNTS_H
#define OBSERVE_FLOW_LOG_COUNTS_H

#include "base/fault.h"

struct flow_log_counts {
    uint64_t read, flows, others, refused;
    const char *why;     /* the first record was refused */
    uint64_t first_line; /* where; 0: in a file without lines */
    uint64_t damaged;    /* blocks of an nfdump file; their records are not among `read` */
    struct fault first_damage;
};

#endif
