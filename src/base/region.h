/*
 * base/region.h -- memory that grows without moving.
 *
 * A region reserves addresses for its largest size at once and takes pages
 * from the machine only as they are touched, huge ones where the machine gives
 * them: large tables then miss the translation cache less. A sparse region, which
 * may stay small, has huge ones only behind its first eight megabytes. What is
 * taken is zero.
 */
#ifndef BASE_REGION_H
#define BASE_REGION_H

#include "base/bytes.h"

struct region {
    char *at;
    size_t size; /* reserved */
};

enum region_kind { REGION_SPARSE, REGION_DENSE };

/* -ENOMEM. */
int region_open(struct region *region, size_t size, enum region_kind kind)
    __attribute__((warn_unused_result));

void region_close(struct region *region);

#endif
