/*
 * store/alert_block.h -- many alerts as one blob, and back.
 *
 * Text that repeats within a block is written once; the whole is a zstd frame.
 * A block read back may come from a damaged disk: every length is checked.
 */
#ifndef STORE_ALERT_BLOCK_H
#define STORE_ALERT_BLOCK_H

#include "base/arena.h"
#include "base/buffer.h"
#include "model/alert.h"

enum {
    ALERT_BLOCK_ALERTS = 1 << 16,
    ALERT_BLOCK_BYTES = 1 << 30, /* of a block, unpacked */
};

struct alert_packer; /* memory kept from block to block */

struct alert_packer *alert_packer_new(void); /* NULL: no memory */
void alert_packer_free(struct alert_packer *packer);

/* At most ALERT_BLOCK_ALERTS; the bytes live until the next call. -ENOMEM, -E2BIG. */
int alert_block_pack(struct alert_packer *packer, const struct alert *alerts, uint32_t count,
                     struct bytes *ret_block) __attribute__((warn_unused_result));

/* Into the arena. -EBADMSG: no such block; -ENOMEM. */
int alert_block_unpack(struct bytes block, struct arena *arena, struct alert **ret_alerts,
                       uint32_t *ret_count) __attribute__((warn_unused_result));

#endif
