#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "show/table.h"

static char *printed; /* what the last table printed */
static size_t printed_length;

static FILE *open_text(void)
{
    FILE *to = open_memstream(&printed, &printed_length);
    assert_non_null(to);
    return to;
}

static int free_text(void **state)
{
    (void)state;
    free(printed);
    printed = NULL;
    return 0;
}

static void test_widths(void **state)
{
    (void)state;
    assert_int_equal(text_width(BYTES("abc")), 3);
    assert_int_equal(text_width(BYTES("緊急度")), 6);
    assert_int_equal(text_width(BYTES("ﾊﾝｶｸ")), 4);
    assert_int_equal(text_width(BYTES("e\xcc\x81")), 1);    /* e and a combining acute */
    assert_int_equal(text_width(BYTES("\xff\xc3")), 2);     /* no UTF-8: a cell a byte */
    assert_int_equal(text_width(BYTES("\xed\xa0\x80")), 3); /* a surrogate is none either */
}

static void test_columns_stand_under_titles(void **state)
{
    (void)state;
    struct table table = {.columns = 0};
    table_column(&table, "緊急度", false);
    table_column(&table, "N", true);
    table_column(&table, "LAST", false);
    table_cell(&table, BYTES("L4"), TONE_LEVEL_4);
    table_cell(&table, BYTES("7"), TONE_PLAIN);
    table_cell(&table, BYTES("x"), TONE_PLAIN);
    table_cell(&table, BYTES("高い"), TONE_PLAIN);
    table_cell(&table, BYTES("1234"), TONE_PLAIN); /* the row is filled up */
    FILE *to = open_text();
    table_print(&table, to);
    fclose(to);
    assert_string_equal(printed, "緊急度     N  LAST\n"
                                 "L4         7  x\n"
                                 "高い    1234  \n");
    table_finish(&table);
}

static void test_nothing_steers_the_terminal(void **state)
{
    (void)state;
    struct table table = {.columns = 0};
    table_column(&table, "A", false);
    table_cell(&table, BYTES("\033[31mred\r\n\xc2\x9b\xe2\x80\xae\xff"), TONE_PLAIN);
    FILE *to = open_text();
    table_print(&table, to);
    fclose(to);
    assert_string_equal(printed, "A\n?[31mred?????\n");
    table_finish(&table);
}

static void test_paragraph_breaks(void **state)
{
    (void)state;
    FILE *to = open_text();
    text_wrap(BYTES("one two three four\nfive"), "- ", 14, to);
    text_wrap(BYTES("資格情報が読まれた"), "  ", 14, to);
    fclose(to);
    assert_string_equal(printed, "- one two\n  three four\n  five\n"
                                 "  資格情報が読\n  まれた\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_widths),
        cmocka_unit_test_teardown(test_columns_stand_under_titles, free_text),
        cmocka_unit_test_teardown(test_nothing_steers_the_terminal, free_text),
        cmocka_unit_test_teardown(test_paragraph_breaks, free_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
