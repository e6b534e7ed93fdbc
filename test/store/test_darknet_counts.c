#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "store/darknet_counts.h"

struct expected {
    const char *name;
    struct count_row row;
};

static void block_expect(enum count_form form, const struct expected *expected, uint32_t count)
{
    struct count_block block = {0};
    struct count_reader reader;
    struct count_row row;

    count_block_begin(&block, form);
    for (uint32_t i = 0; i < count; i++)
        count_block_put(&block, &expected[i].row);
    assert_false(block.out.failed);
    assert_int_equal(count_reader_open(&reader, buffer_bytes(&block.out)), 0);
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(count_reader_next(&reader, &row), 1);
        assert_true(bytes_equal(row.name, bytes_of(expected[i].name)));
        assert_true(row.packets == expected[i].row.packets);
        assert_true(row.sources == expected[i].row.sources);
    }
    assert_int_equal(count_reader_next(&reader, &row), 0);
    buffer_finish(&block.out);
}

static void test_rows_come_back(void **state)
{
    static const struct expected ports[] = {
        {"tcp/0", {.number = 0, .packets = 1, .sources = 1}},
        {"tcp/65535", {.number = 65535, .packets = UINT64_MAX, .sources = 7}},
        {"udp/0", {.number = COUNT_UDP, .packets = 300, .sources = 0}},
        {"udp/65535", {.number = COUNT_UDP + 65535, .packets = 5, .sources = 5}},
    };
    static const struct expected prefixes[] = {
        {"0.0.0.0/16", {.number = 0, .packets = 1, .sources = 1}},
        {"198.51.0.0/16", {.number = 198 << 8 | 51, .packets = 1 << 20, .sources = 128}},
        {"255.255.0.0/16", {.number = 65535, .packets = 2, .sources = 1}},
    };
    static const struct expected texts[] = {
        {"SYN-ACK", {.name = BYTES("SYN-ACK"), .packets = 12}},
        {"", {.name = BYTES(""), .packets = 1, .sources = 2}},
    };

    (void)state;
    block_expect(COUNT_PORT, ports, 4);
    block_expect(COUNT_PREFIX, prefixes, 3);
    block_expect(COUNT_TEXT, texts, 2);
    block_expect(COUNT_TEXT, NULL, 0);
}

static int status_of(struct bytes block)
{
    struct count_reader reader;
    struct count_row row;
    int status = count_reader_open(&reader, block);

    while (status >= 0 && (status = count_reader_next(&reader, &row)) == 1)
        ;
    return status;
}

static void test_damaged_blocks_are_refused(void **state)
{
    (void)state;
    assert_int_equal(status_of((struct bytes){NULL, 0}), -EBADMSG);
    assert_int_equal(status_of(BYTES("\3")), -EBADMSG);                     /* no such form */
    assert_int_equal(status_of(BYTES("\0\5SYN")), -EBADMSG);                /* a name is cut */
    assert_int_equal(status_of(BYTES("\1\27\5")), -EBADMSG);                /* no sources */
    assert_int_equal(status_of(BYTES("\1\27\5\5\200")), -EBADMSG);          /* a number is cut */
    assert_int_equal(status_of(BYTES("\2\377\377\3\1\1")), 0);              /* 255.255.0.0/16 … */
    assert_int_equal(status_of(BYTES("\2\377\377\3\1\1\1\1\1")), -EBADMSG); /* … and beyond */
}

static struct sqlite3 *counts_open(const char *blocks)
{
    struct sqlite3 *db;

    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db,
                     "CREATE TABLE darknet_count_blocks (start INTEGER, length INTEGER,"
                     " kind TEXT, counts BLOB, PRIMARY KEY (length, start, kind))",
                     NULL, NULL, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, blocks, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(darknet_counts_register(db, "main"), 0);
    return db;
}

/* The one number that a query gives, or the error. */
static int64_t answer(struct sqlite3 *db, const char *sql)
{
    struct sqlite3_stmt *statement;

    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    int result = sqlite3_step(statement);
    int64_t number = result == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : -result;
    sqlite3_finalize(statement);
    return number;
}

static void test_queries_see_a_table(void **state)
{
    /* tcp/23 of 5 and tcp/24 of 7 packets; udp/1 of 9 an hour later; SYN of 12. */
    struct sqlite3 *db = counts_open("INSERT INTO darknet_count_blocks VALUES"
                                     " (0, 3600, 'port', X'01170501010701'),"
                                     " (3600, 3600, 'port', X'018180040901'),"
                                     " (3600, 3600, 'as', X'00'),"
                                     " (0, 3600, 'flags', X'000353594e0c00')");

    (void)state;
    assert_int_equal(answer(db, "SELECT count(*) FROM darknet_counts"), 4);
    assert_int_equal(answer(db, "SELECT sum(packets) FROM darknet_counts WHERE kind = 'port'"), 21);
    assert_int_equal(answer(db, "SELECT packets FROM darknet_counts WHERE name = 'udp/1'"), 9);
    assert_int_equal(answer(db, "SELECT packets FROM darknet_counts WHERE start > 0"), 9);
    assert_int_equal(answer(db, "SELECT packets FROM darknet_counts WHERE kind = 'FLAGS'"
                                " COLLATE NOCASE"),
                     12);
    assert_int_equal(answer(db, "SELECT count(*) FROM darknet_counts WHERE kind IN"
                                " ('flags', 'as', 'port') AND start <= 0 AND length = 3600"),
                     3);
    /* As a page asks: the windows lead, and each asks for its own. */
    assert_int_equal(answer(db, "WITH w(s) AS (VALUES (0), (3600), (7200)) SELECT sum(packets)"
                                " FROM w CROSS JOIN darknet_counts c ON c.start = w.s"
                                " AND c.length = 3600 AND c.kind = 'port'"),
                     21);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void test_queries_tell_damage(void **state)
{
    struct sqlite3 *db = counts_open("INSERT INTO darknet_count_blocks VALUES"
                                     " (0, 60, 'port', X'0117'), (0, 60, 'mark', 'text'),"
                                     " (0, 60, 'class', NULL)");

    (void)state;
    for (int i = 0; i < 3; i++) {
        static const char *const kinds[] = {"port", "mark", "class"};
        char sql[80];
        sqlite3_snprintf(sizeof(sql), sql, "SELECT * FROM darknet_counts WHERE kind = '%s'",
                         kinds[i]);
        assert_int_equal(answer(db, sql), -SQLITE_CORRUPT);
        assert_string_equal(sqlite3_errmsg(db), "darknet_counts: a block is damaged");
    }
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_come_back),
        cmocka_unit_test(test_damaged_blocks_are_refused),
        cmocka_unit_test(test_queries_see_a_table),
        cmocka_unit_test(test_queries_tell_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
