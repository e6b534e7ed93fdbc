/*
 * lab/process.h -- the lives of processes: begun, at work, with children, ended.
 */
#ifndef LAB_PROCESS_H
#define LAB_PROCESS_H

#include "lab/rows.h"

/* Begin, work, start children, end: within the program's usual life, not beyond `limit`. */
uint32_t process_run(struct world *world, struct start start, int64_t limit);
/* The same for `seconds`. */
uint32_t process_run_for(struct world *world, struct start start, int64_t seconds, int64_t limit);

/* What a process that stays starts in turn between two times. */
void process_children(struct world *world, uint32_t slot, int64_t from, int64_t to);

#endif
