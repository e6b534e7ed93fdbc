/* Summaries as each kind of sender leaves them, and those that look alike and aren't. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "detect/darknet/classify.h"

static const int64_t MINUTE = 60000000000;
static const double ADDRESSES = 65536; /* a /16 */

/* `packets` packets, each to another address, drawn evenly, at a steady pace, to one port. */
static struct source_summary summary_of(uint32_t packets)
{
    struct source_summary summary = {
        .packets = packets, .window_length = 10 * MINUTE, .source_port = 40000};
    double *features = summary.features;
    features[FEATURE_packets] = packets;
    features[FEATURE_interval_mean] = features[FEATURE_interval_deviation] = 600.0 / packets;
    features[FEATURE_source_ports] = 1;
    features[FEATURE_destinations] = packets;
    features[FEATURE_destination_packets_mean] = 1;
    features[FEATURE_destination_ports] = 1;
    features[FEATURE_protocols] = 1;
    features[FEATURE_span_mean] = ADDRESSES / 3;
    features[FEATURE_span_deviation] = ADDRESSES / sqrt(18);
    summary.destination_port = 23;
    summary.coverage = packets / ADDRESSES;
    return summary;
}

static struct source_summary syns(uint32_t packets)
{
    struct source_summary summary = summary_of(packets);
    summary.kinds.tcp_syn = packets;
    return summary;
}

static void expect(const struct source_summary *summary, enum source_class class,
                   enum source_reason reason)
{
    struct source_verdict verdict = source_classify(summary, ADDRESSES, false);
    assert_string_equal(source_class_names[verdict.class], source_class_names[class]);
    assert_string_equal(source_reason_names[verdict.reason], source_reason_names[reason]);
    assert_true(verdict.score > 0 && verdict.score <= 1);
}

static void test_tools(void **state)
{
    (void)state;
    struct source_summary summary = syns(100);
    expect(&summary, SOURCE_scan, REASON_probes);
    summary.marks.nmap = 100;
    expect(&summary, SOURCE_scan, REASON_nmap_mark);
    summary.marks.masscan = 100;
    expect(&summary, SOURCE_masscan, REASON_masscan_mark);
    summary.marks.zmap = 100;
    expect(&summary, SOURCE_zmap, REASON_zmap_mark);
    summary.marks.mirai = 100;
    expect(&summary, SOURCE_mirai, REASON_mirai);
    summary.member = 3;
    expect(&summary, SOURCE_member, REASON_member);
}

static void test_chance_marks(void **state)
{
    (void)state;
    struct source_summary summary = syns(100);
    summary.marks.zmap = summary.marks.masscan = 1; /* as 1 in 65,536 packets bears them */
    expect(&summary, SOURCE_scan, REASON_probes);
    summary = summary_of(1000);
    summary.source_port = 80;
    summary.kinds.tcp_syn_ack = 999;
    summary.kinds.tcp_syn = summary.marks.mirai = 1; /* a victim with an infected neighbour */
    expect(&summary, SOURCE_backscatter, REASON_tcp_answers);
}

static void test_answers(void **state)
{
    (void)state;
    struct source_summary summary = summary_of(5000);
    summary.features[FEATURE_destination_ports] = 4000;
    summary.source_port = 80;
    summary.kinds.tcp_rst = 5000;
    expect(&summary, SOURCE_backscatter, REASON_tcp_answers);
    summary.kinds = (struct source_kinds){.tcp_ack = 5000};
    expect(&summary, SOURCE_backscatter, REASON_tcp_answers);
    summary.source_port = 51000; /* an ACK scan */
    summary.features[FEATURE_destination_ports] = 1;
    expect(&summary, SOURCE_scan, REASON_probes);
    summary.kinds = (struct source_kinds){.tcp_syn_ack = 5000}; /* a SYN-ACK scan */
    expect(&summary, SOURCE_scan, REASON_probes);
    summary.destination_port = 2323; /* nothing we know serves there, but a client's port asks */
    expect(&summary, SOURCE_scan, REASON_probes);
    summary.source_port = 7777; /* a game's server: the attacker keeps to one port of his own */
    expect(&summary, SOURCE_backscatter, REASON_tcp_answers);
    summary.destination_port = 23;
    summary.source_port = 25565;
    expect(&summary, SOURCE_backscatter, REASON_tcp_answers);
    struct source_summary rest = summary_of(3);
    rest.features[FEATURE_destinations] = 1;
    rest.kinds.tcp_ack = 3;
    rest.source_port = 443;
    expect(&rest, SOURCE_other, REASON_leftover);
    rest.kinds = (struct source_kinds){.tcp_syn_ack = 3};
    expect(&rest, SOURCE_backscatter, REASON_tcp_answers);
    summary.kinds = (struct source_kinds){.icmp_error = 4000, .tcp_rst = 1000};
    expect(&summary, SOURCE_icmp_backscatter, REASON_icmp_answers);
}

static void test_udp(void **state)
{
    (void)state;
    struct source_summary summary = summary_of(3000);
    summary.kinds.udp_from_service = 3000;
    summary.source_port = 53;
    summary.destination_port = 40112;
    summary.features[FEATURE_destination_ports] = 2900;
    expect(&summary, SOURCE_backscatter, REASON_udp_answers);
    summary.source_port = summary.destination_port = 5060; /* what looks for telephones does so */
    summary.features[FEATURE_destination_ports] = 1;
    expect(&summary, SOURCE_udp_scan, REASON_udp_probes);
    summary.kinds = (struct source_kinds){.udp = 3000};
    expect(&summary, SOURCE_udp_scan, REASON_udp_probes);
    summary.source_port = 3074; /* answers of a service nobody listed */
    summary.features[FEATURE_destination_ports] = 2900;
    expect(&summary, SOURCE_backscatter, REASON_udp_answers);
    summary.features[FEATURE_destinations] = 1; /* all ports of one address */
    expect(&summary, SOURCE_udp_scan, REASON_udp_probes);
}

