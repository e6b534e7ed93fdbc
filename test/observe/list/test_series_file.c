/* Lines of time,name,value: what is one, what isn't, and files of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/time.h"
#include "observe/list/series_file.h"

static bool parse(const char *line, int64_t *time, double *value)
{
    struct bytes name;
    return series_line_parse(bytes_of(line), time, &name, value);
}

static void test_lines(void **state)
{
    (void)state;
    int64_t time = 7;
    double value = 7;
    assert_true(parse("1362348000,icmp", &time, &value));
    assert_int_equal(time, 1362348000 * TIME_SECOND);
    assert_true(value == 1);
    assert_true(parse("2013-03-03 22:00:00 , tcp/1433, 12.5\r", &time, &value));
    assert_int_equal(time, 1362348000 * TIME_SECOND);
    assert_true(value == 12.5);
    static const char *const wrong[] = {"",
                                        "x,icmp",
                                        "1362348000",
                                        "1362348000,",
                                        "1,a,-1",
                                        "1,a,1e9",
                                        "1,a,1,2",
                                        "1,\"a\",1",
                                        "1,a,1.2.3",
                                        "99999999999,a",
                                        "1,a,99999999999999999"};
    time = 7, value = 7;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        assert_false(parse(wrong[i], &time, &value));
    assert_int_equal(time, 7);
    assert_true(value == 7);
}

struct seen {
    uint64_t count;
    double sum;
};

static int see(void *context, int64_t time, struct bytes name, double value)
{
    struct seen *seen = context;
    (void)time, (void)name;
    seen->count++;
    seen->sum += value;
    return seen->count == 100000 ? -ECANCELED : 0;
}

static void test_file(void **state)
{
    (void)state;
    char path[] = "/tmp/hinomi-series-XXXXXX", long_line[3000];
    int descriptor = mkstemp(path);
    FILE *file = fdopen(descriptor, "w");
    memset(long_line, 'x', sizeof(long_line) - 1);
    long_line[sizeof(long_line) - 1] = '\0';
    fprintf(file, "time,name,value\n");
    for (int i = 0; i < 20000; i++)
        fprintf(file, "%d,tcp/%d,2\n", i * 60, i % 7);
    fprintf(file, "nonsense\n\n%s\n5,last", long_line);
    fclose(file);
    struct series_file_counts counts = {0};
    struct seen seen = {0};
    struct fault fault;
    assert_int_equal(series_file_read(path, see, &seen, &counts, &fault), 0);
    assert_int_equal(seen.count, 20001);
    assert_true(seen.sum == 40001);
    assert_int_equal(counts.lines, 20005);
    assert_int_equal(counts.refused, 2);
    assert_int_equal(counts.first_refused, 20002);
    seen.count = 99990; /* the visitor ends it */
    assert_int_equal(series_file_read(path, see, &seen, &counts, &fault), -ECANCELED);
    unlink(path);
    assert_int_equal(series_file_read(path, see, &seen, &counts, &fault), -ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_lines), cmocka_unit_test(test_file)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
