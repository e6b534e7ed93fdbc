#include <errno.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "show/observatory.h"
#include "store/darknet.h"

static char folder[] = "/tmp/hinomi-observatory-XXXXXX";

static void put(struct darknet_store *store, const char *sql)
{
    struct sqlite3_stmt *statement;

    assert_int_equal(darknet_store_statement(store, sql, &statement), 0);
    assert_int_equal(sqlite3_step(statement), SQLITE_DONE);
}

/* Two windows of 10 min and one of an hour; three sources that look alike as text. */
static int fill(void **state)
{
    struct darknet_store *store;

    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(darknet_store_open(folder, &store), 0);
    put(store, "INSERT INTO darknet_windows (start, length, packets, sources, addresses) VALUES"
               " (0, 600000000000, 10, 3, 256), (600000000000, 600000000000, 30, 5, 256),"
               " (0, 3600000000000, 40, 6, 256)");
    put(store, "CREATE TABLE darknet_counts (start INTEGER, length INTEGER, kind TEXT, name TEXT,"
               " packets INTEGER, sources INTEGER)"); /* an older version's */
    put(store, "INSERT INTO darknet_counts (start, length, kind, name, packets, sources) VALUES"
               " (0, 600000000000, 'port', 'tcp/23', 7, 2),"
               " (600000000000, 600000000000, 'port', 'tcp/22', 30, 4)");
    put(store, "INSERT INTO darknet_sources (source_ip, packets, class, destination_port) VALUES"
               " ('10.1.0.9', 5, 'scan', 23), ('10.10.0.9', 6, 'scan', 23),"
               " ('10.1.255.255', 7, 'mirai', 22)");
    darknet_store_close(store);
    return 0;
}

static int clean(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

/* What `answer` wrote, to be freed. */
#define ANSWER(text, data, call)                                                                   \
    do {                                                                                           \
        struct sqlite3 *db;                                                                        \
        struct json json = {.out = &(text)};                                                       \
        assert_int_equal(observatory_open(data, &db), 0);                                          \
        assert_int_equal(call, 0);                                                                 \
        buffer_put_char(&(text), 0);                                                               \
        sqlite3_close(db);                                                                         \
    } while (0)

static void test_overview_chooses_the_finest_length(void **state)
{
    struct buffer text = {0};

    (void)state;
    ANSWER(text, folder, overview_json(db, 0, 300, &json));
    assert_non_null(strstr(text.at, "\"length\":600,"));
    assert_non_null(strstr(text.at, "\"packets\":40,"));
    buffer_finish(&text);
}

static void test_a_port_has_a_value_for_every_window(void **state)
{
    struct buffer text = {0};

    (void)state;
    ANSWER(text, folder, overview_json(db, 600, 300, &json));
    assert_non_null(strstr(text.at, "\"name\":\"tcp/22\",\"packets\":30,\"sources\":4,"
                                    "\"values\":[0,30]"));
    assert_non_null(strstr(text.at, "\"name\":\"tcp/23\",\"packets\":7,\"sources\":2,"
                                    "\"values\":[7,0]"));
    buffer_finish(&text);
}

/* A store of an older version, and what its next writer makes of it. */
static void test_counts_made_into_blocks_tell_the_same(void **state)
{
    struct buffer before = {0}, after = {0};
    struct darknet_store *store;
    struct sqlite3_stmt *statement;

    (void)state;
    ANSWER(before, folder, overview_json(db, 600, 300, &json));
    assert_int_equal(darknet_store_open(folder, &store), 0);
    assert_true(darknet_store_statement(store, "SELECT * FROM darknet_counts", &statement) < 0);
    assert_int_equal(
        darknet_store_statement(store, "SELECT count(*) FROM darknet_count_blocks", &statement), 0);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(statement, 0), 2);
    darknet_store_close(store);
    ANSWER(after, folder, overview_json(db, 600, 300, &json));
    assert_string_equal(before.at, after.at);
    buffer_finish(&before);
    buffer_finish(&after);
}

