/* What SQL expressions are worth, dialect by dialect, and what of them an answer would show. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "triage/attack/sql_probe.h"

static struct arena arena;

static struct sql_value value_of(const char *text)
{
    struct sql_value value;
    size_t len;
    assert_int_equal(sql_evaluate(bytes_of(text), &arena, &value, &len), 0);
    return value;
}

static void constants_are_evaluated(void **state)
{
    static const struct {
        const char *expression, *text;
    } rows[] = {
        {"41*271", "11111"},
        {"7-2*3", "1"},
        {"10/5 -- rest", "2"},
        {"17%5", "2"},
        {"CONCAT(0x7e,7*7,'x')", "~49x"},
        {"concat_ws('-','a','b',3)", "a-b-3"},
        {"CHR(113)||CHR(98)||5", "qb5"},
        {"CHAR(113)+CHAR(98)", "qb"},
        {"CHAR(113,98)", "qb"},
        {"(CASE WHEN (7479=7479) THEN 1 ELSE 0 END)", "1"},
        {"CASE 3 WHEN 2 THEN 'b' WHEN 3 THEN 'c' END", "c"},
        {"ELT(9401=9401,1)", "1"},
        {"IF(1>2,'a','b')", "b"},
        {"iif(2 between 1 and 3,'a','b')", "a"},
        {"(SELECT (ELT(2=2,5)))", "5"},
        {"(select 4 from dual)", "4"},
        {"COALESCE(NULL,'x')", "x"},
        {"IFNULL(CAST(NULL AS NCHAR),0x20)", " "},
        {"CAST((CHR(113)||CHR(98))||(SELECT 1)::text||'z' AS NUMERIC)", "qb1z"},
        {"CONVERT(int,'7')", "7"},
        {"upper(substring('abcdef',2,3))", "BCD"},
        {"MID('abc',2)", "bc"},
        {"reverse(repeat('ab',2))", "baba"},
        {"ascii('A')+length('four')", "69"},
        {"'it''s'", "it's"},
        {"/* c */ 5 /**/", "5"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct sql_value value = value_of(rows[i].expression);
        if (!bytes_equal(value.text, bytes_of(rows[i].text)))
            print_error("%s: %.*s\n", rows[i].expression, (int)value.text.len, value.text.at);
        assert_true(bytes_equal(value.text, bytes_of(rows[i].text)));
    }
}

static void conditions_are_decided_where_constants_decide_them(void **state)
{
    static const struct {
        const char *expression;
        enum sql_truth truth;
    } rows[] = {
        {"7783=7783", SQL_true},
        {"54=44", SQL_false},
        {"'a'='a", SQL_true},
        {"1=1 AND (6515=6515", SQL_true},
        {"('x' LIKE 'x", SQL_true},
        {"NOT 1=1", SQL_false},
        {"not not 3<>4", SQL_true},
        {"1=2 OR 2=2", SQL_true},
        {"1=1 XOR 2=2", SQL_false},
        {"3 NOT BETWEEN 1 AND 2", SQL_true},
        {"NULL IS NULL", SQL_true},
        {"5 IS NOT NULL", SQL_true},
        {"NULL=NULL", SQL_false},
        {"name='x'", SQL_undecided},
        {"1=1 AND name='x'", SQL_undecided},
        {"1=2 AND name='x'", SQL_false},
        {"1=1 OR name='x'", SQL_true},
        {"(SELECT COUNT(*) FROM t)>0", SQL_undecided},
        {"QUARTER(NULL) IS NULL", SQL_true},
        {"COUNT(NULL) IS NULL", SQL_undecided},
        {"(SELECT 'hnpY' FROM SYSMASTER:SYSDUAL)='hnpY'", SQL_true},
        {"(SELECT 'hnpY' FROM goods)='hnpY'", SQL_undecided},
        {"(NULL SETEQ NULL) IS NULL", SQL_true},
        {"version() LIKE '%maria%'", SQL_undecided},
        {"2>=2 && 3<=2", SQL_false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct sql_value value = value_of(rows[i].expression);
        if (sql_truth(&value) != rows[i].truth)
            print_error("%s: %d\n", rows[i].expression, sql_truth(&value));
        assert_int_equal(sql_truth(&value), rows[i].truth);
    }
}

static bool text_next(const char *text, size_t *at, struct sql_value *value)
{
    uint32_t effort = 0;
    bool found;
    assert_int_equal(sql_next_text(bytes_of(text), at, &effort, &arena, value, &found), 0);
    return found;
}

/* Known ends around what only the database knows make a pattern, wherever they stand. */
static void texts_are_found_inside_of_statements(void **state)
{
    struct sql_value value;
    size_t at = 0;
    (void)state;
    assert_true(text_next("1 UNION ALL SELECT NULL,CONCAT(0x7162717171,IFNULL(CAST(VERSION() AS "
                          "NCHAR),0x20),0x717a6a7a71),NULL-- -",
                          &at, &value));
    assert_int_equal(value.kind, SQL_typed);
    assert_int_equal(value.known, 10);
    assert_true(bytes_start(value.text, BYTES("qbqqq")) && bytes_end(value.text, BYTES("qzjzq")));
    at = 0;
    assert_true(text_next("Teapot' AND (SELECT 2*(IF((SELECT * FROM (SELECT CONCAT(0x7171,(SELECT "
                          "(ELT(2215=2215,1))),0x7a7a))s), 1, 1)))-- x",
                          &at, &value));
    assert_true(bytes_equal(value.text, BYTES("qq1zz")));
    at = 0;
    assert_true(text_next("1 AND 7479=CAST((CHR(113)||CHR(98))||(SELECT (CASE WHEN (1=1) THEN 1 "
                          "ELSE 0 END))::text||(CHR(122)) AS NUMERIC)",
                          &at, &value));
    assert_true(bytes_equal(value.text, BYTES("qb1z")));
    at = 0;
    assert_false(text_next("1 AND 5=5 ORDER BY name, price", &at, &value));
}

/* Brackets, sums, comments, blanks and texts without end cost what the bounds allow, not more. */
static void hostile_text_is_bounded(void **state)
{
    static const char *const pieces[] = {"(1+case when ", "(",   "/* 1 ", "  ",       "'a'||",
                                         "concat('x',",   "1' ", "char(", "not not ", "1 or "};
    static char text[1 << 16];
    (void)state;
    for (size_t piece = 0; piece < sizeof(pieces) / sizeof(*pieces); piece++) {
        struct sql_value value;
        struct probe probe;
        uint32_t effort = 0;
        size_t at = 0, len = strlen(pieces[piece]);
        bool found = true;
        for (size_t i = 0; i < sizeof(text); i++)
            text[i] = pieces[piece][i % len];
        const struct bytes all = {text, sizeof(text)};
        while (found)
            assert_int_equal(sql_next_text(all, &at, &effort, &arena, &value, &found), 0);
        assert_int_equal(sql_probe_read(all, &arena, &probe), 0);
        assert_true(arena.used < 1 << 22);
        arena_reset(&arena);
    }
}

static int arena_clear(void **state)
{
    (void)state;
    arena_finish(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(constants_are_evaluated, arena_clear),
        cmocka_unit_test_teardown(conditions_are_decided_where_constants_decide_them, arena_clear),
        cmocka_unit_test_teardown(texts_are_found_inside_of_statements, arena_clear),
        cmocka_unit_test_teardown(hostile_text_is_bounded, arena_clear),
    };
    return cmocka_run_group_tests_name("what SQL is worth", tests, NULL, NULL);
}