static void test_survey(void **state)
{
    (void)state;
    struct source_summary summary = syns(500); /* 455 are a packet a day and address */
    summary.features[FEATURE_destination_ports] = SURVEY_PORTS;
    summary.marks.masscan = 500; /* whatever the tool */
    expect(&summary, SOURCE_investigation, REASON_survey);
    assert_true(source_classify(&summary, ADDRESSES, true).surveys);
    assert_true(source_classify(&summary, 0, false).surveys); /* the coverage tells the size */
    assert_false(source_classify(&summary, 4 * ADDRESSES, false).surveys); /* too little for it */
    summary.coverage = 0;
    assert_false(source_classify(&summary, 0, false).surveys); /* 2,083 where it is unknown */
    summary.features[FEATURE_destination_ports] = SURVEY_PORTS - 1;
    expect(&summary, SOURCE_masscan, REASON_masscan_mark);
    summary.features[FEATURE_destination_ports] = 500;
    summary.features[FEATURE_destinations] = 1; /* one address, all ports */
    expect(&summary, SOURCE_masscan, REASON_masscan_mark);
}

static void test_listed(void **state)
{
    (void)state;
    struct source_summary summary = syns(2);
    struct source_verdict verdict = source_classify(&summary, ADDRESSES, true);
    assert_int_equal(verdict.class, SOURCE_investigation);
    assert_int_equal(verdict.reason, REASON_listed);
    assert_false(verdict.surveys);
    summary.marks.mirai = 2; /* infected is infected, on whatever list */
    assert_int_equal(source_classify(&summary, ADDRESSES, true).class, SOURCE_mirai);
}

static void test_permutation(void **state)
{
    (void)state;
    struct source_summary summary = syns(400);
    summary.features[FEATURE_source_ports] = 398;
    expect(&summary, SOURCE_zmap, REASON_permutation);
    struct source_summary other = summary;
    other.packets = other.kinds.tcp_syn = 1100; /* sent again */
    other.features[FEATURE_packets] = 1100;
    expect(&other, SOURCE_scan, REASON_probes);
    other = summary;
    other.features[FEATURE_interval_deviation] *= 3; /* bursts */
    expect(&other, SOURCE_scan, REASON_probes);
    other = summary;
    other.features[FEATURE_span_mean] = 1, other.features[FEATURE_span_deviation] = 0; /* in turn */
    expect(&other, SOURCE_scan, REASON_probes);
    other = summary; /* one source port: masscan without its mark, or a bot */
    other.features[FEATURE_source_ports] = 1;
    expect(&other, SOURCE_scan, REASON_probes);
    other = summary; /* ZMap's SYNs always have options now */
    other.marks.optionless = 400;
    expect(&other, SOURCE_scan, REASON_probes);
    other = syns(20); /* too few to judge */
    other.features[FEATURE_source_ports] = 20;
    expect(&other, SOURCE_scan, REASON_probes);
}

static void test_stray(void **state)
{
    (void)state;
    struct source_summary summary = syns(7); /* one connect */
    summary.features[FEATURE_destinations] = 1;
    expect(&summary, SOURCE_scan, REASON_probes);
    summary = syns(8);
    summary.features[FEATURE_destinations] = 1;
    expect(&summary, SOURCE_other, REASON_stray);
    summary.features[FEATURE_destination_ports] = 8; /* looks for its services */
    expect(&summary, SOURCE_scan, REASON_probes);
    summary = summary_of(3);
    summary.kinds.udp = 3;
    summary.destination_port = 161;
    expect(&summary, SOURCE_udp_scan, REASON_udp_probes);
    summary.features[FEATURE_destinations] = 1;
    expect(&summary, SOURCE_other, REASON_stray);
    summary = summary_of(1);
    summary.kinds.udp = 1;
    summary.destination_port = 53413; /* a router's door, looked for by malware */
    expect(&summary, SOURCE_udp_scan, REASON_udp_probes);
    summary.destination_port = 51413; /* somebody's peer was here */
    expect(&summary, SOURCE_other, REASON_stray);
}

static void test_score(void **state)
{
    (void)state;
    struct source_summary one = syns(1), many = syns(1000);
    one.marks.mirai = 1;
    assert_true(source_classify(&one, ADDRESSES, false).score > 0.95);
    many.marks.mirai = 600; /* others behind the same address */
    double mixed = source_classify(&many, ADDRESSES, false).score;
    assert_true(mixed > 0.6 && mixed < 0.62);
    struct source_summary nothing = {0};
    assert_int_equal(source_classify(&nothing, 0, false).class, SOURCE_other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tools),       cmocka_unit_test(test_chance_marks),
        cmocka_unit_test(test_answers),     cmocka_unit_test(test_udp),
        cmocka_unit_test(test_survey),      cmocka_unit_test(test_listed),
        cmocka_unit_test(test_permutation), cmocka_unit_test(test_stray),
        cmocka_unit_test(test_score),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
