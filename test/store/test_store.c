/* Rows in, rows out; pivots against a plain scan; crashes; queries that may not write. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "fixture.h"
#include "store/observables.h"

enum { ROWS = 6000 };

static int folder_setup(void **state)
{
    char *folder = malloc(64);
    folder_make(folder);
    *state = folder;
    return 0;
}

static int folder_teardown(void **state)
{
    folder_remove(*state);
    free(*state);
    return 0;
}

/* Rows first … last - 1 of the random story: two days, mostly in order. */
static void rows_put(struct store *store, uint64_t first, uint64_t last, uint32_t batch_rows)
{
    struct batch *batch = batch_create();
    for (uint64_t number = first; number < last;) {
        batch_clear(batch);
        while (number < last && batch->rows < batch_rows) {
            uint64_t random = number;
            int64_t late = chance(&random, 50) == 0 ? (int64_t)chance(&random, 3600) : 0;
            row_make(batch, &random, number,
                     FIXTURE_DAY + 18 * TIME_HOUR + ((int64_t)number * 8 - late) * TIME_SECOND);
            number++;
        }
        assert_int_equal(store_put_rows(store, batch), 0);
    }
    batch_destroy(batch);
}

struct seen {
    uint64_t hash, rows;
    int64_t last_time;
    bool ordered;
    const struct observable *observable;
};

static int seen_add(void *context, const struct batch *batch, uint32_t row)
{
    struct seen *seen = context;
    int64_t time = batch->columns.time[row];
    seen->hash += batch->columns.event_offset[row] * 0x9e3779b97f4a7c15u + (uint64_t)time;
    if (seen->rows++ && time < seen->last_time)
        seen->ordered = false;
    seen->last_time = time;
    return 0;
}

/* What the pivot has to give, from the rows as they were made. */
static struct seen rows_scan(const struct observable *observable, struct store_span span)
{
    struct seen seen = {.ordered = true};
    struct batch *batch = batch_create();
    uint64_t key = observable_key(observable), keys[ROW_OBSERVABLES];
    for (uint64_t number = 0; number < ROWS; number++) {
        uint64_t random = number;
        int64_t late = chance(&random, 50) == 0 ? (int64_t)chance(&random, 3600) : 0;
        batch_clear(batch);
        row_make(batch, &random, number,
                 FIXTURE_DAY + 18 * TIME_HOUR + ((int64_t)number * 8 - late) * TIME_SECOND);
        uint32_t count = row_observables(batch, 0, keys);
        for (uint32_t i = 0; i < count; i++)
            if (keys[i] == key && batch->columns.time[0] >= span.from &&
                batch->columns.time[0] <= span.to)
                seen_add(&seen, batch, 0);
    }
    batch_destroy(batch);
    return seen;
}

static void pivots_equal_a_scan(void **state)
{
    static const struct observable asked[] = {
        {OBSERVABLE_host, BYTES("host1")},
        {OBSERVABLE_process, BYTES("p17")},
        {OBSERVABLE_file, BYTES("C:\\USERS\\42.TXT")},
        {OBSERVABLE_file, BYTES("c:\\program\\7.exe")},
        {OBSERVABLE_registry, BYTES("HKLM\\software\\5")},
        {OBSERVABLE_ip, BYTES("10.0.2.7")},
        {OBSERVABLE_ip, BYTES("::ffff:10.0.2.7")},
        {OBSERVABLE_user, BYTES("user3")},
        {OBSERVABLE_user, BYTES("corp1\\User3")},
        {OBSERVABLE_user, BYTES("nobody")},
        {OBSERVABLE_service, BYTES("entry3")},
        {OBSERVABLE_file, BYTES("c:\\entries\\3.exe")},
        {OBSERVABLE_ip, BYTES("127.0.0.1")},
    };
    static const struct store_span spans[] = {
        {TIME_NONE, INT64_MAX, false},
        {FIXTURE_DAY + 20 * TIME_HOUR, FIXTURE_DAY + 26 * TIME_HOUR, false},
    };
    struct store *store;
    assert_int_equal(store_open_write(*state, &store), 0);
    for (uint64_t number = 0, next; number < ROWS; number = next) {
        next = number + 1 + number / 3 % 700;
        rows_put(store, number, next < ROWS ? next : ROWS, 256);
        assert_int_equal(store_commit(store), 0);
    }
    store_close(store);
    assert_int_equal(store_open_read(*state, &store), 0);
    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
        for (size_t j = 0; j < 2; j++) {
            struct seen want = rows_scan(&asked[i], spans[j]), got = {.ordered = true};
            assert_int_equal(store_pivot(store, &asked[i], spans[j], seen_add, &got), 0);
            assert_int_equal(got.rows, want.rows);
            assert_int_equal(got.hash, want.hash);
            assert_true(got.ordered);
            uint64_t count;
            assert_int_equal(store_pivot_count(store, &asked[i], spans[j], &count), 0);
            assert_true(j == 0 ? count == want.rows : count >= want.rows);
        }
    store_close(store);
}

