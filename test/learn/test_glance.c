/* Sketches of 256 bytes against exact counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "learn/glance.h"

/* The mean squared error, relative, of 200 sketches of `count` numbers, each seen twice. */
static double error_of(uint32_t count, uint32_t step)
{
    double squares = 0;
    for (uint32_t run = 0; run < 200; run++) {
        struct glance glance = {0};
        for (uint32_t i = 0; i < 2 * count; i++)
            glance_add(&glance, run * 0x10001 + i % count * step);
        double error = glance_count(&glance) / count - 1;
        squares += error * error / 200;
    }
    return sqrt(squares);
}

static void test_errors(void **state)
{
    (void)state;
    static const uint32_t steps[] = {1, 256, 65536};
    struct glance nothing = {0};
    assert_true(glance_count(&nothing) == 0);
    for (int i = 0; i < 3; i++) {
        assert_true(error_of(30, steps[i]) < 0.06);
        assert_true(error_of(300, steps[i]) < 0.07);
        assert_true(error_of(20000, steps[i]) < 0.08);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_errors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
