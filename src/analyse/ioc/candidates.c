#include "analyse/ioc/candidates.h"

#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"

enum { FILTER_BITS = 24, SEVERAL = -1 };

struct link {
    uint32_t mask, thing;
};

struct making {
    const struct corpus *corpus;
    const uint8_t *parts;
    struct candidates *out;
    struct hash_table index; /* kind and mask → items */
    struct candidate *items;
    uint32_t count, capacity;
    struct link *links;
    size_t link_count, link_capacity;
    int32_t
        *filter; /* by hash: the only group (from 1) it came from, or SEVERAL; NULL: not asked */
    uint32_t *numbers; /* of a sample among those of its part */
    uint32_t thing;    /* now derived from */
    bool adding;       /* new masks are taken */
    int32_t group;     /* of the thing: as in `filter` */
    int error;
};

static struct corpus_thing thing_at(const struct making *making, uint32_t i)
{
    return making->corpus->things[i];
}

static bool array_grow(void **array, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity)
        return true;
    size_t more = *capacity ? 2 * *capacity : 1024;
    void *grown = realloc(*array, more * size);
    if (!grown)
        return false;
    *array = grown;
    *capacity = more;
    return true;
}

static uint64_t mask_key(const struct making *making, struct bytes mask)
{
    return hash_mix(hash_bytes(mask), thing_at(making, making->thing).kind);
}

/* First pass: which masks come from more than one group. */
static void mask_filter(void *context, enum pattern_level level, struct bytes mask)
{
    struct making *making = context;
    int32_t *group = &making->filter[mask_key(making, mask) >> (64 - FILTER_BITS)];
    (void)level;
    *group = *group == 0 || *group == making->group ? making->group : SEVERAL;
}

static int item_add(struct making *making, uint64_t key, enum pattern_level level,
                    struct bytes mask, uint32_t *ret_item)
{
    size_t capacity = making->capacity;
    if (!array_grow((void **)&making->items, making->count, &capacity, sizeof(*making->items)))
        return -ENOMEM;
    making->capacity = (uint32_t)capacity;
    struct candidate *item = &making->items[making->count];
    *item = (struct candidate){
        .kind = (enum report_kind)thing_at(making, making->thing).kind,
        .level = level,
        .mask = arena_copy(&making->out->arena, mask),
        .clarity =
            pattern_clarity((enum report_kind)thing_at(making, making->thing).kind, level, mask)};
    if (!item->mask.at)
        return -ENOMEM;
    *ret_item = making->count;
    return hash_table_put(&making->index, key, making->count++);
}

/* Second pass: link masks with the things they describe. */
static void mask_link(void *context, enum pattern_level level, struct bytes mask)
{
    struct making *making = context;
    uint64_t key = mask_key(making, mask);
    uint32_t item = hash_table_get(&making->index, key);
    if (making->error)
        return;
    if (item == HASH_TABLE_NONE) {
        if (!making->adding ||
            (making->filter && making->filter[key >> (64 - FILTER_BITS)] != SEVERAL))
            return;
        making->error = item_add(making, key, level, mask, &item);
    } else {
        double clarity = pattern_clarity(making->items[item].kind, level, mask);
        if (clarity > making->items[item].clarity) { /* the same mask, come by in a plainer way */
            making->items[item].level = level;
            making->items[item].clarity = clarity;
        }
    }
    if (!making->error && !array_grow((void **)&making->links, making->link_count,
                                      &making->link_capacity, sizeof(*making->links)))
        making->error = -ENOMEM;
    if (!making->error)
        making->links[making->link_count++] = (struct link){item, making->thing};
}

/* Did a sample with this part do the thing? *ret_group: see `filter`. */
static bool thing_done(const struct making *making, uint32_t thing, enum part part,
                       int32_t *ret_group)
{
    const struct corpus *corpus = making->corpus;
    bool done = false;
    *ret_group = 0;
    for (size_t i = corpus->starts[thing]; i < corpus->starts[thing + 1]; i++) {
        uint32_t sample = corpus->doers[i];
        if (making->parts[sample] != part)
            continue;
        int32_t group =
            part == PART_FIND ? (int32_t)making->out->groups[making->numbers[sample]] + 1 : SEVERAL;
        *ret_group = !done || *ret_group == group ? group : SEVERAL;
        done = true;
    }
    return done;
}

static void things_derive(struct making *making, enum part part, pattern_take *take)
{
    for (uint32_t i = 0; i < making->corpus->thing_count && !making->error; i++) {
        struct corpus_thing thing = thing_at(making, i);
        int32_t unused;
        bool mine = thing_done(making, i, part, &making->group);
        /* What both did was linked with what was to be found. */
        if (!mine || (part == PART_SPARE && thing_done(making, i, PART_FIND, &unused)))
            continue;
        making->thing = i;
        pattern_derive((enum report_kind)thing.kind, corpus_text(making->corpus, thing.text), take,
                       making);
    }
}

static int link_compare(const void *one, const void *other)
{
    const struct link *a = one, *b = other;
    return a->mask != b->mask ? (a->mask > b->mask) - (a->mask < b->mask)
                              : (a->thing > b->thing) - (a->thing < b->thing);
}

