/* Times as sensors write them, with and without a year. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "observe/alert/field.h"

#define REFERENCE (INT64_C(1704240000) * TIME_SECOND) /* 2024-01-03T00:00:00Z */

static void check(const char *text, const char *expected)
{
    char told[TIME_TEXT_SIZE];
    int64_t time = 7;
    assert_int_equal(alert_time_read(bytes_of(text), REFERENCE, &time), expected != NULL);
    if (!expected) {
        assert_int_equal(time, 7);
        return;
    }
    struct bytes is = time_format(time, told);
    assert_int_equal(is.len, strlen(expected));
    assert_memory_equal(is.at, expected, is.len);
}

static void reads_what_sensors_write(void **state)
{
    (void)state;
    check("2023-06-01T10:00:00.5Z", "2023-06-01T10:00:00.500Z");
    check("2023-06-01 10:00:00", "2023-06-01T10:00:00Z");
    check("1685613600", "2023-06-01T10:00:00Z");
    check("1685613600.25", "2023-06-01T10:00:00.250Z");
    check("1685613600250", "2023-06-01T10:00:00.250Z");
    check("1685613600250001", "2023-06-01T10:00:00.250001Z");
    check("1685613600250001002", "2023-06-01T10:00:00.250001002Z");
    check("01/Jun/2023:12:00:00 +0200", "2023-06-01T10:00:00Z");
    check("Jun 01 2023 10:00:00.125 UTC", "2023-06-01T10:00:00.125Z");
    check("Jun 01 2023 10:00:00", "2023-06-01T10:00:00Z");
    check("Thu Jun  1 10:00:00 2023", "2023-06-01T10:00:00Z");
    check("23/06/01-10:00:00.000001", "2023-06-01T10:00:00.000001Z");
}

static void finds_the_year(void **state)
{
    (void)state;
    check("Jan  3 10:00:00", "2024-01-03T10:00:00Z");
    check("Jan  5 10:00:00", "2023-01-05T10:00:00Z"); /* else it were to come */
    check("Dec 31 23:59:59", "2023-12-31T23:59:59Z");
    check("12/31-23:59:59.5", "2023-12-31T23:59:59.500Z");
    check("Feb 29 10:00:00", "2020-02-29T10:00:00Z");
    check("Jan  3 10:00:00 -0100", "2024-01-03T11:00:00Z");
}

static void refuses_what_is_no_time(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "now",
                                      "12345678901234567890",
                                      "2023-13-01T10:00:00Z",
                                      "Jun 31 10:00:00",
                                      "Foo  1 10:00:00",
                                      "Jun  1 24:00:00",
                                      "01/Jun/2023:10:00:00 +99999",
                                      "06/01-10:00:00.5x",
                                      "1685613600.2x",
                                      "13/01-10:00:00",
                                      "Jun 01 2023",
                                      "1685613600250001002003"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        check(bad[i], NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_sensors_write),
        cmocka_unit_test(finds_the_year),
        cmocka_unit_test(refuses_what_is_no_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
