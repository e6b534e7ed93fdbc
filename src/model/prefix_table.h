/*
 * model/prefix_table.h -- which prefix an address is in: the longest that matches.
 *
 * Prefixes are added, each with a value of the caller's, then the table is
 * frozen and only read, by any number of threads. Freezing turns nested
 * prefixes into disjoint ranges in the order of addresses; a look-up goes
 * through an index of the upper 16 bits (IPv4) and a binary search in the few
 * ranges below it, so it takes no more memory than two ranges a prefix.
 *
 * The addresses that have a value are numbered from 0 in their order, IPv4
 * before IPv6: that is the number of a destination in the telescope. What is
 * excluded has no value, whatever else holds it. An IPv6 prefix never holds
 * IPv4 addresses (::/0 is all of IPv6 alone).
 *
 *     struct prefix_table table = {0};
 *     prefix_parse(BYTES("192.0.2.0/24"), &prefix);
 *     prefix_table_add(&table, &prefix, 1);
 *     prefix_table_freeze(&table);
 */
#ifndef MODEL_PREFIX_TABLE_H
#define MODEL_PREFIX_TABLE_H

#include "model/observation.h"

enum {
    PREFIX_TEXT_SIZE = IP_TEXT_SIZE + 4,
    PREFIX_TABLE_LIMIT = 1 << 22 /* prefixes in one table */
};

/* The bits behind `length` are zero. IPv4 as ::ffff:a.b.c.d with a length of 96 to 128. */
struct prefix {
    struct ip address;
    uint8_t length;
};

/*
 * "10.0.0.0/8", "2001:db8::/32", or an address alone for just that one. Bits
 * behind the length are cleared. -EINVAL: no prefix.
 */
int prefix_parse(struct bytes text, struct prefix *ret_prefix) __attribute__((warn_unused_result));

/* "10.0.0.0/8"; IPv4 with the length people write. */
struct bytes prefix_format(const struct prefix *prefix, char text[PREFIX_TEXT_SIZE]);

bool prefix_holds(const struct prefix *prefix, const struct ip *ip);

/* Its last address. */
struct ip prefix_last(const struct prefix *prefix);

/* How many addresses it holds; UINT64_MAX for a /64 and shorter IPv6 prefixes. */
uint64_t prefix_addresses(const struct prefix *prefix);

static inline bool ip_is_v4(const struct ip *ip)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    return memcmp(ip->octets, mapped, sizeof(mapped)) == 0;
}

struct prefix_entry;
struct prefix_range;
struct prefix_cut;
struct prefix_span;

/* All zero: empty. Fields are private. */
struct prefix_table {
    struct prefix_entry *entries; /* until frozen */
    uint32_t entry_count, entry_room;
    struct prefix_range *ranges; /* those of IPv4 first */
    uint32_t range_count, ipv4_count;
    struct prefix_cut *ipv4_cuts;   /* the same ranges in eight bytes each: what is searched */
    struct prefix_span *ipv4_index; /* by the upper 16 bits: ranges of the first and last address */
    uint64_t addresses;
};

/*
 * `value` may not be 0. The same prefix again replaces the value. -EINVAL:
 * frozen already; -ENOSPC: PREFIX_TABLE_LIMIT reached; -ENOMEM.
 */
int prefix_table_add(struct prefix_table *table, const struct prefix *prefix, uint32_t value)
    __attribute__((warn_unused_result));

/* Nothing in `prefix` has a value, not even where a longer prefix says so. The same errors. */
int prefix_table_exclude(struct prefix_table *table, const struct prefix *prefix)
    __attribute__((warn_unused_result));

/* No more is added; from now on there are answers. -ENOMEM. Freezing twice does nothing. */
int prefix_table_freeze(struct prefix_table *table) __attribute__((warn_unused_result));

/* The value of the longest prefix that holds `ip`; 0: none, or the table is not frozen. */
uint32_t prefix_table_find(const struct prefix_table *table, const struct ip *ip);

/* The number of `ip` among the addresses with a value: 0 … addresses - 1. False: it has none. */
bool prefix_table_position(const struct prefix_table *table, const struct ip *ip,
                           uint64_t *ret_position);

/* How many addresses have a value; at most UINT64_MAX is said. */
static inline uint64_t prefix_table_addresses(const struct prefix_table *table)
{
    return table->addresses;
}

void prefix_table_finish(struct prefix_table *table);

#endif
