/*
 * analyse/image/entropy.h -- how random bytes look: Shannon's entropy of their values.
 */
#ifndef ANALYSE_IMAGE_ENTROPY_H
#define ANALYSE_IMAGE_ENTROPY_H

#include "base/bytes.h"

/* Bits a byte, 0 to 8; 0 of nothing. */
double entropy_of(struct bytes bytes);

/*
 * As much, from at most `most` bytes of it in runs spread evenly, corrected by what a sample of its
 * size comes short on average (Miller, "Note on the bias of information estimates", 1955). `most`
 * from 4,096; exact up to there.
 */
double entropy_sampled(struct bytes bytes, size_t most);

/* Of `count` equal parts in turn, the last taking what is over; 0 where a part is empty. */
void entropy_map(struct bytes bytes, uint32_t count, float *ret_map);

#endif
