/* Rows in, rows out; pivots against a plain scan; crashes; queries that may not write. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "fixture.h"
#include "store/inside.h"
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

static void a_day_is_dropped(void **state)
{
    struct store *store, *reader;
    assert_int_equal(store_open_write(*state, &store), 0);
    rows_put(store, 0, ROWS, BATCH_ROWS);
    assert_int_equal(store_commit(store), 0);
    assert_int_equal(store_open_read(*state, &reader), 0);
    int64_t second = number_of(reader, "SELECT count(*) FROM events WHERE time >= '2024-05-08'");
    assert_true(second > 0 && second < ROWS);
    assert_int_equal(store_drop_day(store, time_day(FIXTURE_DAY)), 0);
    assert_int_equal(store_drop_day(store, time_day(FIXTURE_DAY)), -ENOENT);
    store_close(reader);
    assert_int_equal(number_of(store, "SELECT count(*) FROM events"), second);
    /* Rows that come late make the day anew. */
    rows_put(store, 0, 10, 10);
    assert_int_equal(store_commit(store), 0);
    assert_int_equal(number_of(store, "SELECT count(*) FROM events"), second + 10);
    store_close(store);
}

static void days_that_rest_are_closed(void **state)
{
    struct store *store;
    char log[128];
    snprintf(log, sizeof(log), "%s/events-2024-05-07.db-wal", (char *)*state);
    assert_int_equal(store_open_write(*state, &store), 0);
    rows_put(store, 0, 100, 100);
    assert_int_equal(store_commit(store), 0);
    assert_int_equal(access(log, F_OK), 0);
    for (uint64_t number = 4000; number < 4040; number++) {
        rows_put(store, number, number + 1, 1);
        assert_int_equal(store_commit(store), 0);
    }
    assert_int_not_equal(access(log, F_OK), 0);
    rows_put(store, 100, 200, 100);
    assert_int_equal(store_commit(store), 0);
    assert_int_equal(number_of(store, "SELECT count(*) FROM events"), 240);
    store_close(store);
}

static void a_reader_sees_commits(void **state)
{
    struct store *store, *reader;
    struct observable host = {OBSERVABLE_host, BYTES("host1")};
    struct store_span all = {TIME_NONE, INT64_MAX, true};
    uint64_t before = 0, after = 0;
    assert_int_equal(store_open_write(*state, &store), 0);
    rows_put(store, 0, 1000, 100);
    assert_int_equal(store_commit(store), 0);
    assert_int_equal(store_open_read(*state, &reader), 0);
    assert_int_equal(store_pivot_count(reader, &host, all, &before), 0);
    rows_put(store, 1000, 2000, 100);
    assert_int_equal(number_of(reader, "SELECT count(*) FROM events"), 1000);
    assert_int_equal(store_commit(store), 0);
    assert_int_equal(number_of(reader, "SELECT count(*) FROM events"), 2000);
    assert_int_equal(store_pivot_count(reader, &host, all, &after), 0);
    assert_true(before > 0 && after > before);
    /* A second day appears while the reader is open. */
    rows_put(store, 2000, ROWS, 100);
    assert_int_equal(store_commit(store), 0);
    assert_int_equal(number_of(reader, "SELECT count(*) FROM events"), ROWS);
    store_close(reader);
    store_close(store);
}

