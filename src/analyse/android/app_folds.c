#include "analyse/android/app_folds.h"

#include <errno.h>
#include <stdlib.h>

struct member {
    uint64_t group;
    uint32_t index, size; /* of the group */
};

static int by_group(const void *one, const void *other)
{
    const struct member *a = one, *b = other;
    if (a->group != b->group)
        return a->group > b->group ? 1 : -1;
    return (a->index > b->index) - (a->index < b->index);
}

static int by_size(const void *one, const void *other)
{
    const struct member *a = one, *b = other;
    if (a->size != b->size)
        return a->size < b->size ? 1 : -1;
    return by_group(one, other);
}

/* Sorted by group: each member's group's size. */
static void sizes_set(struct member *members, uint32_t count)
{
    for (uint32_t start = 0, end; start < count; start = end) {
        for (end = start; end < count && members[end].group == members[start].group;)
            end++;
        for (uint32_t i = start; i < end; i++)
            members[i].size = end - start;
    }
}

int app_folds_deal(const struct app_table *table, const uint32_t *rows, uint32_t count,
                   uint32_t folds, uint8_t *ret_folds)
{
    struct member *members = malloc(((size_t)count + 1) * sizeof(*members));
    uint32_t dealt[APP_FOLDS_MOST] = {0}, fold = 0;
    if (!members)
        return -ENOMEM;
    for (uint32_t i = 0; i < count; i++)
        members[i] = (struct member){table->rows[rows[i]].group, i, 0};
    qsort(members, count, sizeof(*members), by_group);
    sizes_set(members, count);
    qsort(members, count, sizeof(*members), by_size);
    for (uint32_t i = 0; i < count; i++) {
        if (i == 0 || members[i].group != members[i - 1].group) {
            fold = 0;
            for (uint32_t other = 1; other < folds; other++)
                fold = dealt[other] < dealt[fold] ? other : fold;
        }
        dealt[fold]++;
        ret_folds[members[i].index] = (uint8_t)fold;
    }
    free(members);
    return 0;
}
