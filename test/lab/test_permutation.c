#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lab/permutation.h"

static void test_every_number_comes_once(void **state)
{
    static const uint32_t counts[] = {1, 2, 3, 4, 10, 255, 256, 4096, 65536, 131072, 1000003};
    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        struct permutation permutation;
        struct random random = random_stream(5, i, 0);
        permutation_begin(&permutation, counts[i]);
        struct walk walk = permutation_walk(&permutation, &random);
        unsigned char *seen = calloc(counts[i], 1);
        assert_non_null(seen);
        for (uint32_t step = 0; step < counts[i]; step++) {
            uint32_t number = permutation_next(&permutation, &walk);
            assert_true(number < counts[i]);
            assert_int_equal(seen[number]++, 0);
        }
        free(seen);
    }
}

static void test_walks_differ_and_look_random(void **state)
{
    struct permutation permutation;
    struct random random = random_stream(6, 0, 0);
    uint32_t same = 0, up = 0, last = 0;
    (void)state;
    permutation_begin(&permutation, 65536);
    struct walk one = permutation_walk(&permutation, &random);
    struct walk other = permutation_walk(&permutation, &random);
    for (int i = 0; i < 10000; i++) {
        uint32_t number = permutation_next(&permutation, &one);
        same += number == permutation_next(&permutation, &other);
        up += number > last;
        last = number;
    }
    assert_true(same < 10);
    assert_in_range(up, 4500, 5500);
}

static void test_the_largest_telescope(void **state)
{
    struct permutation permutation;
    struct random random = random_stream(7, 0, 0);
    (void)state;
    permutation_begin(&permutation, PERMUTATION_COUNT_MAX);
    struct walk walk = permutation_walk(&permutation, &random);
    for (int i = 0; i < 1000; i++)
        assert_true(permutation_next(&permutation, &walk) < PERMUTATION_COUNT_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_number_comes_once),
        cmocka_unit_test(test_walks_differ_and_look_random),
        cmocka_unit_test(test_the_largest_telescope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
