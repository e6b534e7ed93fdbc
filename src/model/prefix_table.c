#include "model/prefix_table.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { LENGTH_LIMIT = 128, IPV4_LENGTH = 96, INDEX_SIZE = 1 << 16 };

/* An address as a number of 128 bits. */
struct place {
    uint64_t high, low;
};

struct prefix_entry {
    struct prefix prefix;
    uint32_t value, order; /* value 0: an exclusion */
};

struct prefix_range {
    struct place start; /* up to the next range, or the end of the family */
    uint64_t before;    /* addresses with a value in front of this range */
    uint32_t value;
};

struct prefix_cut {
    uint32_t start, value;
};

struct prefix_span {
    uint32_t first, last;
};

static struct place place_of(const struct ip *ip)
{
    struct place place = {0, 0};
    for (int i = 0; i < 8; i++) {
        place.high = place.high << 8 | ip->octets[i];
        place.low = place.low << 8 | ip->octets[i + 8];
    }
    return place;
}

static uint32_t ipv4_of(const struct ip *ip)
{
    uint32_t address;
    memcpy(&address, ip->octets + 12, sizeof(address));
    return be32toh(address);
}

static int place_compare(struct place a, struct place b)
{
    if (a.high != b.high)
        return a.high < b.high ? -1 : 1;
    return (a.low > b.low) - (a.low < b.low);
}

static struct place place_next(struct place place)
{
    place.low++;
    place.high += place.low == 0;
    return place;
}

/* to - from, at most UINT64_MAX. */
static uint64_t place_distance(struct place from, struct place to)
{
    uint64_t high = to.high - from.high - (to.low < from.low);
    return high ? UINT64_MAX : to.low - from.low;
}

static uint64_t add_saturated(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* ---- one prefix -------------------------------------------------------------------- */

static bool length_parse(struct bytes text, unsigned most, unsigned *ret_length)
{
    unsigned value = 0;
    if (text.len == 0 || text.len > 3)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return false;
        value = value * 10 + (unsigned)(text.at[i] - '0');
    }
    if (value > most)
        return false;
    *ret_length = value;
    return true;
}

static void prefix_clear_behind(struct prefix *prefix)
{
    for (unsigned i = prefix->length; i < LENGTH_LIMIT; i++)
        prefix->address.octets[i / 8] &= (uint8_t) ~(0x80u >> i % 8);
}

int prefix_parse(struct bytes text, struct prefix *ret_prefix)
{
    const char *slash = text.len ? memchr(text.at, '/', text.len) : NULL;
    struct bytes address = {text.at, slash ? (size_t)(slash - text.at) : text.len};
    bool ipv6 = address.len && memchr(address.at, ':', address.len);
    unsigned length = ipv6 ? LENGTH_LIMIT : LENGTH_LIMIT - IPV4_LENGTH;
    struct prefix prefix;

    if (address.len && memchr(address.at, '%', address.len))
        return -EINVAL; /* a zone means one machine's interface */
    if (!ip_parse(address, &prefix.address))
        return -EINVAL;
    if (slash && !length_parse(bytes_from(text, address.len + 1), length, &length))
        return -EINVAL;
    prefix.length = (uint8_t)(ipv6 ? length : length + IPV4_LENGTH);
    prefix_clear_behind(&prefix);
    *ret_prefix = prefix;
    return 0;
}

static bool prefix_is_v4(const struct prefix *prefix)
{
    return prefix->length >= IPV4_LENGTH && ip_is_v4(&prefix->address);
}

struct bytes prefix_format(const struct prefix *prefix, char text[PREFIX_TEXT_SIZE])
{
    char address[IP_TEXT_SIZE];
    unsigned length = prefix->length;
    ip_format(&prefix->address, address);
    if (prefix_is_v4(prefix))
        length -= IPV4_LENGTH;
    if (!address[0]) /* ::/0 begins at the address that stands for none */
        memcpy(address, "::", sizeof("::"));
    int len = snprintf(text, PREFIX_TEXT_SIZE, "%s/%u", address, length);
    return (struct bytes){text, len < 0 ? 0 : (size_t)len};
}

bool prefix_holds(const struct prefix *prefix, const struct ip *ip)
{
    struct prefix at = {*ip, prefix->length};
    if (prefix_is_v4(prefix) != ip_is_v4(ip))
        return false;
    prefix_clear_behind(&at);
    return memcmp(&at.address, &prefix->address, sizeof(at.address)) == 0;
}

uint64_t prefix_addresses(const struct prefix *prefix)
{
    return prefix->length <= 64 ? UINT64_MAX : UINT64_C(1) << (LENGTH_LIMIT - prefix->length);
}

struct ip prefix_last(const struct prefix *prefix)
{
    struct ip last = prefix->address;
    for (unsigned i = prefix->length; i < LENGTH_LIMIT; i++)
        last.octets[i / 8] |= (uint8_t)(0x80u >> i % 8);
    return last;
}

