/*
 * analyse/packer/mutate.h -- specimens as somebody who does not want them named would change them.
 *
 * Only what runs first is changed, as bytes: nothing is executed, and whether the result would
 * still run is not asked. The layout may lose the names of its sections.
 */
#ifndef ANALYSE_PACKER_MUTATE_H
#define ANALYSE_PACKER_MUTATE_H

#include "analyse/packer/specimen.h"
#include "base/random.h"

/*
 * Put `count` junk bytes in front, the last ones falling out of the window: any bytes, or
 * instructions that do nothing, as chance has it.
 */
void specimen_junk(struct specimen *specimen, uint32_t count, struct random *random);

/* Each byte becomes another, any one, with a chance of `share`. */
void specimen_mutate(struct specimen *specimen, double share, struct random *random);

/* Every section gets a name of letters drawn by chance. */
void specimen_rename(struct specimen *specimen, struct random *random);

#endif
