/* Each format, what is no list, what is refused; and the published lists, where they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "observe/list/scanner_list.h"

static struct scanner_lists lists;

static int tear_down(void **state)
{
    (void)state;
    scanner_lists_finish(&lists);
    return 0;
}

static const char *list_of(const char *address)
{
    struct ip ip;
    assert_true(ip_parse(bytes_of(address), &ip));
    uint32_t number = scanner_lists_find(&lists, &ip);
    return number ? lists.names[number - 1].at : "";
}

static void take(const char *name, const char *content)
{
    assert_int_equal(scanner_list_take(&lists, bytes_of(name), bytes_of(content)), 0);
}

static void test_text(void **state)
{
    (void)state;
    take("trail", "# a heading\r\n\n129.82.138.12 # pinger\r\n  5.63.151.0/24\n2001:db8::/32;x\n"
                  "// nothing\n71.6.232.5,quadmetrics\nip,class\n0.0.0.0/0\n192.0.2.300\n");
    take("second", "5.63.151.7");
    assert_int_equal(scanner_lists_freeze(&lists), 0);
    assert_int_equal(lists.prefixes, 5);
    assert_int_equal(lists.refused, 3);
    assert_int_equal(lists.first_refused_line, 8);
    assert_string_equal(lists.first_refused_list.at, "trail");
    assert_string_equal(list_of("129.82.138.12"), "trail");
    assert_string_equal(list_of("129.82.138.13"), "");
    assert_string_equal(list_of("5.63.151.200"), "trail");
    assert_string_equal(list_of("5.63.151.7"), "second"); /* the longer prefix */
    assert_string_equal(list_of("2001:db8:1::5"), "trail");
    assert_string_equal(list_of("71.6.232.5"), "trail");
}

static void test_heading(void **state)
{
    (void)state;
    take("labels", "ip,class\n71.6.232.5,quadmetrics\nip,class\n");
    take("plain", "198.51.100.4,first\n");
    assert_int_equal(lists.prefixes, 2);
    assert_int_equal(lists.refused, 1);
    assert_int_equal(lists.first_refused_line, 3);
}

static void test_json(void **state)
{
    (void)state;
    take("censys", "{\"description\": \"x\", \"list\": [\"162.142.125.0/24\", 7, \"none\","
                   " \"2602:80d:1003::/112\"], \"type\": \"cidr\"}");
    take("broken", "{\"list\": [\"198.51.100.1\", \"198.51");
    assert_int_equal(scanner_lists_freeze(&lists), 0);
    assert_string_equal(list_of("162.142.125.9"), "censys");
    assert_string_equal(list_of("2602:80d:1003::1"), "censys");
    assert_string_equal(list_of("203.0.113.1"), "");
    assert_true(lists.refused >= 2);
}

static void test_no_list(void **state)
{
    (void)state;
    take("licence", "Permission is hereby granted, free of charge\nto any person\n");
    take("object", "{\"name\": \"no list\"}");
    take("empty", "");
    assert_int_equal(lists.count, 0);
    assert_int_equal(lists.skipped, 3);
    assert_int_equal(lists.refused, 0);
}

static void test_line_limit(void **state)
{
    (void)state;
    char *line = calloc(1, 4096);
    memset(line, ' ', 2000);
    memcpy(line + 2000, "\n192.0.2.1\n", 12);
    take("long", line);
    free(line);
    assert_int_equal(lists.prefixes, 1);
    assert_int_equal(lists.refused, 1);
}

static void write_file(char *path, const char *content, size_t len)
{
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, content, len), len);
    close(descriptor);
}

static void test_files(void **state)
{
    (void)state;
    struct fault fault;
    char plain[] = "/tmp/hinomi-list-XXXXXX", broken[] = "/tmp/hinomi-list-XXXXXX";
    static const char gzip_cut[] = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x33\x34";
    write_file(plain, "192.0.2.7\n", 10);
    write_file(broken, gzip_cut, sizeof(gzip_cut) - 1);
    assert_int_equal(scanner_lists_read(&lists, plain, &fault), 0);
    assert_true(scanner_lists_read(&lists, broken, &fault) < 0);
    assert_non_null(fault.why);
    assert_int_equal(scanner_lists_read(&lists, "/nonexistent/list", &fault), -ENOENT);
    unlink(plain);
    unlink(broken);
    assert_int_equal(lists.prefixes, 1);
}

/* The lists as they are published: text, gzip, and archives of CIDR text and of warninglists. */
static void test_published(void **state)
{
    (void)state;
    const char *data = getenv("HINOMI_TEST_DATA");
    char path[4096];
    struct fault fault;
    snprintf(path, sizeof(path), "%s/darknet/scanner_lists",
             data ? data : SOURCE_ROOT "/../shared/data");
    if (access(path, R_OK) != 0) {
        print_message("# skipped: no published lists in %s\n", path);
        return;
    }
    assert_int_equal(scanner_lists_read(&lists, path, &fault), 0);
    assert_int_equal(scanner_lists_freeze(&lists), 0);
    assert_true(lists.refused < 100); /* a few of Maltrail's lines name no address */
    assert_string_equal(lists.first_refused_list.at, "maltrail_mass_scanner");
    assert_true(lists.count > 60 && lists.prefixes > 20000);
    assert_string_equal(list_of("129.82.138.12"), "maltrail_mass_scanner");
    assert_string_not_equal(list_of("162.142.125.9"), "");
    assert_string_equal(list_of("8.8.8.8"), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_text, tear_down),
        cmocka_unit_test_teardown(test_heading, tear_down),
        cmocka_unit_test_teardown(test_json, tear_down),
        cmocka_unit_test_teardown(test_no_list, tear_down),
        cmocka_unit_test_teardown(test_line_limit, tear_down),
        cmocka_unit_test_teardown(test_files, tear_down),
        cmocka_unit_test_teardown(test_published, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
