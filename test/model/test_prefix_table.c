/* The longest prefix wins: held to a search through all of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/prefix_table.h"

static struct prefix prefix_of(const char *text)
{
    struct prefix prefix;
    assert_int_equal(prefix_parse(bytes_of(text), &prefix), 0);
    return prefix;
}

static struct ip ip_of(const char *text)
{
    struct ip ip;
    assert_true(ip_parse(bytes_of(text), &ip));
    return ip;
}

static uint32_t find(const struct prefix_table *table, const char *text)
{
    struct ip ip = ip_of(text);
    return prefix_table_find(table, &ip);
}

static bool position_find(const struct prefix_table *table, const char *text,
                          uint64_t *ret_position)
{
    struct ip ip = ip_of(text);
    return prefix_table_position(table, &ip, ret_position);
}

static void add(struct prefix_table *table, const char *text, uint32_t value)
{
    struct prefix prefix = prefix_of(text);
    assert_int_equal(prefix_table_add(table, &prefix, value), 0);
}

static void exclude(struct prefix_table *table, const char *text)
{
    struct prefix prefix = prefix_of(text);
    assert_int_equal(prefix_table_exclude(table, &prefix), 0);
}

static void prefixes_are_written_as_they_are_read(void **state)
{
    static const char *const same[] = {"10.0.0.0/8",    "0.0.0.0/0", "192.0.2.1/32", "::/0",
                                       "2001:db8::/32", "::1/128",   "::/96"};
    char text[PREFIX_TEXT_SIZE];
    (void)state;
    for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        struct prefix prefix = prefix_of(same[i]);
        prefix_format(&prefix, text);
        assert_string_equal(text, same[i]);
    }
    struct prefix cleared = prefix_of("10.1.2.3/8"), alone = prefix_of("10.1.2.3");
    prefix_format(&cleared, text);
    assert_string_equal(text, "10.0.0.0/8");
    prefix_format(&alone, text);
    assert_string_equal(text, "10.1.2.3/32");
}

static void what_is_no_prefix_is_refused(void **state)
{
    static const char *const wrong[] = {"",           "/",          "10.0.0.0/",   "10.0.0.0/33",
                                        "::/129",     "10.0.0/8",   "10.0.0.0/-1", "10.0.0.0/8 ",
                                        "10.0.0.0//", "fe80::1%lo", "a",           "::/0128"};
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct prefix prefix = {.length = 77};
        assert_int_equal(prefix_parse(bytes_of(wrong[i]), &prefix), -EINVAL);
        assert_int_equal(prefix.length, 77);
    }
}

static void the_longest_prefix_wins(void **state)
{
    struct prefix_table table = {0};
    (void)state;
    add(&table, "10.0.0.0/8", 1);
    add(&table, "10.1.0.0/16", 2);
    add(&table, "10.1.2.3", 3);
    add(&table, "255.255.255.255", 4);
    add(&table, "2001:db8::/32", 5);
    add(&table, "2001:db8:ffff::/48", 6);
    assert_int_equal(find(&table, "10.1.2.3"), 0); /* not frozen */
    assert_int_equal(prefix_table_freeze(&table), 0);
    assert_int_equal(find(&table, "9.255.255.255"), 0);
    assert_int_equal(find(&table, "10.0.0.0"), 1);
    assert_int_equal(find(&table, "10.1.0.0"), 2);
    assert_int_equal(find(&table, "10.1.2.3"), 3);
    assert_int_equal(find(&table, "10.1.2.4"), 2);
    assert_int_equal(find(&table, "10.2.0.0"), 1);
    assert_int_equal(find(&table, "11.0.0.0"), 0);
    assert_int_equal(find(&table, "255.255.255.255"), 4);
    assert_int_equal(find(&table, "2001:db8::1"), 5);
    assert_int_equal(find(&table, "2001:db8:ffff:ffff::"), 6);
    assert_int_equal(find(&table, "2001:db9::"), 0);
    assert_int_equal(prefix_table_addresses(&table), UINT64_MAX);
    prefix_table_finish(&table);
}

static void families_do_not_mix(void **state)
{
    struct prefix_table table = {0};
    (void)state;
    add(&table, "::/0", 7);
    assert_int_equal(prefix_table_freeze(&table), 0);
    assert_int_equal(find(&table, "10.0.0.1"), 0);
    assert_int_equal(find(&table, "ffff::"), 7);
    prefix_table_finish(&table);
    add(&table, "0.0.0.0/0", 8);
    assert_int_equal(prefix_table_freeze(&table), 0);
    assert_int_equal(find(&table, "255.255.255.255"), 8);
    assert_int_equal(find(&table, "::1"), 0);
    assert_int_equal(prefix_table_addresses(&table), UINT64_C(1) << 32);
    prefix_table_finish(&table);
}

