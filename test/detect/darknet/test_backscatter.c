/* Learned from flags, told by behaviour; and what a month's change does to a frozen model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "detect/darknet/drift.h"

static const int64_t DAY = INT64_C(86400000000000);

static double uniform(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (double)(*seed >> 11) / 9007199254740992.0;
}

/* A victim answers from one port to many; a scanner asks one port of many from many. */
static struct source_summary source_of(uint64_t *seed, bool victim, double packets, int64_t day)
{
    struct source_summary source = {.window_start = day * DAY, .window_length = DAY};
    double *features = source.features, count = packets * (0.7 + 0.6 * uniform(seed));
    source.packets = (uint64_t)count;
    source.class = victim ? SOURCE_backscatter : SOURCE_scan;
    source.address.octets[15] = (uint8_t)(*seed >> 40);
    features[FEATURE_packets] = count;
    features[FEATURE_interval_mean] = features[FEATURE_interval_deviation] = 600 / count;
    features[FEATURE_source_ports] = victim ? 1 : count * 0.9;
    features[FEATURE_source_port_packets_mean] = victim ? count : 1.1;
    features[FEATURE_destinations] = count * 0.95;
    features[FEATURE_destination_packets_mean] = 1.05;
    features[FEATURE_destination_ports] = victim ? count * 0.9 : 1;
    features[FEATURE_destination_port_packets_mean] = victim ? 1.1 : count;
    features[FEATURE_protocols] = 1;
    features[FEATURE_span_mean] = 20000;
    return source;
}

static void learns_from_flags(void **state)
{
    (void)state;
    struct backscatter *model;
    uint64_t seed = 1;
    double sample[SOURCE_FEATURE_COUNT];
    assert_int_equal(backscatter_open(&model), 0);
    for (int i = 0; i < 600; i++) {
        struct source_summary source = source_of(&seed, i % 5 == 0, 40, 1);
        backscatter_sample(&source, sample);
        backscatter_learn(model, sample, backscatter_label_flags(&source));
    }
    int right = 0;
    for (int i = 0; i < 600; i++) {
        struct source_summary source = source_of(&seed, i % 5 == 0, 40, 1);
        backscatter_sample(&source, sample);
        struct backscatter_verdict verdict = backscatter_judge(model, sample);
        right += verdict.backscatter == (i % 5 == 0);
        assert_true(verdict.score >= 0.5 && verdict.score <= 1);
    }
    assert_true(right >= 594);
    backscatter_close(model);
}

static void labels_are_those_of_the_papers(void **state)
{
    (void)state;
    struct source_summary source = {.packets = 10, .kinds.tcp_odd = 10, .source_port = 443};
    assert_int_equal(backscatter_label_ports(&source), BACKSCATTER_YES);
    source.source_port = 6000;
    assert_int_equal(backscatter_label_ports(&source), BACKSCATTER_NO);
    source.kinds = (struct source_kinds){.udp_from_service = 10};
    source.source_port = 53;
    assert_int_equal(backscatter_label_ports(&source), BACKSCATTER_YES);
    source.source_port = 123;
    assert_int_equal(backscatter_label_ports(&source), BACKSCATTER_NO);
    source.kinds = (struct source_kinds){.icmp_error = 4, .icmp_reply = 3, .icmp_echo = 3};
    assert_int_equal(backscatter_label_ports(&source), BACKSCATTER_YES);
    source.kinds = (struct source_kinds){.icmp_echo = 10};
    assert_int_equal(backscatter_label_ports(&source), BACKSCATTER_NO);
    source.class = SOURCE_other;
    assert_int_equal(backscatter_label_flags(&source), BACKSCATTER_UNKNOWN);
    source.class = SOURCE_mirai;
    assert_int_equal(backscatter_label_flags(&source), BACKSCATTER_NO);
}

/* In the second month victims look as scanners' pace did: who learns on, is soon right again. */
static void learning_on_beats_frozen(void **state)
{
    (void)state;
    struct drift *drift;
    const struct drift_month *months;
    const struct drift_point *points;
    uint64_t seed = 2;
    assert_int_equal(drift_open(100, &drift), 0);
    for (int day = 0; day < 59; day++) /* January and February of 1970 */
        for (int i = 0; i < 40; i++) {
            bool victim = i % 4 == 0;
            struct source_summary source = source_of(&seed, victim, 40, day);
            if (day >= 31 && victim) { /* a service that answers each of few from many ports */
                source.features[FEATURE_source_ports] = source.features[FEATURE_packets] * 0.9;
                source.features[FEATURE_source_port_packets_mean] = 1.1;
                source.features[FEATURE_destination_ports] = 2;
                source.features[FEATURE_destination_port_packets_mean] =
                    source.features[FEATURE_packets] / 2;
            }
            assert_int_equal(drift_see(drift, &source, backscatter_label_flags(&source)), 0);
        }
    assert_int_equal(drift_months(drift, &months), 2);
    assert_string_equal(months[0].name, "1970-01");
    assert_string_equal(months[1].name, "1970-02");
    assert_int_equal(months[0].samples, 31 * 40);
    assert_int_equal(months[0].backscatter, 31 * 10);
    const struct drift_score *none = &months[0].scores[DRIFT_frozen];
    assert_int_equal(none->hits + none->misses + none->false_alarms + none->rejections, 0);
    assert_true(drift_f1(&months[1].scores[DRIFT_learning]) > 0.85);
    assert_true(drift_f1(&months[1].scores[DRIFT_frozen]) < 0.5);
    assert_int_equal(drift_points(drift, &points), 200);
    assert_true(points[99].month == 0 && points[100].month == 1);
    drift_close(drift);
    assert_int_equal(drift_open(DRIFT_POINTS + 1, &drift), -22);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(learns_from_flags),
        cmocka_unit_test(labels_are_those_of_the_papers),
        cmocka_unit_test(learning_on_beats_frozen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