static int remember_number(void *context, struct sqlite3_stmt *statement)
{
    *(int64_t *)context = sqlite3_column_int64(statement, 0);
    return 0;
}

static int64_t number_of(struct store *store, const char *sql)
{
    int64_t number = -1;
    if (store_query(store, bytes_of(sql), 10, remember_number, &number) != 0)
        fail_msg("%s: %s", sql, store_error(store));
    return number;
}

static void every_field_comes_back(void **state)
{
    struct store *store;
    struct batch *batch = batch_create(), *back = batch_create();
    for (int field = 0; field < FIELD_COUNT; field++) {
        const struct field_info *info = &observation_fields[field];
        void *at = batch_column(batch, (enum field)field);
        if (info->kind == FIELD_KIND_text)
            *(uint32_t *)at = text_put(batch, "text \xe7\x81\xab of %llu", (unsigned)field);
        else
            memset(at, info->kind == FIELD_KIND_ip ? field : 1, info->size);
    }
    batch->rows = 1;
    assert_int_equal(store_open_write(*state, &store), 0);
    assert_int_equal(store_put_rows(store, batch), 0);
    assert_int_equal(store_commit(store), 0);
    struct event_id id = {batch->columns.event_source[0], batch->columns.event_offset[0]};
    assert_int_equal(store_event(store, id, back), 0);
    assert_int_equal(back->rows, 1);
    struct buffer want = {0}, got = {0};
    struct json json = {.out = &want};
    batch_row_json(batch, 0, &json);
    json = (struct json){.out = &got};
    batch_row_json(back, 0, &json);
    buffer_put_char(&want, '\0');
    buffer_put_char(&got, '\0');
    assert_string_equal(got.at, want.at);
    id.offset++;
    assert_int_equal(store_event(store, id, back), -ENOENT);
    buffer_finish(&want);
    buffer_finish(&got);
    batch_destroy(batch);
    batch_destroy(back);
    store_close(store);
}

