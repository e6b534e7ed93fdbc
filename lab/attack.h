/*
 * lab/attack.h -- one intrusion that lives off the land, with its ground truth.
 */
#ifndef LAB_ATTACK_H
#define LAB_ATTACK_H

#include "lab/life.h"
#include "lab/truth.h"

/* What the attack's way asks of this machine's day. */
enum demand attack_demand(const struct world *world, const struct host *host);

/* Lived after everybody's day: `shifts` says who was there and when. */
void attack_run(struct world *world, const struct shift *shifts, struct truth *truth);

#endif
