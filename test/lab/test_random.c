#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lab/random.h"

static void test_stream_repeats(void **state)
{
    struct random one = random_stream(1, 2, 3), same = random_stream(1, 2, 3);
    struct random other = random_stream(1, 3, 2);
    (void)state;
    for (int i = 0; i < 100; i++) {
        uint64_t value = random_next(&one);
        assert_int_equal(value, random_next(&same));
        assert_int_not_equal(value, random_next(&other));
    }
}

static void test_values_keep_their_bounds(void **state)
{
    struct random random = random_stream(7, 0, 0);
    bool low = false, high = false;
    (void)state;
    for (int i = 0; i < 10000; i++) {
        assert_true(random_below(&random, 3) < 3);
        int64_t value = random_between(&random, -2, 2);
        assert_in_range(value + 2, 0, 4);
        low |= value == -2;
        high |= value == 2;
        double unit = random_unit(&random), normal = random_normal(&random);
        assert_true(unit >= 0 && unit < 1);
        assert_true(normal > -3.5 && normal < 3.5);
        assert_true(random_skewed(&random, 10) < 10);
    }
    assert_true(low && high);
    assert_int_equal(random_below(&random, 0), 0);
    assert_int_equal(random_between(&random, 5, 5), 5);
    assert_int_equal(random_between(&random, 5, 4), 5);
}

static void test_skewed_has_a_long_tail(void **state)
{
    struct random random = random_stream(9, 0, 0);
    int first = 0, last = 0;
    (void)state;
    for (int i = 0; i < 10000; i++) {
        uint32_t value = random_skewed(&random, 80);
        first += value < 10;
        last += value >= 40;
    }
    assert_in_range(first, 4700, 5300);
    assert_in_range(last, 1600, 2500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stream_repeats),
        cmocka_unit_test(test_values_keep_their_bounds),
        cmocka_unit_test(test_skewed_has_a_long_tail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
