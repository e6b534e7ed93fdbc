/* What the source table tells: summaries, in any order or that of addresses. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "detect/darknet/source_part.h"

enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS, IPV4_PASSES = 3 };

static double deviation_of(double squares, double mean, double count)
{
    double variance = squares / count - mean * mean;
    return variance > 0 ? sqrt(variance) : 0;
}

/*
 * Three features of a tally. Of a sample the number of values is told by the
 * sample's size; where the counts are more alike than the sample is exact
 * (deviation < mean), better by the number of packets over their mean.
 */
static uint32_t tally_features(const struct source_part *part, const struct tally *tally,
                               uint64_t packets, double *features)
{
    struct tally_result told = tally_tell(&part->pool, tally);
    if (told.sampled && told.deviation < told.mean)
        told.values = (uint64_t)((double)packets / told.mean + 0.5);
    features[0] = (double)told.values;
    features[1] = told.mean;
    features[2] = told.deviation;
    return told.most;
}

static void features_of_one(const struct source_seen *seen, double *features)
{
    double ports = seen->ports;
    features[FEATURE_packets] = 1;
    features[FEATURE_source_ports] = features[FEATURE_source_port_packets_mean] = ports;
    features[FEATURE_destination_ports] = features[FEATURE_destination_port_packets_mean] = ports;
    features[FEATURE_destinations] = features[FEATURE_destination_packets_mean] = 1;
    features[FEATURE_protocols] = 1;
    features[FEATURE_payload_mean] = seen->payload;
}

static void features_of_full(const struct source_full *full, int64_t first, double *features)
{
    double packets = (double)full->packets, gaps = packets > 1 ? packets - 1 : 1;
    features[FEATURE_packets] = packets;
    features[FEATURE_protocols] = __builtin_popcount(full->protocols);
    double mean = (double)(full->last - first) * 1e-9 / gaps;
    features[FEATURE_interval_mean] = mean;
    features[FEATURE_interval_deviation] = deviation_of(full->interval_squares, mean, gaps);
    mean = (double)full->payload_sum / packets;
    features[FEATURE_payload_mean] = mean;
    features[FEATURE_payload_deviation] =
        deviation_of((double)full->payload_squares, mean, packets);
    mean = (double)full->span_sum / gaps;
    features[FEATURE_span_mean] = mean;
    features[FEATURE_span_deviation] = deviation_of(full->span_squares, mean, gaps);
}

static void tell_one(const struct source_table *table, const struct source_part *part,
                     const struct source_seen *seen, struct source_summary *summary)
{
    summary->first = summary->last = seen->time;
    summary->packets = 1;
    summary->bytes = seen->length;
    summary->source_port = seen->source_port;
    summary->destination_port = seen->destination_port;
    ((uint32_t *)&summary->kinds)[seen->kind] = 1;
    for (unsigned marks = seen->marks; marks; marks &= marks - 1)
        ((uint32_t *)&summary->marks)[__builtin_ctz(marks)] = 1;
    if (seen->protocol == CLASS_tcp)
        summary->tcp_samples[source_sample(table, part, seen->time)] = 1;
    features_of_one(seen, summary->features);
}

/* Kinds, marks and samples, of which the full state holds only what is not regular. */
static void tell_counts(const struct source_full *full, struct source_summary *summary)
{
    _Static_assert(sizeof(full->kinds) == sizeof(summary->kinds), "one counter a kind");
    _Static_assert(sizeof(full->mark_counts) == sizeof(summary->marks), "one counter a mark");
    uint32_t *kinds = (uint32_t *)&summary->kinds, *marks = (uint32_t *)&summary->marks;
    uint32_t packets = full->packets < UINT32_MAX ? (uint32_t)full->packets : UINT32_MAX;
    uint32_t others = 0;
    for (int i = 0; i < SOURCE_KIND_COUNT; i++) {
        kinds[i] = full->kinds[i];
        others += full->kinds[i];
    }
    kinds[full->kind] = packets - others;
    for (int i = 0; i < MARK_COUNT; i++)
        marks[i] = full->mark_counts[i] + (full->marks >> i & 1) * (packets - full->marks_other);
    memcpy(summary->tcp_samples, full->samples, sizeof(full->samples));
    summary->tcp_samples[full->sample] += full->sample_packets;
}