static void exclusions_are_cut_out_and_positions_close_up(void **state)
{
    struct prefix_table table = {0};
    uint64_t position = 99;
    (void)state;
    add(&table, "198.51.100.0/24", 1);
    add(&table, "192.0.2.0/24", 1);
    exclude(&table, "192.0.2.64/26");
    add(&table, "192.0.2.64/32", 1); /* within an exclusion: excluded */
    assert_int_equal(prefix_table_freeze(&table), 0);
    assert_int_equal(prefix_table_addresses(&table), 256 + 192);
    assert_true(position_find(&table, "192.0.2.63", &position));
    assert_int_equal(position, 63);
    assert_false(position_find(&table, "192.0.2.64", &position));
    assert_int_equal(position, 63);
    assert_true(position_find(&table, "192.0.2.128", &position));
    assert_int_equal(position, 64);
    assert_true(position_find(&table, "198.51.100.255", &position));
    assert_int_equal(position, 447);
    prefix_table_finish(&table);
}

static void a_frozen_table_takes_no_more(void **state)
{
    struct prefix_table table = {0};
    struct prefix prefix = prefix_of("10.0.0.0/8");
    (void)state;
    assert_int_equal(prefix_table_add(&table, &prefix, 0), -EINVAL);
    assert_int_equal(prefix_table_freeze(&table), 0);
    assert_int_equal(prefix_table_freeze(&table), 0);
    assert_int_equal(prefix_table_add(&table, &prefix, 1), -EINVAL);
    assert_int_equal(find(&table, "10.0.0.1"), 0);
    prefix_table_finish(&table);
}

/* ---- against a search through all prefixes ------------------------------------------- */

enum { TRIALS = 60, PREFIXES = 40, PROBES = 400 };

struct known {
    struct prefix prefix;
    uint32_t value; /* 0: excluded */
};

static uint32_t random_below(uint32_t *seed, uint32_t limit)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (*seed >> 8) % limit;
}

/* An address in a small corner, so that prefixes nest and probes hit. */
static struct ip ip_random(uint32_t *seed)
{
    struct ip ip = ip_of(random_below(seed, 2) ? "10.0.0.0" : "2001:db8::");
    ip.octets[random_below(seed, 2) ? 13 : 14] = (uint8_t)random_below(seed, 4);
    ip.octets[15] = (uint8_t)random_below(seed, 256);
    if (random_below(seed, 8) == 0)
        memset(ip.octets + 12, 0xff, 4);
    return ip;
}

static struct prefix prefix_random(uint32_t *seed)
{
    struct ip ip = ip_random(seed);
    char text[PREFIX_TEXT_SIZE + 8], address[IP_TEXT_SIZE];
    uint32_t most = ip_is_v4(&ip) ? 32 : 128;
    ip_format(&ip, address);
    snprintf(text, sizeof(text), "%s/%u", address, most - random_below(seed, 20));
    return prefix_of(text);
}

static uint32_t value_searched(const struct known *known, const struct ip *ip)
{
    uint32_t value = 0;
    int best = -1;
    for (int i = 0; i < PREFIXES; i++) {
        if (!prefix_holds(&known[i].prefix, ip))
            continue;
        if (known[i].value == 0)
            return 0;
        if (known[i].prefix.length >= best) {
            best = known[i].prefix.length;
            value = known[i].value;
        }
    }
    return value;
}

static void table_fill(struct prefix_table *table, struct known *known, uint32_t *seed)
{
    for (int i = 0; i < PREFIXES; i++) {
        known[i] = (struct known){prefix_random(seed), random_below(seed, 9)};
        int status = known[i].value ? prefix_table_add(table, &known[i].prefix, known[i].value)
                                    : prefix_table_exclude(table, &known[i].prefix);
        assert_int_equal(status, 0);
    }
    assert_int_equal(prefix_table_freeze(table), 0);
}

static void random_tables_answer_as_a_full_search(void **state)
{
    struct known known[PREFIXES];
    uint32_t seed = 20260101, found = 0;
    (void)state;
    for (int trial = 0; trial < TRIALS; trial++) {
        struct prefix_table table = {0};
        table_fill(&table, known, &seed);
        for (int probe = 0; probe < PROBES; probe++) {
            struct ip ip = ip_random(&seed);
            uint32_t value = value_searched(known, &ip);
            assert_int_equal(prefix_table_find(&table, &ip), value);
            found += value != 0;
        }
        prefix_table_finish(&table);
    }
    assert_true(found > TRIALS * PROBES / 10);
}

static void positions_count_every_address_once(void **state)
{
    uint32_t seed = 7;
    struct known known[PREFIXES];
    (void)state;
    for (int trial = 0; trial < TRIALS / 4; trial++) {
        struct prefix_table table = {0};
        table_fill(&table, known, &seed);
        uint64_t next = 0;
        for (uint32_t address = 0x09f00000; address < 0x0a100000; address++) {
            struct ip ip = ip_of("0.0.0.0");
            uint64_t position;
            for (int i = 0; i < 4; i++)
                ip.octets[12 + i] = (uint8_t)(address >> (24 - 8 * i));
            if (!prefix_table_position(&table, &ip, &position))
                continue;
            assert_int_equal(position, next);
            next++;
        }
        prefix_table_finish(&table);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prefixes_are_written_as_they_are_read),
        cmocka_unit_test(what_is_no_prefix_is_refused),
        cmocka_unit_test(the_longest_prefix_wins),
        cmocka_unit_test(families_do_not_mix),
        cmocka_unit_test(exclusions_are_cut_out_and_positions_close_up),
        cmocka_unit_test(a_frozen_table_takes_no_more),
        cmocka_unit_test(random_tables_answer_as_a_full_search),
        cmocka_unit_test(positions_count_every_address_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
