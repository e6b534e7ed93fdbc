/*
 * detect/darknet/synchrony_newcomers.h -- hosts in step that were not in step before.
 *
 * Fleets of surveys move together every day, and in as large a group as a young
 * worm's; but they are always the same hosts. So a host that was in a group
 * (synchrony_groups.h) in the last three days, other than in the last hour, is
 * known, and the others of a group are newcomers. What counts are those of one
 * group that look for one port. Not in the source. Only synchrony.c uses it.
 *
 * Memory: 16 bytes for each IPv4 /16, and as much again for IPv6, whose /32 are
 * told apart by a hash of 16 bits: two that share one pass for one host.
 */
#ifndef DETECT_DARKNET_SYNCHRONY_NEWCOMERS_H
#define DETECT_DARKNET_SYNCHRONY_NEWCOMERS_H

#include "detect/darknet/synchrony.h"

struct synchrony_newcomers;

int synchrony_newcomers_open(struct synchrony_newcomers **ret_newcomers)
    __attribute__((warn_unused_result));

/*
 * The most newcomers of one group that look for one port, 0 when there are fewer
 * than SYNCHRONY_GROUP_LEAST; `members`, those of one group together, are
 * remembered. Windows come in the order of time.
 */
uint32_t synchrony_newcomers_next(struct synchrony_newcomers *newcomers, int64_t start,
                                  const struct synchrony_member *members, uint32_t count,
                                  uint16_t *ret_port);

/* Forget what was remembered from `start` on; all of it. */
void synchrony_newcomers_rewind(struct synchrony_newcomers *newcomers, int64_t start);
void synchrony_newcomers_clear(struct synchrony_newcomers *newcomers);

void synchrony_newcomers_save(const struct synchrony_newcomers *newcomers, struct buffer *out);

/* False: it is none; what is remembered is undefined then. */
bool synchrony_newcomers_load(struct synchrony_newcomers *newcomers, struct cursor *in);

void synchrony_newcomers_close(struct synchrony_newcomers *newcomers);

#endif
