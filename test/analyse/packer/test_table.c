/* Rows of tables: columns in any order, hostile section names, and what is refused with its line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "analyse/packer/table.h"

static int table_of(const char *text, struct arena *arena, struct packer_table *table,
                    struct fault *fault)
{
    return packer_table_read(bytes_of(text), arena, table, fault);
}

static void rows_are_read(void **state)
{
    struct arena arena = {0};
    struct packer_table table;
    struct fault fault;
    (void)state;
    int error =
        table_of("entropy\tep_bytes_hex\tsections\tpath\tpacker\tmachine\tep_rva\tep_sec_idx\t"
                 "nsec\timports_n\tother\r\n"
                 "7.98\t60E8ff\t.a;b:c:1000:0:e0000080:-0.00;:2000:1F0:60:7.5\tx/y.exe\tUPX\t"
                 "0x14c\t0x2001\t1\t2\t17\tzzz\r\n"
                 "\n1\t\t\tq\tnone\t\t\t-1\t0\t\t\n",
                 &arena, &table, &fault);
    assert_int_equal(error, 0);
    assert_int_equal(table.count, 2);
    const struct specimen *one = &table.rows[0].specimen;
    assert_true(bytes_equal(table.rows[0].packer, BYTES("UPX")));
    assert_true(bytes_equal(table.rows[0].group, BYTES("x/y.exe")));
    assert_true(one->entropy == 7.98F && one->entry == 0x2001 && one->entry_section == 1);
    assert_true(one->entry_size == 3 && memcmp(one->entry_bytes, "\x60\xe8\xff", 3) == 0);
    assert_int_equal(one->section_count, 2);
    assert_string_equal(one->section[0].name, ".a;b:c");
    assert_true(one->section[1].name[0] == 0 && one->section[1].declared == 0x1f0 &&
                one->section[1].entropy == 7.5F && one->section[0].memory == 0x1000);
    assert_true(one->format == IMAGE_PE && one->imports == 17 && one->bits == 32);
    assert_int_equal(table.rows[1].specimen.entry_section, -1);
    arena_finish(&arena);
}

static void unix_rows_are_read(void **state)
{
    struct arena arena = {0};
    struct packer_table table;
    struct fault fault;
    (void)state;
    assert_int_equal(table_of("packer\tpath\tkind\tclass\tmachine\tentry\tnph\tnsh\tentropy\t"
                              "ep_bytes_hex\n"
                              "gzexe\ta\tscript\t0\t0\t0x0\t0\t0\t7.9\t2321\n"
                              "upx\tb\telf\t2\t62\t0x1598\t3\t0\t7.5\t50\n",
                              &arena, &table, &fault),
                     0);
    assert_true(table.rows[0].specimen.format == IMAGE_SCRIPT);
    assert_true(table.rows[1].specimen.format == IMAGE_ELF && table.rows[1].specimen.bits == 64 &&
                table.rows[1].specimen.machine == 62 && table.rows[1].specimen.segments == 3);
    arena_finish(&arena);
}

static void what_does_not_parse_is_refused_with_its_line(void **state)
{
    static const char *const bad[] = {
        "entropy\tep_bytes_hex\n1\t00\n1\t0x\n",
        "entropy\tep_bytes_hex\n1\t00\n1\t0\n",
        "entropy\tep_bytes_hex\n1\t00\n8.5\t00\n",
        "entropy\tep_bytes_hex\n1\t00\nnan\t00\n",
        "entropy\tep_bytes_hex\tsize\n1\t00\t1\n1\t00\tx\n",
        "entropy\tep_bytes_hex\tsections\n1\t\t\n1\t\ta:b:c:d\n",
        "entropy\tep_bytes_hex\tsize\n1\t\t1\n1\t\t99999999999999999999\n",
    };
    struct arena arena = {0};
    struct packer_table table;
    struct fault fault = {NULL, 0, 0};
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        assert_int_equal(table_of(bad[i], &arena, &table, &fault), -EINVAL);
        assert_int_equal(fault.line, 3);
        assert_non_null(fault.why);
    }
    assert_int_equal(table_of("packer\tpath\na\tb\n", &arena, &table, &fault), -EINVAL);
    assert_int_equal(fault.line, 1);
    assert_int_equal(table_of("", &arena, &table, &fault), -EINVAL);
    arena_finish(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_read),
        cmocka_unit_test(unix_rows_are_read),
        cmocka_unit_test(what_does_not_parse_is_refused_with_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
