/*
 * analyse/expand.h -- going through one place of the graph.
 *
 * To expand a place is to read the observations that name it, in one direction
 * of time, and tie it to what they say influenced it or was influenced by it.
 */
#ifndef ANALYSE_EXPAND_H
#define ANALYSE_EXPAND_H

#include "analyse/expansion.h"

/* Read what names the place, and what can only be inferred of it. -ENOMEM or the store's error. */
int expansion_read(struct expansion *expansion) __attribute__((warn_unused_result));

#endif
