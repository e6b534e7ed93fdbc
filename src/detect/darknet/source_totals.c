#include "detect/darknet/source_totals.h"

#include <errno.h>
#include <stdlib.h>

#include "base/region.h"

enum { SLOTS_LEAST = 1 << 10 };

/* What every window of a source changes, in one cache line. */
struct total_sum {
    struct ip address;
    int64_t first, last;
    uint64_t packets, bytes;
    uint64_t busiest; /* packets of its busiest window, of which is the rest */
    uint16_t source_port, destination_port;
    uint32_t class;
};

_Static_assert(sizeof(struct total_sum) == 64, "one cache line");

struct total_rest {
    float features[SOURCE_FEATURE_COUNT];
    float score;
};

struct totals_part {
    struct region sum_region, rest_region, index_region;
    struct total_sum *sums;
    struct total_rest *rests; /* of the same numbers */
    uint64_t *index;          /* tag << 32 | number + 1; 0: empty */
    uint32_t count, capacity, slots;
    uint64_t evicted, missing;
};

struct source_totals {
    struct totals_part parts[PACKET_PARTITIONS];
};

static uint32_t tag_of(const struct ip *address)
{
    return (uint32_t)(packet_source_hash(address) >> 28);
}

static int part_open(struct totals_part *part, size_t memory)
{
    /* An entry, and up to four slots of the index at its emptiest. */
    part->capacity = (uint32_t)(memory / (sizeof(struct total_sum) + sizeof(struct total_rest) +
                                          4 * sizeof(uint64_t)));
    uint32_t most = SLOTS_LEAST;
    while (most / 4 * 3 < part->capacity)
        most *= 2;
    if (region_open(&part->sum_region, part->capacity * sizeof(struct total_sum), REGION_SPARSE) !=
            0 ||
        region_open(&part->rest_region, part->capacity * sizeof(struct total_rest),
                    REGION_SPARSE) != 0 ||
        region_open(&part->index_region, most * sizeof(uint64_t), REGION_SPARSE) != 0)
        return -ENOMEM;
    part->sums = (void *)part->sum_region.at;
    part->rests = (void *)part->rest_region.at;
    part->index = (void *)part->index_region.at;
    part->slots = SLOTS_LEAST;
    return 0;
}

int source_totals_open(size_t memory, struct source_totals **ret_totals)
{
    if (memory < SOURCE_TOTALS_LEAST)
        return -EINVAL;
    struct source_totals *totals = calloc(1, sizeof(*totals));
    if (!totals)
        return -ENOMEM;
    for (uint32_t i = 0; i < PACKET_PARTITIONS; i++)
        if (part_open(&totals->parts[i], memory / PACKET_PARTITIONS) != 0) {
            source_totals_close(totals);
            return -ENOMEM;
        }
    *ret_totals = totals;
    return 0;
}

static void index_put(struct totals_part *part, uint32_t tag, uint32_t number)
{
    uint32_t mask = part->slots - 1, at = tag & mask;
    while (part->index[at] != 0)
        at = (at + 1) & mask;
    part->index[at] = (uint64_t)tag << 32 | (number + 1);
}

static void part_reindex(struct totals_part *part, uint32_t slots)
{
    memset(part->index, 0, (part->slots > slots ? part->slots : slots) * sizeof(*part->index));
    part->slots = slots;
    for (uint32_t i = 0; i < part->count; i++)
        index_put(part, tag_of(&part->sums[i].address), i);
}

static uint32_t part_drop(struct totals_part *part, uint64_t most, uint32_t wanted,
                          uint64_t *heaviest)
{
    uint32_t dropped = 0, kept = 0;
    for (uint32_t i = 0; i < part->count; i++) {
        uint64_t packets = part->sums[i].packets;
        if (dropped < wanted && packets <= most) {
            *heaviest = packets > *heaviest ? packets : *heaviest;
            dropped++;
        } else {
            part->sums[kept] = part->sums[i];
            part->rests[kept++] = part->rests[i];
        }
    }
    part->count = kept;
    part->evicted += dropped;
    return dropped;
}

static void part_room(struct totals_part *part)
{
    if (part->count == part->capacity) {
        uint32_t wanted = part->capacity / 4, dropped = 0;
        uint64_t heaviest = 0;
        for (uint64_t most = 1; dropped < wanted && most < UINT64_C(1) << 62; most *= 2)
            dropped += part_drop(part, most, wanted - dropped, &heaviest);
        part->missing += heaviest;
        part_reindex(part, part->slots);
    }
    if (part->count >= part->slots / 4 * 3)
        part_reindex(part, part->slots * 2);
}

static uint32_t part_find(struct totals_part *part, const struct ip *address)
{
    uint32_t tag = tag_of(address), mask = part->slots - 1;
    for (uint32_t at = tag & mask; part->index[at] != 0; at = (at + 1) & mask) {
        uint32_t number = (uint32_t)part->index[at] - 1;
        if (part->index[at] >> 32 == tag &&
            memcmp(&part->sums[number].address, address, sizeof(*address)) == 0)
            return number;
    }
    part_room(part);
    index_put(part, tag, part->count);
    part->sums[part->count] =
        (struct total_sum){.address = *address, .first = INT64_MAX, .last = INT64_MIN};
    return part->count++;
}

