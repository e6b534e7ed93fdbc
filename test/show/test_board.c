#include <errno.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/time.h"
#include "show/alerts_bursts.h"
#include "show/alerts_period.h"
#include "show/board.h"
#include "store/alerts.h"

static char folder[] = "/tmp/hinomi-board-XXXXXX";
static struct alert_board *standings; /* kept up to date by what the store says has changed */

/* Six groups of an alert each (the first of two): severities 1, 1, 2, 3, none, 1. */
static const uint8_t severities[] = {1, 1, 2, 3, 0, 1};

enum { GROUPS = sizeof severities, ALERTS = GROUPS + 1 };

static void alerts_put(struct alerts_store *store)
{
    struct alert alerts[ALERTS] = {0};
    uint64_t ids[ALERTS];

    for (uint32_t i = 0; i < ALERTS; i++) {
        alerts[i].time = (int64_t)i * TIME_DAY;
        alerts[i].rule_name = BYTES("something");
        ids[i] = i < GROUPS ? i + 1 : 1;
    }
    assert_int_equal(alerts_store_begin(store), 0);
    assert_int_equal(alerts_store_put(store, alerts, ids, ALERTS), 0);
    for (uint32_t i = 0; i < GROUPS; i++) {
        const struct alert_group group = {
            .id = i + 1,
            .first = (int64_t)i * TIME_DAY,
            .last = (int64_t)i * TIME_DAY,
            .count = i == 0 ? 2 : 1,
            .severity = severities[i],
        };
        assert_int_equal(alerts_store_put_group(store, &group, &alerts[i]), 0);
    }
    assert_int_equal(alerts_store_commit(store), 0);
}

static void verdict_put(uint64_t alert, enum attack_outcome outcome)
{
    const struct alert_verdict verdict = {outcome, ATTACK_command_injection, 0.9, BYTES("{}")};
    struct alerts_store *store;

    assert_int_equal(alerts_store_open(folder, ALERTS_DECIDE, &store), 0);
    assert_int_equal(alerts_store_put_verdict(store, alert, &verdict), 0);
    assert_int_equal(alerts_store_put_verdict(store, 99, &verdict), -ENOENT);
    alerts_store_close(store);
}

static int fill(void **state)
{
    struct alerts_store *store;

    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(alerts_store_open(folder, ALERTS_GATHER, &store), 0);
    assert_int_equal(alert_board_open(folder, &standings), 0);
    alerts_put(store);
    alerts_store_close(store);
    return 0;
}

