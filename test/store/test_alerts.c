/* The store of alerts: what is read from where, and stores of earlier versions. */
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
#include "store/alerts.h"

static char folder[] = "/tmp/hinomi-alerts-XXXXXX";

/* Two blocks: alerts 1 and 2 of the first day, 3 of the third. */
static int store_make(void **state)
{
    static const int64_t days[] = {0, 0, 2};
    static const uint64_t groups[] = {1, 1, 2};
    struct alert alerts[3] = {0};
    struct alerts_store *store;
    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(alerts_store_open(folder, ALERTS_GATHER, &store), 0);
    for (int i = 0; i < 3; i++)
        alerts[i] = (struct alert){.time = days[i] * TIME_DAY, .rule_name = BYTES("rule")};
    assert_int_equal(alerts_store_begin(store), 0);
    assert_int_equal(alerts_store_put(store, alerts, groups, 2), 0);
    assert_int_equal(alerts_store_put(store, alerts + 2, groups + 2, 1), 0);
    assert_int_equal(alerts_store_commit(store), 0);
    alerts_store_close(store);
    return 0;
}

static int store_drop(void **state)
{
    static const char *const names[] = {"alerts.db", "alerts.db-wal", "alerts.db-shm",
                                        "alerts.lock"};
    char path[128];
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        unlink(path);
    }
    return rmdir(folder);
}

static int number_note(void *context, uint64_t number, const struct alert *alert)
{
    (void)alert;
    *(uint64_t *)context = *(uint64_t *)context * 10 + number;
    return 0;
}

static void reads_from_a_number_or_a_time_on(void **state)
{
    struct alerts_store *store;
    uint64_t number = 0;
    (void)state;
    assert_int_equal(alerts_store_open(folder, ALERTS_READ, &store), 0);
    static const uint64_t expected[] = {123, 123, 23, 3, 0};
    for (uint64_t from = 0; from < 5; from++) {
        uint64_t seen = 0;
        assert_int_equal(alerts_store_each(store, from, number_note, &seen), 0);
        assert_int_equal(seen, expected[from]);
    }
    static const int64_t times[] = {0, 1, 2 * TIME_DAY, 2 * TIME_DAY + 1};
    static const uint64_t numbers[] = {1, 3, 3, 4};
    for (int i = 0; i < 4; i++) {
        assert_int_equal(alerts_store_number_at(store, times[i], &number), 0);
        assert_int_equal(number, numbers[i]);
    }
    alerts_store_close(store);
}

static void tables_of_later_versions_are_made(void **state)
{
    struct alerts_store *store;
    struct sqlite3_stmt *rows;
    sqlite3 *handle;
    char path[128];
    (void)state;
    snprintf(path, sizeof(path), "%s/alerts.db", folder);
    assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
    assert_int_equal(sqlite3_exec(handle,
                                  "DROP TABLE alert_scores; ALTER TABLE alert_groups DROP COLUMN"
                                  " burst; ALTER TABLE alert_groups DROP COLUMN burst_key",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(handle);
    assert_int_equal(alerts_store_open(folder, ALERTS_READ, &store), 0);
    assert_int_equal(alerts_store_statement(store, "SELECT * FROM alert_scores", &rows), 0);
    assert_int_equal(sqlite3_step(rows), SQLITE_DONE);
    assert_int_equal(
        alerts_store_statement(store, "SELECT burst, burst_key FROM alert_groups", &rows), 0);
    alerts_store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_from_a_number_or_a_time_on),
        cmocka_unit_test(tables_of_later_versions_are_made),
    };
    return cmocka_run_group_tests(tests, store_make, store_drop);
}
