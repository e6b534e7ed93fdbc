/*
 * engine/roster.h -- the hosts there are, and who talks to whom.
 *
 * A small roll-up of everything that went by, for the console's Hosts page: one
 * line per host and one per pair of hosts. A host's address is the one it last
 * named as its own; a peer is known by address once a host has named it.
 * Bounded: beyond ROSTER_HOSTS and ROSTER_PAIRS new ones are not taken, and
 * counted.
 */
#ifndef ENGINE_ROSTER_H
#define ENGINE_ROSTER_H

#include "base/cursor.h"
#include "model/batch.h"
#include "model/finding.h"
#include "store/store.h"

enum { ROSTER_HOSTS = 65536, ROSTER_PAIRS = 262144 };

struct roster;

int roster_open(struct roster **ret_roster) __attribute__((warn_unused_result));

/* Rows in the order of the engine. */
int roster_rows(struct roster *roster, const struct batch *batch, const uint32_t *at,
                uint32_t count) __attribute__((warn_unused_result));

/* A finding that names a hop makes the pair abnormal. */
int roster_finding(struct roster *roster, const struct finding *finding)
    __attribute__((warn_unused_result));

/* Put the lines that changed since the last time. `learning`: the fleet's normal is not yet known.
 */
int roster_put(struct roster *roster, struct store *store, bool learning)
    __attribute__((warn_unused_result));

uint32_t roster_hosts(const struct roster *roster);
uint64_t roster_refused(const struct roster *roster);

void roster_save(const struct roster *roster, struct buffer *out);
int roster_load(struct roster *roster, struct cursor *in) __attribute__((warn_unused_result));
void roster_close(struct roster *roster);

#endif
