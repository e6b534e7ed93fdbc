/* How a part of the source table stays within its memory, and finds its sources. */
#include "detect/darknet/source_part.h"

enum { BLOOM_BITS = 1 << 19, BLOOM_HASHES = 3 };

void source_part_index(struct source_part *part, uint32_t tag, uint32_t number)
{
    uint32_t mask = part->slots - 1, at = tag & mask;
    while (part->index[at] != 0)
        at = (at + 1) & mask;
    part->index[at] = (uint64_t)tag << 32 | (number + 1);
}

void source_part_reindex(struct source_part *part, uint32_t slots)
{
    memset(part->index, 0, (part->slots > slots ? part->slots : slots) * sizeof(*part->index));
    part->slots = slots;
    for (uint32_t i = 0; i < part->count; i++)
        source_part_index(part, source_tag(packet_source_hash(&part->entries[i].address)), i);
}

static void dropped_note(struct source_part *part, uint64_t hash)
{
    uint64_t mixed = source_mix(hash);
    distinct_add(part->distinct, mixed);
    for (int i = 0; i < BLOOM_HASHES; i++, mixed >>= 19)
        part->dropped[mixed % BLOOM_BITS / 64] |= UINT64_C(1) << (mixed % 64);
}

bool source_part_dropped(const struct source_part *part, uint64_t hash)
{
    uint64_t mixed = source_mix(hash);
    for (int i = 0; i < BLOOM_HASHES; i++, mixed >>= 19)
        if (!(part->dropped[mixed % BLOOM_BITS / 64] >> (mixed % 64) & 1))
            return false;
    return true;
}

static void entry_drop(struct source_part *part, struct source_entry *entry)
{
    dropped_note(part, packet_source_hash(&entry->address));
    part->evicted++;
    if (!entry->full)
        return;
    struct source_full *full = &part->fulls[entry->full];
    tally_clear(&part->pool, &full->source_ports);
    tally_clear(&part->pool, &full->destinations);
    tally_clear(&part->pool, &full->destination_ports);
    full->destination = part->full_free;
    part->full_free = entry->full;
}

/*
 * Drop up to `wanted` sources of `least` to `most` packets, those first seen
 * first, and close the gaps. Returns how many it dropped.
 */
static uint32_t part_drop(struct source_part *part, uint64_t least, uint64_t most, uint32_t wanted)
{
    uint32_t dropped = 0, kept = 0;
    for (uint32_t i = 0; i < part->count; i++) {
        struct source_entry *entry = &part->entries[i];
        uint64_t packets = entry->full ? part->fulls[entry->full].packets : 1;
        if (dropped < wanted && packets >= least && packets <= most) {
            part->heaviest = packets > part->heaviest ? packets : part->heaviest;
            entry_drop(part, entry);
            dropped++;
        } else {
            part->entries[kept++] = *entry;
        }
    }
    part->count = kept;
    return dropped;
}

/* From the lightest up until `wanted` are dropped; `least` packets at least. */
static void part_evict(struct source_part *part, uint64_t least, uint32_t wanted)
{
    const uint64_t heaviest = UINT64_C(1) << 40;
    uint32_t dropped = 0;
    part->heaviest = 0;
    for (uint64_t most = least; dropped < wanted && most < heaviest; most *= 2)
        dropped += part_drop(part, least, most, wanted - dropped);
    part->missing += part->heaviest; /* nobody is dropped twice in one round */
    source_part_reindex(part, part->slots);
}

/* How many full states were given back and wait for another use, up to `enough`. */
static uint32_t full_waiting(const struct source_part *part, uint32_t enough)
{
    uint32_t waiting = 0;
    for (uint32_t at = part->full_free; at && waiting < enough; at = part->fulls[at].destination)
        waiting++;
    return waiting;
}

/* Is there a block for every tally that may get its second value? */
static bool tallies_fit(const struct source_part *part, uint32_t rows)
{
    size_t need = (size_t)rows * 3 * 4 * sizeof(struct tally_slot);
    return tally_pool_used(&part->pool) + need <= part->pool.region.size ||
           part->pool.free[TALLY_LOG_LEAST] != 0;
}

void source_part_room(struct source_part *part, uint32_t rows)
{
    if (part->count + rows > part->capacity)
        part_evict(part, 1, part->capacity / 4);
    uint32_t fresh = part->full_most - part->full_next;
    bool tight = fresh < rows && fresh + full_waiting(part, rows) < rows;
    if (tight || !tallies_fit(part, rows))
        part_evict(part, 2, part->full_next / 8);
    uint32_t slots = part->slots;
    while (slots < part->slots_most && slots / 4 * 3 < part->count + rows)
        slots *= 2;
    if (slots != part->slots)
        source_part_reindex(part, slots);
}