static void tell_full(const struct source_part *part, const struct source_entry *entry,
                      struct source_summary *summary)
{
    const struct source_full *full = &part->fulls[entry->full];
    double *features = summary->features;
    uint64_t with_ports = full->packets - full->without_ports;
    summary->first = entry->first.time;
    summary->last = full->last;
    summary->packets = full->packets;
    summary->bytes = full->bytes;
    tell_counts(full, summary);
    features_of_full(full, entry->first.time, features);
    (void)tally_features(part, &full->destinations, full->packets, &features[FEATURE_destinations]);
    summary->source_port = (uint16_t)tally_features(part, &full->source_ports, with_ports,
                                                    &features[FEATURE_source_ports]);
    summary->destination_port = (uint16_t)tally_features(part, &full->destination_ports, with_ports,
                                                         &features[FEATURE_destination_ports]);
}

void source_table_prefetch(const struct source_table *table, uint32_t number, uint32_t index,
                           bool near)
{
    const struct source_part *part = &table->parts[number];
    const struct source_full *full = &part->fulls[part->entries[index].full];
    if (part->entries[index].full == 0)
        return;
    if (!near) {
        for (size_t line = 0; line < sizeof(*full); line += 64)
            __builtin_prefetch((const char *)full + line);
        return;
    }
    tally_prefetch_all(&part->pool, &full->source_ports);
    tally_prefetch_all(&part->pool, &full->destinations);
    tally_prefetch_all(&part->pool, &full->destination_ports);
}

void source_table_tell(const struct source_table *table, uint32_t number, uint32_t index,
                       struct source_summary *ret_summary)
{
    const struct source_part *part = &table->parts[number];
    const struct source_entry *entry = &part->entries[index];
    memset(ret_summary, 0, sizeof(*ret_summary));
    ret_summary->address = entry->address;
    ret_summary->window_start = part->window_start;
    ret_summary->window_length = table->options.window_length;
    ret_summary->member = entry->member;
    ret_summary->class = entry->class;
    ret_summary->score = entry->score;
    ret_summary->followed = entry->followed;
    ret_summary->incomplete = entry->incomplete;
    if (entry->full)
        tell_full(part, entry, ret_summary);
    else
        tell_one(table, part, &entry->first, ret_summary);
    if (table->options.destinations)
        ret_summary->coverage = fmin(1, ret_summary->features[FEATURE_destinations] /
                                            (double)table->options.destinations);
}

void source_table_class(struct source_table *table, uint32_t part, uint32_t number,
                        enum source_class class, double score, bool followed)
{
    struct source_entry *entry = &table->parts[part].entries[number];
    entry->class = (uint8_t) class;
    entry->score = (float)score;
    entry->followed = followed;
}

struct port_visit {
    void (*visit)(void *context, uint32_t port, uint32_t packets, uint32_t weight);
    void *context;
    uint32_t weight;
};

static void port_visit(void *context, uint32_t value, uint32_t count)
{
    const struct port_visit *visit = context;
    visit->visit(visit->context, value, count, visit->weight);
}

void source_table_ports(const struct source_table *table, uint32_t number, uint32_t index,
                        void (*visit)(void *context, uint32_t port, uint32_t packets,
                                      uint32_t weight),
                        void *context)
{
    const struct source_part *part = &table->parts[number];
    const struct source_entry *entry = &part->entries[index];
    const struct source_seen *seen = &entry->first;
    if (entry->full) {
        const struct tally *tally = &part->fulls[entry->full].destination_ports;
        struct port_visit each = {visit, context, 1u << tally->level};
        tally_each(&part->pool, tally, port_visit, &each);
    } else if (seen->ports) {
        visit(context, (uint32_t)seen->protocol << 16 | seen->destination_port, 1, 1);
    }
}

struct destination_visit {
    void (*visit)(void *context, uint32_t destination);
    void *context;
};

static void destination_visit(void *context, uint32_t value, uint32_t count)
{
    const struct destination_visit *visit = context;
    (void)count;
    visit->visit(visit->context, value);
}

void source_table_destinations(const struct source_table *table, uint32_t number, uint32_t index,
                               void (*visit)(void *context, uint32_t destination), void *context)
{
    const struct source_part *part = &table->parts[number];
    const struct source_entry *entry = &part->entries[index];
    struct destination_visit each = {visit, context};
    if (entry->full)
        tally_each(&part->pool, &part->fulls[entry->full].destinations, destination_visit, &each);
    else
        visit(context, entry->first.destination);
}

static uint64_t ipv4_key(const struct ip *ip)
{
    return (uint64_t)ip->octets[12] << 24 | (uint64_t)ip->octets[13] << 16 |
           (uint64_t)ip->octets[14] << 8 | ip->octets[15];
}

static bool ip_is_ipv4(const struct ip *ip)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    return memcmp(ip->octets, mapped, sizeof(mapped)) == 0;
}

