#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "show/options.h"
#include "show/verb.h"

static struct given {
    const char *data;
    bool json;
    size_t memory;
    int64_t until, lateness;
    double budget;
    uint32_t shards;
} given;

static const struct option_entry entries[] = {
    OPTION_DATA(&given.data),
    OPTION_JSON(&given.json),
    {"--memory", OPTION_SIZE, &given.memory, "SIZE", "all of it"},
    {"--until", OPTION_TIME, &given.until, "TIME", "when"},
    {"--lateness", OPTION_DURATION, &given.lateness, "DURATION", "how late"},
    {"--budget", OPTION_NUMBER, &given.budget, "X", "cases"},
    {"--shards", OPTION_COUNT, &given.shards, "N", "threads"},
    {0},
};

static const struct command command = {"try", "PATH…", "Tries.", "hinomi try x", entries, 0, 2};

static bool read_arguments(const char *const *words, int *ret_count, int *ret_status,
                           char *argv[16])
{
    int argc = 0;
    given = (struct given){0};
    argv[argc++] = (char *)"try";
    for (; words[argc - 1]; argc++)
        argv[argc] = (char *)words[argc - 1];
    return options_read(&command, argc, argv, ret_count, ret_status);
}

static void test_mixed(void **state)
{
    (void)state;
    char *argv[16];
    int count, status;
    assert_true(
        read_arguments((const char *[]){"a", "--data", "D", "--json", "--memory=2G", "--until",
                                        "2024-05-08", "--lateness=90s", "--", "--b", NULL},
                       &count, &status, argv));
    assert_int_equal(count, 2);
    assert_string_equal(argv[1], "a");
    assert_string_equal(argv[2], "--b");
    assert_string_equal(given.data, "D");
    assert_true(given.json);
    assert_int_equal(given.memory, (size_t)2 << 30);
    assert_int_equal(given.until, INT64_C(1715126400) * TIME_SECOND);
    assert_int_equal(given.lateness, 90 * TIME_SECOND);
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const bad[][3] = {
        {"--nonsense", NULL},         {"--json=1", NULL},     {"--data", NULL},
        {"--memory", "2X", NULL},     {"--memory", "", NULL}, {"--memory", "-1", NULL},
        {"--shards", "4294967296"},   {"--budget", "-0.1"},   {"--budget", "nan"},
        {"--until", "yesterday"},     {"--lateness", "1w"},   {"--until", "2024-13-01"},
        {"--memory", "99999999999G"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char *argv[16];
        int count = 0, status = -1;
        assert_false(
            read_arguments((const char *[]){bad[i][0], bad[i][1], NULL}, &count, &status, argv));
        assert_int_equal(status, EXIT_USAGE);
    }
}

static void test_help_and_counts(void **state)
{
    (void)state;
    char *argv[16];
    int count = 0, status = -1;
    /* The help goes to stdout, where the test's own report goes. */
    int report = dup(STDOUT_FILENO), nowhere = open("/dev/null", O_WRONLY);
    fflush(stdout);
    dup2(nowhere, STDOUT_FILENO);
    assert_false(read_arguments((const char *[]){"--help", NULL}, &count, &status, argv));
    fflush(stdout);
    dup2(report, STDOUT_FILENO);
    close(report);
    close(nowhere);
    assert_int_equal(status, EXIT_OK);
    assert_false(read_arguments((const char *[]){"a", "b", "c", NULL}, &count, &status, argv));
    assert_int_equal(status, EXIT_USAGE);
    assert_true(read_arguments((const char *[]){"-", NULL}, &count, &status, argv));
    assert_int_equal(count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mixed),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_help_and_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
