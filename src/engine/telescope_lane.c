#include "engine/telescope_lane.h"

#include <errno.h>
#include <stdlib.h>

#include "detect/darknet/classify.h"

/* Counters of 32 bits are emptied into the window before they can overflow. */
enum { COUNTED_MOST = 1 << 30 };

int lane_open(struct telescope_run *run, unsigned number, struct lane **ret_lane)
{
    struct lane *lane = calloc(1, sizeof(*lane));
    if (!lane)
        return -ENOMEM;
    *ret_lane = lane;
    lane->run = run;
    lane->number = number;
    lane->tap = run->options->taps[number];
    if (run->addresses > 0 && run->addresses <= DESTINATIONS_EXACT) {
        lane->destinations = calloc(DESTINATION_WORDS(run->addresses), sizeof(uint64_t));
        if (!lane->destinations)
            return -ENOMEM;
    }
    return telescope_window_open(&lane->window);
}

void lane_close(struct lane *lane)
{
    if (!lane)
        return;
    telescope_window_finish(&lane->window);
    free(lane->destinations);
    free(lane);
}

/* Where no telescope is known, the address itself is the number: that of IPv4, or a hash. */
static bool destination_number(const struct telescope_run *run, const struct ip *ip,
                               uint32_t *ret_number)
{
    uint64_t position;
    if (run->addresses == 0) {
        uint32_t word;
        memcpy(&word, ip->octets + 12, sizeof(word));
        *ret_number = ip_is_v4(ip) ? __builtin_bswap32(word) : (uint32_t)packet_source_hash(ip);
        return true;
    }
    if (!prefix_table_position(run->options->darknet, ip, &position))
        return false;
    *ret_number = (uint32_t)(position ^ position >> 32);
    return true;
}

/* Choose the rows that arrived in the darknet. */
static void rows_choose(struct lane *lane, uint32_t from, uint32_t to)
{
    const struct packets *packets = &lane->packets;
    struct source_rows *rows = &lane->rows;
    uint32_t count = 0;
    for (uint32_t row = from; row < to; row++) {
        if (!destination_number(lane->run, &packets->destination_ip[row],
                                &rows->destination[count]))
            continue;
        rows->row[count] = (uint16_t)row;
        rows->hash[count] = packet_source_hash(&packets->source_ip[row]);
        rows->kind[count] = (uint8_t)kind_of(packets, row);
        rows->marks[count] = (uint8_t)marks_of(packets, row);
        count++;
    }
    rows->count = count;
    lane->window.excluded += to - from - count;
}

void destination_sketch(struct telescope_window *window, uint32_t number)
{
    uint64_t hash = (number + UINT64_C(0x9e3779b97f4a7c15)) * UINT64_C(0xbf58476d1ce4e5b9);
    hash = (hash ^ hash >> 29) * UINT64_C(0x94d049bb133111eb);
    distinct_add(window->destination_sketch, hash ^ hash >> 32);
}

static inline void destination_note(struct lane *lane, uint32_t number)
{
    if (lane->destinations)
        lane->destinations[number / 64] |= UINT64_C(1) << (number % 64);
    else
        destination_sketch(&lane->window, number);
}

/* The ports of rows that come soon: their counters are spread over half a megabyte. */
static inline void port_prefetch(struct lane *lane, uint32_t i)
{
    enum { FAR = 16 };
    const struct packets *packets = &lane->packets;
    uint32_t row = lane->rows.row[i + FAR < lane->rows.count ? i + FAR : i];
    bool udp = packets->protocol[row] == PROTOCOL_udp;
    __builtin_prefetch(&lane->ports[udp][packets->destination_port[row]], 1);
}

/*
 * What is counted packet by packet, whatever becomes of the source. Packets of all sorts
 * come in any order, so there are as few branches as can be: zero is added where a packet
 * has no port or no flags.
 */
