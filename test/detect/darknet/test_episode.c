/* Episodes begin, end, are split by a pause, meet a rule or don't, and displace only the small. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "detect/darknet/episode.h"

static const int64_t SECOND = 1000000000;

static struct packets packets;
static struct episode found[64];
static uint32_t found_count;

static void on_found(void *context, const struct episode *episode)
{
    (void)context;
    assert_true(found_count < 64);
    found[found_count++] = *episode;
}

static struct ip address_of(uint32_t word)
{
    struct ip ip = {.octets = {[10] = 0xff, [11] = 0xff}};
    for (int i = 0; i < 4; i++)
        ip.octets[12 + i] = (uint8_t)(word >> (24 - 8 * i));
    return ip;
}

static struct episode_table *table_of(enum episode_rule rule, uint32_t room)
{
    struct episode_table *table;
    struct episode_options options = {
        .rule = rule, .addresses = 256, .room = room, .found = on_found};
    found_count = 0;
    assert_int_equal(episode_open(&options, &table), 0);
    return table;
}

/* The next packet: a SYN-ACK of a web server; the rest is up to the test. */
static void packet_set(int64_t time, uint32_t victim, uint32_t destination)
{
    packets = (struct packets){.count = 1};
    packets.time[0] = packets.clock[0] = time;
    packets.source_ip[0] = address_of(victim);
    packets.destination_ip[0] = address_of(destination);
    packets.protocol[0] = PROTOCOL_tcp;
    packets.has[0] = PACKET_PORTS | PACKET_TCP;
    packets.tcp_flags[0] = TCP_SYN | TCP_ACK;
    packets.source_port[0] = 443;
    packets.destination_port[0] = 33000;
    packets.length[0] = 44;
}

/* `count` answers over `seconds`, the first and the last at its ends. */
static void flood(struct episode_table *table, int64_t start, double seconds, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        double at = seconds * i / (count - 1);
        packet_set(start + (int64_t)(at * 1e9), 0xc6336401, 0xcb007100 + i % 200);
        episode_see(table, &packets);
    }
}

static uint32_t told(enum episode_rule rule, double seconds, uint32_t count)
{
    struct episode_table *table = table_of(rule, 0);
    flood(table, 1000 * SECOND, seconds, count);
    episode_end(table);
    assert_int_equal(episode_counts(table)->told, found_count);
    episode_close(table);
    return found_count;
}

static void rules_hold_at_their_bounds(void **state)
{
    (void)state;
    assert_int_equal(told(EPISODE_MOORE, 61, 100), 1);
    assert_int_equal(told(EPISODE_MOORE, 61, 99), 0);
    assert_int_equal(told(EPISODE_MOORE, 59, 1000), 0);
    assert_int_equal(told(EPISODE_RSDOS, 61, 40), 1);
    assert_int_equal(told(EPISODE_RSDOS, 59, 40), 0);
    assert_int_equal(told(EPISODE_RSDOS, 61, 24), 0);
    assert_int_equal(told(EPISODE_RSDOS, 600, 100), 0); /* ten a minute */
    assert_int_equal(told(EPISODE_MOORE, 600, 100), 1);
}

static void says_what_it_saw(void **state)
{
    (void)state;
    struct episode_table *table = table_of(EPISODE_MOORE, 0);
    flood(table, 1000 * SECOND, 120, 1201); /* ten a second */
    episode_end(table);
    assert_int_equal(found_count, 1);
    const struct episode *episode = &found[0];
    struct ip victim = address_of(0xc6336401);
    assert_memory_equal(&episode->victim, &victim, sizeof(victim));
    assert_int_equal(episode->protocol, PROTOCOL_tcp);
    assert_true(episode->has_service && episode->service == 443);
    assert_true(episode->start == 1000 * SECOND && episode->end == 1120 * SECOND);
    assert_int_equal(episode->packets, 1201);
    assert_int_equal(episode->bytes, 1201 * 44);
    assert_true(fabs(episode->peak_rate - 10) < 0.05);
    assert_true(fabs(episode->estimated_rate / (10 * 16777216.0) - 1) < 0.01);
    assert_true(episode->estimated_low < episode->estimated_rate * 0.95 &&
                episode->estimated_high > episode->estimated_rate * 1.05);
    assert_true(abs((int)episode->destinations - 200) < 26); /* two standard errors */
    episode_close(table);
}

static void a_pause_of_five_minutes_parts_episodes(void **state)
{
    (void)state;
    for (int longer = 0; longer < 2; longer++) {
        struct episode_table *table = table_of(EPISODE_MOORE, 0);
        flood(table, 0, 100, 200);
        flood(table, (100 + 299 + 2 * longer) * SECOND, 100, 200);
        episode_end(table);
        assert_int_equal(found_count, 1 + longer);
        episode_close(table);
    }
}

/* Once it is over it is told, though other traffic goes on and its victim is never seen again. */
static void the_clock_ends_episodes(void **state)
{
    (void)state;
    struct episode_table *table = table_of(EPISODE_MOORE, 0);
    flood(table, 0, 100, 200);
    packet_set(399 * SECOND, 1, 2);
    packets.tcp_flags[0] = TCP_SYN;
    episode_see(table, &packets);
    assert_int_equal(found_count, 0);
    packets.time[0] = packets.clock[0] = 470 * SECOND;
    episode_see(table, &packets);
    assert_int_equal(found_count, 1);
    assert_int_equal(episode_counts(table)->packets, 200);
    episode_close(table);
}

