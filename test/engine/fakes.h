/*
 * The engine's neighbours, small enough to see through: a source that reads
 * lines "TIME HOST WORD", a detector whose findings depend on every row it ever
 * saw and on their order, and a store in memory that forgets what came after
 * the last checkpoint when it is opened again.
 */
#ifndef TEST_ENGINE_FAKES_H
#define TEST_ENGINE_FAKES_H

#include "base/buffer.h"

struct fake_store {
    struct buffer rows, findings, checkpoint, next_checkpoint;
    size_t rows_kept, findings_kept; /* as of the last checkpoint */
    bool mark;                       /* the next commit makes the checkpoint count */
    uint64_t row_count, fail_at;     /* after so many rows writing fails; 0: never */
    uint32_t checkpoints;
};

extern struct fake_store fake_store;
extern uint32_t fake_read_rows; /* rows a source gives at a time */

void fake_store_forget(void);

#endif
