/* detect/darknet/source_table.h against a reckoning without limits, and at its limits. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "detect/darknet/marks.h"
#include "detect/darknet/source_table.h"

enum { SOURCES = 300, WINDOW = 600 };

static uint64_t state = 7;

static uint64_t draw(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

static struct ip address_of(uint32_t number)
{
    struct ip ip = {{[10] = 0xff, [11] = 0xff}};
    if (number % 5 == 0) { /* IPv6, above and below the mapped addresses */
        ip = (struct ip){{0}};
        ip.octets[number % 2 ? 0 : 15] = 0x20;
    }
    number = number * 2654435761u;
    for (int i = 0; i < 4; i++)
        ip.octets[(ip.octets[10] ? 12 : 4) + i] = (uint8_t)(number >> (24 - 8 * i));
    return ip;
}

struct expected {
    struct ip address;
    uint32_t packets, kinds[SOURCE_KIND_COUNT], marks[MARK_COUNT], samples[SOURCE_SAMPLES];
};

/* One packet of source `number` at `second`, into row `row`. */
static void packet_make(struct packets *packets, struct source_rows *rows, uint32_t row,
                        uint32_t number, uint32_t second)
{
    bool tcp = draw() % 4 != 0;
    packets->time[row] = (int64_t)second * 1000000000;
    packets->source_ip[row] = address_of(number);
    packets->protocol[row] = tcp ? PROTOCOL_tcp : PROTOCOL_udp;
    packets->has[row] = PACKET_PORTS | (tcp ? PACKET_TCP : 0);
    packets->source_port[row] = (uint16_t)(draw() % 100);
    packets->destination_port[row] = (uint16_t)(draw() % 3);
    packets->length[row] = 40;
    rows->row[row] = (uint16_t)row;
    rows->hash[row] = packet_source_hash(&packets->source_ip[row]);
    rows->destination[row] = (uint32_t)(draw() % 1000);
    rows->kind[row] = (uint8_t)(draw() % SOURCE_KIND_COUNT);
    rows->marks[row] = (uint8_t)(draw() % 3 ? 1 : draw() % (1u << MARK_COUNT));
    packets->count = rows->count = row + 1;
}

static void expect_add(struct expected *expected, const struct packets *packets,
                       const struct source_rows *rows, uint32_t row)
{
    expected->address = packets->source_ip[row];
    expected->packets++;
    expected->kinds[rows->kind[row]]++;
    for (unsigned i = 0; i < MARK_COUNT; i++)
        expected->marks[i] += rows->marks[row] >> i & 1;
    if (packets->protocol[row] == PROTOCOL_tcp)
        expected->samples[packets->time[row] / 50000000000]++;
}

static struct source_table *table_open(size_t memory)
{
    struct source_table_options options = {
        .memory = memory, .window_length = INT64_C(1000000000) * WINDOW, .destinations = 1000};
    struct source_table *table;
    assert_int_equal(source_table_open(&options, &table), 0);
    return table;
}

static int expected_compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct ip));
}

struct walk {
    const struct expected *expected;
    uint32_t at;
};

static int walk_check(void *context, struct source_summary *summaries, uint32_t count)
{
    struct walk *walk = context;
    for (uint32_t i = 0; i < count; i++) {
        const struct source_summary *told = &summaries[i];
        const struct expected *expected = &walk->expected[walk->at++];
        assert_memory_equal(&told->address, &expected->address, sizeof(struct ip));
        assert_int_equal(told->packets, expected->packets);
        assert_memory_equal(&told->kinds, expected->kinds, sizeof(expected->kinds));
        assert_memory_equal(&told->marks, expected->marks, sizeof(expected->marks));
        assert_memory_equal(told->tcp_samples, expected->samples, sizeof(expected->samples));
        assert_false(told->incomplete);
    }
    return 0;
}

/* Twice, so that a cleared table is as good as a new one. */
static void test_counts_are_exact_and_in_order(void **unused)
{
    struct packets *packets = calloc(1, sizeof(*packets));
    struct source_rows *rows = calloc(1, sizeof(*rows));
    struct source_table *table = table_open(SOURCE_TABLE_LEAST);
    (void)unused;
    for (int round = 0; round < 2; round++) {
        struct expected expected[SOURCES] = {{{{0}}, 0, {0}, {0}, {0}}};
        for (uint32_t p = 0; p < PACKET_PARTITIONS; p++)
            source_table_clear(table, p, 0);
        for (uint32_t second = 0; second < WINDOW; second++) {
            for (uint32_t row = 0; row < 40; row++) {
                /* The first sources send most, the last perhaps once. */
                uint32_t number = (uint32_t)(draw() % SOURCES * (draw() % SOURCES) / SOURCES);
                packet_make(packets, rows, row, number, second);
                expect_add(&expected[number], packets, rows, row);
            }
            source_table_see(table, packets, rows);
        }
        uint32_t count = 0, first = 0;
        qsort(expected, SOURCES, sizeof(*expected), expected_compare);
        while (expected[first].packets == 0)
            first++;
        for (uint32_t p = 0; p < PACKET_PARTITIONS; p++) {
            count += source_table_count(table, p);
            assert_int_equal(source_table_sort(table, p), 0);
        }
        assert_int_equal(count, SOURCES - first);
        struct walk walk = {expected + first, 0};
        assert_int_equal(source_table_walk(table, walk_check, &walk), 0);
        assert_int_equal(walk.at, count);
    }
    source_table_close(table);
    free(packets);
    free(rows);
}