/* The writer commits in small steps, so that blocks are merged all the time under the reader. */
static void a_reader_beside_the_writer(void **state)
{
    struct store *store, *reader;
    assert_int_equal(store_open_write(*state, &store), 0);
    rows_put(store, 0, 1, 1);
    assert_int_equal(store_commit(store), 0);
    pid_t child = fork();
    if (child == 0) {
        /* Reads whole prefixes only: what is listed under the hosts is what is there. */
        int64_t last = 0;
        if (store_open_read(*state, &reader) != 0)
            _exit(1);
        while (last < 2000) {
            int64_t scanned = -1, listed = -1;
            if (store_query(reader,
                            BYTES("SELECT count(*) FROM events a WHERE host_name IN"
                                  " ('Host0','Host1','Host2','Host3','Host4')"),
                            60, remember_number, &listed) ||
                store_query(reader, BYTES("SELECT count(*) FROM events"), 60, remember_number,
                            &scanned))
                _exit(2);
            if (listed < last || scanned < listed)
                _exit(3);
            last = scanned;
        }
        _exit(0);
    }
    for (uint64_t number = 1; number < 2000; number += 7) {
        rows_put(store, number, number + 7 < 2000 ? number + 7 : 2000, 7);
        assert_int_equal(store_commit(store), 0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    store_close(store);
}

static void case_put(struct store *store, uint32_t id, uint8_t level)
{
    struct incident incident = {.id = id, .level = level, .title = {BYTES("a"), BYTES("b")}};
    assert_int_equal(store_put_case(store, &incident), 0);
}

static void the_analysts_word_stays(void **state)
{
    struct store *store, *desk;
    struct store_decision first = {.level = -1, .owner = BYTES("hanako")};
    struct store_decision second = {.level = 0, .verdict = BYTES("false_positive")};
    assert_int_equal(store_open_write(*state, &store), 0);
    case_put(store, 1, 3);
    assert_int_equal(store_put_checkpoint(store, BYTES("x")), 0);
    assert_int_equal(store_commit(store), 0);
    assert_int_equal(store_open_read(*state, &desk), 0);
    assert_int_equal(store_put_decision(desk, 1, 5, &first), 0);
    assert_int_equal(store_put_decision(desk, 1, 6, &second), 0);
    assert_int_equal(store_put_decision(desk, 2, 6, &second), -ENOENT);
    assert_int_equal(store_put_note(desk, 1, 7, BYTES("hanako"), BYTES("looked at it")), 0);
    /* What the writer says afterwards is forgotten without a checkpoint; the word isn't. */
    case_put(store, 1, 4);
    case_put(store, 2, 2);
    assert_int_equal(store_commit(store), 0);
    assert_int_equal(number_of(desk, "SELECT level FROM cases WHERE id=1"), 4);
    store_close(store);
    assert_int_equal(store_open_write(*state, &store), 0);
    assert_int_equal(number_of(desk, "SELECT level FROM cases WHERE id=1"), 3);
    assert_int_equal(number_of(desk, "SELECT count(*) FROM cases"), 1);
    assert_int_equal(number_of(desk, "SELECT count(*) FROM cases_decided WHERE level=0 AND"
                                     " owner='hanako' AND verdict='false_positive'"),
                     1);
    assert_int_equal(number_of(desk, "SELECT count(*) FROM case_notes"), 1);
    store_close(desk);
    store_close(store);
}

static void file_put(const char *folder, const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void foreign_files_are_refused(void **state)
{
    struct store *store = NULL;
    char junk[2000], command[160];
    memset(junk, 'x', sizeof(junk) - 1);
    junk[sizeof(junk) - 1] = '\0';
    file_put(*state, "state.db", junk);
    assert_int_equal(store_open_read(*state, &store), -EBADMSG);
    assert_int_equal(store_open_write(*state, &store), -EBADMSG);
    assert_non_null(strstr(store_error(NULL), "/state.db: is not a database of Hinomi"));
    snprintf(command, sizeof(command), "rm %s/state.db*", (char *)*state);
    assert_int_equal(system(command), 0);
    snprintf(command, sizeof(command), "%s/state.db", (char *)*state);
    sqlite3 *other;
    assert_int_equal(sqlite3_open(command, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "CREATE TABLE bookmarks(a)", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);
    assert_int_equal(store_open_write(*state, &store), -EBADMSG);
    assert_non_null(strstr(store_error(NULL), "is a database of something else"));
    assert_null(store);
}

static void a_damaged_day_is_named(void **state)
{
    struct store *store;
    int64_t number;
    assert_int_equal(store_open_write(*state, &store), 0);
    rows_put(store, 0, 2000, BATCH_ROWS);
    assert_int_equal(store_put_checkpoint(store, BYTES("x")), 0);
    assert_int_equal(store_commit(store), 0);
    store_close(store);
    char path[128];
    snprintf(path, sizeof(path), "%s/events-2024-05-07.db", (char *)*state);
    FILE *file = fopen(path, "r+");
    assert_non_null(file);
    for (long at = 16384; at < 16384 * 20; at += 512) {
        fseek(file, at, SEEK_SET);
        fputs("damage, damage, damage", file);
    }
    fclose(file);
    assert_int_equal(store_open_read(*state, &store), 0);
    assert_int_equal(store_query(store, BYTES("SELECT count(file_path) FROM events"), 10,
                                 remember_number, &number),
                     -EBADMSG);
    assert_non_null(strstr(store_error(store), "events-2024-05-07.db"));
    store_close(store);
}

/* As somebody who may only read the folder; root may write everywhere, so be nobody. */
static int frozen_read(const char *folder)
{
    struct store *store;
    int64_t number = -1;
    if (geteuid() == 0 && setuid(65534) != 0)
        return 1;
    if (store_open_read(folder, &store) != 0)
        return 2;
    int error =
        store_query(store, BYTES("SELECT count(*) FROM events"), 10, remember_number, &number);
    bool written = store_put_note(store, 1, 0, BYTES("a"), BYTES("b")) == 0;
    store_close(store);
    return error ? 3 : written ? 4 : number != 500;
}

static void frozen_folders_are_read(void **state)
{
    struct store *store;
    int status;
    assert_int_equal(store_open_write(*state, &store), 0);
    rows_put(store, 0, 500, 500);
    case_put(store, 1, 1);
    assert_int_equal(store_commit(store), 0);
    store_close(store);
    assert_int_equal(chmod(*state, 0555), 0);
    pid_t child = fork();
    if (child == 0)
        _exit(frozen_read(*state));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(chmod(*state, 0700), 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static int days_read(const char *folder)
{
    struct store *store;
    struct observable host = {OBSERVABLE_host, BYTES("host1")};
    uint64_t counted = 0, again = 0;
    struct rlimit few = {32, 32};
    int64_t number = -1;
    if (setrlimit(RLIMIT_NOFILE, &few) != 0 || store_open_read(folder, &store) != 0)
        return 1;
    struct store_span all = {TIME_NONE, INT64_MAX, false};
    int error = store_pivot_count(store, &host, all, &counted);
    if (!error)
        error =
            store_query(store, BYTES("SELECT count(*) FROM events"), 10, remember_number, &number);
    if (!error)
        error = store_pivot_count(store, &host, all, &again);
    store_close(store);
    return error ? 2 : number != 60 ? 3 : counted == 0 || counted != again ? 4 : 0;
}

/* More days than this process may hold open files. */
static void days_outnumber_files(void **state)
{
    struct store *store;
    struct batch *batch = batch_create();
    uint64_t random = 1;
    int status;
    assert_int_equal(store_open_write(*state, &store), 0);
    for (uint64_t number = 0; number < 60; number++)
        row_make(batch, &random, number, FIXTURE_DAY + (int64_t)number * TIME_DAY);
    assert_int_equal(store_put_rows(store, batch), 0);
    assert_int_equal(store_commit(store), 0);
    store_close(store);
    batch_destroy(batch);
    pid_t child = fork();
    if (child == 0)
        _exit(days_read(*state));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void absurd_times_make_no_files(void **state)
{
    struct store *store;
    struct batch *batch = batch_create();
    uint64_t random = 1;
    assert_int_equal(store_open_write(*state, &store), 0);
    store->day_limit = 3;
    for (uint64_t number = 0; number < 50; number++)
        row_make(batch, &random, number, FIXTURE_DAY + (int64_t)(number % 10) * 400 * TIME_DAY);
    assert_int_equal(store_put_rows(store, batch), 0);
    assert_int_equal(store_commit(store), 0);
    char command[160];
    snprintf(command, sizeof(command), "test $(ls %s/events-*.db | wc -l) = 4", (char *)*state);
    assert_int_equal(system(command), 0);
    assert_int_equal(number_of(store, "SELECT count(*) FROM events"), 50);
    assert_int_equal(number_of(store, "SELECT count(*) FROM events WHERE time > '2034-01-01'"), 5);
    batch_destroy(batch);
    store_close(store);
}

static void rows_without_a_time(void **state)
{
    struct store *store;
    struct batch *batch = batch_create();
    uint64_t random = 1;
    for (uint64_t number = 0; number < 3; number++)
        row_make(batch, &random, number, number == 1 ? TIME_NONE : FIXTURE_DAY);
    assert_int_equal(store_open_write(*state, &store), 0);
    assert_int_equal(store_put_rows(store, batch), 0);
    assert_int_equal(store_commit(store), 0);
    assert_int_equal(number_of(store, "SELECT count(*) FROM events WHERE time IS NULL"), 1);
    assert_int_equal(number_of(store, "SELECT count(*) FROM events WHERE time > 0"), 2);
    assert_int_equal(number_of(store, "SELECT count(*) FROM events WHERE time < 5"), 0);
    assert_int_equal(number_of(store, "SELECT count(*) FROM events"), 3);
    struct seen seen = {.ordered = true};
    struct observable place = {OBSERVABLE_host, BYTES("")};
    assert_int_equal(store_pivot(store, &place, (struct store_span){TIME_NONE, INT64_MAX, false},
                                 seen_add, &seen),
                     0);
    assert_int_equal(seen.rows, 0);
    batch_destroy(batch);
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
        cmocka_unit_test_setup_teardown(a_day_is_dropped, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(days_that_rest_are_closed, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(a_reader_sees_commits, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(a_reader_beside_the_writer, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(the_analysts_word_stays, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(foreign_files_are_refused, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(a_damaged_day_is_named, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(frozen_folders_are_read, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(days_outnumber_files, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(absurd_times_make_no_files, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(rows_without_a_time, folder_setup, folder_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
