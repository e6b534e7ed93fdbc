/* Whether statements ran, told by putting the answers to one parameter side by side. */
#include "../request.h"

#include <stdio.h>
#include <stdlib.h>

#include "triage/success/verdict.h"

#define ROW(what) "<html><table><tr><td>" what "</td></tr></table></html>"
#define NOTHING   "<html><p>No such goods.</p></html>"
#define ALWAYS    "<html><p>Thank you.</p></html>"
#define REFUSED   "<html><p>Blocked by policy</p></html>"

enum { PROBES = 24 };

/* A payload, what came back, and what is to be said of it. */
struct probe_row {
    const char *value, *answer;
    enum attack_outcome outcome;
    double seconds; /* it took; 0: hardly any */
    uint16_t status;
};

struct court {
    struct recognition *recognition;
    struct baseline *baseline;
    struct arena arena;
    struct request requests[PROBES];
    char targets[PROBES][400];
    struct attempts attempts[PROBES];
};

static int set_up(void **state)
{
    struct court *court = calloc(1, sizeof(*court));
    *state = court;
    return court && recognition_new(&court->recognition) == 0
               ? baseline_new(1 << 24, &court->baseline)
               : -1;
}

static int tear_down(void **state)
{
    struct court *court = *state;
    recognition_free(court->recognition);
    baseline_free(court->baseline);
    arena_finish(&court->arena);
    free(court);
    return 0;
}

/* Visits: values and their pages in turn, up to NULL. */
static void visit(struct court *court, const char *const *pairs)
{
    for (; pairs[0]; pairs += 2) {
        struct request request;
        char target[64];
        (void)snprintf(target, sizeof(target), "/goods?id=%s", pairs[0]);
        request_make(&request, "GET", target, NULL, NULL, pairs[1]);
        assert_int_equal(
            baseline_learn(court->baseline, &request.exchange, NULL, (struct bytes){0}), 0);
    }
}

static void probe_send(struct court *court, const struct probe_row *row, size_t i)
{
    static const char digits[] = "0123456789abcdef";
    struct request *request = &court->requests[i];
    size_t len = (size_t)snprintf(court->targets[i], 16, "/goods?id=");
    for (const char *c = row->value; *c; c++) {
        court->targets[i][len++] = '%';
        court->targets[i][len++] = digits[(unsigned char)*c >> 4];
        court->targets[i][len++] = digits[(unsigned char)*c & 15];
    }
    court->targets[i][len] = 0;
    request_make(request, "GET", court->targets[i], NULL, NULL, row->answer);
    request->exchange.request.packet = 2 * i + 1;
    if (row->status)
        request->exchange.status = row->status;
    request->exchange.response.end += (int64_t)(row->seconds * TIME_SECOND);
    assert_int_equal(
        attempts_find(court->recognition, &request->exchange, &court->arena, &court->attempts[i]),
        0);
    if (court->attempts[i].count == 0)
        print_error("%s: not recognised\n", row->value);
    assert_true(court->attempts[i].count > 0);
    assert_int_equal(
        verdict_learn(&request->exchange, &court->attempts[i], court->baseline, &court->arena), 0);
}

/* All of them are sent, then each is judged, as the judge does it. */
static void judge_all(struct court *court, const struct probe_row *rows, size_t count)
{
    static const struct aftermath nothing;
    struct verdict verdict;
    int wrong = 0;
    for (size_t i = 0; i < count; i++)
        probe_send(court, &rows[i], i);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(verdict_reach(&court->requests[i].exchange, &court->attempts[i],
                                       court->baseline, &nothing, &court->arena, &verdict),
                         0);
        if (verdict.outcome == OUTCOME_success)
            assert_true(verdict.proof.found.len > 0);
        if (verdict.outcome == rows[i].outcome)
            continue;
        wrong++;
        print_error("%s: %d, %.*s\n", rows[i].value, verdict.outcome,
                    (int)verdict.reason.english.len, verdict.reason.english.at);
    }
    assert_int_equal(wrong, 0);
}

static const char *const shop[] = {"1",     ROW("Teapot"), "2",     ROW("Fan"), "6",
                                   NOTHING, "7",           NOTHING, NULL};