/* ---- adding ------------------------------------------------------------------------ */

static int entry_add(struct prefix_table *table, const struct prefix *prefix, uint32_t value)
{
    if (table->ranges)
        return -EINVAL;
    if (table->entry_count == PREFIX_TABLE_LIMIT)
        return -ENOSPC;
    if (table->entry_count == table->entry_room) {
        uint32_t room = table->entry_room ? table->entry_room * 2 : 64;
        struct prefix_entry *entries = realloc(table->entries, room * sizeof(*entries));
        if (!entries)
            return -ENOMEM;
        table->entries = entries;
        table->entry_room = room;
    }
    table->entries[table->entry_count] = (struct prefix_entry){*prefix, value, table->entry_count};
    table->entry_count++;
    return 0;
}

int prefix_table_add(struct prefix_table *table, const struct prefix *prefix, uint32_t value)
{
    return value ? entry_add(table, prefix, value) : -EINVAL;
}

int prefix_table_exclude(struct prefix_table *table, const struct prefix *prefix)
{
    return entry_add(table, prefix, 0);
}

/* ---- freezing ---------------------------------------------------------------------- */

/* IPv4 first, then by address; what holds comes before what is held. */
static int entry_compare(const void *left, const void *right)
{
    const struct prefix_entry *a = left, *b = right;
    int order = (int)prefix_is_v4(&b->prefix) - (int)prefix_is_v4(&a->prefix);
    if (!order)
        order = place_compare(place_of(&a->prefix.address), place_of(&b->prefix.address));
    if (!order)
        order = (int)a->prefix.length - (int)b->prefix.length;
    return order ? order : (a->order > b->order) - (a->order < b->order);
}

/* A prefix the sweep is in. Held ones are strictly longer, so 129 are enough. */
struct sweep_level {
    struct place last;
    uint32_t value;
    uint8_t length;
    bool excluded;
};

struct sweep {
    struct prefix_table *table;
    struct place end; /* of the family: its last address */
    struct sweep_level levels[LENGTH_LIMIT + 2];
    unsigned depth; /* levels[0] is the whole family, without a value */
    uint32_t first; /* range of the family */
};

/* From `start` on, what the innermost level says. */
static void sweep_emit(struct sweep *sweep, struct place start)
{
    struct prefix_table *table = sweep->table;
    uint32_t value = sweep->levels[sweep->depth].value, count = table->range_count;
    if (count > sweep->first && place_compare(table->ranges[count - 1].start, start) == 0)
        count = --table->range_count;
    if (count > sweep->first && table->ranges[count - 1].value == value)
        return;
    table->ranges[table->range_count++] = (struct prefix_range){start, 0, value};
}

/* Leave the levels that end before `next`; NULL: all but the family. */
static void sweep_leave(struct sweep *sweep, const struct place *next)
{
    while (sweep->depth) {
        struct place last = sweep->levels[sweep->depth].last;
        if (next && place_compare(last, *next) >= 0)
            return;
        sweep->depth--;
        if (place_compare(last, sweep->end) < 0)
            sweep_emit(sweep, place_next(last));
    }
}

static void sweep_enter(struct sweep *sweep, const struct prefix_entry *entry)
{
    struct place start = place_of(&entry->prefix.address);
    sweep_leave(sweep, &start);
    struct sweep_level *outer = &sweep->levels[sweep->depth];
    bool excluded = outer->excluded || entry->value == 0;
    if (sweep->depth == 0 || entry->prefix.length != outer->length)
        sweep->depth++; /* else the same prefix again */
    struct ip last = prefix_last(&entry->prefix);
    sweep->levels[sweep->depth] = (struct sweep_level){place_of(&last), excluded ? 0 : entry->value,
                                                       entry->prefix.length, excluded};
    sweep_emit(sweep, start);
}

/* The ranges of entries [from, to), all of one family. */
static void sweep_family(struct prefix_table *table, uint32_t from, uint32_t to, struct place start,
                         struct place end)
{
    struct sweep sweep = {.table = table, .end = end, .first = table->range_count};
    sweep_emit(&sweep, start);
    for (uint32_t i = from; i < to; i++)
        sweep_enter(&sweep, &table->entries[i]);
    sweep_leave(&sweep, NULL);
}

static void ranges_number(struct prefix_table *table, uint32_t from, uint32_t to, struct place end)
{
    for (uint32_t i = from; i < to; i++) {
        struct prefix_range *range = &table->ranges[i];
        struct place last = i + 1 < to ? table->ranges[i + 1].start : end;
        uint64_t size = place_distance(range->start, last);
        range->before = table->addresses;
        if (i + 1 == to)
            size = add_saturated(size, 1); /* `end` is in it */
        if (range->value)
            table->addresses = add_saturated(table->addresses, size);
    }
}

