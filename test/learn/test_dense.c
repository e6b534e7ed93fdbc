/* Products are those of the definition, however the matrices are stored. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "base/random.h"
#include "learn/dense.h"

enum { MOST = 80 };

static float first[MOST * MOST], second[MOST * MOST], product[MOST * MOST];

static double entry(struct dense_shape shape, uint32_t row, uint32_t column)
{
    double sum = 0;
    for (uint32_t i = 0; i < shape.k; i++)
        sum += (double)first[shape.first_turned ? i * shape.m + row : row * shape.k + i] *
               (double)second[shape.second_turned ? column * shape.k + i : i * shape.n + column];
    return sum;
}

static void products_are_as_defined(void **state)
{
    (void)state;
    assert_int_equal(dense_open(), 0);
    assert_int_equal(dense_open(), 0);
    assert_true(dense_kernels()[0] != 0);
    struct random random = {3};
    for (int round = 0; round < 200; round++) {
        struct dense_shape shape = {1 + random_below(&random, MOST),
                                    1 + random_below(&random, MOST),
                                    1 + random_below(&random, MOST), round % 2, round / 2 % 2};
        for (int i = 0; i < MOST * MOST; i++) {
            first[i] = (float)random_unit(&random) - 0.5F;
            second[i] = (float)random_unit(&random) - 0.5F;
            product[i] = NAN; /* what was there before counts for nothing */
        }
        dense_multiply(shape, first, second, product);
        for (uint32_t row = 0; row < shape.m; row++)
            for (uint32_t column = 0; column < shape.n; column++)
                assert_true(fabs((double)product[row * shape.n + column] -
                                 entry(shape, row, column)) < 1e-5);
        if (shape.m * shape.n < MOST * MOST)
            assert_true(isnan(product[shape.m * shape.n]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(products_are_as_defined)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