static int clean(void **state)
{
    char command[128];

    (void)state;
    alert_board_close(standings);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

/* The first column of the first row over the answer of one kind, as ?1. */
static int64_t told(const char *kind, const char *sql)
{
    struct buffer text = {0};
    struct json json = {.out = &text};
    struct board board;
    struct sqlite3_stmt *statement;

    assert_int_equal(board_open(folder, standings, &board), 0);
    assert_int_equal(board_json(&board, bytes_of(kind), 100, 1, &json), 0);
    assert_int_equal(sqlite3_prepare_v2(board.db, sql, -1, &statement, NULL), SQLITE_OK);
    sqlite3_bind_text(statement, 1, text.at, (int)text.len, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    board_close(&board);
    buffer_finish(&text);
    return value;
}

/* The ids of a list as one number: 3, 1, 2 is 312. */
static int64_t order(const char *kind)
{
    return told(kind, "SELECT coalesce(group_concat(json_extract(value, '$.id'), ''), 0)"
                      " FROM json_each(?1, '$.groups')");
}

static void change(const char *sql)
{
    struct alerts_store *store;
    struct sqlite3_stmt *statement;

    assert_int_equal(alerts_store_open(folder, ALERTS_DECIDE, &store), 0);
    assert_int_equal(alerts_store_statement(store, sql, &statement), 0);
    assert_int_equal(sqlite3_step(statement), SQLITE_DONE);
    sqlite3_reset(statement);
    alerts_store_close(store);
}

static int decide(const char *text)
{
    struct board board;

    assert_int_equal(board_open(folder, standings, &board), 0);
    int error = board_decide(&board, bytes_of(text), TIME_DAY);
    board_close(&board);
    return error;
}

/* Groups 1, 2 and 3 as one burst; what the others are is by themselves. */
static void test_bursts(void **state)
{
    struct buffer text = {0};
    struct json json = {.out = &text};
    struct board board;
    (void)state;
    change("UPDATE alert_groups SET burst = 1 WHERE id <= 3");
    assert_int_equal(board_open(folder, standings, &board), 0);
    assert_int_equal(bursts_json(board.db, 2, &json), 0);
    assert_int_equal(burst_groups_json(board.db, 1, &json), 0);
    assert_int_equal(burst_groups_json(board.db, 2, &json), -ENOENT);
    buffer_put_char(&text, '\0');
    assert_non_null(strstr(text.at, "{\"bursts\":[{\"burst\":6,"));
    assert_null(strstr(text.at, "\"burst\":4,"));
    assert_non_null(strstr(text.at, "{\"groups\":[{\"group\":1,"));
    assert_non_null(strstr(text.at, "{\"group\":3,"));
    assert_null(strstr(text.at, "{\"group\":4,"));
    json.out->len = 0;
    assert_int_equal(bursts_json(board.db, 100, &json), 0);
    buffer_put_char(&text, '\0');
    assert_non_null(strstr(text.at, "\"groups\":3,\"count\":4,\"severity\":1,\"rules\":1"));
    board_close(&board);
    buffer_finish(&text);
    change("UPDATE alert_groups SET burst = NULL");
}

static void test_severity_orders(void **state)
{
    (void)state;
    assert_int_equal(order("shown"), 62153);
    assert_int_equal(order("held"), 4);
    assert_int_equal(order("decided"), 0);
    assert_int_equal(told("shown", "SELECT json_extract(?1, '$.counts.alerts')"), ALERTS);
}

/* Group 1 has two alerts: one that failed is not the whole of it. */
static void test_verdicts_outweigh_severity(void **state)
{
    (void)state;
    verdict_put(1, OUTCOME_failed);
    assert_int_equal(order("shown"), 62153);
    verdict_put(ALERTS, OUTCOME_failed);
    assert_int_equal(order("shown"), 6253);
    verdict_put(5, OUTCOME_success);
    assert_int_equal(order("shown"), 5623);
    verdict_put(6, OUTCOME_unknown);
    verdict_put(2, OUTCOME_benign);
    assert_int_equal(order("shown"), 563);
    assert_int_equal(order("held"), 412);
    assert_int_equal(order("sample") % 10 + order("sample") / 10 % 10 + order("sample") / 100, 7);
}

static void test_decisions(void **state)
{
    static const char *const wrong[] = {"",
                                        "{",
                                        "[]",
                                        "{\"groups\":[1]}",
                                        "{\"groups\":[],\"level\":1}",
                                        "{\"groups\":[1],\"level\":5}",
                                        "{\"groups\":[1],\"level\":\"1\"}",
                                        "{\"groups\":[\"1\"],\"level\":1}",
                                        "{\"groups\":1,\"level\":1}",
                                        "{\"groups\":[1],\"level\":1,\"note\":7}"};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(decide(wrong[i]), -EINVAL);
    assert_int_equal(decide("{\"groups\":[3,77],\"level\":1}"), -ENOENT);
    assert_int_equal(order("decided"), 0);
    assert_int_equal(decide("{\"groups\":[3,4],\"level\":2,\"analyst\":\"A\"}"), 0);
    assert_int_equal(order("decided"), 43);
    assert_int_equal(order("shown"), 56);
    assert_int_equal(decide("{\"groups\":[3],\"level\":null}"), 0);
    assert_int_equal(order("decided"), 4);
    assert_int_equal(order("shown"), 563);
}

static void score_put(const char *values)
{
    struct alerts_store *store;
    struct sqlite3_stmt *statement;
    char sql[256];

    snprintf(sql, sizeof sql,
             "INSERT OR REPLACE INTO alert_scores(group_id, count, novelty, cut, level,"
             " level_share, side) VALUES(%s)",
             values);
    assert_int_equal(alerts_store_open(folder, ALERTS_DECIDE, &store), 0);
    assert_int_equal(alerts_store_begin(store), 0);
    assert_int_equal(alerts_store_statement(store, sql, &statement), 0);
    assert_int_equal(sqlite3_step(statement), SQLITE_DONE);
    assert_int_equal(alerts_store_change(store, strtoull(values, NULL, 10)), 0);
    assert_int_equal(alerts_store_commit(store), 0);
    alerts_store_close(store);
}

static int64_t held_for(const char *reason)
{
    char sql[160];

    snprintf(sql, sizeof sql,
             "SELECT coalesce(sum(json_extract(value, '$.groups')), 0) FROM json_each(?1, '$.held')"
             " WHERE json_extract(value, '$.reason') = '%s'",
             reason);
    return told("held", sql);
}

/*
 * Before: 5 succeeded, 6 is unknown with severity 1, 3 has 2; held are 1, which failed, and 2,
 * which is harmless. 4 was decided.
 */
static void test_models_order(void **state)
{
    (void)state;
    score_put("6, 1, 0.5, 1.5, 0, 0.6, 'kept'"); /* under the budget's cut */
    assert_int_equal(order("shown"), 53);
    assert_int_equal(held_for("routine"), 1);
    score_put("3, 1, 2.5, 1.5, 1, 0.4, 'kept'"); /* new, severity 2 */
    score_put("6, 1, 0.5, 1.5, 4, 0.6, 'kept'"); /* what analysts would say outweighs routine */
    assert_int_equal(order("shown"), 653);
    score_put("6, 1, 9.5, 1.5, 0, 0.9, 'filtered'");
    assert_int_equal(order("shown"), 53);
    assert_int_equal(held_for("filtered"), 1);
    score_put("6, 1, 0.1, 1.5, 2, 0.9, 'raised'");
    assert_int_equal(order("shown"), 563);
    score_put("5, 1, 0.1, 1.5, 0, 0.9, 'filtered'"); /* a proof outweighs every model */
    score_put("1, 2, 9.1, 1.5, 4, 0.9, 'raised'");
    assert_int_equal(order("shown"), 563);
    assert_int_equal(held_for("failed"), 1);
    score_put("3, 1, NULL, NULL, NULL, NULL, NULL"); /* nobody knows: the sensor's word again */
    assert_int_equal(order("shown"), 563);
}

/* Days of 1970: the first is a Thursday, so the week's Monday is in the year before. */
static void test_reports(void **state)
{
    struct buffer text = {0};
    struct periods periods;

    (void)state;
    assert_int_equal(periods_make(standings, BYTES("year"), 0, &periods), -EINVAL);
    assert_int_equal(periods_make(standings, BYTES("week"), 0, &periods), 0);
    periods_csv(&periods, &text);
    periods_finish(&periods);
    buffer_put_char(&text, '\0');
    assert_string_equal(text.at, "period,groups,alerts,succeeded,level_4,level_3,level_2,level_1,"
                                 "false_positives,undecided,held\r\n"
                                 "1970-01-05,2,2,1,0,0,0,0,0,2,0\r\n"
                                 "1969-12-29,4,5,0,0,0,1,0,0,3,2\r\n");
    buffer_clear(&text);
    assert_int_equal(periods_make(standings, BYTES("month"), -1, &periods), 0);
    periods_csv(&periods, &text);
    periods_finish(&periods);
    buffer_put_char(&text, '\0');
    assert_non_null(strstr(text.at, "\r\n1970-01,5,5,"));
    assert_non_null(strstr(text.at, "\r\n1969-12,1,2,"));
    buffer_finish(&text);
}

/* Let a group grow in more transactions than are remembered. */
static void changes_overflow(void)
{
    struct alerts_store *store;

    assert_int_equal(alerts_store_open(folder, ALERTS_GATHER, &store), 0);
    for (uint64_t i = 0; i < ALERTS_CHANGES + 10; i++) {
        const struct alert_group group = {.id = i < 5 ? 2 : 6, .count = 10 + i, .severity = 1};
        assert_int_equal(alerts_store_begin(store), 0);
        assert_int_equal(alerts_store_put_group(store, &group, NULL), 0);
        assert_int_equal(alerts_store_commit(store), 0);
    }
    alerts_store_close(store);
}

/* What was loaded and then kept up to date is what loading now gives. */
static void same_as_loaded(void)
{
    struct alert_board *fresh;
    const struct alert_standing *kept, *loaded;
    size_t kept_count, loaded_count;

    assert_int_equal(alert_board_open(folder, &fresh), 0);
    assert_int_equal(alert_board_take(fresh, &loaded, &loaded_count), 0);
    assert_int_equal(alert_board_take(standings, &kept, &kept_count), 0);
    assert_int_equal(alert_board_change(standings), alert_board_change(fresh));
    assert_int_equal(kept_count, loaded_count);
    assert_memory_equal(kept, loaded, kept_count * sizeof *kept);
    alert_board_give(standings);
    alert_board_give(fresh);
    alert_board_close(fresh);
}

static void test_up_to_date(void **state)
{
    (void)state;
    same_as_loaded();
    changes_overflow();
    same_as_loaded();
}

static void test_nothing_gathered(void **state)
{
    struct buffer text = {0};
    struct json json = {.out = &text};
    struct alert_board *none;
    struct board board;

    (void)state;
    assert_false(board_there("/nowhere"));
    assert_int_equal(alert_board_open("/nowhere", &none), 0);
    assert_int_equal(board_open("/nowhere", none, &board), 0);
    assert_int_equal(board_json(&board, BYTES("shown"), 10, 0, &json), 0);
    assert_int_equal(board_json(&board, BYTES("else"), 10, 0, &json), -EINVAL);
    assert_int_equal(board_group_json(&board, 1, &json), -ENOENT);
    board_close(&board);
    alert_board_close(none);
    buffer_finish(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bursts),
        cmocka_unit_test(test_severity_orders),
        cmocka_unit_test(test_verdicts_outweigh_severity),
        cmocka_unit_test(test_decisions),
        cmocka_unit_test(test_models_order),
        cmocka_unit_test(test_reports),
        cmocka_unit_test(test_up_to_date),
        cmocka_unit_test(test_nothing_gathered),
    };

    return cmocka_run_group_tests(tests, fill, clean);
}