static void sql_sees_all_days(void **state)
{
    struct store *store;
    assert_int_equal(store_open_write(*state, &store), 0);
    rows_put(store, 0, ROWS, BATCH_ROWS);
    assert_int_equal(store_commit(store), 0);
    assert_int_equal(number_of(store, "SELECT count(*) FROM events"), ROWS);
    /* An equality goes by posting lists; with `||''` SQLite has to scan: the same answer. */
    static const char *const pairs[][2] = {
        {"destination_ip='10.0.1.9'", "destination_ip||''='10.0.1.9'"},
        {"process_entity_id='P5'", "process_entity_id||''='P5'"},
        {"file_path='C:\\USERS\\9.TXT' COLLATE NOCASE", "file_path||''='c:\\users\\9.txt'"},
        {"user_name IN ('user1','user2')", "user_name||'' IN ('user1','user2')"},
        {"time >= '2024-05-08' AND host_name='Host2'",
         "time+0 >= time_of('2024-05-08') AND host_name||''='Host2'"},
        {"time < '2024-05-07T20:00:00Z'", "time+0 < 19850*86400000000000+72000000000000"},
    };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        char sql[256];
        snprintf(sql, sizeof(sql), "SELECT total(event_offset) FROM events WHERE %s", pairs[i][0]);
        int64_t by_list = number_of(store, sql);
        snprintf(sql, sizeof(sql), "SELECT total(event_offset) FROM events WHERE %s", pairs[i][1]);
        assert_int_equal(by_list, number_of(store, sql));
        assert_true(by_list > 0);
    }
    for (int newest = 0; newest < 2; newest++)
        assert_int_equal(
            number_of(store,
                      newest ? "SELECT count(*) FROM (SELECT time, lag(time) OVER () AS before FROM"
                               " (SELECT time FROM events ORDER BY time DESC)) WHERE before < time"
                             : "SELECT count(*) FROM (SELECT time, lag(time) OVER () AS before FROM"
                               " (SELECT time FROM events ORDER BY time)) WHERE before > time"),
            0);
    int64_t none = 0;
    assert_int_equal(store_query(store, BYTES("SELECT 1 FROM events WHERE time > 'soon'"), 1,
                                 remember_number, &none),
                     -EINVAL);
    assert_string_equal(store_error(store),
                        "events.time is compared with something that is no time");
    store_close(store);
}

static void queries_may_not_write(void **state)
{
    static const char *const refused[] = {
        "DELETE FROM findings",
        "INSERT INTO health VALUES('a',1,'')",
        "DROP TABLE cases",
        "ATTACH '/tmp/x.db' AS x",
        "PRAGMA journal_mode=DELETE",
        "CREATE TABLE t(a)",
        "UPDATE cases SET level=0",
        "VACUUM INTO '/tmp/x.db'",
        "BEGIN",
        "CREATE TEMP TABLE t(a)",
    };
    struct store *store;
    int64_t number = 7;
    assert_int_equal(store_open_write(*state, &store), 0);
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
        if (store_query(store, bytes_of(refused[i]), 1, remember_number, &number) != -EPERM)
            fail_msg("%s: %s", refused[i], store_error(store));
    assert_int_equal(
        store_query(store, BYTES("SELECT load_extension('x')"), 1, remember_number, &number),
        -EINVAL);
    assert_int_equal(store_query(store, BYTES("SELECT 1; SELECT 2"), 1, remember_number, &number),
                     -EINVAL);
    assert_int_equal(store_query(store, BYTES("SELEKT"), 1, remember_number, &number), -EINVAL);
    assert_int_equal(store_query(store, BYTES(" ; "), 1, remember_number, &number), -EINVAL);
    assert_int_equal(number, 7);
    assert_int_equal(store_query(store,
                                 BYTES("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT"
                                       " i+1 FROM n) SELECT count(*) FROM n"),
                                 0.2, remember_number, &number),
                     -ETIME);
    assert_int_equal(store_query(store, BYTES("SELECT length(randomblob(900000000))"), 1,
                                 remember_number, &number),
                     -E2BIG);
    store_close(store);
}

static void one_writer_at_a_time(void **state)
{
    struct store *store, *other = NULL;
    assert_int_equal(store_open_read("/nonexistent/folder", &other), -ENOENT);
    assert_int_equal(store_open_read(*state, &other), -ENOENT);
    assert_int_equal(store_open_write(*state, &store), 0);
    assert_int_equal(store_open_write(*state, &other), -EBUSY);
    assert_non_null(strstr(store_error(NULL), "another process is writing"));
    assert_null(other);
    store_close(store);
    assert_int_equal(store_open_write(*state, &store), 0);
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_field_comes_back, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(pivots_equal_a_scan, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(sql_sees_all_days, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(queries_may_not_write, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(one_writer_at_a_time, folder_setup, folder_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
