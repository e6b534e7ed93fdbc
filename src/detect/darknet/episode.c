#include "detect/darknet/episode.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/hash.h"
#include "detect/darknet/marks.h"

enum {
    WAYS = 8,
    PORTS = 4,       /* candidates for the port most named */
    REGISTERS = 256, /* of the count of destinations */
    SLICES = 6,      /* a window of 60 s in slices of 10 s */
    REPEATED = 6,
    SERVICE_PORTS = 1024,
    MOORE_PACKETS = 100,
    RSDOS_PACKETS = 25,
    RSDOS_MINUTE = 30,
};

static const int64_t SECOND = 1000000000, SLICE = 10 * SECOND, SHORTEST = 60 * SECOND;

const char *const episode_rule_names[2] = {"moore", "rsdos"};

struct entry {
    struct ip victim;
    uint8_t protocol;
    bool told; /* while it went on */
    int64_t start, last;
    uint64_t packets, bytes;
    uint32_t icmp_kinds;
    int64_t slice;                /* the newest, in slices since 1970 */
    uint32_t slices[SLICES];      /* packets of the last six, by slice modulo six */
    uint32_t minute, minute_most; /* packets of all six; the most there ever were */
    uint16_t asked;               /* the port here that the first packet came to … */
    uint32_t asked_again;         /* … and the packets that came to it */
    uint16_t ports[PORTS];
    uint32_t port_counts[PORTS]; /* Misra and Gries, 1982: lower bounds; over a fifth survives */
    uint8_t registers[REGISTERS];
};

struct episode_table {
    struct episode_options options;
    struct episode_counts counts;
    int64_t clock, swept;
    uint32_t sets;  /* a power of two */
    uint64_t *busy; /* bits: sets with an episode; sweeping takes no more than there are */
    struct entry *entries;
};

int episode_open(const struct episode_options *options, struct episode_table **ret_table)
{
    uint32_t room = options->room ? options->room : EPISODE_ROOM;
    if (room > EPISODE_ROOM_MOST)
        return -EINVAL;
    struct episode_table *table = calloc(1, sizeof(*table));
    if (!table)
        return -ENOMEM;
    table->options = *options;
    table->sets = 1;
    while (table->sets * WAYS < room)
        table->sets *= 2;
    table->clock = table->swept = INT64_MIN;
    table->entries = calloc((size_t)table->sets * WAYS, sizeof(*table->entries));
    table->busy = calloc(table->sets / 64 + 1, sizeof(*table->busy));
    if (!table->entries || !table->busy) {
        episode_close(table);
        return -ENOMEM;
    }
    *ret_table = table;
    return 0;
}

/* An error about a packet that was sent in the name of who gets it: forged, here nobody sends. */
static bool answer_of_error(const struct packets *packets, uint32_t row,
                            struct episode_answer *answer)
{
    const struct packet_quoted *quoted = &packets->quoted[row];
    if (!(packets->has[row] & PACKET_QUOTED) ||
        memcmp(&quoted->source_ip, &packets->destination_ip[row], sizeof(struct ip)) != 0)
        return false;
    bool ports = quoted->protocol == PROTOCOL_tcp || quoted->protocol == PROTOCOL_udp ||
                 quoted->protocol == PROTOCOL_sctp;
    answer->victim = quoted->destination_ip;
    answer->protocol = quoted->protocol;
    answer->has_port = ports;
    answer->port = quoted->destination_port;
    answer->icmp = true;
    return true;
}

bool episode_answer_of(const struct packets *packets, uint32_t row, enum source_kind kind,
                       struct episode_answer *answer)
{
    *answer = (struct episode_answer){.number = packets->number[row],
                                      .time = packets->time[row],
                                      .clock = packets->clock[row],
                                      .victim = packets->source_ip[row],
                                      .destination = packets->destination_ip[row],
                                      .length = packets->length[row],
                                      .port = packets->source_port[row],
                                      .asked = packets->destination_port[row],
                                      .protocol = packets->protocol[row],
                                      .has_port = true};
    switch (kind) {
    case KIND_tcp_syn_ack:
        answer->syn_ack = true;
        return true;
    case KIND_tcp_rst:
        return true;
    case KIND_tcp_ack: /* scanners send it as well, from ports where nothing serves */
        return packets->source_port[row] < SERVICE_PORTS;
    case KIND_udp_from_service: /* from 53 to 53 may ask as well as answer */
        return !port_answers_udp(packets->destination_port[row]);
    case KIND_icmp_reply:
        answer->has_port = false;
        answer->icmp = true;
        return true;
    case KIND_icmp_error:
        return answer_of_error(packets, row, answer);
    default:
        return false;
    }
}

/* HyperLogLog with 256 registers, linear counting while some are empty (Flajolet et al., 2007). */
static void destination_add(struct entry *entry, const struct ip *destination)
{
    uint64_t hash = XXH3_64bits(destination, sizeof(*destination));
    uint8_t rank = (uint8_t)(__builtin_clzll(hash << 8 | 0x80) + 1);
    uint8_t *place = &entry->registers[hash >> 56];
    if (*place < rank)
        *place = rank;
}

