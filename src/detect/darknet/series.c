#include "detect/darknet/series.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/hash.h"

struct series_point {
    int64_t time;
    double value;
    uint32_t series;
};

void series_span(struct series_set *set, int64_t first, int64_t last)
{
    if (!set->spanned || first < set->first)
        set->first = first;
    if (!set->spanned || last > set->last)
        set->last = last;
    set->spanned = true;
}

/* The series of a name, made where there is none. -ENOSPC: too many. */
static int name_find(struct series_set *set, struct bytes name, uint32_t *ret_series)
{
    uint64_t key = hash_bytes(name);
    uint32_t at = hash_table_get(&set->names, key);
    if (at == HASH_TABLE_NONE) {
        if (set->count == SERIES_NAMES)
            return -ENOSPC;
        if (!set->series)
            set->series = arena_take_array(&set->memory, SERIES_NAMES, sizeof(*set->series));
        struct bytes copy = arena_copy(&set->memory, name);
        if (!set->series || !copy.at)
            return -ENOMEM;
        at = set->count;
        int result = hash_table_put(&set->names, key, at);
        if (result)
            return result;
        set->series[set->count++].name = copy;
    }
    *ret_series = at;
    return 0;
}

int series_add(struct series_set *set, int64_t time, struct bytes name, double value)
{
    uint32_t at;
    if (!(value >= 0) || isinf(value))
        return -EINVAL;
    int result = name_find(set, name, &at);
    if (result == -ENOSPC) {
        set->dropped++;
        return 0;
    }
    if (result)
        return result;
    if (set->point_count == set->point_room) {
        size_t room = set->point_room ? 2 * set->point_room : 1024;
        struct series_point *points = realloc(set->points, room * sizeof(*points));
        if (!points)
            return -ENOMEM;
        set->points = points, set->point_room = room;
    }
    set->points[set->point_count++] = (struct series_point){time, value, at};
    series_span(set, time, time);
    return 0;
}

static int series_compare(const void *a, const void *b)
{
    const struct series *one = a, *other = b;
    if (one->total != other->total)
        return one->total < other->total ? 1 : -1;
    return bytes_compare(one->name, other->name);
}

static int64_t floor_to(int64_t time, int64_t step)
{
    return time - ((time % step) + step) % step;
}

int series_lay(struct series_set *set)
{
    int64_t start = floor_to(set->first + set->step - 1, set->step);
    int64_t end = floor_to(set->last, set->step);
    if (!set->spanned || end <= start)
        return -ENODATA;
    if ((end - start) / set->step > SERIES_STEPS)
        start = end - SERIES_STEPS * set->step;
    set->start = start;
    set->steps = (uint32_t)((end - start) / set->step);
    for (uint32_t i = 0; i < set->count; i++) {
        set->series[i].counts = arena_take_array(&set->memory, set->steps, sizeof(double));
        if (!set->series[i].counts)
            return -ENOMEM;
    }
    for (size_t i = 0; i < set->point_count; i++) {
        const struct series_point *point = &set->points[i];
        if (point->time < start || point->time >= end)
            continue;
        set->series[point->series].counts[(point->time - start) / set->step] += point->value;
        set->series[point->series].total += point->value;
    }
    if (set->count)
        qsort(set->series, set->count, sizeof(*set->series), series_compare);
    return 0;
}

void series_finish(struct series_set *set)
{
    free(set->points);
    hash_table_finish(&set->names);
    arena_finish(&set->memory);
    *set = (struct series_set){.step = set->step};
}
