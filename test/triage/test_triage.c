/* What belongs together becomes one case, what does not stays apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "triage/triage.h"

static struct finding finding_make(const char *host, const char *cause, int64_t time,
                                   uint64_t novelty)
{
    struct finding finding = {.detector = "normal", .score = 0.8, .level = 2};
    finding.host = bytes_of(host);
    finding.cause = bytes_of(cause);
    finding.time_start = finding.time_end = time;
    finding.novelty = novelty;
    finding.title.english = finding.title.japanese = bytes_of(host);
    return finding;
}

static uint32_t take(struct triage *triage, const struct finding *finding)
{
    const struct incident *incident = NULL;
    assert_int_equal(triage_take(triage, finding, &incident), 0);
    return incident->id;
}

static int set_up(void **state)
{
    return triage_open((struct triage **)state);
}

static int tear_down(void **state)
{
    triage_close(*state);
    return 0;
}

static void one_cause_is_one_case(void **state)
{
    struct finding a = finding_make("pc-1", "p1", TIME_HOUR, 1);
    struct finding b = finding_make("pc-1", "p1", 2 * TIME_HOUR, 2);
    struct finding c = finding_make("pc-1", "p2", 20 * TIME_HOUR, 3);
    struct finding d = finding_make("pc-2", "p1", 2 * TIME_HOUR, 4);
    uint32_t id = take(*state, &a);
    assert_int_equal(take(*state, &b), id);
    assert_int_not_equal(take(*state, &c), id);
    assert_int_not_equal(take(*state, &d), id); /* process ids mean something on their host only */
}

static void a_hop_joins_both_hosts_and_raises_the_level(void **state)
{
    struct finding from = finding_make("pc-1", "p1", TIME_HOUR, 1);
    struct finding to = finding_make("dev-1", "q9", 2 * TIME_HOUR, 2);
    from.address = BYTES("10.0.3.7");
    from.peer = BYTES("10.0.2.9");
    to.address = BYTES("10.0.2.9");
    uint32_t id = take(*state, &from);
    assert_int_equal(take(*state, &to), id);
    const struct incident *incident = NULL;
    assert_int_equal(triage_take(*state, &to, &incident), 0);
    assert_int_equal(incident->host_count, 2);
    assert_int_equal(incident->level, 3);
    assert_int_equal(incident->opened, TIME_HOUR);
    struct finding late = finding_make("dev-1", "q10", 40 * TIME_HOUR, 3);
    late.address = BYTES("10.0.2.9");
    late.time_start = late.time_end = 40 * TIME_HOUR;
    assert_int_not_equal(take(*state, &late), id); /* a day later it is another story */
}

static void the_same_novelty_on_nine_hosts_is_one_question(void **state)
{
    uint32_t first = 0;
    for (int i = 0; i < 9; i++) {
        char host[8] = {'p', 'c', (char)('1' + i), 0};
        struct finding finding = finding_make(host, host, (i + 1) * TIME_HOUR, 77);
        uint32_t id = take(*state, &finding);
        first = first ? first : id;
        assert_int_equal(id, first);
    }
}

static void the_summary_says_what_the_intruder_did(void **state)
{
    struct finding finding = finding_make("pc-1", "p1", TIME_HOUR, 1);
    const struct incident *incident = NULL;
    finding_technique(&finding, "T1003.001");
    finding_technique(&finding, "T1547.001");
    finding_technique(&finding, "T9999");
    assert_int_equal(triage_take(*state, &finding, &incident), 0);
    assert_string_equal(incident->summary.english.at,
                        "Programs on pc-1 did what normal life here does not: they made sure to "
                        "start again and reached for credentials.");
    assert_non_null(strstr(incident->summary.japanese.at, "認証情報"));
}

static void a_checkpoint_goes_on_the_same(void **state)
{
    struct triage *copy;
    struct buffer out = {0};
    const struct incident *was = NULL, *is = NULL;
    struct finding a = finding_make("pc-1", "p1", TIME_HOUR, 1);
    struct finding b = finding_make("pc-1", "p1", 2 * TIME_HOUR, 2);
    take(*state, &a);
    triage_save(*state, &out);
    assert_int_equal(triage_open(&copy), 0);
    struct cursor in = cursor_over(buffer_bytes(&out));
    assert_int_equal(triage_load(copy, &in), 0);
    assert_int_equal(triage_take(*state, &b, &was), 0);
    assert_int_equal(triage_take(copy, &b, &is), 0);
    assert_int_equal(was->id, is->id);
    assert_int_equal(was->findings, is->findings);
    assert_true(bytes_equal(was->summary.english, is->summary.english));
    for (size_t len = 0; len < out.len; len++) {
        struct triage *broken;
        assert_int_equal(triage_open(&broken), 0);
        struct cursor cut = cursor_over((struct bytes){out.at, len});
        assert_int_not_equal(triage_load(broken, &cut), 0);
        triage_close(broken);
    }
    triage_close(copy);
    buffer_finish(&out);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(one_cause_is_one_case),
        CASE(a_hop_joins_both_hosts_and_raises_the_level),
        CASE(the_same_novelty_on_nine_hosts_is_one_question),
        CASE(the_summary_says_what_the_intruder_did),
        CASE(a_checkpoint_goes_on_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