static uint32_t destination_count(const struct entry *entry)
{
    double sum = 0, empty = 0;
    for (int i = 0; i < REGISTERS; i++) {
        sum += ldexp(1, -entry->registers[i]);
        empty += entry->registers[i] == 0;
    }
    double count = 0.7213 / (1 + 1.079 / REGISTERS) * REGISTERS * REGISTERS / sum;
    if (count <= 2.5 * REGISTERS && empty > 0)
        count = REGISTERS * log(REGISTERS / empty);
    return (uint32_t)fmin(fmin(count + 0.5, (double)entry->packets), UINT32_MAX);
}

static void port_add(struct entry *entry, uint16_t port)
{
    int empty = -1;
    for (int i = 0; i < PORTS; i++) {
        if (entry->port_counts[i] && entry->ports[i] == port) {
            entry->port_counts[i] += entry->port_counts[i] < UINT32_MAX;
            return;
        }
        if (!entry->port_counts[i])
            empty = i;
    }
    if (empty >= 0) {
        entry->ports[empty] = port;
        entry->port_counts[empty] = 1;
        return;
    }
    for (int i = 0; i < PORTS; i++)
        entry->port_counts[i]--;
}

/* The window of 60 s ends with the slice of this packet, or of the newest one before it. */
static void minute_add(struct entry *entry, int64_t time)
{
    int64_t slice = time / SLICE - (time % SLICE < 0);
    if (slice > entry->slice) {
        int64_t steps = slice - entry->slice < SLICES ? slice - entry->slice : SLICES;
        for (int64_t i = 0; i < steps; i++) {
            uint32_t *oldest = &entry->slices[(uint64_t)(slice - i) % SLICES];
            entry->minute -= *oldest;
            *oldest = 0;
        }
        entry->slice = slice;
    }
    entry->slices[(uint64_t)entry->slice % SLICES]++;
    entry->minute++;
    if (entry->minute > entry->minute_most)
        entry->minute_most = entry->minute;
}

/*
 * Half of the addresses that a sixth of the packets would have reached if they
 * were drawn evenly: an answer is repeated up to five times. What the end of a
 * connection sends to the next owner of an address reaches that one alone.
 */
static bool entry_spreads(const struct entry *entry, double addresses)
{
    double draws = (double)entry->packets / REPEATED;
    double even = addresses > 0 ? addresses * -expm1(-draws / addresses) : draws;
    return destination_count(entry) * 2.0 >= even;
}

/* How many packets surely named the port that most did; 0: they are spread, chance keeps any. */
static uint32_t entry_service(const struct entry *entry, uint16_t *ret_port)
{
    uint32_t most = 0;
    for (int i = 0; i < PORTS; i++)
        if (entry->port_counts[i] > most && entry->port_counts[i] > entry->packets / 10) {
            most = entry->port_counts[i];
            *ret_port = entry->ports[i];
        }
    return most;
}

/*
 * SYN-ACKs from where nothing serves to one port of everybody, and none repeated: a scan. A
 * victim repeats them for want of an answer.
 */
static bool entry_asks(const struct entry *entry)
{
    uint16_t port = 0;
    return entry->protocol == PROTOCOL_tcp && entry_service(entry, &port) &&
           port >= SERVICE_PORTS && entry->asked_again * UINT64_C(2) > entry->packets &&
           destination_count(entry) * UINT64_C(3) > entry->packets * 2;
}

static bool entry_meets(const struct entry *entry, const struct episode_options *options)
{
    if (entry->last - entry->start < SHORTEST)
        return false;
    if (options->rule == EPISODE_MOORE)
        return entry->packets >= MOORE_PACKETS && !entry_asks(entry) &&
               entry_spreads(entry, options->addresses);
    return entry->packets >= RSDOS_PACKETS && entry->minute_most >= RSDOS_MINUTE;
}

/* What was told while it went on is told again, as gone, when it meets the rule no more. */
static void entry_tell(struct episode_table *table, struct entry *entry, enum episode_state state)
{
    bool meets = entry_meets(entry, &table->options);
    if (!meets && !entry->told)
        return;
    entry->told = meets && state == EPISODE_GOING_ON;
    struct episode episode = {.victim = entry->victim,
                              .state = meets ? state : EPISODE_GONE,
                              .protocol = entry->protocol,
                              .icmp_kinds = entry->icmp_kinds,
                              .start = entry->start,
                              .end = entry->last,
                              .packets = entry->packets,
                              .bytes = entry->bytes,
                              .destinations = destination_count(entry),
                              .peak_rate = entry->minute_most / 60.0};
    episode.has_service = entry_service(entry, &episode.service) > 0;
    if (table->options.addresses > 0 && mark_is_ipv4(&entry->victim)) {
        double scale = 4294967296.0 / table->options.addresses / 60, seen = entry->minute_most;
        episode.estimated_rate = seen * scale;
        episode.estimated_low = fmax(seen - 1.96 * sqrt(seen), 0) * scale;
        episode.estimated_high = (seen + 1.96 * sqrt(seen)) * scale;
    }
    table->counts.told += episode.state == EPISODE_ENDED;
    table->options.found(table->options.context, &episode);
}

