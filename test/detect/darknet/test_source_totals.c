/* More sources than there is room for: what is told of each is right within the stated error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "detect/darknet/source_totals.h"

enum { SOURCES = 400000, ADDS = 3000000 };

static struct ip address_of(uint32_t number)
{
    struct ip ip = {.octets = {[10] = 0xff, [11] = 0xff}};
    uint32_t word = number * 2654435761u;
    for (int i = 0; i < 4; i++)
        ip.octets[12 + i] = (uint8_t)(word >> (24 - 8 * i));
    return ip;
}

static uint32_t number_of(const struct ip *ip)
{
    uint32_t word = 0;
    for (int i = 0; i < 4; i++)
        word = word << 8 | ip->octets[12 + i];
    return word * 244002641u; /* the inverse, modulo 2^32 */
}

static uint64_t draw(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 33;
}

static void packets_add(struct source_totals *totals, uint32_t number, uint32_t packets)
{
    struct source_summary source = {.address = address_of(number), .packets = packets};
    source_totals_add(totals, packet_partition(packet_source_hash(&source.address)), &source);
}

/* Many of a few packets, a few of many, those of the former coming and going. */
static uint32_t number_draw(uint64_t *seed, uint32_t at)
{
    uint64_t kind = draw(seed) % 10;
    if (kind < 3)
        return (uint32_t)(draw(seed) % 500);
    return (uint32_t)((at / 10 + draw(seed) % 100000) % SOURCES);
}

static void test_error_against_exact_counts(void **state)
{
    (void)state;
    struct source_totals *totals;
    struct source_total *top;
    uint32_t *exact = calloc(SOURCES, sizeof(*exact)), count, heavy = 0, short_of = 0;
    uint64_t seed = 7;
    assert_non_null(exact);
    assert_int_equal(source_totals_open(SOURCE_TOTALS_LEAST, &totals), 0);
    for (uint32_t i = 0; i < ADDS; i++) {
        uint32_t number = number_draw(&seed, i), packets = 1 + (uint32_t)(draw(&seed) % 3);
        packets_add(totals, number, packets);
        exact[number] += packets;
    }
    uint64_t missing = source_totals_missing(totals);
    assert_true(source_totals_evicted(totals) > 100000);
    assert_in_range(missing, 1, 1000);
    assert_int_equal(source_totals_top(totals, SOURCES, &top, &count), 0);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t number = number_of(&top[i].address);
        assert_true(number < SOURCES);
        assert_true(top[i].packets <= exact[number]);
        assert_true(top[i].packets + missing >= exact[number]);
        short_of += top[i].packets < exact[number];
        heavy += exact[number] > missing;
        exact[number] = 0;
    }
    for (uint32_t i = 0; i < SOURCES; i++)
        assert_true(exact[i] <= missing); /* whoever has more has an entry */
    assert_true(heavy >= 500);
    assert_true(short_of > 0); /* else nothing was tried */
    free(top);
    free(exact);
    source_totals_close(totals);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_error_against_exact_counts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
