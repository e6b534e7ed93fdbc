/*
 * detect/darknet/series.h -- counts by name and step of time, gathered in any order.
 *
 * What is added is kept by name; then all names are laid out over the same whole
 * steps: those that lie between the first and the last time told, so that a step
 * that was only partly watched is left out. Where nothing was added, nothing
 * came: zero. Limits: SERIES_NAMES names and SERIES_STEPS steps; what comes
 * beyond the names is counted, the oldest steps beyond the steps are left out.
 */
#ifndef DETECT_DARKNET_SERIES_H
#define DETECT_DARKNET_SERIES_H

#include "base/arena.h"
#include "base/hash_table.h"

enum { SERIES_NAMES = 4096, SERIES_STEPS = 20000 };

struct series {
    struct bytes name;
    double total; /* over the steps laid out */
    double *counts;
};

struct series_point; /* private */

/* All zero but `step` before the first series_add. */
struct series_set {
    int64_t step;        /* ns */
    int64_t first, last; /* the time watched; widened by series_add and series_span */
    bool spanned;
    int64_t start; /* of the first step: from here on after series_lay */
    uint32_t steps;
    struct series *series; /* the largest total first, then by name */
    uint32_t count;
    uint64_t dropped; /* points of names beyond the limit */
    struct series_point *points;
    size_t point_count, point_room;
    struct hash_table names;
    struct arena memory;
};

/* The time was watched, whether or not something came. */
void series_span(struct series_set *set, int64_t first, int64_t last);

/* `value` more of `name` at `time`. -ENOMEM; -EINVAL: a value that is no count. */
int series_add(struct series_set *set, int64_t time, struct bytes name, double value)
    __attribute__((warn_unused_result));

/* Lay out the steps; nothing is added after it. -ENOMEM; -ENODATA: not one whole step. */
int series_lay(struct series_set *set) __attribute__((warn_unused_result));

void series_finish(struct series_set *set);

#endif