void source_totals_prefetch(const struct source_totals *totals, uint32_t number,
                            const struct ip *address, bool near)
{
    const struct totals_part *part = &totals->parts[number];
    uint32_t tag = tag_of(address), mask = part->slots - 1, at = tag & mask;
    if (!near) {
        __builtin_prefetch(&part->index[at]);
        return;
    }
    while (part->index[at] != 0 && part->index[at] >> 32 != tag)
        at = (at + 1) & mask;
    if (part->index[at] != 0)
        __builtin_prefetch(&part->sums[(uint32_t)part->index[at] - 1], 1);
}

void source_totals_add(struct source_totals *totals, uint32_t number,
                       const struct source_summary *source)
{
    struct totals_part *part = &totals->parts[number];
    uint32_t found = part_find(part, &source->address);
    struct total_sum *sum = &part->sums[found];
    sum->first = source->first < sum->first ? source->first : sum->first;
    sum->last = source->last > sum->last ? source->last : sum->last;
    sum->packets += source->packets;
    sum->bytes += source->bytes;
    if (source->packets <= sum->busiest)
        return;
    sum->busiest = source->packets;
    sum->class = source->class;
    sum->source_port = source->source_port;
    sum->destination_port = source->destination_port;
    struct total_rest *rest = &part->rests[found];
    rest->score = (float)source->score;
    for (int i = 0; i < SOURCE_FEATURE_COUNT; i++)
        rest->features[i] = (float)source->features[i];
}

uint64_t source_totals_count(const struct source_totals *totals)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < PACKET_PARTITIONS; i++)
        count += totals->parts[i].count;
    return count;
}

uint64_t source_totals_evicted(const struct source_totals *totals)
{
    uint64_t evicted = 0;
    for (uint32_t i = 0; i < PACKET_PARTITIONS; i++)
        evicted += totals->parts[i].evicted;
    return evicted;
}

uint64_t source_totals_missing(const struct source_totals *totals)
{
    uint64_t missing = 0;
    for (uint32_t i = 0; i < PACKET_PARTITIONS; i++)
        if (totals->parts[i].missing > missing)
            missing = totals->parts[i].missing;
    return missing;
}

/* A source to be ranked: its packets, so that most comparisons need not look further. */
struct ranked {
    uint64_t packets;
    const struct totals_part *part;
    uint32_t number;
};

static int heavier(const void *a, const void *b)
{
    const struct ranked *one = a, *other = b;
    if (one->packets != other->packets)
        return one->packets < other->packets ? 1 : -1;
    return memcmp(&one->part->sums[one->number].address, &other->part->sums[other->number].address,
                  sizeof(struct ip));
}

static int lower(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct ip));
}

/* The highest power of two that at least `most` sources weigh, or 0. */
static uint64_t weight_limit(const struct source_totals *totals, uint32_t most)
{
    uint64_t counts[65] = {0}, sum = 0;
    for (uint32_t p = 0; p < PACKET_PARTITIONS; p++)
        for (uint32_t i = 0; i < totals->parts[p].count; i++) {
            uint64_t packets = totals->parts[p].sums[i].packets;
            counts[packets ? 64 - __builtin_clzll(packets) : 0]++;
        }
    for (int bits = 64; bits > 0; bits--) {
        sum += counts[bits];
        if (sum >= most)
            return UINT64_C(1) << (bits - 1);
    }
    return 0;
}

static struct source_total total_of(const struct ranked *ranked)
{
    const struct total_sum *sum = &ranked->part->sums[ranked->number];
    const struct total_rest *rest = &ranked->part->rests[ranked->number];
    struct source_total total = {
        .address = sum->address,
        .first = sum->first,
        .last = sum->last,
        .packets = sum->packets,
        .bytes = sum->bytes,
        .busiest = sum->busiest,
        .score = rest->score,
        .source_port = sum->source_port,
        .destination_port = sum->destination_port,
        .class = (enum source_class)sum->class,
    };
    memcpy(total.features, rest->features, sizeof(total.features));
    return total;
}

int source_totals_top(const struct source_totals *totals, uint32_t most,
                      struct source_total **ret_top, uint32_t *ret_count)
{
    uint64_t limit = weight_limit(totals, most), all = source_totals_count(totals);
    struct ranked *found = malloc((size_t)(all + 1) * sizeof(*found));
    struct source_total *top = malloc(((size_t)most + 1) * sizeof(*top));
    uint32_t count = 0;
    if (!found || !top) {
        free(found);
        free(top);
        return -ENOMEM;
    }
    for (uint32_t p = 0; p < PACKET_PARTITIONS; p++) {
        const struct totals_part *part = &totals->parts[p];
        for (uint32_t i = 0; i < part->count; i++)
            if (part->sums[i].packets >= limit)
                found[count++] = (struct ranked){part->sums[i].packets, part, i};
    }
    qsort(found, count, sizeof(*found), heavier);
    count = count < most ? count : most;
    for (uint32_t i = 0; i < count; i++)
        top[i] = total_of(&found[i]);
    qsort(top, count, sizeof(*top), lower);
    free(found);
    *ret_top = top;
    *ret_count = count;
    return 0;
}

void source_totals_close(struct source_totals *totals)
{
    if (!totals)
        return;
    for (uint32_t i = 0; i < PACKET_PARTITIONS; i++) {
        region_close(&totals->parts[i].sum_region);
        region_close(&totals->parts[i].rest_region);
        region_close(&totals->parts[i].index_region);
    }
    free(totals);
}
