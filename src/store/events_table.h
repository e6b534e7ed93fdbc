/*
 * store/events_table.h -- the table `events` of SQL: all days as one.
 *
 * A virtual table over walks. Pushed down: bounds on `time` (numbers, or texts
 * as time_parse reads them), equality on an observable column (by posting
 * lists), and ORDER BY time. Only columns that are asked for are read.
 */
#ifndef STORE_EVENTS_TABLE_H
#define STORE_EVENTS_TABLE_H

#include "store/inside.h"

int events_table_register(struct store *store) __attribute__((warn_unused_result));

/* Read "2024-05-07", or what time_parse reads, or a number of nanoseconds. -EINVAL. */
int time_of_text(struct bytes text, int64_t *ret_time) __attribute__((warn_unused_result));

#endif
