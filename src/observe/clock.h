/*
 * observe/clock.h -- which of two clocks orders a source.
 *
 * A parser leaves the collector's clock in the column `time` and the source's
 * own in `event_created`. Over the first batch it is seen which of them goes
 * backward less often from record to record (by more than a second); that one
 * is `time` from then on, on a tie the collector's. A record with just one
 * clock has that one in `time`.
 */
#ifndef OBSERVE_CLOCK_H
#define OBSERVE_CLOCK_H

#include "model/batch.h"
#include "observe/source.h"

struct clock_choice {
    bool chosen;
    enum source_clock clock;
    bool distance_known;
    int64_t distance; /* the usual one, event_created - time in the parser's sense */
};

/* Choose by the rows of this batch, unless that is done. -ENOMEM. */
int clock_choose(struct clock_choice *choice, const struct batch *batch)
    __attribute__((warn_unused_result));

/* Put the chosen clock into `time` and count. */
void clock_apply(const struct clock_choice *choice, struct batch *batch,
                 struct source_counts *counts);

#endif