/* Far more one-packet sources than fit, among a few that send on: those stay, and exactly. */
static void test_full_table_drops_the_light_ones(void **unused)
{
    enum { HEAVY = 50, BATCHES = 4000, LIGHT = 900 };
    struct packets *packets = calloc(1, sizeof(*packets));
    struct source_rows *rows = calloc(1, sizeof(*rows));
    struct distinct *distinct = calloc(1, sizeof(*distinct));
    struct source_table *table = table_open(SOURCE_TABLE_LEAST);
    uint32_t next = 1000, found = 0;
    uint64_t kept = 0, evicted = 0, missing = 0;
    (void)unused;
    for (uint32_t p = 0; p < PACKET_PARTITIONS; p++)
        source_table_clear(table, p, 0);
    for (uint32_t batch = 0; batch < BATCHES; batch++) {
        for (uint32_t row = 0; row < LIGHT + HEAVY; row++)
            packet_make(packets, rows, row, row < LIGHT ? next++ : row - LIGHT, batch % WINDOW);
        source_table_see(table, packets, rows);
    }
    for (uint32_t p = 0; p < PACKET_PARTITIONS; p++) {
        kept += source_table_count(table, p);
        evicted += source_table_evicted(table, p);
        missing += source_table_missing(table, p);
        source_table_distinct(table, p, distinct);
        for (uint32_t i = 0; i < source_table_count(table, p); i++) {
            struct source_summary told;
            source_table_tell(table, p, i, &told);
            if (told.packets == 1)
                continue;
            assert_int_equal(told.packets, BATCHES);
            assert_false(told.incomplete);
            found++;
        }
    }
    assert_int_equal(found, HEAVY);
    assert_true(evicted > 0);
    assert_in_range(missing, PACKET_PARTITIONS, 100 * PACKET_PARTITIONS); /* one a round */
    assert_int_equal(kept + evicted, (uint64_t)BATCHES * LIGHT + HEAVY);
    double error = (double)distinct_count(distinct) / (double)(kept + evicted) - 1;
    assert_true(error < 0.032 && error > -0.032);
    source_table_close(table);
    free(packets);
    free(rows);
    free(distinct);
}

static void test_a_source_that_was_dropped_is_incomplete(void **unused)
{
    enum { BATCHES = 600 };
    struct packets *packets = calloc(1, sizeof(*packets));
    struct source_rows *rows = calloc(1, sizeof(*rows));
    struct source_table *table = table_open(SOURCE_TABLE_LEAST);
    uint32_t next = 1, incomplete = 0;
    (void)unused;
    for (uint32_t p = 0; p < PACKET_PARTITIONS; p++)
        source_table_clear(table, p, 0);
    packet_make(packets, rows, 0, 0, 0);
    source_table_see(table, packets, rows);
    for (uint32_t batch = 0; batch < BATCHES; batch++) {
        for (uint32_t row = 0; row < PACKET_ROWS; row++)
            packet_make(packets, rows, row, next++, 1);
        source_table_see(table, packets, rows);
    }
    packet_make(packets, rows, 0, 0, 2);
    source_table_see(table, packets, rows);
    struct ip first = address_of(0);
    for (uint32_t p = 0; p < PACKET_PARTITIONS; p++)
        for (uint32_t i = 0; i < source_table_count(table, p); i++) {
            struct source_summary told;
            source_table_tell(table, p, i, &told);
            if (memcmp(&told.address, &first, sizeof(first)) == 0)
                incomplete += told.incomplete;
        }
    assert_int_equal(incomplete, 1);
    source_table_close(table);
    free(packets);
    free(rows);
}

static void test_too_little_memory_is_refused(void **unused)
{
    struct source_table_options options = {.memory = SOURCE_TABLE_LEAST - 1};
    struct source_table *table = NULL;
    (void)unused;
    assert_int_equal(source_table_open(&options, &table), -EINVAL);
    assert_null(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts_are_exact_and_in_order),
        cmocka_unit_test(test_full_table_drops_the_light_ones),
        cmocka_unit_test(test_a_source_that_was_dropped_is_incomplete),
        cmocka_unit_test(test_too_little_memory_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
