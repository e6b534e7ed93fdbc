/* Cases as the console gets them, and what an analyst decides, on a store of this test's own. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "show/cases.h"
#include "show/hosts.h"
#include "show/hunt.h"
#include "store/store.h"

struct ground {
    char folder[32];
    struct sqlite3 *db;
};

static void store_make(const char *folder)
{
    struct store *store;
    struct finding finding = {.id = 1,
                              .detector = "normal",
                              .score = 0.9,
                              .level = 3,
                              .time_start = 1,
                              .time_end = 2,
                              .host = BYTES("PC-1"),
                              .process_entity_id = BYTES("p-1"),
                              .title = {BYTES("title"), BYTES("題")}};
    struct incident incident = {.id = 1,
                                .level = 3,
                                .score = 0.9,
                                .findings = 1,
                                .host_count = 1,
                                .hosts = {BYTES("PC-1")},
                                .title = {BYTES("title"), BYTES("題")},
                                .summary = {BYTES("summary"), BYTES("要約")}};

    finding_explain(&finding, BYTES("because \"it\" is new"), BYTES("新しいため"));
    finding_observe(&finding, OBSERVABLE_ip, BYTES("203.0.113.9"));
    finding_technique(&finding, "T1547.001");
    assert_int_equal(store_open_write(folder, &store), 0);
    assert_int_equal(store_put_finding(store, &finding, 1), 0);
    assert_int_equal(store_put_case(store, &incident), 0);
    assert_int_equal(store_put_checkpoint(store, BYTES("x")), 0);
    assert_int_equal(store_commit(store), 0);
    store_close(store);
}

static int setup(void **state)
{
    struct ground *ground = calloc(1, sizeof *ground);

    strcpy(ground->folder, "/tmp/hinomi-cases-XXXXXX");
    assert_non_null(mkdtemp(ground->folder));
    store_make(ground->folder);
    assert_int_equal(state_open(ground->folder, &ground->db), 0);
    *state = ground;
    return 0;
}

static int teardown(void **state)
{
    struct ground *ground = *state;
    char command[64];

    sqlite3_close(ground->db);
    snprintf(command, sizeof command, "rm -r %s", ground->folder);
    assert_int_equal(system(command), 0);
    free(ground);
    return 0;
}

/* The text of an answer; the caller frees it. */
static char *case_text(struct ground *ground, int64_t id)
{
    struct buffer text = {0};
    struct json json = {.out = &text};

    assert_int_equal(case_json(ground->db, id, &json), 0);
    buffer_put_char(&text, 0);
    return text.at;
}

static void must_have(struct ground *ground, const char *part)
{
    char *text = case_text(ground, 1);

    if (!strstr(text, part))
        fail_msg("no %s in %s", part, text);
    free(text);
}

static int decide(struct ground *ground, const char *order)
{
    return case_decide(ground->folder, ground->db, 1, bytes_of(order), 7);
}

static void test_a_case_is_whole(void **state)
{
    struct buffer text = {0};
    struct json json = {.out = &text};

    must_have(*state, "\"explanation\":[\"because \\\"it\\\" is new\"]");
    must_have(*state, "\"title_ja\":\"題\"");
    must_have(*state, "\"hosts\":[\"PC-1\"]");
    must_have(*state, "\"attack\":[\"T1547.001\"]");
    must_have(*state, "remove the Run key"); /* advice follows from the technique */
    must_have(*state, "destination_ip = '203.0.113.9'");
    assert_int_equal(case_json(((struct ground *)*state)->db, 2, &json), -ENOENT);
    assert_int_equal(text.len, 0);
    buffer_finish(&text);
}

