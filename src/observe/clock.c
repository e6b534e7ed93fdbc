#include "observe/clock.h"

#include <errno.h>
#include <stdlib.h>

enum { TOLERATED_DISAGREEMENT = 30 }; /* seconds off the usual distance */

/* How often the clock, or the other where it is absent, goes backward by more than a second. */
static uint32_t backward_steps(const int64_t *first, const int64_t *second, uint32_t rows)
{
    uint32_t steps = 0;
    int64_t newest = INT64_MIN / 2;
    for (uint32_t row = 0; row < rows; row++) {
        int64_t time = first[row] != TIME_NONE ? first[row] : second[row];
        steps += time < newest - TIME_SECOND;
        newest = time > newest ? time : newest;
    }
    return steps;
}

static int distance_compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The median distance of the two clocks over the rows that have both. */
static int distance_measure(struct clock_choice *choice, const struct batch *batch)
{
    const int64_t *collector = batch->columns.time, *source = batch->columns.event_created;
    int64_t *distances = malloc(BATCH_ROWS * sizeof(*distances));
    uint32_t count = 0;
    if (!distances)
        return -ENOMEM;
    for (uint32_t row = 0; row < batch->rows; row++)
        if (collector[row] != TIME_NONE && source[row] != TIME_NONE)
            distances[count++] = source[row] - collector[row];
    if (count) {
        qsort(distances, count, sizeof(*distances), distance_compare);
        choice->distance = distances[count / 2];
        choice->distance_known = true;
    }
    free(distances);
    return 0;
}

int clock_choose(struct clock_choice *choice, const struct batch *batch)
{
    const int64_t *collector = batch->columns.time, *source = batch->columns.event_created;
    if (choice->chosen || batch->rows == 0)
        return 0;
    int error = distance_measure(choice, batch);
    if (error)
        return error;
    choice->clock = backward_steps(source, collector, batch->rows) <
                            backward_steps(collector, source, batch->rows)
                        ? CLOCK_SOURCE
                        : CLOCK_COLLECTOR;
    choice->chosen = true;
    return 0;
}

void clock_apply(const struct clock_choice *choice, struct batch *batch,
                 struct source_counts *counts)
{
    int64_t *time = batch->columns.time, *other = batch->columns.event_created;
    for (uint32_t row = 0; row < batch->rows; row++) {
        int64_t collector = time[row], source = other[row];
        if (source == TIME_NONE)
            continue;
        if (collector == TIME_NONE) {
            time[row] = source;
            other[row] = TIME_NONE;
            continue;
        }
        int64_t off = source - collector - choice->distance;
        counts->two_clocks++;
        if (choice->distance_known && (off > TOLERATED_DISAGREEMENT * TIME_SECOND ||
                                       off < -TOLERATED_DISAGREEMENT * TIME_SECOND))
            counts->clock_disagreements++;
        if (choice->clock == CLOCK_SOURCE) {
            time[row] = source;
            other[row] = collector;
        }
    }
}