static int u32_compare(const void *one, const void *other)
{
    uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;
    return (a > b) - (a < b);
}

static uint32_t *sorted_copy(struct arena *arena, uint32_t *numbers, uint32_t count)
{
    uint32_t *copy = arena_take_array(arena, (size_t)count + 1, sizeof(*copy));
    if (count > 1)
        qsort(numbers, count, sizeof(*numbers), u32_compare);
    if (copy && count)
        memcpy(copy, numbers, count * sizeof(*copy));
    return copy;
}

static uint32_t groups_count(const struct candidates *out, const uint32_t *found, uint32_t count,
                             uint32_t *stamps, uint32_t stamp)
{
    uint32_t groups = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t *seen = &stamps[out->groups[found[i]]];
        groups += *seen != stamp;
        *seen = stamp;
    }
    return groups;
}

/* Scratch to gather a cover: when each sample and group was last seen, and who was. */
struct gathering {
    uint32_t *seen, *groups, *found, *spared;
};

/* Whom the links `from` … `to` of one mask cover. */
static int cover_gather(struct making *making, size_t from, size_t to, struct gathering *scratch,
                        uint32_t stamp, struct cover *ret_cover)
{
    const struct corpus *corpus = making->corpus;
    struct cover cover = {0};
    for (size_t k = from; k < to; k++)
        for (size_t i = corpus->starts[making->links[k].thing];
             i < corpus->starts[making->links[k].thing + 1]; i++) {
            uint32_t sample = corpus->doers[i];
            if (making->parts[sample] == PART_NONE || scratch->seen[sample] == stamp)
                continue;
            scratch->seen[sample] = stamp;
            if (making->parts[sample] == PART_FIND)
                scratch->found[cover.found_count++] = making->numbers[sample];
            else
                scratch->spared[cover.spared_count++] = making->numbers[sample];
        }
    cover.groups =
        groups_count(making->out, scratch->found, cover.found_count, scratch->groups, stamp);
    cover.found = sorted_copy(&making->out->arena, scratch->found, cover.found_count);
    cover.spared = sorted_copy(&making->out->arena, scratch->spared, cover.spared_count);
    *ret_cover = cover;
    return cover.found && cover.spared ? 0 : -ENOMEM;
}

/* Of masks of a kind with one cover the plainest is kept, the shorter one of two as plain. */
static bool plainer(const struct candidate *one, const struct candidate *other)
{
    if (one->clarity != other->clarity)
        return one->clarity > other->clarity;
    if (one->mask.len != other->mask.len)
        return one->mask.len < other->mask.len;
    int order = bytes_compare(one->mask, other->mask);
    return order ? order < 0 : one->kind < other->kind;
}

static uint64_t cover_key(const struct cover *cover)
{
    struct bytes found = {(const char *)cover->found, cover->found_count * sizeof(uint32_t)};
    struct bytes spared = {(const char *)cover->spared, cover->spared_count * sizeof(uint32_t)};
    return hash_mix(hash_bytes(found), hash_bytes(spared));
}

static int covers_join(struct making *making, struct gathering *scratch)
{
    struct candidates *out = making->out;
    struct hash_table same = {0};
    uint32_t least = making->filter ? 2 : 1, kept = 0;
    size_t from = 0;
    int error = 0;
    if (making->link_count)
        qsort(making->links, making->link_count, sizeof(*making->links), link_compare);
    for (uint32_t i = 0; i < making->count && !error; i++) {
        struct candidate *item = &making->items[i];
        size_t to = from;
        while (to < making->link_count && making->links[to].mask == i)
            to++;
        error = cover_gather(making, from, to, scratch, i + 1, &item->cover);
        from = to;
        if (error || item->cover.groups < least)
            continue;
        uint64_t key = hash_mix(cover_key(&item->cover), item->kind);
        uint32_t twin = hash_table_get(&same, key);
        if (twin == HASH_TABLE_NONE) {
            error = hash_table_put(&same, key, kept);
            making->items[kept++] = *item;
        } else if (plainer(item, &making->items[twin])) {
            making->items[twin] = *item;
        }
    }
    hash_table_finish(&same);
    out->enumerated = making->count;
    making->count = kept;
    return error;
}

/* Most found first; the plainer of equals. */
static int item_compare(const void *one, const void *other)
{
    const struct candidate *a = one, *b = other;
    if (a->cover.found_count != b->cover.found_count)
        return a->cover.found_count < b->cover.found_count ? 1 : -1;
    if (a->cover.spared_count != b->cover.spared_count)
        return a->cover.spared_count > b->cover.spared_count ? 1 : -1;
    return plainer(a, b) ? -1 : plainer(b, a);
}

/*
 * What masks without any false positive in one half of the samples to be spared cover in the other
 * half, level by level: the halves are of whole groups.
 */