static void rows_count(struct lane *lane)
{
    const struct packets *packets = &lane->packets;
    const struct source_rows *rows = &lane->rows;
    struct telescope_window *window = &lane->window;
    int64_t first = INT64_MAX, last = INT64_MIN, start = lane->run->window_start;
    uint64_t late = 0, bytes = 0;
    for (uint32_t i = 0; i < rows->count; i++) {
        uint32_t row = rows->row[i];
        int64_t time = packets->time[row];
        port_prefetch(lane, i);
        first = time < first ? time : first;
        last = time > last ? time : last;
        late += time < start;
        bytes += packets->length[row];
        lane->kinds[rows->kind[i]]++;
        lane->marks[rows->marks[i]]++;
        lane->protocols[packets->protocol[row]]++;
        destination_note(lane, rows->destination[i]);
        bool tcp = packets->has[row] & PACKET_TCP, udp = packets->protocol[row] == PROTOCOL_udp;
        lane->flags[packets->tcp_flags[row]] += tcp;
        lane->ports[udp][packets->destination_port[row]] +=
            tcp | (udp & ((packets->has[row] & PACKET_PORTS) != 0));
    }
    if (window->packets == 0 || first < window->first)
        window->first = first;
    if (window->packets == 0 || last > window->last)
        window->last = last;
    window->late += late;
    window->bytes += bytes;
    window->packets += rows->count;
}

static void ports_empty(struct lane *lane)
{
    enum { AT_ONCE = 16 };
    for (uint32_t udp = 0; udp < 2; udp++)
        for (uint32_t from = 0; from < TELESCOPE_NUMBERS; from += AT_ONCE) {
            const uint32_t *ports = &lane->ports[udp][from];
            uint32_t any = 0; /* most of them are zero */
            for (uint32_t i = 0; i < AT_ONCE; i++)
                any |= ports[i];
            for (uint32_t i = 0; any && i < AT_ONCE; i++)
                if (ports[i])
                    telescope_port_of(&lane->window, udp, from + i)->packets += ports[i];
        }
    memset(lane->ports, 0, sizeof(lane->ports));
}

static void protocols_empty(struct lane *lane)
{
    struct telescope_window *window = &lane->window;
    const uint32_t *protocols = lane->protocols;
    uint64_t icmp = (uint64_t)protocols[PROTOCOL_icmp] + protocols[PROTOCOL_icmp6];
    window->tcp += protocols[PROTOCOL_tcp];
    window->udp += protocols[PROTOCOL_udp];
    window->icmp += icmp;
    window->other += lane->counted - protocols[PROTOCOL_tcp] - protocols[PROTOCOL_udp] - icmp;
    memset(lane->protocols, 0, sizeof(lane->protocols));
}

/* What was counted goes to the window. */
static void counts_empty(struct lane *lane)
{
    struct telescope_window *window = &lane->window;
    ports_empty(lane);
    protocols_empty(lane);
    for (uint32_t i = 0; i < 256; i++)
        window->flags[i] += lane->flags[i];
    for (uint32_t i = 0; i < SOURCE_KIND_COUNT; i++)
        window->kinds[i].packets += lane->kinds[i];
    for (uint32_t i = 0; i < 1 << MARK_COUNT; i++)
        for (unsigned marks = i; marks; marks &= marks - 1)
            window->marks[__builtin_ctz(marks)].packets += lane->marks[i];
    memset(lane->flags, 0, sizeof(lane->flags));
    memset(lane->kinds, 0, sizeof(lane->kinds));
    memset(lane->marks, 0, sizeof(lane->marks));
    lane->counted = 0;
}

static void member_tell(const struct lane *lane, uint32_t row, uint64_t hash, uint32_t member)
{
    const struct telescope_options *options = lane->run->options;
    options->member(options->member_context, packet_partition(hash), &lane->packets, row, member);
}

/* A packet that missed the darknet: does a member reach for unused addresses of its own? */
static void missed_tell(const struct lane *lane, uint32_t row)
{
    const struct telescope_options *options = lane->run->options;
    const struct ip *source = &lane->packets.source_ip[row];
    uint32_t owner = prefix_table_find(options->unused, &lane->packets.destination_ip[row]);
    if (owner && prefix_table_find(options->members, source) == owner)
        member_tell(lane, row, packet_source_hash(source), owner);
}

