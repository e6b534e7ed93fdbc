/* Sources over many windows: which become surveys, when, and who gives way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "detect/darknet/survey.h"

static const double ADDRESSES = 131072; /* a /15 */
enum { WINDOW_MINUTES = 10, PART = 3 };

static struct surveys *surveys_made(size_t memory)
{
    struct surveys *surveys;
    assert_int_equal(surveys_open(memory, ADDRESSES, &surveys), 0);
    return surveys;
}

struct source {
    uint32_t address;
    uint32_t packets, ports; /* a window */
    uint32_t from, spread;   /* addresses: those from `from` on, modulo `spread` */
    enum source_class class; /* by the window alone */
    bool surveys;
};

/* A window of the source's; what it is told to be. */
static bool window_see(struct surveys *surveys, struct source *source, uint32_t number)
{
    struct source_summary summary = {
        .packets = source->packets,
        .window_length = WINDOW_MINUTES * TIME_MINUTE,
        .first = number * WINDOW_MINUTES * TIME_MINUTE,
        .last = (number + 1) * WINDOW_MINUTES * TIME_MINUTE - 1,
    };
    summary.address = (struct ip){
        {[10] = 0xff, 0xff, 10, 0, (uint8_t)(source->address >> 8), (uint8_t)source->address}};
    uint32_t reached = source->packets < source->spread ? source->packets : source->spread;
    summary.features[FEATURE_packets] = source->packets;
    summary.features[FEATURE_destinations] = reached;
    summary.features[FEATURE_destination_ports] = source->ports;
    struct source_verdict verdict = {.class = source->class, .surveys = source->surveys};
    struct survey *survey = surveys_find(surveys, PART, &summary, &verdict);
    if (!survey)
        return false;
    for (uint32_t i = 0; i < source->ports; i++)
        survey_add_port(survey, 1000 + i);
    for (uint32_t i = 0; i < reached; i++)
        survey_add_destination(survey, (source->from + i) % source->spread);
    source->from += reached;
    return survey_judge(surveys, survey, &summary, &verdict);
}

/* The first of `count` windows in which it is a survey; `count`: none. */
static uint32_t windows_until(struct surveys *surveys, struct source source, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (window_see(surveys, &source, i))
            return i;
    return count;
}

static struct source slow(uint32_t address)
{
    /* A tenth of the addresses a day is 91 in 10 minutes, and 546 are an hour's. */
    return (struct source){address, 100, 40, 0, 131072, SOURCE_zmap, false};
}

static void test_slow(void **state)
{
    (void)state;
    struct surveys *surveys = surveys_made(1 << 24);
    uint32_t when = windows_until(surveys, slow(1), 20);
    assert_in_range(when, 4, 9); /* the sketch is right within some per cent */
    struct source slower = slow(2);
    slower.packets = 60;
    assert_int_equal(windows_until(surveys, slower, 1000), 1000);
    struct source few_ports = slow(3);
    few_ports.ports = 20;
    assert_int_equal(windows_until(surveys, few_ports, 100), 100);
    struct source narrow = slow(4); /* the same 300 addresses again and again */
    narrow.spread = 300;
    assert_int_equal(windows_until(surveys, narrow, 100), 100);
    surveys_close(surveys);
}

/* Infections, answers and strays are not followed, whatever they do. */
static void test_others(void **state)
{
    static const enum source_class classes[] = {
        SOURCE_mirai, SOURCE_backscatter, SOURCE_icmp_backscatter, SOURCE_other, SOURCE_member};
    (void)state;
    struct surveys *surveys = surveys_made(1 << 24);
    for (uint32_t i = 0; i < sizeof(classes) / sizeof(*classes); i++) {
        struct source source = slow(10 + i);
        source.class = classes[i];
        assert_int_equal(windows_until(surveys, source, 50), 50);
    }
    surveys_close(surveys);
}

static void test_memory_of_the_told(void **state)
{
    (void)state;
    struct surveys *surveys = surveys_made(1 << 24);
    struct source source = {7, 2000, 40, 0, 131072, SOURCE_masscan, true};
    assert_true(window_see(surveys, &source, 0));
    source.surveys = false;
    source.packets = 1, source.ports = 1;
    uint32_t week = 7 * 24 * 6;
    assert_true(window_see(surveys, &source, 1));
    assert_true(window_see(surveys, &source, week));
    assert_false(window_see(surveys, &source, 2 * week + 2)); /* silent for more than a week */
    surveys_close(surveys);
}

/* Full: those of few packets give way, those that were told stay. */
static void test_room(void **state)
{
    (void)state;
    struct surveys *surveys = surveys_made(1 << 20); /* a hundred in each part */
    struct source told = {1, 2000, 40, 0, 131072, SOURCE_scan, true};
    assert_true(window_see(surveys, &told, 0));
    for (uint32_t i = 0; i < 1000; i++) {
        struct source source = slow(100 + i);
        source.packets = 20;
        assert_false(window_see(surveys, &source, 1));
    }
    assert_in_range(surveys_evicted(surveys), 850, 1000);
    told.surveys = false;
    assert_true(window_see(surveys, &told, 2));
    uint64_t before = surveys_evicted(surveys);
    for (uint32_t i = 0; i < 90; i++) { /* two days later the others have expired */
        struct source source = slow(5000 + i);
        assert_false(window_see(surveys, &source, 2 * 24 * 6));
    }
    assert_int_equal(surveys_evicted(surveys), before);
    surveys_close(surveys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slow),
        cmocka_unit_test(test_others),
        cmocka_unit_test(test_memory_of_the_told),
        cmocka_unit_test(test_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
