/*
 * engine/telescope_counts.h -- a window of the telescope → its rows of darknet_counts.
 *
 * Its classes, marks and flags, its busiest ports and prefixes and, with a
 * geography, its countries and networks. For telescope_store.h.
 */
#ifndef ENGINE_TELESCOPE_COUNTS_H
#define ENGINE_TELESCOPE_COUNTS_H

#include "engine/telescope.h"
#include "store/darknet.h"

/* Ports (of each protocol) and prefixes that are kept; of an hour and longer, eight times as many
 * prefixes. */
enum { TELESCOPE_STORE_PORTS = 256, TELESCOPE_STORE_PREFIXES = 512 };

struct telescope_counts;

/* Room for the rows of one window at a time. -ENOMEM. */
int telescope_counts_open(struct telescope_counts **ret_counts) __attribute__((warn_unused_result));

/* Between begin and commit: replace what stands there for the window. -EIO, -ENOMEM, -ENOSPC. */
int telescope_counts_write(struct telescope_counts *counts, struct darknet_store *store,
                           const struct telescope_window *window)
    __attribute__((warn_unused_result));

void telescope_counts_close(struct telescope_counts *counts); /* NULL is fine */

#endif
