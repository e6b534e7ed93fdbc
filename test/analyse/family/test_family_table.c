/* analyse/family/family_table.h: both forms of tables, runs, groups, and what is refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "analyse/family/family_table.h"

static int read_text(const char *text, struct arena *arena, struct family_table *ret_table,
                     struct fault *ret_fault)
{
    return family_table_read(bytes_of(text), arena, ret_table, ret_fault);
}

static void comma_form_is_read(void **state)
{
    struct arena arena = {0};
    struct family_table table;
    struct fault fault;
    (void)state;
    assert_int_equal(read_text("sha256,labels,0,1,2\r\n"
                               "aa,1,NtOpenFile,,NtClose,,\r\n"
                               "bb,0,NtClose,NtClose,ntclose\n",
                               &arena, &table, &fault),
                     0);
    assert_int_equal(table.count, 2);
    assert_true(bytes_equal(table.rows[0].name, BYTES("aa")));
    assert_true(bytes_equal(table.rows[0].family, BYTES("1")));
    assert_int_equal(table.rows[0].behaviour.call_count, 2);
    assert_true(bytes_equal(table.rows[0].behaviour.calls[1].name, BYTES("ntclose")));
    assert_int_equal(table.rows[1].behaviour.call_count, 1);
    assert_int_equal(table.rows[1].behaviour.calls[0].times, 3);
    arena_finish(&arena);
}

static void tab_form_is_read(void **state)
{
    struct arena arena = {0};
    struct family_table table;
    struct fault fault;
    (void)state;
    assert_int_equal(
        read_text("Worm\t7 8*3 8 9*x 9*0\tmutex:a file:b\tone\nVirus\t1", &arena, &table, &fault),
        0);
    const struct behaviour *behaviour = &table.rows[0].behaviour;
    assert_int_equal(table.count, 2);
    assert_int_equal(behaviour->call_count, 4);
    assert_int_equal(behaviour->calls[1].times, 4);
    assert_true(bytes_equal(behaviour->calls[2].name, BYTES("9*x")));
    assert_true(bytes_equal(behaviour->calls[3].name, BYTES("9*0")));
    assert_int_equal(behaviour->token_count, 2);
    assert_true(bytes_equal(behaviour->tokens[1], BYTES("file:b")));
    assert_true(bytes_equal(table.rows[0].name, BYTES("one")));
    arena_finish(&arena);
}

static void groups_are_what_is_equal(void **state)
{
    struct arena arena = {0};
    struct family_table table;
    struct fault fault;
    (void)state;
    assert_int_equal(read_text("a\t1 2\tx y\tone\nb\t1 2\ty x\ttwo\na\t2 1\tx y\na\t1 2*2\tx y\n",
                               &arena, &table, &fault),
                     0);
    assert_true(table.rows[0].group == table.rows[1].group);
    assert_true(table.rows[0].group != table.rows[2].group);
    assert_true(table.rows[0].group != table.rows[3].group);
    arena_finish(&arena);
}

static void a_row_without_family_is_refused(void **state)
{
    struct arena arena = {0};
    struct family_table table;
    struct fault fault = {NULL, 0, 0};
    (void)state;
    assert_int_equal(read_text("a\t1\n\n\t2\n", &arena, &table, &fault), -EINVAL);
    assert_int_equal(fault.line, 3);
    assert_non_null(fault.why);
    assert_int_equal(read_text("", &arena, &table, &fault), 0);
    assert_int_equal(table.count, 0);
    arena_finish(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comma_form_is_read),
        cmocka_unit_test(tab_form_is_read),
        cmocka_unit_test(groups_are_what_is_equal),
        cmocka_unit_test(a_row_without_family_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
