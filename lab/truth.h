/*
 * lab/truth.h -- what really happened, for those who check a detector.
 *
 * Kept beside the data, never in it.
 */
#ifndef LAB_TRUTH_H
#define LAB_TRUTH_H

#include "lab/world.h"

struct truth {
    struct buffer steps, oddities; /* JSON objects, separated by commas */
    uint64_t hosts_touched[8];     /* bits of host indexes */
    int64_t start, theft;          /* TIME_NONE: no attack */
};

/* One step of the attack. `what` is a sentence; `technique` an ATT&CK id. */
void truth_step(struct truth *truth, const struct world *world, int64_t time, uint32_t slot,
                const char *technique, const char *what);

/* Something rare that is nobody's attack. */
void truth_oddity(struct truth *truth, const struct host *host, int64_t time, const char *what);

/* The whole of truth.json. */
void truth_write(const struct truth *truth, const struct world *world, struct buffer *out);

void truth_finish(struct truth *truth);

#endif
