/*
 * engine/episode_desk.h -- attacks on others, followed while the telescope's lanes read.
 *
 * A victim's answers come from itself and, as ICMP errors, from routers on the
 * way, which may be of any partition. So there is one table of episodes for all
 * lanes. Lanes hand in what may be an answer, a few packets in a hundred, and
 * whichever finds enough of them puts them in the order of the capture again
 * (packets.number), as far as all lanes have read, and shows them to the
 * table. What is told is what `hinomi darknet episodes` tells, for any number
 * of lanes. A lone lane shows them at once.
 *
 * Memory: the table's, which is fixed, and 64 bytes an answer that waits: those
 * of the blocks of a capture that can be in use at once (observe/packet/capture.h).
 */
#ifndef ENGINE_EPISODE_DESK_H
#define ENGINE_EPISODE_DESK_H

#include "detect/darknet/episode.h"
#include "detect/darknet/source_table.h"
#include "store/darknet.h"

struct episode_desk;

/* `lanes` >= 1; `addresses` as in struct episode_options. -ENOMEM. */
int episode_desk_open(enum episode_rule rule, unsigned lanes, double addresses,
                      struct episode_desk **ret_desk) __attribute__((warn_unused_result));

/*
 * On the thread of the lane: its rows that arrived in the telescope, in order.
 * It has seen every packet up to number `reached`. Want of memory is told by turn.
 */
void episode_desk_see(struct episode_desk *desk, unsigned lane, const struct packets *packets,
                      const struct source_rows *rows, uint64_t reached);

/*
 * While all lanes wait: no packet with a clock before `clock` will come. What
 * ended, and what goes on, is ready to be stored. -ENOMEM.
 */
int episode_desk_turn(struct episode_desk *desk, int64_t clock) __attribute__((warn_unused_result));

/* The input is over: everything ends. -ENOMEM. */
int episode_desk_end(struct episode_desk *desk) __attribute__((warn_unused_result));

/* The rows of what was told since the last call, between begin and commit. -EIO, -ENOMEM. */
int episode_desk_store(struct episode_desk *desk, struct darknet_store *store)
    __attribute__((warn_unused_result));

const struct episode_counts *episode_desk_counts(const struct episode_desk *desk);
void episode_desk_close(struct episode_desk *desk); /* NULL is fine */

#endif
