/* Tables of both forms become rows; what is no table is refused where it goes wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "analyse/android/app_folds.h"

static bool row_has(const struct app_table *table, uint32_t row, const char *name)
{
    uint32_t id = strings_find(&table->names, bytes_of(name));
    for (uint32_t i = 0; id && i < table->rows[row].count; i++)
        if (table->rows[row].names[i] == id)
            return true;
    return false;
}

static void a_matrix_is_read(void **state)
{
    struct app_table table = {0};
    struct fault fault;
    (void)state;
    assert_int_equal(app_table_add(&table,
                                   BYTES("SEND_SMS,Ljava.net.URL,class\r\n1,0,S\r\n"
                                         "0,?,B\r\n0,1,B\r\n1,0,S\r\n"),
                                   &fault),
                     0);
    assert_int_equal(table.count, 4);
    assert_true(row_has(&table, 0, "SEND_SMS") && !row_has(&table, 0, "java.net.URL"));
    assert_true(row_has(&table, 2, "java.net.URL"));
    assert_int_equal(table.rows[1].count, 0);
    assert_true(table.rows[0].malicious && !table.rows[1].malicious);
    assert_true(table.rows[0].group == table.rows[3].group);
    assert_false(table.rows[0].group == table.rows[2].group);
    app_table_finish(&table);
}

static void names_split_at_their_arrow_are_joined(void **state)
{
    struct app_table table = {0};
    struct fault fault;
    (void)state;
    assert_int_equal(app_table_add(&table,
                                   BYTES("READ_SMS,Ljava/lang/Runtime,->exec,Ljava/net/URL,"
                                         "->openConnection,Label\n1,0,1,0,1,malware\n"
                                         "0,1,0,1,0,goodware\n"),
                                   &fault),
                     0);
    assert_true(row_has(&table, 0, "READ_SMS") &&
                row_has(&table, 0, "java.net.URL.openConnection"));
    assert_true(row_has(&table, 1, "java.lang.Runtime.exec"));
    assert_true(row_has(&table, 0, "column 4") && row_has(&table, 1, "column 3"));
    app_table_finish(&table);
}

static void a_market_is_read(void **state)
{
    struct app_table table = {0};
    struct fault fault;
    (void)state;
    assert_int_equal(
        app_table_add(&table,
                      BYTES("name\tSignature\tcategory\tdescription\tpermissions\tlabel\n"
                            "a\tAA\tGAME\tA game, the GAME\tINTERNET,x.permission.READ\tmalware\n"
                            "b\tAA\tNA\tOther\tINTERNET\tbenignware\n"
                            "c\tBB\tNA\tOther\tINTERNET\tbenignware\n"),
                      &fault),
        0);
    assert_true(row_has(&table, 0, "READ") && row_has(&table, 0, "category=GAME"));
    assert_int_equal(table.rows[1].count, 1);
    assert_int_equal(table.rows[0].word_count, 2); /* one letter is no word */
    uint32_t game = strings_find(&table.words, BYTES("game"));
    for (uint32_t i = 0; i < 2; i++)
        if (table.rows[0].words[i] == game)
            assert_int_equal(table.rows[0].times[i], 2);
    assert_true(table.rows[0].group == table.rows[1].group);
    assert_false(table.rows[1].group == table.rows[2].group);
    assert_true(table.rows[1].likeness == table.rows[2].likeness);
    app_table_finish(&table);
}

static void nonsense_is_refused_where_it_stands(void **state)
{
    static const struct {
        const char *text;
        uint64_t line;
    } wrong[] = {{"a,b,class\n1,2,B\n", 2},
                 {"a,b,class\n1,1,B\n1,B\n", 3},
                 {"a,b,class\n1,1,neither\n", 2},
                 {"a\n1\n", 1},
                 {"", 1},
                 {"a\tpermissions\nx\tINTERNET\n", 1}};
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        struct app_table table = {0};
        struct fault fault = {NULL, 0, 0};
        assert_int_equal(app_table_add(&table, bytes_of(wrong[i].text), &fault), -EINVAL);
        assert_non_null(fault.why);
        assert_int_equal(fault.line, wrong[i].line);
        app_table_finish(&table);
    }
}

static void tables_of_other_columns_are_other_kinds(void **state)
{
    struct app_table table = {0};
    struct fault fault;
    (void)state;
    assert_int_equal(app_table_add(&table, BYTES("a,b,class\n1,1,B\n"), &fault), 0);
    assert_int_equal(app_table_add(&table, BYTES("b,a,class\n1,0,S\n"), &fault), 0);
    assert_int_equal(app_table_add(&table, BYTES("a,c,class\n1,1,B\n"), &fault), 0);
    assert_int_equal(table.kind_count, 2);
    assert_int_equal(table.rows[1].kind, 0);
    assert_int_equal(table.rows[2].kind, 1);
    app_table_finish(&table);
}

static void folds_are_even_and_keep_groups_together(void **state)
{
    struct app_table table = {0};
    const struct bytes name = BYTES("permission:A");
    uint32_t rows[100], sizes[4] = {0};
    uint8_t folds[100];
    (void)state;
    for (uint32_t i = 0; i < 100; i++) {
        assert_int_equal(app_table_put(&table, &name, 1, false, i < 25 ? 7 : 1000 + i / 3), 0);
        rows[i] = i;
    }
    assert_int_equal(app_folds_deal(&table, rows, 100, 4, folds), 0);
    for (uint32_t i = 0; i < 100; i++) {
        assert_true(folds[i] < 4);
        sizes[folds[i]]++;
        for (uint32_t j = 0; j < i; j++)
            if (table.rows[i].group == table.rows[j].group)
                assert_int_equal(folds[i], folds[j]);
    }
    for (uint32_t fold = 0; fold < 4; fold++)
        assert_in_range(sizes[fold], 23, 27);
    app_table_finish(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_matrix_is_read),
        cmocka_unit_test(names_split_at_their_arrow_are_joined),
        cmocka_unit_test(a_market_is_read),
        cmocka_unit_test(nonsense_is_refused_where_it_stands),
        cmocka_unit_test(tables_of_other_columns_are_other_kinds),
        cmocka_unit_test(folds_are_even_and_keep_groups_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