static bool entry_over(const struct entry *entry, int64_t clock)
{
    return clock - entry->last >= EPISODE_GAP;
}

static void set_sweep(struct episode_table *table, uint32_t set, bool look)
{
    bool busy = false;
    for (struct entry *entry = table->entries + (size_t)set * WAYS, *end = entry + WAYS;
         entry < end; entry++) {
        if (entry->packets == 0)
            continue;
        if (!entry_over(entry, table->clock)) {
            busy = true;
            if (look)
                entry_tell(table, entry, EPISODE_GOING_ON);
            continue;
        }
        entry_tell(table, entry, EPISODE_ENDED);
        entry->packets = 0;
    }
    if (!busy)
        table->busy[set / 64] &= ~(UINT64_C(1) << set % 64);
}

/* Once a minute: what is over is told and leaves. */
static void table_sweep(struct episode_table *table, bool look)
{
    table->swept = table->clock;
    for (uint32_t word = 0; word <= table->sets / 64; word++)
        for (uint64_t bits = table->busy[word]; bits; bits &= bits - 1)
            set_sweep(table, word * 64 + (uint32_t)__builtin_ctzll(bits), look);
}

void episode_look(struct episode_table *table, int64_t clock)
{
    if (clock > table->clock)
        table->clock = clock;
    table_sweep(table, true);
}

static void entry_begin(struct entry *entry, const struct episode_answer *answer)
{
    int64_t time = answer->time;
    memset(entry, 0, sizeof(*entry));
    entry->victim = answer->victim;
    entry->protocol = answer->protocol;
    entry->start = entry->last = time;
    entry->slice = time / SLICE - (time % SLICE < 0);
    entry->asked = answer->asked;
}

/* The answer's entry: its own, an empty one, or that of whoever was seen least. */
static struct entry *entry_of(struct episode_table *table, const struct episode_answer *answer)
{
    uint64_t hash =
        hash_mix(XXH3_64bits(&answer->victim, sizeof(answer->victim)), answer->protocol);
    uint32_t number = (uint32_t)hash & (table->sets - 1);
    struct entry *set = table->entries + (size_t)number * WAYS, *place = set;
    for (int i = 0; i < WAYS; i++) {
        struct entry *entry = &set[i];
        if (entry->packets && entry_over(entry, table->clock)) {
            entry_tell(table, entry, EPISODE_ENDED);
            entry->packets = 0;
        }
        if (entry->packets && entry->protocol == answer->protocol &&
            memcmp(&entry->victim, &answer->victim, sizeof(entry->victim)) == 0)
            return entry;
        if (entry->packets < place->packets ||
            (entry->packets == place->packets && entry->last < place->last))
            place = entry;
    }
    if (place->packets) {
        table->counts.evicted++;
        entry_tell(table, place, EPISODE_ENDED);
    }
    table->counts.begun++;
    table->busy[number / 64] |= UINT64_C(1) << number % 64;
    entry_begin(place, answer);
    return place;
}

static void clock_turn(struct episode_table *table, int64_t clock)
{
    if (clock > table->clock)
        table->clock = clock;
    if (table->swept == INT64_MIN)
        table->swept = table->clock;
    if (table->clock - table->swept >= 60 * SECOND)
        table_sweep(table, false);
}

void episode_see_answer(struct episode_table *table, const struct episode_answer *answer)
{
    int64_t time = answer->time;
    clock_turn(table, answer->clock);
    struct entry *entry = entry_of(table, answer);
    table->counts.packets++;
    entry->packets++;
    entry->bytes += answer->length;
    entry->icmp_kinds += answer->icmp && entry->icmp_kinds < UINT32_MAX;
    entry->start = time < entry->start ? time : entry->start;
    entry->last = time > entry->last ? time : entry->last;
    minute_add(entry, time);
    entry->asked_again += answer->syn_ack && answer->asked == entry->asked;
    if (answer->has_port)
        port_add(entry, answer->port);
    destination_add(entry, &answer->destination);
}

void episode_see_row(struct episode_table *table, const struct packets *packets, uint32_t row)
{
    struct episode_answer answer;
    if (episode_answer_of(packets, row, kind_of(packets, row), &answer))
        episode_see_answer(table, &answer);
    else
        clock_turn(table, packets->clock[row]);
}

void episode_see(struct episode_table *table, const struct packets *packets)
{
    for (uint32_t row = 0; row < packets->count; row++)
        episode_see_row(table, packets, row);
}

void episode_end(struct episode_table *table)
{
    for (size_t i = 0; i < (size_t)table->sets * WAYS; i++) {
        if (table->entries[i].packets)
            entry_tell(table, &table->entries[i], EPISODE_ENDED);
        table->entries[i].packets = 0;
    }
}

const struct episode_counts *episode_counts(const struct episode_table *table)
{
    return &table->counts;
}

void episode_close(struct episode_table *table)
{
    if (!table)
        return;
    free(table->entries);
    free(table->busy);
    free(table);
}