/* It looks the whole text up, and finds nothing by it. */
static void a_page_that_takes_all_for_a_value_fails_every_probe(void **state)
{
    static const struct probe_row rows[] = {
        {"1 AND 7783=7783", NOTHING, OUTCOME_failed, 0, 0},
        {"1 AND 54=44", NOTHING, OUTCOME_failed, 0, 0},
        {"1' AND 'a'='a", NOTHING, OUTCOME_failed, 0, 0},
        {"1' AND 'a'='b", NOTHING, OUTCOME_failed, 0, 0},
        {"1 ORDER BY 1-- -", NOTHING, OUTCOME_failed, 0, 0},
        {"-5 UNION ALL SELECT CHR(113)||CHR(98)||CHR(113)||CHR(113)||CHR(113),2-- -", NOTHING,
         OUTCOME_failed, 0, 0},
        {"1 AND SLEEP(5)", NOTHING, OUTCOME_failed, 0, 0},
        {"1' AND (SELECT 7 FROM (SELECT(SLEEP(5)))x) AND 'a'='a", NOTHING, OUTCOME_failed, 0, 0},
        {"1' UNION SELECT owner,secret FROM keys-- x", "<html><p>mizu-no-oto</p></html>",
         OUTCOME_unknown, 0, 0}, /* which nobody else got */
    };
    visit(*state, shop);
    judge_all(*state, rows, sizeof(rows) / sizeof(*rows));
}

/* It takes the number in front and drops the rest, so that each probe gets that number's page. */
static void a_page_that_takes_the_number_in_front_fails_every_probe(void **state)
{
    static const struct probe_row rows[] = {
        {"1 AND 7783=7783", ROW("Teapot"), OUTCOME_failed, 0, 0},
        {"1 AND 54=44", ROW("Teapot"), OUTCOME_failed, 0, 0},
        {"1 AND 54=45", ROW("Teapot"), OUTCOME_failed, 0, 0},
        {"6 AND 54=44", NOTHING, OUTCOME_failed, 0, 0},
    };
    visit(*state, shop);
    judge_all(*state, rows, sizeof(rows) / sizeof(*rows));
}

/* A number without quotes, errors hidden: what breaks gets the page for nothing found as well. */
static void conditions_that_decide_what_is_shown_are_success_once(void **state)
{
    static const struct probe_row rows[] = {
        {"1' AND 'a'='a", NOTHING, OUTCOME_failed, 0, 0},
        {"1 AND 7783=7783", ROW("Teapot"), OUTCOME_unknown, 0, 0},
        {"1 AND 54=44", NOTHING, OUTCOME_unknown, 0, 0},
        {"1 AND 66=66", ROW("Teapot"), OUTCOME_unknown, 0, 0},
        {"1 AND 12=13", NOTHING, OUTCOME_success, 0, 0},
        {"1 AND 12=14", NOTHING, OUTCOME_unknown, 0, 0},
        {"1 ORDER BY 1-- -", ROW("Teapot"), OUTCOME_unknown, 0, 0},
        {"1 ORDER BY 40-- -", NOTHING, OUTCOME_failed, 0, 0},
        {"6 AND 1=1", NOTHING, OUTCOME_unknown, 0, 0},
        {"1 AND SLEEP(5)", NOTHING, OUTCOME_success, 5, 0},
        {"1 AND (SELECT 'xihz' FROM RDB$DATABASE)='xihz'", NOTHING, OUTCOME_failed, 0, 0},
        {"1 AND (SELECT TDESENCRYPT(NULL,NULL)) IS NULL", NOTHING, OUTCOME_failed, 0, 0},
        {"1 AND QUARTER(NULL) IS NULL", ROW("Teapot"), OUTCOME_unknown, 0, 0},
        {"1'\"(.,),((", NOTHING, OUTCOME_failed, 0, 0},
        {"1' AND 3=4-- -", NOTHING, OUTCOME_failed, 0, 0},
        {"1 AND PG_SLEEP(5)", NOTHING, OUTCOME_failed, 0, 0},
        {"1 AND SLEEP(5-(IF(ORD(MID(VERSION(),1,1))>64,0,5)))", NOTHING, OUTCOME_unknown, 0, 0},
    };
    visit(*state, shop);
    for (int i = 0; i < 20; i++) /* times enough to know how long a page takes */
        visit(*state, shop);
    judge_all(*state, rows, sizeof(rows) / sizeof(*rows));
}