/* In the order of the packets, those that missed the darknet among them. */
static void members_tell(const struct lane *lane, uint32_t from, uint32_t to)
{
    const struct source_rows *rows = &lane->rows;
    for (uint32_t i = 0; i < rows->count; i++) {
        for (; lane->run->options->unused && from < rows->row[i]; from++)
            missed_tell(lane, from);
        from = rows->row[i] + 1u;
        if (rows->member[i])
            member_tell(lane, rows->row[i], rows->hash[i], rows->member[i]);
    }
    for (; lane->run->options->unused && from < to; from++)
        missed_tell(lane, from);
}

void lane_see(struct lane *lane, uint32_t from, uint32_t to)
{
    const struct telescope_options *options = lane->run->options;
    rows_choose(lane, from, to);
    if (lane->rows.count) {
        rows_count(lane);
        lane->counted += lane->rows.count;
        if (lane->counted >= COUNTED_MOST)
            counts_empty(lane);
        source_table_see(lane->run->table, &lane->packets, &lane->rows);
    }
    if (options->episodes)
        episode_desk_see(options->episodes, lane->number, &lane->packets, &lane->rows,
                         to < lane->packets.count ? lane->packets.number[to] - 1
                                                  : lane->packets.reached);
    if (options->member && options->members)
        members_tell(lane, from, to);
}

struct port_sum {
    struct telescope_window *window;
    bool survey;
};

static void port_sum(void *context, uint32_t value, uint32_t packets, uint32_t weight)
{
    const struct port_sum *sum = context;
    uint32_t protocol = value >> 16;
    if (protocol > 1)
        return; /* SCTP */
    struct telescope_port *port = telescope_port_of(sum->window, protocol, value & 0xffff);
    port->sources += weight;
    if (sum->survey) {
        port->surveys += (uint64_t)packets * weight;
        port->survey_sources += weight;
    }
}

/* The upper half of an IPv4 address. */
static inline uint32_t ip_upper(const struct ip *ip)
{
    return (uint32_t)ip->octets[12] << 8 | ip->octets[13];
}

static void source_sum(struct telescope_window *window, const struct source_summary *source)
{
    struct telescope_count *class = &window->classes[source->class];
    class->packets += source->packets;
    class->sources++;
    const uint32_t *kinds = (const uint32_t *)&source->kinds;
    for (uint32_t i = 0; i < SOURCE_KIND_COUNT; i++)
        window->kinds[i].sources += kinds[i] != 0;
    const uint32_t *marks = (const uint32_t *)&source->marks;
    for (uint32_t i = 0; i < MARK_COUNT; i++)
        window->marks[i].sources += marks[i] != 0;
    if (ip_is_v4(&source->address)) {
        struct telescope_count *count = telescope_prefix_of(window, ip_upper(&source->address));
        count->packets += source->packets;
        count->sources++;
    }
}

/* Where it is, where that is asked for. */
static void source_locate(struct lane *lane, const struct source_summary *source)
{
    const struct geography *geography = lane->run->options->geography;
    if (!geography)
        return;
    struct place place = geography_find(geography, &source->address);
    struct place_count count = {source->packets, 1};
    place_counts_add(lane->window.places, &place, &count);
}

static void port_follow(void *context, uint32_t port, uint32_t packets, uint32_t weight)
{
    (void)packets;
    (void)weight;
    survey_add_port(context, port);
}

static void destination_follow(void *context, uint32_t destination)
{
    survey_add_destination(context, destination);
}

/* Do this window and those before it make the source a survey? */
static bool source_follow(const struct telescope_run *run, uint32_t part, uint32_t number,
                          const struct source_summary *source, const struct source_verdict *verdict)
{
    struct survey *survey = run->surveys ? surveys_find(run->surveys, part, source, verdict) : NULL;
    if (!survey)
        return false;
    if (!survey_told(survey) && !verdict->surveys) {
        source_table_ports(run->table, part, number, port_follow, survey);
        source_table_destinations(run->table, part, number, destination_follow, survey);
    }
    return survey_judge(run->surveys, survey, source, verdict);
}

