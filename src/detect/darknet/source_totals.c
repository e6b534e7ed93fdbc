#include "detect/darknet/source_totals.h"

#include <errno.h>
#include <stdlib.h>

#include "base/region.h"

enum { SLOTS_LEAST = 1 << 10 };

struct totals_part {
    struct region entry_region, index_region;
    struct source_total *entries;
    uint64_t *index; /* tag << 32 | number + 1; 0: empty */
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
    part->capacity = (uint32_t)(memory / (sizeof(struct source_total) + 4 * sizeof(uint64_t)));
    uint32_t most = SLOTS_LEAST;
    while (most / 4 * 3 < part->capacity)
        most *= 2;
    if (region_open(&part->entry_region, part->capacity * sizeof(struct source_total),
                    REGION_DENSE) != 0 ||
        region_open(&part->index_region, most * sizeof(uint64_t), REGION_SPARSE) != 0)
        return -ENOMEM;
    part->entries = (void *)part->entry_region.at;
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
        index_put(part, tag_of(&part->entries[i].address), i);
}

static uint32_t part_drop(struct totals_part *part, uint64_t most, uint32_t wanted,
                          uint64_t *heaviest)
{
    uint32_t dropped = 0, kept = 0;
    for (uint32_t i = 0; i < part->count; i++) {
        uint64_t packets = part->entries[i].packets;
        if (dropped < wanted && packets <= most) {
            *heaviest = packets > *heaviest ? packets : *heaviest;
            dropped++;
        } else {
            part->entries[kept++] = part->entries[i];
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

static struct source_total *part_find(struct totals_part *part, const struct ip *address)
{
    uint32_t tag = tag_of(address), mask = part->slots - 1;
    for (uint32_t at = tag & mask; part->index[at] != 0; at = (at + 1) & mask) {
        struct source_total *entry = &part->entries[(uint32_t)part->index[at] - 1];
        if (part->index[at] >> 32 == tag && memcmp(&entry->address, address, sizeof(*address)) == 0)
            return entry;
    }
    part_room(part);
    index_put(part, tag, part->count);
    struct source_total *entry = &part->entries[part->count++];
    *entry = (struct source_total){.address = *address, .first = INT64_MAX, .last = INT64_MIN};
    return entry;
}

void source_totals_prefetch(const struct source_totals *totals, uint32_t number,
                            const struct ip *address, bool near)
{
    const struct totals_part *part = &totals->parts[number];
    uint32_t tag = tag_of(address);
    const uint64_t *slot = &part->index[tag & (part->slots - 1)];
    if (!near) {
        __builtin_prefetch(slot);
        return;
    }
    if (*slot == 0)
        return;
    const char *entry = (const char *)&part->entries[(uint32_t)*slot - 1];
    for (size_t line = 0; line < sizeof(struct source_total); line += 64)
        __builtin_prefetch(entry + line, 1);
}

void source_totals_add(struct source_totals *totals, uint32_t number,
                       const struct source_summary *source)
{
    struct source_total *entry = part_find(&totals->parts[number], &source->address);
    entry->first = source->first < entry->first ? source->first : entry->first;
    entry->last = source->last > entry->last ? source->last : entry->last;
    entry->packets += source->packets;
    entry->bytes += source->bytes;
    if (source->packets <= entry->busiest)
        return;
    entry->busiest = source->packets;
    entry->class = source->class;
    entry->score = (float)source->score;
    entry->source_port = source->source_port;
    entry->destination_port = source->destination_port;
    for (int i = 0; i < SOURCE_FEATURE_COUNT; i++)
        entry->features[i] = (float)source->features[i];
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

static int heavier(const void *a, const void *b)
{
    const struct source_total *one = *(const struct source_total *const *)a;
    const struct source_total *other = *(const struct source_total *const *)b;
    if (one->packets != other->packets)
        return one->packets < other->packets ? 1 : -1;
    return memcmp(&one->address, &other->address, sizeof(one->address));
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
            uint64_t packets = totals->parts[p].entries[i].packets;
            counts[packets ? 64 - __builtin_clzll(packets) : 0]++;
        }
    for (int bits = 64; bits > 0; bits--) {
        sum += counts[bits];
        if (sum >= most)
            return UINT64_C(1) << (bits - 1);
    }
    return 0;
}

int source_totals_top(const struct source_totals *totals, uint32_t most,
                      struct source_total **ret_top, uint32_t *ret_count)
{
    uint64_t limit = weight_limit(totals, most), all = source_totals_count(totals);
    const struct source_total **found = malloc((size_t)(all + 1) * sizeof(*found));
    struct source_total *top = malloc(((size_t)most + 1) * sizeof(*top));
    uint32_t count = 0;
    if (!found || !top) {
        free(found);
        free(top);
        return -ENOMEM;
    }
    for (uint32_t p = 0; p < PACKET_PARTITIONS; p++)
        for (uint32_t i = 0; i < totals->parts[p].count; i++)
            if (totals->parts[p].entries[i].packets >= limit)
                found[count++] = &totals->parts[p].entries[i];
    qsort(found, count, sizeof(*found), heavier);
    count = count < most ? count : most;
    for (uint32_t i = 0; i < count; i++)
        top[i] = *found[i];
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
        region_close(&totals->parts[i].entry_region);
        region_close(&totals->parts[i].index_region);
    }
    free(totals);
}