/* A filter that knows 1=1 and not 1=2 answers by the condition too, but not with the page's own. */
static void a_filter_that_refuses_what_is_true_proves_nothing(void **state)
{
    static const struct probe_row rows[] = {
        {"1 AND 7783=7783", REFUSED, OUTCOME_unknown, 0, 403},
        {"1 AND 54=44", NOTHING, OUTCOME_unknown, 0, 0},
        {"1 AND 66=66", REFUSED, OUTCOME_unknown, 0, 403},
        {"1 AND 12=13", NOTHING, OUTCOME_unknown, 0, 0},
    };
    visit(*state, shop);
    judge_all(*state, rows, sizeof(rows) / sizeof(*rows));
}

/* One page whatever is asked: nothing could be seen, so nothing is said. */
static void a_page_that_is_always_the_same_says_nothing(void **state)
{
    static const char *const blind[] = {"1", ALWAYS, "2", ALWAYS, "7", ALWAYS, NULL};
    static const struct probe_row rows[] = {
        {"1 AND 7783=7783", ALWAYS, OUTCOME_unknown, 0, 0},
        {"1 AND 54=44", ALWAYS, OUTCOME_unknown, 0, 0},
        {"1' OR 'a'='a", ALWAYS, OUTCOME_unknown, 0, 0},
        {"-5 UNION ALL SELECT CONCAT(0x7162717171,7*7,0x717a6a7a71),2-- -", ALWAYS, OUTCOME_unknown,
         0, 0},
    };
    visit(*state, blind);
    judge_all(*state, rows, sizeof(rows) / sizeof(*rows));
}

/* It shows the number it was given and nothing else: its answers differ, and tell nothing. */
static void a_page_that_only_echoes_says_nothing(void **state)
{
    static const char *const echo[] = {"1", "<p>Noted: 1</p>", "2", "<p>Noted: 2</p>",
                                       "7", "<p>Noted: 7</p>", NULL};
    static const struct probe_row rows[] = {
        {"1 AND 7783=7783", "<p>Noted: 1</p>", OUTCOME_unknown, 0, 0},
        {"1 AND 54=44", "<p>Noted: 1</p>", OUTCOME_unknown, 0, 0},
        {"1' AND 54=44-- -", "<p>Noted: 1</p>", OUTCOME_unknown, 0, 0},
        {"7 OR 54=54", "<p>Noted: 7</p>", OUTCOME_unknown, 0, 0},
    };
    visit(*state, echo);
    judge_all(*state, rows, sizeof(rows) / sizeof(*rows));
}

/* A marker by one quote shows which it is; payloads for others cannot run. */
static void another_quote_that_works_fails_the_rest(void **state)
{
    static const struct probe_row rows[] = {
        {"1' AND EXTRACTVALUE(1,CONCAT(0x5c,0x7162717171,(SELECT (ELT(5=5,1))),0x717a6a7a71))-- x",
         "<html>XPATH syntax error: '\\qbqqq1qzjzq'</html>", OUTCOME_success, 0, 0},
        {"1 AND EXTRACTVALUE(1,CONCAT(0x5c,0x7162717171,(SELECT (ELT(6=6,1))),0x717a6a7a71))-- x",
         NOTHING, OUTCOME_failed, 0, 0},
        {"1\" AND EXTRACTVALUE(1,CONCAT(0x5c,0x7162717171,(SELECT (ELT(7=7,1))),0x717a6a7a71))-- x",
         NOTHING, OUTCOME_failed, 0, 0},
        {"1' AND JSON_KEYS((SELECT CONCAT(0x7162717171,(SELECT (ELT(8=8,1))),0x717a6a7a71)))-- x",
         NOTHING, OUTCOME_unknown, 0, 0},
    };
    visit(*state, shop);
    judge_all(*state, rows, sizeof(rows) / sizeof(*rows));
}