static void index_make(struct prefix_table *table)
{
    uint32_t range = 0;
    for (uint32_t i = 0; i < table->ipv4_count; i++)
        table->ipv4_cuts[i] =
            (struct prefix_cut){(uint32_t)table->ranges[i].start.low, table->ranges[i].value};
    for (uint32_t top = 0; top < INDEX_SIZE; top++) {
        while (range + 1 < table->ipv4_count && table->ipv4_cuts[range + 1].start <= top << 16)
            range++;
        uint32_t last = range;
        while (last + 1 < table->ipv4_count &&
               table->ipv4_cuts[last + 1].start <= (top << 16 | 0xffff))
            last++;
        table->ipv4_index[top] = (struct prefix_span){range, last};
    }
}

static void ranges_make(struct prefix_table *table)
{
    static const struct place ipv4_start = {0, UINT64_C(0xffff00000000)};
    static const struct place ipv4_end = {0, UINT64_C(0xffffffffffff)};
    static const struct place start = {0, 0}, end = {UINT64_MAX, UINT64_MAX};
    uint32_t ipv4 = 0;
    if (table->entry_count)
        qsort(table->entries, table->entry_count, sizeof(*table->entries), entry_compare);
    while (ipv4 < table->entry_count && prefix_is_v4(&table->entries[ipv4].prefix))
        ipv4++;
    sweep_family(table, 0, ipv4, ipv4_start, ipv4_end);
    table->ipv4_count = table->range_count;
    sweep_family(table, ipv4, table->entry_count, start, end);
    ranges_number(table, 0, table->ipv4_count, ipv4_end);
    ranges_number(table, table->ipv4_count, table->range_count, end);
    index_make(table);
}

int prefix_table_freeze(struct prefix_table *table)
{
    if (table->ranges)
        return 0;
    /* A prefix adds a boundary at each of its ends; each family begins with one. */
    struct prefix_range *ranges = calloc(2 * (size_t)table->entry_count + 2, sizeof(*ranges));
    struct prefix_cut *cuts = calloc(2 * (size_t)table->entry_count + 2, sizeof(*cuts));
    struct prefix_span *index = calloc(INDEX_SIZE, sizeof(*index));
    if (!ranges || !cuts || !index) {
        free(ranges);
        free(cuts);
        free(index);
        return -ENOMEM;
    }
    table->ranges = ranges;
    table->ipv4_cuts = cuts;
    table->ipv4_index = index;
    ranges_make(table);
    free(table->entries);
    table->entries = NULL;
    table->entry_count = table->entry_room = 0;
    return 0;
}

/* ---- asking ------------------------------------------------------------------------ */

/* The number of the range: the last that starts at or before the address. */
static uint32_t range_of_v4(const struct prefix_table *table, uint32_t address)
{
    uint32_t first = table->ipv4_index[address >> 16].first;
    uint32_t count = table->ipv4_index[address >> 16].last - first;
    while (count) { /* without branches: addresses come in any order */
        uint32_t half = (count + 1) / 2;
        first += table->ipv4_cuts[first + half].start <= address ? half : 0;
        count -= half;
    }
    return first;
}

static uint32_t range_of_v6(const struct prefix_table *table, struct place place)
{
    uint32_t low = table->ipv4_count, high = table->range_count - 1;
    while (low < high) {
        uint32_t middle = low + (high - low + 1) / 2;
        if (place_compare(table->ranges[middle].start, place) <= 0)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

uint32_t prefix_table_find(const struct prefix_table *table, const struct ip *ip)
{
    if (!table->ranges)
        return 0;
    if (ip_is_v4(ip))
        return table->ipv4_cuts[range_of_v4(table, ipv4_of(ip))].value;
    return table->ranges[range_of_v6(table, place_of(ip))].value;
}

static bool position_of_v4(const struct prefix_table *table, uint32_t address,
                           uint64_t *ret_position)
{
    uint32_t number = range_of_v4(table, address);
    if (!table->ipv4_cuts[number].value)
        return false;
    *ret_position =
        add_saturated(table->ranges[number].before, address - table->ipv4_cuts[number].start);
    return true;
}

bool prefix_table_position(const struct prefix_table *table, const struct ip *ip,
                           uint64_t *ret_position)
{
    if (!table->ranges)
        return false;
    if (ip_is_v4(ip))
        return position_of_v4(table, ipv4_of(ip), ret_position);
    struct place place = place_of(ip);
    const struct prefix_range *range = &table->ranges[range_of_v6(table, place)];
    if (!range->value)
        return false;
    *ret_position = add_saturated(range->before, place_distance(range->start, place));
    return true;
}

void prefix_table_finish(struct prefix_table *table)
{
    free(table->entries);
    free(table->ranges);
    free(table->ipv4_cuts);
    free(table->ipv4_index);
    *table = (struct prefix_table){0};
}
