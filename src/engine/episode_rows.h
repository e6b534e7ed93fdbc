/*
 * engine/episode_rows.h -- attacks on others → DATA/darknet.db.
 */
#ifndef ENGINE_EPISODE_ROWS_H
#define ENGINE_EPISODE_ROWS_H

#include "detect/darknet/episode.h"
#include "store/darknet.h"

/* "tcp", "udp", "icmp", "icmp6", "ip/47"; perhaps in `text`. */
struct bytes episode_protocol_text(uint8_t protocol, char text[16]);

/* Its number, or nothing where no port stands out; in `text`. */
struct bytes episode_service_text(const struct episode *episode, char text[16]);

/*
 * The episode's row, between begin and commit of the store: it replaces those
 * of the same victim, protocol and rule that begin while it goes on, which are
 * itself as it was told before. One that is gone leaves no row. -EIO, -ENOMEM.
 */
int episode_row_write(struct darknet_store *store, const struct episode *episode,
                      enum episode_rule rule) __attribute__((warn_unused_result));

#endif