static void test_only_the_newest_windows_are_shown(void **state)
{
    struct buffer text = {0};

    (void)state;
    ANSWER(text, folder, overview_json(db, 600, 1, &json));
    assert_non_null(strstr(text.at, "\"windows\":1,"));
    assert_null(strstr(text.at, "tcp/23"));
    buffer_finish(&text);
}

static void test_a_prefix_ends_at_its_dot(void **state)
{
    const struct sources_wanted wanted = {.prefix = BYTES("10.1.0.0/16"), .port = -1, .limit = 100};
    struct buffer text = {0};

    (void)state;
    ANSWER(text, folder, sources_json(db, &wanted, &json));
    assert_non_null(strstr(text.at, "10.1.0.9"));
    assert_non_null(strstr(text.at, "10.1.255.255"));
    assert_null(strstr(text.at, "10.10.0.9"));
    assert_non_null(strstr(text.at, "\"total\":2"));
    buffer_finish(&text);
}

static void test_what_makes_no_sense_is_refused(void **state)
{
    static const char *const prefixes[] = {"10.0.0.0/7",    "10.0.0.0/", "x/8",
                                           "2001:db8::/16", "' OR 1",    "10.1.0.0/16/8"};
    struct buffer text = {0};
    struct json json = {.out = &text};
    struct sqlite3 *db;

    (void)state;
    assert_int_equal(observatory_open(folder, &db), 0);
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        struct sources_wanted wanted = {.prefix = bytes_of(prefixes[i]), .port = -1, .limit = 1};

        assert_int_equal(sources_json(db, &wanted, &json), -EINVAL);
    }
    struct sources_wanted wanted = {.order = BYTES("rowid"), .port = -1, .limit = 1};
    assert_int_equal(sources_json(db, &wanted, &json), -EINVAL);
    assert_int_equal(source_json(db, BYTES("192.0.2.1"), &json), -ENOENT);
    assert_int_equal(synchrony_window_json(db, 1, &json), -ENOENT);
    assert_int_equal(text.len, 0);
    sqlite3_close(db);
    buffer_finish(&text);
}

static void test_where_nothing_was_observed_every_answer_is_empty(void **state)
{
    static const char nowhere[] = "/nonexistent";
    struct buffer text = {0};

    (void)state;
    assert_false(observatory_there(nowhere));
    assert_true(observatory_there(folder));
    ANSWER(text, nowhere, overview_json(db, 0, 300, &json));
    ANSWER(text, nowhere, now_json(db, &json));
    ANSWER(text, nowhere, space_json(db, 0, 300, &json));
    ANSWER(text, nowhere, contacts_json(db, BYTES(""), BYTES(""), &json));
    ANSWER(text, nowhere, backscatter_json(db, BYTES(""), &json));
    ANSWER(text, nowhere, drift_json(db, &json));
    ANSWER(text, nowhere, synchrony_json(db, &json));
    ANSWER(text, nowhere, trend_json(db, BYTES("tcp/23"), &json));
    ANSWER(text, nowhere, livenet_json(db, 6, &json));
    buffer_finish(&text);
}

static void test_without_counted_prefixes_the_sources_are_added_up(void **state)
{
    struct buffer text = {0};

    (void)state;
    ANSWER(text, folder, space_json(db, 600, 300, &json));
    assert_non_null(strstr(text.at, "{\"name\":\"10.1.0.0/16\",\"packets\":12,\"sources\":2}"));
    assert_non_null(strstr(text.at, "\"counted\":false"));
    buffer_finish(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_overview_chooses_the_finest_length),
        cmocka_unit_test(test_a_port_has_a_value_for_every_window),
        cmocka_unit_test(test_counts_made_into_blocks_tell_the_same),
        cmocka_unit_test(test_only_the_newest_windows_are_shown),
        cmocka_unit_test(test_a_prefix_ends_at_its_dot),
        cmocka_unit_test(test_what_makes_no_sense_is_refused),
        cmocka_unit_test(test_where_nothing_was_observed_every_answer_is_empty),
        cmocka_unit_test(test_without_counted_prefixes_the_sources_are_added_up),
    };
    return cmocka_run_group_tests(tests, fill, clean);
}
