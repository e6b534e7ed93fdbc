/*
 * lab/changes.h -- what makes one day differ from the next, and is no attack.
 *
 * Updates, roll-outs, single installations, an administrator's odd jobs, a
 * change of department, a stick in the USB port, a disk that fails.
 */
#ifndef LAB_CHANGES_H
#define LAB_CHANGES_H

#include "lab/life.h"
#include "lab/truth.h"

/* Before a machine's day: what it has got over night. */
void changes_before(struct world *world, struct host *host, struct truth *truth);

/* After everybody's day has been lived: what happened besides. */
void changes_during(struct world *world, const struct shift *shifts, struct truth *truth);

/* The administrators' share of it (lab/admin.c). */
void admin_day(struct world *world, const struct shift *shifts, struct truth *truth);

#endif