static void priors_measure(const struct making *making)
{
    struct candidates *out = making->out;
    double clean[REPORT_KIND_COUNT][PATTERN_LEVEL_COUNT] = {{0}};
    double others[REPORT_KIND_COUNT][PATTERN_LEVEL_COUNT] = {{0}};
    for (uint32_t i = 0; i < making->count; i++) {
        const struct cover *cover = &making->items[i].cover;
        uint32_t halves[2] = {0, 0};
        for (uint32_t k = 0; k < cover->spared_count; k++)
            halves[out->spared_half[cover->spared[k]]]++;
        for (int half = 0; half < 2; half++)
            if (halves[half] == 0) {
                clean[making->items[i].kind][making->items[i].level]++;
                others[making->items[i].kind][making->items[i].level] += halves[!half];
            }
    }
    for (int kind = 0; kind < REPORT_KIND_COUNT; kind++)
        for (int level = 0; level < PATTERN_LEVEL_COUNT; level++)
            out->prior[kind][level] = (others[kind][level] + 1) / (clean[kind][level] + 10);
}

/* Numbers for the samples of each part and for their groups. */
static int samples_number(struct making *making)
{
    const struct corpus *corpus = making->corpus;
    struct candidates *out = making->out;
    struct hash_table groups = {0};
    size_t room = (size_t)corpus->sample_count + 1;
    int error = 0;
    making->numbers = calloc(room, sizeof(*making->numbers));
    out->found = arena_take_array(&out->arena, room, sizeof(*out->found));
    out->spared = arena_take_array(&out->arena, room, sizeof(*out->spared));
    out->groups = arena_take_array(&out->arena, room, sizeof(*out->groups));
    out->found_half = arena_take(&out->arena, room);
    out->spared_half = arena_take(&out->arena, room);
    if (!making->numbers || !out->found || !out->spared || !out->groups || !out->found_half ||
        !out->spared_half)
        return -ENOMEM;
    for (uint32_t i = 0; i < corpus->sample_count && !error; i++) {
        uint8_t half = strings_hash(&corpus->strings, corpus->samples[i].group) & 1;
        if (making->parts[i] == PART_SPARE) {
            making->numbers[i] = out->spared_count;
            out->spared_half[out->spared_count] = half;
            out->spared[out->spared_count++] = i;
        } else if (making->parts[i] == PART_FIND) {
            uint32_t group = hash_table_get(&groups, corpus->samples[i].group);
            if (group == HASH_TABLE_NONE) {
                group = out->group_count++;
                error = hash_table_put(&groups, corpus->samples[i].group, group);
            }
            making->numbers[i] = out->found_count;
            out->groups[out->found_count] = group;
            out->found_half[out->found_count] = half;
            out->found[out->found_count++] = i;
        }
    }
    hash_table_finish(&groups);
    return error;
}

static int masks_cover(struct making *making)
{
    size_t samples = (size_t)making->corpus->sample_count + 1;
    struct gathering scratch = {calloc(samples, sizeof(uint32_t)),
                                calloc((size_t)making->out->group_count + 1, sizeof(uint32_t)),
                                calloc(samples, sizeof(uint32_t)),
                                calloc(samples, sizeof(uint32_t))};
    int error = scratch.seen && scratch.groups && scratch.found && scratch.spared
                    ? covers_join(making, &scratch)
                    : -ENOMEM;
    free(scratch.seen);
    free(scratch.groups);
    free(scratch.found);
    free(scratch.spared);
    return error;
}

static int candidates_enumerate(struct making *making)
{
    struct candidates *out = making->out;
    int error = samples_number(making);
    if (error)
        return error;
    if (out->group_count >= CANDIDATES_GROUPS) {
        making->filter = calloc((size_t)1 << FILTER_BITS, sizeof(*making->filter));
        if (!making->filter)
            return -ENOMEM;
        things_derive(making, PART_FIND, mask_filter);
    }
    making->adding = true;
    things_derive(making, PART_FIND, mask_link);
    making->adding = false;
    things_derive(making, PART_SPARE, mask_link);
    error = making->error ? making->error : masks_cover(making);
    if (error)
        return error;
    if (making->count > 1)
        qsort(making->items, making->count, sizeof(*making->items), item_compare);
    priors_measure(making);
    if (making->count > CANDIDATES_MOST) {
        out->left = making->count - CANDIDATES_MOST;
        making->count = CANDIDATES_MOST;
    }
    out->items = making->items;
    out->count = making->count;
    making->items = NULL;
    return 0;
}

int candidates_make(const struct corpus *corpus, const uint8_t *parts,
                    struct candidates *ret_candidates)
{
    struct candidates out = {.arena = {.chunk = 1 << 22}};
    struct making making = {.corpus = corpus, .parts = parts, .out = &out};
    int error = candidates_enumerate(&making);
    hash_table_finish(&making.index);
    free(making.items);
    free(making.links);
    free(making.filter);
    free(making.numbers);
    if (error)
        candidates_finish(&out);
    else
        *ret_candidates = out;
    return error;
}

void candidates_finish(struct candidates *candidates)
{
    free(candidates->items);
    arena_finish(&candidates->arena);
    *candidates = (struct candidates){.count = 0};
}
