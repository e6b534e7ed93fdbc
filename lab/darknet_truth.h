/*
 * lab/darknet_truth.h -- what each source of a trace really was.
 */
#ifndef LAB_DARKNET_TRUTH_H
#define LAB_DARKNET_TRUTH_H

#include "lab/darknet_source.h"

/*
 * Write PATH.truth.ndjson, a line for each source that sent something, in the
 * order in which they were drawn; *ret_sources is their number. -ENOMEM, or what
 * the file system said.
 */
int darknet_truth_write(const struct darknet_world *world, uint32_t *ret_sources)
    __attribute__((warn_unused_result));

#endif