/* Least significant digit first; `keys` ends sorted by their upper halves. */
static void keys_sort(uint64_t *keys, uint64_t *other, uint32_t count)
{
    for (int pass = 0; pass < IPV4_PASSES; pass++) {
        uint32_t starts[DIGITS] = {0}, sum = 0;
        int shift = 32 + pass * DIGIT_BITS;
        for (uint32_t i = 0; i < count; i++)
            starts[keys[i] >> shift & (DIGITS - 1)]++;
        for (uint32_t i = 0; i < DIGITS; i++) {
            uint32_t size = starts[i];
            starts[i] = sum;
            sum += size;
        }
        for (uint32_t i = 0; i < count; i++)
            other[starts[keys[i] >> shift & (DIGITS - 1)]++] = keys[i];
        uint64_t *swap = keys;
        keys = other;
        other = swap;
    }
}

struct address_key {
    struct ip address;
    uint32_t number;
};

static int address_compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct ip));
}

/* IPv6 sources, few in number, by qsort; `order` gets those below ::ffff:0:0, then room for the
 * `middle` IPv4 ones, then the others. */
static int others_sort(const struct source_part *part, uint32_t count, uint64_t *order,
                       uint32_t middle, uint32_t *ret_below)
{
    struct address_key *keys = malloc((count + 1) * sizeof(*keys));
    if (!keys)
        return -ENOMEM;
    uint32_t found = 0, below = 0;
    static const struct ip mapped = {{[10] = 0xff, [11] = 0xff}};
    for (uint32_t i = 0; i < part->count && found < count; i++)
        if (!ip_is_ipv4(&part->entries[i].address))
            keys[found++] = (struct address_key){part->entries[i].address, i};
    qsort(keys, found, sizeof(*keys), address_compare);
    while (below < found && address_compare(&keys[below].address, &mapped) < 0)
        below++;
    for (uint32_t i = 0; i < found; i++)
        order[i < below ? i : i + middle] = keys[i].number;
    free(keys);
    *ret_below = below;
    return 0;
}

int source_table_sort(struct source_table *table, uint32_t number)
{
    struct source_part *part = &table->parts[number];
    uint64_t *order = part->order, *spare = part->order + part->capacity;
    uint32_t ipv4 = 0, below = 0;
    for (uint32_t i = 0; i < part->count; i++)
        if (ip_is_ipv4(&part->entries[i].address))
            spare[ipv4++] = ipv4_key(&part->entries[i].address) << 32 | i;
    keys_sort(spare, order, ipv4); /* three passes: the result is in `order` */
    if (ipv4 < part->count) {
        memcpy(spare, order, ipv4 * sizeof(*order));
        int error = others_sort(part, part->count - ipv4, order, ipv4, &below);
        if (error)
            return error;
        memcpy(order + below, spare, ipv4 * sizeof(*order));
    }
    for (uint32_t i = below; i < below + ipv4; i++)
        order[i] = (uint32_t)order[i];
    part->sorted = part->count;
    return 0;
}

/* The part whose next source has the least address; PACKET_PARTITIONS: all are through. */
static uint32_t part_next(const struct source_table *table, const uint32_t *next)
{
    uint32_t best = PACKET_PARTITIONS;
    const struct ip *least = NULL;
    for (uint32_t p = 0; p < PACKET_PARTITIONS; p++) {
        const struct source_part *part = &table->parts[p];
        if (next[p] >= part->sorted)
            continue;
        const struct ip *address = &part->entries[part->order[next[p]]].address;
        if (!least || memcmp(address, least, sizeof(*address)) < 0) {
            best = p;
            least = address;
        }
    }
    return best;
}

int source_table_walk(struct source_table *table,
                      int (*visit)(void *context, struct source_summary *summaries, uint32_t count),
                      void *context)
{
    struct source_summary *summaries = malloc(SOURCE_WALK * sizeof(*summaries));
    if (!summaries)
        return -ENOMEM;
    uint32_t next[PACKET_PARTITIONS] = {0}, count = 0, part;
    int status = 0;
    while (status == 0 && (part = part_next(table, next)) < PACKET_PARTITIONS) {
        uint32_t number = (uint32_t)table->parts[part].order[next[part]++];
        source_table_tell(table, part, number, &summaries[count++]);
        if (count == SOURCE_WALK) {
            status = visit(context, summaries, count);
            count = 0;
        }
    }
    if (status == 0 && count > 0)
        status = visit(context, summaries, count);
    free(summaries);
    return status;
}

void source_table_distinct(const struct source_table *table, uint32_t number, struct distinct *into)
{
    const struct source_part *part = &table->parts[number];
    for (uint32_t i = 0; i < part->count; i++)
        distinct_add(into, source_mix(packet_source_hash(&part->entries[i].address)));
    if (part->evicted)
        distinct_merge(into, part->distinct);
}