#define GOODS(goods)   "{\"goods\": [" goods "]}"
#define ITEM(id, name) "{\"id\": \"" id "\", \"name\": \"" name "\"}"

/* Rows are told in JSON and in plain lines as in tables. */
static void rows_beyond_those_of_one_value_are_success(void **state)
{
    static const char *const api[] = {
        "1", GOODS(ITEM("1", "Teapot")), "2", GOODS(ITEM("2", "Fan")), "6", GOODS(""), NULL};
    static const struct probe_row rows[] = {
        {"1 OR 8353=8353", GOODS(ITEM("1", "Teapot") "," ITEM("2", "Fan")), OUTCOME_success, 0, 0},
        {"2 OR (SELECT 7 FROM (SELECT(SLEEP(0)))x)",
         GOODS(ITEM("1", "Teapot") "," ITEM("2", "Fan")), OUTCOME_success, 0, 0},
        {"1 UNION SELECT login,secret FROM accounts",
         GOODS(ITEM("1", "Teapot") "," ITEM("root", "kawazu") "," ITEM("clerk", "furuike")),
         OUTCOME_success, 0, 0},
        {"1 UNION SELECT login,secret FROM accounts-- x", GOODS(ITEM("1", "Teapot")),
         OUTCOME_unknown, 0, 0},
        {"1' OR 9=9-- -", GOODS(""), OUTCOME_failed, 0, 0},
    };
    visit(*state, api);
    judge_all(*state, rows, sizeof(rows) / sizeof(*rows));
}

static void lines_beyond_those_of_one_value_are_success(void **state)
{
    static const char *const list[] = {"ito",    "name,mail\nito,i@x.test\n",
                                       "mori",   "name,mail\nmori,m@x.test\n",
                                       "nobody", "name,mail\n",
                                       NULL};
    static const struct probe_row rows[] = {
        {"' OR 6369=6369 -- -", "name,mail\nito,i@x.test\nmori,m@x.test\n", OUTCOME_success, 0, 0},
        {"' UNION SELECT owner,secret FROM keys-- -", "name,mail\nroot,mizu-no-oto\n",
         OUTCOME_success, 0, 0},
        {"nobody' AND 1=2-- -", "name,mail\n", OUTCOME_unknown, 0, 0},
        {"1 OR 5=5", "name,mail\n", OUTCOME_failed, 0, 0},
        {"ito' AND 1=1-- -", "name,mail\nito,i@x.test\n", OUTCOME_unknown, 0, 0},
    };
    visit(*state, list);
    judge_all(*state, rows, sizeof(rows) / sizeof(*rows));
}

/* The same value, other pages: a clock, a banner. Then pages cannot be compared. */
static void a_page_that_changes_by_itself_says_nothing(void **state)
{
    static const char *const moving[] = {
        "1", ROW("Teapot 10:01"), "1", ROW("Teapot 10:02"), "6", NOTHING, NULL};
    static const struct probe_row rows[] = {
        {"1 AND 7783=7783", NOTHING, OUTCOME_unknown, 0, 0},
        {"1' AND 'a'='a", NOTHING, OUTCOME_unknown, 0, 0},
    };
    visit(*state, moving);
    judge_all(*state, rows, sizeof(rows) / sizeof(*rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(a_page_that_takes_all_for_a_value_fails_every_probe),
        TEST(a_page_that_takes_the_number_in_front_fails_every_probe),
        TEST(conditions_that_decide_what_is_shown_are_success_once),
        TEST(a_filter_that_refuses_what_is_true_proves_nothing),
        TEST(a_page_that_is_always_the_same_says_nothing),
        TEST(a_page_that_only_echoes_says_nothing),
        TEST(another_quote_that_works_fails_the_rest),
        TEST(rows_beyond_those_of_one_value_are_success),
        TEST(lines_beyond_those_of_one_value_are_success),
        TEST(a_page_that_changes_by_itself_says_nothing),
#undef TEST
    };
    return cmocka_run_group_tests_name("whether statements ran", tests, NULL, NULL);
}