static void errors_name_the_victim_they_quote(void **state)
{
    (void)state;
    struct episode_table *table = table_of(EPISODE_RSDOS, 0);
    for (uint32_t i = 0; i < 240; i++) {
        packet_set(i * SECOND / 2, 0x0a000001 + i % 3, 0xcb007100 + i % 50); /* routers */
        packets.protocol[0] = PROTOCOL_icmp;
        packets.has[0] = PACKET_ICMP | PACKET_QUOTED;
        packets.icmp_type[0] = 3;
        packets.quoted[0] = (struct packet_quoted){.source_ip = packets.destination_ip[0],
                                                   .destination_ip = address_of(0xc6336402),
                                                   .source_port = 1234,
                                                   .destination_port = 27015,
                                                   .protocol = PROTOCOL_udp};
        if (i % 4 == 3) /* of a packet that was never sent in our name */
            packets.quoted[0].source_ip = address_of(0x08080808);
        episode_see(table, &packets);
    }
    episode_end(table);
    assert_int_equal(found_count, 1);
    struct ip victim = address_of(0xc6336402);
    assert_memory_equal(&found[0].victim, &victim, sizeof(victim));
    assert_int_equal(found[0].protocol, PROTOCOL_udp);
    assert_int_equal(found[0].service, 27015);
    assert_int_equal(found[0].packets, 180);
    assert_int_equal(found[0].icmp_kinds, 180);
    episode_close(table);
}

/* Floods of all ports: whichever of them a bounded count keeps, none is the service. */
static void spread_ports_are_no_service(void **state)
{
    (void)state;
    struct episode_table *table = table_of(EPISODE_MOORE, 0);
    for (uint32_t i = 0; i < 1200; i++) {
        packet_set(i * SECOND / 10, 0xc6336401, 0xcb007100 + i % 200);
        packets.source_port[0] = (uint16_t)(i * 7919);
        episode_see(table, &packets);
    }
    episode_end(table);
    assert_int_equal(found_count, 1);
    assert_false(found[0].has_service);
    episode_close(table);
}

/* A thousand packets to one address are no attack under forged ones; repeated answers are. */
static void what_does_not_spread_is_no_attack(void **state)
{
    (void)state;
    static const uint32_t reached[] = {1, 5, 120};
    for (int i = 0; i < 3; i++) {
        struct episode_table *table = table_of(EPISODE_MOORE, 0);
        for (uint32_t k = 0; k < 720; k++) {
            packet_set(k * SECOND / 10, 0xc6336401, 0xcb007100 + k % reached[i]);
            episode_see(table, &packets);
        }
        episode_end(table);
        assert_int_equal(found_count, i == 2);
        episode_close(table);
    }
}

/* SYN-ACKs from a high port to one port of all addresses ask; to the ports of clients, answer. */
static void scans_by_answers_are_no_attacks(void **state)
{
    (void)state;
    for (int answers = 0; answers < 2; answers++) {
        struct episode_table *table = table_of(EPISODE_MOORE, 0);
        for (uint32_t i = 0; i < 250; i++) {
            packet_set(i * SECOND / 3, 0xc6336401, 0xcb007100 + i % 256);
            packets.source_port[0] = 6667;
            packets.destination_port[0] = (uint16_t)(answers ? 1024 + i * 7 : 23);
            episode_see(table, &packets);
            packets.source_ip[0].octets[15]++; /* another one scans by ACKs */
            packets.source_port[0] = 51000;
            packets.tcp_flags[0] = TCP_ACK;
            episode_see(table, &packets);
        }
        episode_end(table);
        assert_int_equal(found_count, answers);
        assert_int_equal(episode_counts(table)->packets, 250);
        episode_close(table);
    }
}

static void probes_are_no_answers(void **state)
{
    (void)state;
    struct episode_table *table = table_of(EPISODE_RSDOS, 0);
    for (uint32_t i = 0; i < 1200; i++) {
        packet_set(i * SECOND / 10, 0xc6336401, 0xcb007100 + i % 200);
        if (i % 3 == 0)
            packets.tcp_flags[0] = TCP_SYN;
        else {
            packets.protocol[0] = PROTOCOL_udp;
            packets.has[0] = PACKET_PORTS;
            packets.source_port[0] = i % 3 == 1 ? 53 : 40000;
            packets.destination_port[0] = 53;
        }
        episode_see(table, &packets);
    }
    assert_int_equal(episode_counts(table)->packets, 0);
    episode_end(table);
    assert_int_equal(found_count, 0);
    episode_close(table);
}

static void a_storm_displaces_only_its_own_kind(void **state)
{
    (void)state;
    struct episode_table *table = table_of(EPISODE_MOORE, 8);
    for (uint32_t i = 0; i < 2000; i++) {
        packet_set(i * SECOND / 10, 0xc6336401, 0xcb007100 + i % 200);
        episode_see(table, &packets);
        packet_set(i * SECOND / 10, 0x0b000000 + i, 0xcb007100 + i % 200);
        episode_see(table, &packets);
    }
    episode_end(table);
    assert_int_equal(found_count, 1);
    assert_int_equal(found[0].packets, 2000);
    assert_int_equal(episode_counts(table)->begun, 2001);
    assert_int_equal(episode_counts(table)->evicted, 2001 - 8);
    episode_close(table);
    struct episode_options much = {.room = EPISODE_ROOM_MOST + 1, .found = on_found};
    assert_int_equal(episode_open(&much, &table), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_hold_at_their_bounds),
        cmocka_unit_test(says_what_it_saw),
        cmocka_unit_test(a_pause_of_five_minutes_parts_episodes),
        cmocka_unit_test(the_clock_ends_episodes),
        cmocka_unit_test(errors_name_the_victim_they_quote),
        cmocka_unit_test(spread_ports_are_no_service),
        cmocka_unit_test(what_does_not_spread_is_no_attack),
        cmocka_unit_test(scans_by_answers_are_no_attacks),
        cmocka_unit_test(probes_are_no_answers),
        cmocka_unit_test(a_storm_displaces_only_its_own_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