static void test_what_is_decided_stands_over_what_was_proposed(void **state)
{
    assert_int_equal(decide(*state, "{\"level\": 1, \"owner\": \"night shift\"}"), 0);
    must_have(*state, "\"level\":1,\"level_proposed\":3");
    must_have(*state, "\"owner\":\"night shift\"");
    must_have(*state, "\"status\":\"open\"");
    assert_int_equal(decide(*state, "{\"status\": \"closed\", \"note\": \"  asked: it was me  \"}"),
                     0);
    must_have(*state, "\"status\":\"closed\"");
    must_have(*state, "\"level\":1"); /* what is not said stays */
    must_have(*state, "\"author\":\"analyst\",\"text\":\"asked: it was me\"");
    must_have(*state, "\"author\":\"decision\",\"text\":\"level=1\"");
}

static void test_nonsense_decides_nothing(void **state)
{
    static const char *const orders[] = {
        "",
        "{",
        "[]",
        "{}",
        "null",
        "\"x\"",
        "{\"level\":5}",
        "{\"level\":-1}",
        "{\"level\":\"3\"}",
        "{\"level\":2.5}",
        "{\"status\":\"ajar\"}",
        "{\"verdict\":1}",
        "{\"note\":\" \"}",
        "{\"owner\":7}",
        "{\"level\":2,\"status\":\"ajar\"}",
        "{\"other\":1}",
    };

    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
        if (decide(*state, orders[i]) != -EINVAL)
            fail_msg("taken: %s", orders[i]);
    must_have(*state, "\"notes\":[]");
    must_have(*state, "\"level\":3");
}

static void test_a_hunt_is_bounded_and_says_so(void **state)
{
    struct ground *ground = *state;
    struct buffer text = {0};
    struct json json = {.out = &text};
    char why[256] = "";

    assert_int_equal(hunt_json(ground->folder,
                               BYTES("SELECT 9007199254740993 AS n UNION ALL "
                                     "SELECT 2 UNION ALL SELECT 3"),
                               2, &json, why, sizeof why),
                     0);
    buffer_put_char(&text, 0);
    assert_ptr_equal(strstr(text.at, "{\"columns\":[\"n\"],\"rows\":[[\"9007199254740993\"],[2]],"
                                     "\"truncated\":true"),
                     text.at);
    buffer_clear(&text);
    assert_int_equal(hunt_json(ground->folder, BYTES("DELETE FROM cases"), 2,
                               &(struct json){.out = &text}, why, sizeof why),
                     -EPERM);
    assert_string_not_equal(why, "");
    buffer_finish(&text);
}

static void test_csv_is_quoted_and_runs_nothing_in_a_spreadsheet(void **state)
{
    struct ground *ground = *state;
    struct buffer text = {0};
    char why[256];

    assert_int_equal(hunt_csv(ground->folder, BYTES("SELECT 'a\"b,c' AS x, '=cmd()' AS y, -5 AS z"),
                              9, &text, why, sizeof why),
                     0);
    buffer_put_char(&text, 0);
    assert_string_equal(text.at, "x,y,z\r\n\"a\"\"b,c\",\"'=cmd()\",-5\r\n");
    buffer_clear(&text);
    assert_int_equal(hunt_csv(ground->folder,
                              BYTES("SELECT '=' AS x, char(13)||'1' AS \"@y\", -0.5 AS z, NULL"), 9,
                              &text, why, sizeof why),
                     0);
    buffer_put_char(&text, 0);
    assert_string_equal(text.at, "x,\"'@y\",z,NULL\r\n\"'=\",\"'\r1\",-0.5,\r\n");
    buffer_finish(&text);
}

static void test_events_are_asked_for_by_sound_ids_only(void **state)
{
    struct ground *ground = *state;
    struct buffer text = {0};
    struct json json = {.out = &text};

    assert_int_equal(events_json(ground->folder, BYTES("1:0,2:9,x,3:3"), &json), 0);
    buffer_put_char(&text, 0);
    assert_string_equal(text.at, "{\"events\":[]}");
    buffer_finish(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_case_is_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_decided_stands_over_what_was_proposed, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_nonsense_decides_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_hunt_is_bounded_and_says_so, setup, teardown),
        cmocka_unit_test_setup_teardown(test_csv_is_quoted_and_runs_nothing_in_a_spreadsheet, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_events_are_asked_for_by_sound_ids_only, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