static struct source_verdict source_judge(const struct telescope_run *run, uint32_t part,
                                          uint32_t number, struct source_summary *source,
                                          bool listed)
{
    struct source_verdict verdict = source_classify(source, (double)run->addresses, listed);
    if (source_follow(run, part, number, source, &verdict)) {
        source->followed = true;
        verdict = source_classify(source, (double)run->addresses, listed);
    }
    source->class = verdict.class;
    source->score = verdict.score;
    source_table_class(run->table, part, number, verdict.class, verdict.score, source->followed);
    return verdict;
}

static void told_sum(struct telescope_window *window, const struct source_summary *source,
                     const struct source_verdict *verdict, bool listed)
{
    enum telescope_told told = !listed            ? TOLD_BY_BEHAVIOUR
                               : verdict->surveys ? TOLD_BY_BOTH
                                                  : TOLD_BY_LIST;
    window->told[told].packets += source->packets;
    window->told[told].sources++;
}

static void source_settle(struct lane *lane, uint32_t part, uint32_t number)
{
    const struct telescope_run *run = lane->run;
    const struct prefix_table *scanners = run->options->scanners;
    struct source_summary source;
    source_table_tell(run->table, part, number, &source);
    bool listed = scanners && prefix_table_find(scanners, &source.address) != 0;
    struct source_verdict verdict = source_judge(run, part, number, &source, listed);
    if (verdict.class == SOURCE_investigation)
        told_sum(&lane->window, &source, &verdict, listed);
    if (run->totals)
        source_totals_add(run->totals, part, &source);
    source_sum(&lane->window, &source);
    source_locate(lane, &source);
    struct port_sum sum = {&lane->window, verdict.class == SOURCE_investigation};
    source_table_ports(run->table, part, number, port_sum, &sum);
}

/* Sources that come soon, their prefixes and totals: misses of many megabytes overlap. */
static void settle_prefetch(const struct lane *lane, uint32_t part, uint32_t number, uint32_t count)
{
    enum { FAR = 16, NEAR = 8 };
    const struct telescope_run *run = lane->run;
    if (number + FAR < count)
        source_table_prefetch(run->table, part, number + FAR, false);
    if (number + NEAR < count) {
        const struct ip *address = source_table_address(run->table, part, number + NEAR);
        source_table_prefetch(run->table, part, number + NEAR, true);
        __builtin_prefetch(&lane->window.prefixes->at[ip_upper(address)], 1);
    }
    if (!run->totals)
        return;
    if (number + FAR < count)
        source_totals_prefetch(run->totals, part,
                               source_table_address(run->table, part, number + FAR), false);
    if (number + NEAR < count)
        source_totals_prefetch(run->totals, part,
                               source_table_address(run->table, part, number + NEAR), true);
}

int lane_settle(struct lane *lane)
{
    struct telescope_run *run = lane->run;
    int error = 0;
    counts_empty(lane);
    for (uint32_t p = lane->number; p < PACKET_PARTITIONS && !error; p += run->lane_count) {
        uint32_t count = source_table_count(run->table, p);
        for (uint32_t i = 0; i < count; i++) {
            settle_prefetch(lane, p, i, count);
            source_settle(lane, p, i);
        }
        lane->window.sources += count;
        lane->window.evicted += source_table_evicted(run->table, p);
        uint64_t missing = source_table_missing(run->table, p);
        lane->window.missing = missing > lane->window.missing ? missing : lane->window.missing;
        source_table_distinct(run->table, p, lane->window.source_sketch);
        if (run->options->sources)
            error = source_table_sort(run->table, p);
    }
    return error;
}

void lane_clear(struct lane *lane)
{
    struct telescope_run *run = lane->run;
    for (uint32_t p = lane->number; p < PACKET_PARTITIONS; p += run->lane_count)
        source_table_clear(run->table, p, run->window_start);
    telescope_window_clear(&lane->window);
    if (lane->destinations)
        memset(lane->destinations, 0, DESTINATION_WORDS(run->addresses) * sizeof(uint64_t));
}
